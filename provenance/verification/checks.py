"""The questions that a report on a file answers one by one, each with what a lawyer would ask for.

Each takes what was found in the file, some also our record of it, and returns one Check.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from babel.dates import format_date
from babel.numbers import format_decimal
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from catalog.models import Asset, Attribute, Consent
from catalog.models.consents import ConsentQuerySet, is_replaced
from catalog.scope.ranges import clock
from edgecode.log.leaf import Leaf, parse
from edgecode.verify import codes
from ledger import keys, proofs
from licensing.verdicts.resting import SOUND, Rest
from provenance import manifests
from provenance.credentials.files import is_as_signed
from provenance.jumbf import active_manifest_id, signer_certificate
from provenance.models import Credential
from provenance.names import visible
from provenance.status import GrantStatus
from provenance.trust import pki
from provenance.verification.inspection import Inspection, Integrity, Trust

type Text = str | Promise


_ISSUED = frozenset({"grant.issued", "grant.issued.v2"})


class Outcome(StrEnum):
    """How one question was answered."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Check:
    """One question, its answer, and the detail a lawyer would ask for."""

    id: str
    outcome: Outcome
    title: Text
    detail: Text = ""

    def as_json(self) -> dict[str, str]:
        return {
            "id": self.id,
            "outcome": self.outcome,
            "title": str(self.title),
            "detail": str(self.detail),
        }


def integrity(found: Inspection) -> Check:
    reasons = " ".join(dict.fromkeys(str(finding.reason) for finding in found.findings))
    if found.integrity == Integrity.INTACT:
        return Check(
            "integrity",
            Outcome.OK,
            _("The content is exactly what was signed."),
            _("SHA-256 %(sha256)s") % {"sha256": found.file_sha256},
        )
    if found.was_stopped:
        title = _("Whether the content is what was signed has not been found out.")
        again = _("That says nothing of the file: check it again later.")
        return Check("integrity", Outcome.UNKNOWN, title, f"{reasons} {again}")
    if found.is_by_sidecar:
        return _beside(found, reasons)
    if found.integrity == Integrity.ALTERED:
        return Check("integrity", Outcome.FAILED, _("The content is not what was signed."), reasons)
    return Check("integrity", Outcome.FAILED, _("The file could not be read."), reasons)


def _beside(found: Inspection, reasons: str) -> Check:
    """A file that may be as it was signed, with a manifest beside it that does not fit."""
    title = _("The .c2pa file could not be read.")
    if found.integrity == Integrity.ALTERED:
        title = _("The content is not what the .c2pa file was signed for.")
    try_again = _("Check the file without the .c2pa file, or with the one that came with it.")
    return Check("integrity", Outcome.FAILED, title, f"{reasons} {try_again}")


def is_ours(found: Inspection) -> bool:
    """Return whether a key of ours signed: the log names each before its first use. An authority
    that is recognised certifies others, too; one for development us alone."""
    if found.trust == Trust.EDGECODE and found.signer is not None:
        return keys.is_published(found.signer.key_sha256, purpose="credential")
    return found.trust == Trust.EDGECODE_DEVELOPMENT


def signer(found: Inspection, *, ours: bool) -> Check:
    """Who signed; `ours`: a key of ours did."""
    signer = found.signer
    name = f"{signer.common_name} ({signer.organisation})" if signer else "–"
    if found.integrity == Integrity.ALTERED:
        return Check(
            "signer",
            Outcome.UNKNOWN,
            _("The signature no longer fits, so it does not say who stands behind this file."),
            _("The credential names %(name)s as its signer.") % {"name": name},
        )
    if found.trust == Trust.EDGECODE and not ours:
        return Check(
            "signer",
            Outcome.OK,
            _("Signed by %(name)s, certified by an authority that certifies us.") % {"name": name},
        )
    if found.trust == Trust.EDGECODE:
        return Check("signer", Outcome.OK, _("Signed by Edgecode."), name)
    if found.trust == Trust.EDGECODE_DEVELOPMENT:
        return Check(
            "signer",
            Outcome.WARNING,
            _("Signed by this installation's development authority."),
            _("%(name)s. Nobody outside this installation should trust it.") % {"name": name},
        )
    return (
        _revoked(found)
        or _ended(found)
        or Check(
            "signer",
            Outcome.FAILED,
            _("The signer is not one we know."),
            _("It calls itself %(name)s; anybody can.") % {"name": name},
        )
    )


def _revoked(found: Inspection) -> Check | None:
    """Return what is said where the credential itself carries the answer of an authority that we
    recognise: nobody is asked."""
    if found.signer is None or not codes.is_revoked(found.raw or {}, found.manifest_id):
        return None
    return Check(
        "signer",
        Outcome.FAILED,
        _("The certificate of %(name)s was revoked, and no time stamp shows that it signed before.")
        % {"name": found.signer.common_name},
        _("An answer of its authority that the credential carries says so."),
    )


def _ended(found: Inspection) -> Check | None:
    """Return what is said where a key of ours signed whose certificate has ended since, and nothing
    proves that it signed before: of a copy that was delivered before its time stamp came."""
    signer = found.signer
    if signer is None or not keys.is_published(signer.key_sha256, purpose="credential"):
        return None
    if datetime.fromisoformat(signer.valid_until) > timezone.now():
        return None
    return Check(
        "signer",
        Outcome.FAILED,
        _("The certificate of %(name)s has ended, and no time stamp shows that it signed before.")
        % {"name": signer.common_name},
        _("The repository of manifests may have a stamped credential for this file."),
    )


def licensor(found: Inspection, *, ours: bool) -> Check:
    """Whether the licensor that the grant names signed what is said of its rights itself; `ours`:
    a key of ours signed the whole."""
    signed = found.licensor
    if signed is None:
        title = (
            _("The licensor has not signed it itself; Edgecode has.")
            if ours
            else _("The licensor has not signed it itself.")
        )
        return Check("licensor", Outcome.UNKNOWN, title)
    party = codes.as_map((found.grant or {}).get("licensor"))
    name = visible(signed.common_name)
    if not signed.sound:
        title = _("The licensor’s own signature does not belong to what is said here.")
        return Check("licensor", Outcome.FAILED, title, name)
    if not signed.trusted:
        title = (
            _("The certificate of who signed for the licensor is not valid now.")
            if signed.over
            else _("Somebody signed for the licensor whose identity we cannot confirm.")
        )
        return Check("licensor", Outcome.WARNING, title, once_named(name) if signed.over else name)
    if manifests.GRANT not in signed.about:
        title = _("The licensor’s own signature is not about the licence.")
        return Check("licensor", Outcome.WARNING, title, name)
    if not signed.is_of(party.get("code")):
        title = _("Another organisation than the licensor signed what is said of its rights.")
        return Check("licensor", Outcome.FAILED, title, name)
    title = _("%(name)s itself signed what is said of its rights.")
    return signed_in_name("licensor", signed, str(party.get("name", "–")), title)


def signed_in_name(
    check_id: str, signed: codes.Identity, organisation: str, title: Promise
) -> Check:
    """Return what is said where an organisation's own identity signed: `title`, with its name; or
    that this installation made that identity, which proves nothing, whoever signs the claim."""
    said, name = {"name": visible(organisation)}, visible(signed.common_name)
    if pki.DEVELOPMENT_MARK not in signed.organisation:
        return Check(check_id, Outcome.OK, title % said, name)
    made_here = _("Signed in the name of %(name)s by this installation.")
    detail = _("%(name)s. Nobody outside this installation should trust it.")
    return Check(check_id, Outcome.WARNING, made_here % said, detail % {"name": name})


def once_named(name: str) -> Text:
    """What is said of a name in a certificate that is not valid now."""
    return _("It names %(name)s, which can no longer be confirmed.") % {"name": name}


def time(found: Inspection) -> Check:
    stamp = found.time_stamp
    if stamp is None:
        return Check("time", Outcome.UNKNOWN, _("No time stamp proves when it was signed."))
    said = {"authority": visible(stamp.authority), "time": _moment(stamp.time)}
    if not stamp.trusted:  # anybody can put it there
        title = _("%(authority)s, whom we do not know, says that it was signed by %(time)s.")
        return Check("time", Outcome.UNKNOWN, title % said, _("That proves no time."))
    is_own = pki.DEVELOPMENT_MARK in stamp.authority  # who stamps may be another than who signs
    return Check(
        "time",
        Outcome.WARNING if is_own else Outcome.OK,
        _("Signed no later than %(time)s.") % said,
        _("Time stamp of %(authority)s.") % said,
    )


def record(found: Inspection, credential: Credential | None, path: Path) -> Check:
    said = found.grant or {}
    if (
        credential is None
        or said.get("grant") != credential.granted_asset.grant.code
        or not is_our_signature(found, credential)
    ):
        return Check(
            "record", Outcome.FAILED, _("We have no record of having issued this credential.")
        )
    if not is_as_signed(credential, path, found.file_sha256):
        return Check(
            "record",
            Outcome.FAILED,
            _("The file is not byte for byte the one that we delivered."),
            _("Parts that the signature leaves open were changed."),
        )
    if holds_more(found, lambda: _store_named(credential, found.manifest_id)):
        return filled_with_more()
    return Check(
        "record",
        Outcome.OK,
        _("Issued to %(licensee)s by %(licensor)s.")
        % {
            "licensee": codes.as_map(said.get("licensee")).get("name", "–"),
            "licensor": codes.as_map(said.get("licensor")).get("name", "–"),
        },
        _("Grant EC %(head)s %(tail)s, byte for byte the file that was delivered.")
        % {"head": str(said.get("grant"))[:4], "tail": str(said.get("grant"))[4:]},
    )


def holds_more(found: Inspection, own: Callable[[], bytes | None]) -> bool:
    """Return whether a .c2pa file of ours was filled with what nobody signed, and is not our own
    copy of that manifest either, whose time stamp may be of an authority that is none of the roots
    now. Of a file that carries its credential the hash of the whole tells."""
    if found.found_in != "sidecar" or found.is_blank:
        return False
    store = own()
    return store is None or hashlib.sha256(store).hexdigest() != found.store_sha256


def filled_with_more() -> Check:
    return Check(
        "record",
        Outcome.FAILED,
        _("The .c2pa file holds more than we wrote."),
        _("Parts that the signature leaves open were changed."),
    )


def is_our_signature(found: Inspection, credential: Credential) -> bool:
    """Return whether a manifest that has the name of one of a credential's is signed as that is."""
    signer = found.signer.certificate_sha256 if found.signer is not None else ""
    return is_signed_for(credential, found.manifest_id, signer)


def is_signed_for(credential: Credential, manifest_id: str, certificate_sha256: str) -> bool:
    """Return whether this certificate signed the manifest that a credential has by this name."""
    if not certificate_sha256:
        return False
    if (manifest_id, certificate_sha256) == (credential.manifest_id, credential.signer_sha256):
        return True
    # An older row may name the signer that came next; our own copy tells who signed.
    store = _store_named(credential, manifest_id)
    return store is not None and _certificate_sha256(store) == certificate_sha256


def _store_named(credential: Credential, manifest_id: str) -> bytes | None:
    """Return our own copy of the manifest that a credential has by this name."""
    if manifest_id == credential.newest_manifest_id:
        return bytes(credential.manifest.body)
    earlier = map(bytes, credential.updates.values_list("earlier", flat=True))
    return next((store for store in earlier if active_manifest_id(store) == manifest_id), None)


def issued_in(found: Inspection, names: Collection[str]) -> dict[str, Credential]:
    """Return the manifests of these names inside a file that are of our own credentials, with
    those: by who signed them, as for the newest one."""
    rows = Credential.objects.named(names).select_related(
        "granted_asset__grant__superseded_by", "granted_asset__asset", "granted_asset__clearance"
    )
    issued = {}
    for each in rows.order_by("pk"):
        later = each.updates.values_list("manifest_id", flat=True) if each.newest_id else ()
        for name in {each.manifest_id, *later}.intersection(names):
            if is_signed_for(each, name, found.certificates.get(name, "")):
                issued[name] = each
    return issued


def _certificate_sha256(store: bytes) -> str:
    return hashlib.sha256(signer_certificate(store)).hexdigest()


def is_signed_as(found: Inspection, store: bytes) -> bool:
    """Return whether the certificate is the one of our own copy of that manifest. Where a
    recognised authority certifies us, others stand under its root, too, and may give their
    manifests our names."""
    ours = _certificate_sha256(store)
    return found.signer is not None and found.signer.certificate_sha256 == ours


def registered(found: Inspection, asset: Asset) -> Check:
    """Who registered the file, where its credential says that alone."""
    if found.file_sha256 != asset.sha256 or not is_signed_as(
        found, bytes(asset.registration.manifest)
    ):
        return Check(
            "record", Outcome.FAILED, _("We have no record of having issued this credential.")
        )
    if holds_more(found, lambda: bytes(asset.registration.manifest)):
        return filled_with_more()
    return Check(
        "record",
        Outcome.OK,
        _("Registered by %(registrant)s.") % {"registrant": asset.organisation.name},
        _("File EC %(code)s. Who may use it, and for what, its licences say.")
        % {"code": _spaced(asset.code)},
    )


def check_issue(grant: Any, leaf: Leaf) -> None:
    """Raise ValueError unless an entry of the log is the issue of this grant."""
    if leaf.kind not in _ISSUED or leaf.stream != f"grant:{grant.get('grant')}":
        raise ValueError("the entry is about something else")


def logged(what: Any, check_entry: Callable[[Leaf], None]) -> Check:
    """Verify the receipt inside the credential, offline, and that its entry is about what is said
    there: `check_entry` raises ValueError where it is not."""
    said = codes.as_map(what.get("ledger"))
    try:
        index = proofs.index_named(str(said["origin"]), int(said["index"]))
        raw = proofs.entry(index)
        at, checkpoint = proofs.open_receipt(str(said["receipt"]), raw)
        if (checkpoint.origin, at) != (said["origin"], int(said["index"])):
            raise ValueError("the receipt is of another place")
        leaf = parse(raw)
        check_entry(leaf)
    except (ValueError, KeyError, TypeError, LookupError):
        return Check("log", Outcome.FAILED, _("The proof from the public log does not hold."))
    return Check(
        "log",
        Outcome.OK,
        _("In the public log since %(day)s, entry %(index)s.")
        % {"day": format_date(leaf.at, "long", locale=_locale()), "index": _number(index)},
        _("The receipt in the credential proves it, under a signed checkpoint of %(size)s entries.")
        % {"size": _number(checkpoint.size)},
    )


def consents(
    found: Inspection, credential: Credential | None, at: datetime | None, rest: Rest
) -> Check:
    """Whether the consents stand that the file rests on: at `at`, or now. `rest`: how the file
    does, so that its licence goes on or not."""
    if not found.consents and credential is not None:
        named = credential.consents.exists()
        return _struck(credential, at, rest) if named else _unnamed(rest)
    codes = [code for consent in found.consents if (code := code_of(consent))]
    moment = timezone.now() if at is None else at
    if ended := _ended_by(codes, moment):
        title, *more = _how_ended(ended)
        detail = format_lazy(" ".join(["{}"] * len(more)), *more)
        return Check("consent", Outcome.WARNING, title, _and_so(detail, rest))
    if len(codes) < len(found.consents):
        return Check(
            "consent",
            Outcome.WARNING,
            _("A performer’s consent that it names cannot be read."),
            _("Ask the licensor before any new use."),
        )
    live = set(Consent.objects.live(moment).filter(code__in=codes).values_list("code", flat=True))
    if resting := [code for code in codes if code not in live]:  # over, or suspended
        return Check(
            "consent",
            Outcome.WARNING,
            _("A performer’s consent that it rests on is not in force."),
            _("Consent %(codes)s. Ask the licensor before any new use.")
            % {"codes": ", ".join(resting)},
        )
    names = dict(Attribute.choices)
    attributes = sorted({name for consent in found.consents for name in _attributes_of(consent)})
    return Check(
        "consent",
        Outcome.OK,
        _("Rests on the performer's consent for: %(attributes)s.")
        % {"attributes": ", ".join(str(names.get(name, name)) for name in attributes) or "–"},
        _("Consent %(codes)s. The credential carries its hash, nothing about the person.")
        % {"codes": ", ".join(codes)},
    )


def code_of(consent: Mapping[str, Any]) -> str:
    """Return the code by which a credential names a consent, "" where it is none."""
    code = consent.get("consent")
    # NUL is what no text of a database holds.
    return code if isinstance(code, str) and "\0" not in code else ""


def _attributes_of(consent: Mapping[str, Any]) -> list[str]:
    said = consent.get("attributes")
    return [each for each in said if isinstance(each, str)] if isinstance(said, list) else []


def _unnamed(rest: Rest) -> Check:
    """What is said of a likeness's file whose credential never named a consent."""
    if rest == SOUND:
        said = _("Rests on a performer’s consent that it does not name.")
        return Check("consent", Outcome.OK, said)
    return Check(
        "consent",
        Outcome.WARNING,
        _("A performer’s consent that it rests on is not in force."),
        _and_so(_("Its credential names none."), rest),
    )


def _struck(credential: Credential, at: datetime | None, rest: Rest) -> Check:
    """What is said of the consents that this very credential no longer names."""
    ends = _ends_of(Consent.objects.filter(pk__in=credential.consents.values("consent")))
    if not ends:
        return _unnamed(rest)
    last = max(ends, key=lambda each: each.at)
    when = {"time": _moment(last.at.isoformat())}
    if at is not None and at < last.at and rest == SOUND:
        title = _STOOD_THEN[last.is_replaced] % when
        return Check("consent", Outcome.OK, title, _("It is struck out of this credential."))
    return Check(
        "consent",
        Outcome.WARNING,
        _ENDED[last.is_replaced] % when,
        _and_so(_("It is struck out of this credential."), rest),
    )


def _and_so(said: Text, rest: Rest) -> Text:
    """What it means for the licence that a consent does not stand."""
    if rest.is_over:
        then = _("Without it the licence of this file has ended.")
    elif rest.suspended_at is not None:
        then = _("What the licence rests on besides is suspended: nothing new may be made.")
    else:
        then = _("Others carry the licence; ask the licensor before any new use.")
    return format_lazy("{} {}", said, then)


def newest(found: Inspection, credential: Credential) -> Check:
    """Whether a later manifest, in which consents are struck out, has taken the place of this."""
    if found.manifest_id == credential.newest_id:
        return Check(
            "newest",
            Outcome.OK,
            _("This is its newest credential."),
            _("A consent that has ended is struck out of it."),
        )
    return Check(
        "newest",
        Outcome.WARNING,
        _("There is a newer credential for it."),
        _(
            "A consent that has ended is struck out of that one. The repository of manifests gives"
            " it to whoever shows this file."
        ),
    )


class _End(NamedTuple):
    """When a consent was withdrawn, or replaced by a newer version."""

    code: str
    at: datetime
    is_replaced: bool


# By whether a newer version took its place: that the performer withdrew it is not to be said then.
_ENDED: dict[bool, Promise] = {
    False: _("The performer's consent was withdrawn on %(time)s."),
    True: _("The performer's consent was replaced by a newer version on %(time)s."),
}
_STOOD_THEN: dict[bool, Promise] = {
    False: _("The performer's consent stood then; it was withdrawn on %(time)s."),
    True: _("The performer's consent stood then; a newer version replaced it on %(time)s."),
}


def _ended_by(codes: Sequence[str], at: datetime) -> list[_End]:
    """Return how each of these consents ended; those that stood at `at` are left out."""
    return _ends_of(Consent.objects.filter(code__in=codes, withdrawn_at__lte=at))


def _how_ended(ended: Sequence[_End]) -> Iterator[Text]:
    """Yield how consents ended, the first ones first, and behind each way which they were: that one
    was replaced is not to be said of another, nor when."""
    in_order = sorted(ended, key=lambda each: (each.at, each.is_replaced, each.code))
    for (at, replaced), alike in groupby(in_order, key=lambda each: (each.at, each.is_replaced)):
        yield _ENDED[replaced] % {"time": _moment(at.isoformat())}
        yield _("Consent %(codes)s.") % {"codes": ", ".join(each.code for each in alike)}


def _ends_of(consents: ConsentQuerySet) -> list[_End]:
    found = consents.order_by("pk").values_list("code", "withdrawn_at", is_replaced())
    return [_End(code, at, replaced) for code, at, replaced in found if at is not None]


def part(found: Inspection, credential: Credential) -> Check:
    """Which part of a film it is, where it was cut out of one."""
    said = codes.as_map((found.grant or {}).get("asset"))
    clip = credential.clip
    kept = {"from_ms": clip.from_ms, "to_ms": clip.to_ms} if clip is not None else None
    if said.get("range") != kept or clip is None:
        return Check(
            "part", Outcome.FAILED, _("The credential names another part than was licensed.")
        )
    return Check(
        "part",
        Outcome.OK,
        _("A part of a licensed file: %(start)s to %(end)s.")
        % {"start": clock(clip.from_ms), "end": clock(clip.to_ms)},
        _("Cut out of file EC %(code)s, whose SHA-256 is %(sha256)s.")
        % {"code": _spaced(str(said.get("code", ""))), "sha256": said.get("sha256", "–")},
    )


def _spaced(code: str) -> str:
    return f"{code[:4]} {code[4:]}"


def past(found: Inspection) -> Check:
    """What the file was made from, where its credential continues an earlier one."""
    raw = found.raw or {}
    # Also where its content was not what we had signed: it was changed before it went in.
    inner = (str(each.get("active_manifest")) for each in codes.ingredients_of(raw, found.said_in))
    issued = issued_in(found, [name for name in inner if name in found.certificates])
    if issued:
        code = next(iter(issued.values())).granted_asset.grant.code
        return Check(
            "past",
            Outcome.WARNING,
            _("It was made from a file that we delivered under another grant."),
            _("Grant EC %(head)s %(tail)s: ask the licensor by what right it was licensed again.")
            % {"head": code[:4], "tail": code[4:]},
        )
    if broken := codes.broken_past(raw, found.said_in):
        return Check(
            "past",
            Outcome.WARNING,
            _("Something that it was made from did not match its own credential."),
            _("It had been changed before it was licensed: %(names)s.")
            % {"names": visible(", ".join(broken))[:300]},
        )
    return Check(
        "past",
        Outcome.UNKNOWN,
        _("It was made from a file that carried a credential of its own."),
        _("That one is kept inside; we did not issue it: %(manifests)s.")
        % {"manifests": visible(", ".join(found.earlier))[:300]},
    )


# Of a time that has passed.
_THEN: dict[str, tuple[Outcome, Promise]] = {
    "active": (Outcome.OK, _("The licence was in force on %(time)s.")),
    "pending": (Outcome.WARNING, _("The licence had not begun on %(time)s.")),
    "expired": (Outcome.FAILED, _("The licence had expired by %(time)s.")),
    "superseded": (
        Outcome.FAILED,
        _("The licence had been amended by %(time)s; another grant had taken its place."),
    ),
    "revoked": (Outcome.FAILED, _("The licence had been revoked by %(time)s.")),
}


def standing(status: GrantStatus, *, stands: bool, is_left_out: bool = False) -> Check:
    """Whether the licence holds: now, or at the time that was asked about. `stands`: a consent
    does that the file rests on, or it needs none. `is_left_out`: the grant that took the place of
    its own has other files alone."""
    if status["state"] == "active" and not stands:
        return Check(
            "status",
            Outcome.FAILED,
            _("The licence of this file ended with a consent that it rested on."),
            _("No file of its grant is licensed any more.")
            if status["is_without_consent"]
            else _("Other files of the same grant may be licensed still."),
        )
    since = _moment(status["since"]) if status["since"] else ""
    if status["at"] is not None:
        outcome, then = _THEN[status["state"]]
        title = then % {"time": _moment(status["at"])}
        return Check(
            "status", outcome, title, _("Since %(since)s.") % {"since": since} if since else ""
        )
    titles: dict[str, tuple[Outcome, Text]] = {
        "active": (Outcome.OK, _("The licence is in force.")),
        "pending": (Outcome.WARNING, _("The licence has not begun.")),
        "expired": (Outcome.FAILED, _("The licence has expired.")),
        "superseded": (
            Outcome.FAILED,
            _("The licence was amended; another grant has taken the place of this one."),
        ),
        "revoked": (Outcome.FAILED, _("The licence was revoked.")),
    }
    outcome, title = titles[status["state"]]
    detail = _("Since %(since)s.") % {"since": since} if since else ""
    if by := status["superseded_by"]:
        named = _("What holds now is in grant EC %(head)s %(tail)s.")
        if is_left_out:
            named = _("Grant EC %(head)s %(tail)s, which took its place, leaves this file out.")
        detail = f"{detail} {named % {'head': by[:4], 'tail': by[4:]}}"
    return Check("status", outcome, title, detail)


def _moment(instant: str) -> str:
    """Return an RFC 3339 instant as people read it, in UTC; one that is none as it came."""
    try:
        moment = datetime.fromisoformat(instant).astimezone(UTC)
    except (ValueError, OverflowError):
        return instant
    return f"{format_date(moment, 'long', locale=_locale())} {moment:%H:%M:%S} UTC"


def _number(count: int) -> str:
    return str(format_decimal(count, locale=_locale()))


def _locale() -> str:
    """Return Babel's name of the active language; English dates are written day first."""
    language = (get_language() or "en").partition("-")[0]
    return "en_GB" if language == "en" else language
