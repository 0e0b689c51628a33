"""What may be believed of a file, from what the reader found in it: each question by itself.

Pure: no file, no clock, no network. What the reader calls "Trusted" is not taken for it: it says so
of a claim signed under any root it was given, one of time stampers too.
"""

import base64
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes

from edgecode.log import notes
from edgecode.log.leaf import Leaf, parse
from edgecode.log.policy import Policy
from edgecode.verify.boxes import Left
from edgecode.verify.codes import (
    Identity,
    broken_past,
    concerns_content,
    identity_in,
    is_blank,
    is_bound_as_data,
    is_claim_trusted,
    is_inner_trusted,
    is_time_trusted,
    leaves_more_out,
    updates,
    updates_within,
)

GRANT: Final = "com.edgecode.grant"
CONSENT: Final = "com.edgecode.consent"
IDENTITY: Final = "cawg.identity"
_BINDING: Final = "c2pa.hash.data"
_OURS: Final = "com.edgecode."  # what the labels of this house begin with
CONSENT_ENDED: Final = "status.consent_ended"
ENDED_BY: Final = "status.ended_by"
_CLAIM_SIGNING: Final = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
_DEVELOPMENT: Final = "NOT TRUSTED"
_GRANT_FORMS: Final = frozenset({f"{GRANT}/1", f"{GRANT}/2", f"{GRANT}/3"})
_ISSUED: Final = frozenset({"grant.issued", "grant.issued.v2"})
_OTHER_CONTENT: Final = re.compile(r"assertion\.(data|bmff|boxes|collection)Hash\.mismatch")
_SHOWN_MAX: Final = 200
_LISTED_MAX: Final = 40
_PLACES_MAX: Final = 300  # more than there are countries: a list that is cut off would say less
_HEADS_MAX: Final = 16  # of the box that a format puts around its manifests


class Outcome(StrEnum):
    """How one question was answered."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Name(StrEnum):
    """The sum. Only LICENSED means: what was signed, by whom we trust, under a grant that the log
    holds and whose term runs; and only MADE: by whom we trust, as a licensee declared it in the
    log to have made, under grants and consents none of which is known to have ended."""

    LICENSED = "licensed"
    MADE = "made"
    MADE_IN_DOUBT = "made_in_doubt"
    NOT_IN_FORCE = "not_in_force"
    UNPROVEN = "unproven"
    DISPUTED = "disputed"
    NO_GRANT = "no_grant"
    STRANGER = "stranger"
    ALTERED = "altered"
    UNSIGNED = "unsigned"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Check:
    """One question and its answer. `said` is a sentence of words.py, `values` go into it."""

    id: str
    outcome: Outcome
    said: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Verdict:
    """What may be believed of a file. `crjson` is what it says, as C2PA's own JSON, {} where
    it could not be read."""

    name: Name
    checks: tuple[Check, ...]
    file_sha256: str
    at: datetime
    manifest_id: str = ""
    grant: Mapping[str, Any] | None = None
    consents: tuple[Mapping[str, Any], ...] = ()
    crjson: Mapping[str, Any] = field(default_factory=dict)
    output: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Found:
    """What was read of one file."""

    answer: Mapping[str, Any]
    file_sha256: str
    has_sidecar: bool
    left: Left = field(default_factory=Left)  # it can make what is intact more than what was signed
    inside: str = ""  # with a sidecar: the manifest that the file carries itself
    named: str = ""  # the manifest that is asked about, where it is not the newest
    own: "Found | None" = None  # what `inside` is of
    vouched: Collection[str] = ()  # of what it was made from the manifests that are vouched for
    is_within: bool = False  # `named` is one of these

    @property
    def has_more(self) -> bool:
        """Whether the room that a file has for its manifests holds anything else, or more of what
        nobody signs than this house writes there."""
        standing = as_map(self.answer.get("standing"))
        if not standing:  # nobody can tell
            return True
        if self.has_sidecar:
            return not is_blank(self.answer) or self._hides
        room = self._excluded > standing["written"] + _HEADS_MAX
        return room or self.left.has_room(standing["store"]) or not is_blank(self.answer)

    @property
    def has_room(self) -> bool:
        """Whether the hash of its content leaves room for manifests that stand in the file."""
        return self._excluded > 0 or self.left.own > 0

    @property
    def _hides(self) -> bool:
        """Whether the room that the credential beside a file passes over holds anything else than
        one that this is or follows. Of another one than that `inside` tells."""
        if self.carries_another or not self.has_room:
            return False
        if self.own is None:  # it carries none that can be read
            return True
        carried = replace(self.own, left=self.left)
        return not self._follows(carried) or carried.has_more

    def _follows(self, carried: "Found") -> bool:
        """Return whether what a file carries itself is the very manifest that this one names so:
        anybody can give a manifest a name that is another's."""
        name = carried.manifest_id
        return (
            name in self._updates
            and self._claim_of(name) == carried._claim_of(name) != {}  # noqa: SLF001
            and is_claim_trusted(carried.report, name)
            and _integrity(carried).outcome in _GOOD
        )

    def _claim_of(self, name: str) -> Mapping[str, Any]:
        """Return what the signer of a manifest signed: the hashes of all that is said in it."""
        found = self._manifest_of(name)
        return as_map(found.get("claim.v2") or found.get("claim"))

    def _manifest_of(self, name: str) -> Mapping[str, Any]:
        manifests = as_maps(as_map(self.answer.get("crjson")).get("manifests"))
        return next((each for each in manifests if each.get("label") == name), {})

    @property
    def is_whole(self) -> bool:
        """Whether it is said to have this very SHA-256, which leaves nothing out."""
        asset = as_map((self.said.only(GRANT) or {}).get("asset"))
        return asset.get("sha256") == self.file_sha256

    @property
    def is_covered(self) -> bool:
        """Whether the manifest beside it is bound to every byte: what the file carries itself is
        among them, another credential too."""
        name = self.said.manifest_id
        said = as_map(self._manifest_of(name).get("assertions"))
        bindings = [label for label in said if label.startswith("c2pa.hash.")]
        return (
            self.has_sidecar
            and bindings == [_BINDING]
            and not as_map(said[_BINDING]).get("exclusions")
            and is_bound_as_data(self.report, name)
        )

    @property
    def _excluded(self) -> int:
        """How many bytes the hash of its content leaves out, as far as it counts them."""
        said = as_map(self._manifest_of(self.said.manifest_id).get("assertions"))
        parts = as_maps(as_map(said.get(_BINDING)).get("exclusions"))
        lengths = [each.get("length") for each in parts]
        return sum(length for length in lengths if isinstance(length, int))

    @property
    def carries_another(self) -> bool:
        """Whether the file carries another credential itself than the one beside it, and that does
        not follow it."""
        return bool(self.inside) and self.inside not in self._updates

    @property
    def report(self) -> Mapping[str, Any]:
        return as_map(self.answer.get("report"))

    @property
    def manifest_id(self) -> str:
        return self.named or str(self.report.get("active_manifest") or "")

    @property
    def manifest(self) -> Mapping[str, Any]:
        return as_map(as_map(self.report.get("manifests")).get(self.manifest_id))

    @property
    def said(self) -> "Found":
        """The same, asked about the manifest that says what the file is: this one, or that which
        this one, and those between, only strike assertions out of."""
        return replace(self, named=self._updates[-1])

    def within(self, ingredient: Mapping[str, Any]) -> "Found":
        """The same, asked about the manifest of what the file was made from."""
        name = str(ingredient.get("active_manifest") or "-")
        return replace(self, named=name, is_within=name in self.vouched)

    @property
    def struck(self) -> int:
        """How many consents were struck out since."""
        manifests = as_map(self.report.get("manifests"))
        later = [as_map(manifests.get(name)) for name in self._updates[:-1]]
        urls = [str(url) for each in later for url in each["redactions"]]
        return sum(url.rpartition("/")[2].partition("__")[0] == CONSENT for url in urls)

    @property
    def on_consent(self) -> bool:
        """Whether the file rests on a consent, or did before that was struck out."""
        return self.struck > 0 or bool(self.said.stated(CONSENT))

    @property
    def is_updated(self) -> bool:
        return len(self._updates) > 1

    @property
    def _updates(self) -> list[str]:
        if self.is_within:
            return updates_within(self.report, self.manifest_id, self.vouched)
        return updates(self.report, self.manifest_id, self.vouched)

    def stated(self, label: str) -> list[Mapping[str, Any]]:
        """Return what the signer states under a label; hearsay ("gathered") is no word of his."""
        found = []
        for each in as_maps(self.manifest.get("assertions")):
            said = as_map(each.get("data"))
            if each.get("created") is True and _bare(each) == label and said:
                found.append(said)
        return found

    def only(self, label: str) -> Mapping[str, Any] | None:
        """Return what the signer states under a label, where nothing else is said under it, hearsay
        neither: who else signed may have meant that."""
        said = [each for each in as_maps(self.manifest.get("assertions")) if _bare(each) == label]
        return next(iter(self.stated(label)), None) if len(said) == 1 else None

    @property
    def speaks_as_ours(self) -> bool:
        """Whether the signer states what this house does: a licence, a work, a registration."""
        said = as_maps(self.manifest.get("assertions"))
        return any(_bare(each).startswith(_OURS) for each in said if each.get("created") is True)

    @property
    def has_identity(self) -> bool:
        return any(_bare(each) == IDENTITY for each in as_maps(self.manifest.get("assertions")))


def judged(
    found: Found,
    logs: Policy,
    at: datetime,
    state: Check | None = None,
    *,
    now: datetime | None = None,
    signers: Collection[str] = (),
) -> Verdict:
    """Return what may be believed of a file that a manifest was found in or beside.

    `logs` are those whose keys are known, `at` is the time that the grant is asked about, `state`
    what a status list says of it, `now` the time by which who signed is judged (default `at`),
    `signers` as whom one must be certified, RFC 4514, where not everybody under a root counts.
    """
    if found.is_whole:
        found = replace(found, left=Left())
    said = found.said
    grant = said.only(GRANT)
    consents = tuple(said.stated(CONSENT))
    checks = [_integrity(found), _signer(found, now or at, signers)]
    is_ours = checks[0].outcome in _GOOD and checks[1].outcome in _GOOD
    checks += [_time(found), _hash(found, grant if is_ours else None, is_ours=is_ours)]
    if is_ours and found.carries_another and checks[-1].outcome != Outcome.OK:
        values = {"manifest": found.inside[:_SHOWN_MAX]}
        checks.append(Check("inside", Outcome.FAILED, "inside.other", values))
    if checks[0].said == "integrity.beside" and found.inside:
        checks.append(Check("inside", Outcome.UNKNOWN, "inside.own"))
    if said.has_identity:
        checks.append(identity(said, GRANT, as_map((grant or {}).get("licensor"))))
    if is_ours and (names := broken_past(said.report, said.manifest_id)):
        shown = ", ".join(names)[:_SHOWN_MAX]
        checks.append(Check("past", Outcome.WARNING, "past.broken", {"names": shown}))
    if is_ours and grant is not None:  # what a stranger says of grants is no news
        issued, log = _logged(grant, logs)
        checks += [grant_term(grant, at, issued), *_extent(grant), log, *_form(grant)]
        checks += [state] if state is not None else []
        is_after = at >= _struck_by(found, now or at)
        resting = [consent_term(each, at) for each in consents]
        checks += _resting(resting, found.struck, is_after=is_after)
    elif is_ours:
        checks.append(Check("grant", Outcome.FAILED, "grant.none"))
    return Verdict(
        _sum(checks),
        tuple(checks),
        found.file_sha256,
        at,
        found.manifest_id,
        grant if is_ours else None,
        consents if is_ours else (),
        as_map(found.answer.get("crjson")),
    )


_GOOD: Final = (Outcome.OK, Outcome.WARNING)
_NOT_NOW: Final = ("consent.over", "consent.pending")


def _sum(checks: Iterable[Check]) -> Name:
    by_outcome: dict[Outcome, set[str]] = {outcome: set() for outcome in Outcome}
    for check in checks:
        by_outcome[check.outcome].add(check.id)
    failed, unknown = by_outcome[Outcome.FAILED], by_outcome[Outcome.UNKNOWN]
    reached = (
        (Name.ALTERED, failed & {"integrity"}),
        (Name.ALTERED, "hash" in failed and failed & {"signer", "grant"}),
        (Name.STRANGER, failed & {"signer"}),
        (Name.NO_GRANT, failed & {"grant"}),
        (Name.DISPUTED, failed & {"log", "identity", "hash", "inside"}),
        (Name.NOT_IN_FORCE, failed),
        (Name.UNPROVEN, unknown & {"log", "status", "grant", "consent"}),
    )
    return next((name for name, why in reached if why), Name.LICENSED)


def _resting(consents: list[Check], struck: int, *, is_after: bool) -> list[Check]:
    """Return what is said of the consents that a licence rests on: it ends with the last of them,
    be it by its term, be it that it was struck out. `is_after`: it is asked about a time by which
    those that were struck out had ended."""
    if any(check.outcome == Outcome.OK for check in consents):
        told = [
            replace(check, outcome=Outcome.WARNING) if check.said in _NOT_NOW else check
            for check in consents
        ]
        return [*told, *struck_consents(struck)]
    if struck and not is_after:
        doubted = [replace(check, outcome=Outcome.WARNING) for check in consents]
        unknown = Check("consent", Outcome.UNKNOWN, "consent.before", {"count": str(struck)})
        return [*doubted, unknown]
    if struck and not consents:
        return [Check("consent", Outcome.FAILED, "consent.none", {"count": str(struck)})]
    return [*consents, *struck_consents(struck)]


def _struck_by(found: Found, now: datetime) -> datetime:
    """Return the time by which the newest manifest had struck out what it does; since when that
    had ended no manifest tells."""
    moment = as_map(found.manifest.get("signature_info")).get("time")
    if not is_time_trusted(found.report, found.manifest_id):
        return now
    try:
        return min(instant(moment), now)
    except (ValueError, OverflowError):
        return now


def struck_consents(count: int) -> list[Check]:
    """Return what there is to say of consents that newer manifests strike out: that they ended."""
    values = {"count": str(count)}
    return [Check("consent", Outcome.WARNING, "consent.struck", values)] if count else []


def _integrity(found: Found) -> Check:
    codes = list(_failures(found.report))
    wrong = [code for code in codes if concerns_content(code)]
    if wrong:
        shown = ", ".join(dict.fromkeys(wrong))[:_SHOWN_MAX]
        # Beside another file than its own a credential fits as little as beside a changed one.
        is_misplaced = found.has_sidecar and all(map(_OTHER_CONTENT.fullmatch, wrong))
        said = "integrity.beside" if is_misplaced else "integrity.altered"
        return Check("integrity", Outcome.FAILED, said, {"codes": shown})
    # Invalid for its signer alone (expired, of a wrong kind): the bytes are still what was signed.
    if found.answer.get("state") in {"Trusted", "Valid"} or codes:
        if found.left.is_stray or found.left.has_index or leaves_more_out(found.report):
            return Check("integrity", Outcome.WARNING, "integrity.covered")
        return Check("integrity", Outcome.OK, "integrity.intact")
    return Check("integrity", Outcome.FAILED, "integrity.altered", {"codes": "-"})


def _is_identity(code: str) -> bool:
    return code.startswith("cawg.")


def _failures(report: Mapping[str, Any], *, of_past: bool = True) -> Iterator[str]:
    results = as_map(report.get("validation_results"))
    deltas = [
        as_map(each.get("validationDeltas"))
        for each in as_maps(results.get("ingredientDeltas") if of_past else None)
    ]
    for part in (as_map(results.get("activeManifest")), *deltas):
        for each in as_maps(part.get("failure")):
            yield str(each.get("code"))


def _succeeded(report: Mapping[str, Any], manifest_id: str) -> set[str]:
    """Return the codes of what holds in the newest manifest itself."""
    active = as_map(as_map(report.get("validation_results")).get("activeManifest"))
    return {
        str(each.get("code"))
        for each in as_maps(active.get("success"))
        if manifest_id and f"/{manifest_id}/" in str(each.get("url"))
    }


def _signer(found: Found, now: datetime, signers: Collection[str]) -> Check:
    certificate = _certificate(found)
    if certificate is None:
        return Check("signer", Outcome.FAILED, "signer.nobody", {"name": "-"})
    name = _name_of(certificate.subject)
    values = {
        "name": name,
        "issuer": _name_of(certificate.issuer),
        "sha256": certificate.fingerprint(hashes.SHA256()).hex(),
    }
    # Its own: who signed what it was made from is another question.
    failed = {code for code in _failures(found.report, of_past=False) if not _is_identity(code)}
    # "Valid" too: an identity inside that nobody vouches for takes the word "Trusted" from it.
    if (
        found.answer.get("state") not in {"Trusted", "Valid"}
        or failed
        or not is_claim_trusted(found.report, found.manifest_id)
        or not _may_sign_claims(certificate)
    ):
        return Check("signer", Outcome.FAILED, f"signer.{_unsigned_by(failed)}", values)
    if not is_in_time(found.report, found.manifest_id, certificate, now):
        return Check("signer", Outcome.FAILED, "signer.expired", values)
    if not _is_of(certificate, signers):
        values |= {"subject": certificate.subject.rfc4514_string()[:_SHOWN_MAX]}
        return Check("signer", Outcome.FAILED, "signer.other", values)
    if _DEVELOPMENT in certificate.issuer.rfc4514_string():
        return Check("signer", Outcome.WARNING, "signer.development", values)
    return Check("signer", Outcome.OK, "signer.trusted", values)


def _unsigned_by(failed: Collection[str]) -> str:
    """Return why a signature says nothing of who stands behind a file: for its content first, of
    which a reader then asks no root."""
    if any(map(concerns_content, failed)):
        return "altered"
    return "expired" if "signingCredential.expired" in failed else "nobody"


def _certificate(found: Found) -> x509.Certificate | None:
    return readable_certificate(base64.b64decode(str(found.answer.get("certificate") or "")))


def readable_certificate(der: bytes) -> x509.Certificate | None:
    """Return the certificate in these bytes, None where any of it that is looked at is malformed:
    the library reads names only when somebody asks for them."""
    try:
        certificate = x509.load_der_x509_certificate(der)
        _ = certificate.issuer, certificate.subject, certificate.not_valid_after_utc
        _ = certificate.extensions
    except (
        ValueError,
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ):
        return None
    return certificate


def is_in_time(
    report: Mapping[str, Any], manifest_id: str, certificate: x509.Certificate, now: datetime
) -> bool:
    """Return whether a signature is one of its certificate's days. The reader takes for that a time
    stamp under any root that it was given: only those of times say when something was signed."""
    return now < certificate.not_valid_after_utc or is_time_trusted(report, manifest_id)


def vouched_for(
    answer: Mapping[str, Any], now: datetime, signers: Collection[str] = ()
) -> dict[str, x509.Certificate]:
    """Return who signed each manifest that a file was made from, by its name, of those that are
    signed under a root of claims and, where not everybody under it counts, by one of `signers`."""
    found = {}
    for name, inner in as_map(answer.get("inner")).items():
        certificate = readable_certificate(base64.b64decode(inner["certificate"]))
        if (
            certificate is not None
            and is_inner_trusted(inner["report"], name)
            and _may_sign_claims(certificate)
            and is_in_time(inner["report"], name, certificate, now)
            and _is_of(certificate, signers)
        ):
            found[name] = certificate
    return found


def _is_of(certificate: x509.Certificate, signers: Collection[str]) -> bool:
    """Return whether a certificate is of one of these signers; none: of anybody."""
    subject = _organisation(certificate.subject)
    return not signers or subject in map(_organisation_in, signers)


def _may_sign_claims(certificate: x509.Certificate) -> bool:
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return _CLAIM_SIGNING in usages


def _organisation(name: x509.Name) -> list[tuple[str, str]]:
    """Return what an authority looks into before it certifies it: organisation and country."""
    kept = (x509.NameOID.ORGANIZATION_NAME, x509.NameOID.COUNTRY_NAME)
    return sorted((each.oid.dotted_string, str(each.value)) for each in name if each.oid in kept)


def _organisation_in(text: str) -> list[tuple[str, str]]:
    return _organisation(x509.Name.from_rfc4514_string(text))


def _name_of(name: x509.Name) -> str:
    values = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return (str(values[0].value) if values else name.rfc4514_string())[:_SHOWN_MAX]


def identity(found: Found, label: str, party: Mapping[str, Any]) -> Check:
    """Who besides the signer stands behind what is said under a label, which names this party."""
    signed = identity_in(found.report, found.manifest_id)
    if signed is None:
        return Check("identity", Outcome.UNKNOWN, "identity.many")
    values = {
        "name": (signed.common_name or "-")[:_SHOWN_MAX],
        "licensor": str(party.get("name") or "-")[:_SHOWN_MAX],
    }
    outcome, said = _vouched(signed, label, party)
    return Check("identity", outcome, f"identity.{said}", values)


def _vouched(signed: Identity, label: str, party: Mapping[str, Any]) -> tuple[Outcome, str]:
    if not signed.sound:
        return Outcome.FAILED, "broken"
    if not signed.trusted:
        return Outcome.UNKNOWN, "over" if signed.over else "unknown"
    if label not in signed.about:
        return Outcome.WARNING, "elsewhere"
    if party and not signed.is_of(party.get("code")):
        return Outcome.FAILED, "other"
    if _DEVELOPMENT in signed.organisation:  # an installation made it in that name
        return Outcome.WARNING, "development"
    return Outcome.OK, "trusted"


def _time(found: Found) -> Check:
    holds = _succeeded(found.report, found.manifest_id)
    moment = str(as_map(found.manifest.get("signature_info")).get("time") or "")[:40]
    authority = str(found.answer.get("time_authority") or "-")[:_SHOWN_MAX]
    if not moment or "timeStamp.validated" not in holds:
        return Check("time", Outcome.UNKNOWN, "time.none")
    values = {"time": moment, "authority": authority}
    if not is_time_trusted(found.report, found.manifest_id):
        return Check("time", Outcome.WARNING, "time.untrusted", values)
    if _DEVELOPMENT in authority:  # who stamps may be another than who signs
        return Check("time", Outcome.WARNING, "time.development", values)
    return Check("time", Outcome.OK, "time.trusted", values)


def _hash(found: Found, grant: Mapping[str, Any] | None, *, is_ours: bool) -> Check:
    """Whether every byte is covered: the credential beside a file names the hash of all of it. What
    other signers fill their own room with is their own affair, whoever certifies them: a stamp of
    another kind, or an answer that their certificate is not revoked."""
    asset = as_map((grant or {}).get("asset"))
    values = {"sha256": found.file_sha256}
    if found.left.is_stray or (is_ours and found.said.speaks_as_ours and found.has_more):
        return Check("hash", Outcome.FAILED, "hash.more", values)
    if found.left.has_index:
        return Check("hash", Outcome.WARNING, "hash.index", values)
    is_inside = not found.has_sidecar or found.inside == found.manifest_id
    if is_inside or "range" in asset or not asset:  # no hash is named, or another one
        if found.is_covered:
            return Check("hash", Outcome.OK, "hash.whole", values)
        return Check("hash", Outcome.UNKNOWN, "hash.elsewhere", values)
    return _hash_named(found, asset, values)


def _hash_named(found: Found, asset: Mapping[str, Any], values: Mapping[str, str]) -> Check:
    if asset.get("sha256") == found.file_sha256:
        return Check("hash", Outcome.OK, "hash.same", values)
    if found.is_updated:  # beside a file that carries its first credential inside
        return Check("hash", Outcome.UNKNOWN, "hash.elsewhere", values)
    return Check("hash", Outcome.FAILED, "hash.other", values)


def _form(grant: Mapping[str, Any]) -> Iterator[Check]:
    """Yield a check where the grant is of a form that this program does not know: what is new in it
    may take back what it seems to say."""
    if str(grant.get("schema")) not in _GRANT_FORMS:
        shown = str(grant.get("schema"))[:40]
        yield Check("grant", Outcome.UNKNOWN, "grant.form", {"schema": shown})


def _extent(grant: Mapping[str, Any]) -> Iterator[Check]:
    """Yield which part of the file as registered this is, and what of it the licence leaves out."""
    part = as_map(as_map(grant.get("asset")).get("range"))
    if part:
        values = {"first": _clock(part.get("from_ms")), "last": _clock(part.get("to_ms"))}
        yield Check("part", Outcome.OK, "part.cut", values)
    if grant.get("left_out"):
        passages = (
            f"{str(each.get('element'))[:60]} {str(each.get('at') or '')[:60]}".strip()
            for each in as_maps(grant["left_out"])
        )
        # Never shortened: what is not named would be taken for licensed.
        values = {"passages": "; ".join(passages) or "-"}
        yield Check("extent", Outcome.WARNING, "extent.less", values)


def _clock(at_ms: object) -> str:
    """Return a moment of a file's time as `00:12:30.500`, or what stands for one as it is."""
    if type(at_ms) is not int or at_ms < 0:
        return str(at_ms)[:40]
    seconds, milliseconds = divmod(at_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"


def grant_term(grant: Mapping[str, Any], at: datetime, issued: datetime | None = None) -> Check:
    """Return whether the term of a grant runs at a time, and whether it had been issued by then."""
    values = {
        "grant": str(grant.get("grant"))[:40],
        "licensor": str(as_map(grant.get("licensor")).get("name") or "-")[:_SHOWN_MAX],
        "licensee": str(as_map(grant.get("licensee")).get("name") or "-")[:_SHOWN_MAX],
        "uses": listed(grant.get("uses")),
        "model_kinds": listed(grant.get("model_kinds")),
        "territory": territory(grant.get("territory")),
        "exclusivity": str(grant.get("exclusivity") or "-")[:40],
        "start": str(grant.get("start"))[:40],
        "end": str(grant.get("end") or "-")[:40],
    }
    if issued is not None and at < issued:  # whatever its term: nothing was granted then
        values |= {"issued": f"{issued:%Y-%m-%d %H:%M:%S} UTC"}
        return Check("term", Outcome.FAILED, "term.unissued", values)
    return _within(grant, at, "term", "term", values)


def consent_term(consent: Mapping[str, Any], at: datetime) -> Check:
    """Return whether a consent that a file rests on was in force at a time."""
    values = {
        "consent": str(consent.get("consent"))[:40],
        "attributes": listed(consent.get("attributes")),
        "end": str(consent.get("end") or "-")[:40],
    }
    return _within(consent, at, "consent", "consent", values)


def _within(
    said: Mapping[str, Any], at: datetime, name: str, words: str, values: Mapping[str, str]
) -> Check:
    try:
        start = instant(said["start"])
        end = instant(said["end"]) if said["end"] is not None else None
    except (KeyError, ValueError, OverflowError):
        return Check(name, Outcome.FAILED, f"{words}.malformed", values)
    if at < start:
        return Check(name, Outcome.FAILED, f"{words}.pending", values)
    if end is not None and at >= end:
        return Check(name, Outcome.FAILED, f"{words}.over", values)
    return Check(name, Outcome.OK, f"{words}.runs", values)


def instant(text: object) -> datetime:
    """Return the moment that a text says, RFC 3339. ValueError where it says none."""
    moment = datetime.fromisoformat(str(text))
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC)


def _logged(grant: Mapping[str, Any], logs: Policy) -> tuple[datetime | None, Check]:
    """Return when the log says that this grant was issued, None while nothing proves that."""
    issued: list[datetime] = []

    def check_issue(leaf: Leaf) -> None:
        if leaf.kind not in _ISSUED or leaf.stream != f"grant:{grant.get('grant')}":
            raise ValueError("the entry is about something else")
        issued.append(leaf.at)

    check = logged(grant, logs, check_issue)
    return (issued[0] if check.outcome == Outcome.OK else None), check


def logged(said: Mapping[str, Any], logs: Policy, check_entry: Callable[[Leaf], None]) -> Check:
    """Verify the receipt inside a credential, and that its entry is what is said there:
    `check_entry` raises ValueError where it is not."""
    ledger = as_map(said.get("ledger"))
    origin, index = str(ledger.get("origin"))[:_SHOWN_MAX], ledger.get("index")
    values = {"origin": origin, "index": str(index)[:20]}
    if not logs.keys_of(origin):
        return Check("log", Outcome.UNKNOWN, "log.unknown", values)
    try:
        entry = str(ledger["entry"]).encode()
        receipt = notes.parse_receipt(str(ledger["receipt"]))
        standing = logs.check(receipt.checkpoint)
        notes.check_inclusion(receipt, entry, standing.checkpoint)
        if (standing.checkpoint.origin, receipt.index) != (ledger["origin"], index):
            raise ValueError("the receipt is of another place")
        leaf = parse(entry)
        check_entry(leaf)
    except KeyError:
        return Check("log", Outcome.UNKNOWN, "log.absent", values)
    except (ValueError, TypeError):
        return Check("log", Outcome.FAILED, "log.broken", values)
    values |= {"since": f"{leaf.at:%Y-%m-%d}", "size": str(standing.checkpoint.size)}
    return Check("log", Outcome.OK, "log.proven", values)


def listed(value: object, most: int = _LISTED_MAX) -> str:
    """Return a list on one line; one that is shortened ends in an ellipsis."""
    items = value if isinstance(value, list | tuple) else []
    more = ["…"] if len(items) > most else []
    return ", ".join([*(str(each)[:60] for each in items[:most]), *more]) or "-"


def territory(value: object) -> str:
    """Return a territory expression on one line: `KR, DE`, `WORLD except CN`; one of another form
    as JSON."""
    match value:
        case str():
            return value[:_SHOWN_MAX] or "-"
        case list():
            return listed(value, _PLACES_MAX)
        case {"include": list(inside), "except": list(outside), **more} if not more:
            without = f" except {listed(outside, _PLACES_MAX)}" if outside else ""
            return listed(inside, _PLACES_MAX) + without
        case {"include": list(inside), **more} if not more:
            return listed(inside, _PLACES_MAX)
        case None:
            return "-"
    return json.dumps(value, ensure_ascii=False)


def _bare(assertion: Mapping[str, Any]) -> str:
    return str(assertion.get("label", "")).partition("__")[0]  # repeated: label__1


def as_map(value: object) -> Mapping[str, Any]:
    """Return a mapping, an empty one for what is none: what a file says can be of any form."""
    return value if isinstance(value, Mapping) else {}


def as_maps(value: object) -> list[Mapping[str, Any]]:
    """Return the mappings of a list, none of what is no list."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
