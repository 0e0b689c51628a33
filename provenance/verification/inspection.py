"""What a file says of itself: is it intact, who signed it, may that signer be believed.

The four questions are kept apart, because the reader's one word ("Valid") mixes them: a file can
be intact and signed by a stranger, or signed by us and altered since. Whether the grant that a
credential names still holds is for the caller to ask; nothing here reads the database.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from catalog.intake import too_large
from edgecode.verify import codes
from edgecode.verify.vouching import is_in_time, readable_certificate, vouched_for
from provenance import manifests
from provenance.names import visible
from provenance.slots import slot
from provenance.stamp_form import is_issued
from provenance.trust import pki
from provenance.verification.findings import (
    READER_STOPPED,
    SIDECAR_FAILED,
    Finding,
    concerns_content,
)
from provenance.verification.host import HOST

_MEMORY_BYTES = 1536 * 2**20
_CPU_SECONDS = 15
_WALL_SECONDS = 15
_BYTES_PER_CPU_SECOND = 50 * 2**20
_BYTES_PER_WALL_SECOND = 20 * 2**20
_CLAIM_SIGNING = pki.CLAIM_SIGNING
_ISSUERS_MAX = 8
STRANGER = ""
# A manifest store is some tens of KB; what is larger would be held in memory for nothing.
SIDECAR_BYTES_MAX = 32 * 2**20


class Integrity(StrEnum):
    """Whether the file is what was signed."""

    INTACT = "intact"
    ALTERED = "altered"
    UNREADABLE = "unreadable"
    UNSIGNED = "unsigned"


class Trust(StrEnum):
    """Whose word it is that the signer is who the certificate says."""

    EDGECODE = "edgecode"
    EDGECODE_DEVELOPMENT = "edgecode_development"
    NOBODY = "nobody"


@dataclass(frozen=True)
class Signer:
    """Who signed, as the certificate has it, its names without what would turn or hide the words
    beside them; `certificate_sha256` is of its DER bytes, `key_sha256`
    of its public key, as the log names keys."""

    common_name: str
    organisation: str
    issuer: str
    algorithm: str
    certificate_sha256: str
    valid_from: str
    valid_until: str
    key_sha256: str = ""


@dataclass(frozen=True)
class TimeStamp:
    """When the signature existed (RFC 3339), who says so, and whether we believe them."""

    time: str
    authority: str
    trusted: bool


@dataclass(frozen=True)
class Inspection:
    """One file, inspected. `as_json` gives the same as plain values.

    `found_in` is "file", "sidecar" or "" (no manifest read); `remote_url` is where a file without
    a manifest says that one is, never followed. `ingredients` are what it was made from: each the
    identifier of a manifest, or the title of a file without one. `findings` are the reader's
    failures. `said_in` is the manifest that all of this stands in: `manifest_id`, or the one out of
    which that only strikes assertions. `is_blank`: beside its signature stand a time stamp and
    zeros, and no more; `store_sha256` is of the store without such zeros, "" where there is more.
    `certificates` are the SHA-256 of who signed each manifest inside, by its name, of those that
    are signed under our roots. `raw` is the reader's own report, {} without a manifest; `crjson`
    the same in the form that C2PA has for validators, where it was asked for.
    """

    file_sha256: str
    file_size: int
    integrity: Integrity
    trust: Trust
    findings: tuple[Finding, ...] = ()
    found_in: str = ""
    remote_url: str = ""
    manifest_id: str = ""
    said_in: str = ""
    title: str = ""
    signer: Signer | None = None
    licensor: codes.Identity | None = None
    time_stamp: TimeStamp | None = None
    grant: Mapping[str, Any] | None = None
    consents: tuple[Mapping[str, Any], ...] = ()
    training_mining: Mapping[str, Any] | None = None
    actions: tuple[Mapping[str, Any], ...] = ()
    ingredients: tuple[str, ...] = ()
    is_blank: bool = False
    store_sha256: str = ""
    certificates: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, Any] | None = None
    crjson: Mapping[str, Any] | None = None

    @property
    def earlier(self) -> tuple[str, ...]:
        """The manifests that it was made from: of its ingredients those that carry one."""
        return tuple(each for each in self.ingredients if each.startswith("urn:"))

    @property
    def made_from(self) -> list[Mapping[str, Any]]:
        """Its ingredients as the reader reports them."""
        manifest = codes.as_map(codes.as_map((self.raw or {}).get("manifests")).get(self.said_in))
        return codes.as_maps(manifest.get("ingredients"))

    @property
    def is_by_sidecar(self) -> bool:
        """Whether all of this was read of a manifest beside the file, or would have been: what is
        wrong may be wrong with that one alone."""
        failed = any(finding.code == SIDECAR_FAILED for finding in self.findings)
        return self.found_in == "sidecar" or failed

    @property
    def was_stopped(self) -> bool:
        """Whether a limit of ours ended the reading, so that nothing is known of the file."""
        return any(finding.code == READER_STOPPED for finding in self.findings)

    @property
    def has_manifest(self) -> bool:
        """Whether a manifest was found and could be read."""
        return self.manifest_id != ""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values, each finding with its reason in the active language; without
        its `crjson`, which is a document of its own, the hash of the signer’s key, and what
        only our own records are held against."""
        plain = asdict(self)
        for own in ("crjson", "is_blank", "store_sha256", "certificates"):
            del plain[own]
        if plain["signer"] is not None:
            del plain["signer"]["key_sha256"]  # the certificate's says as much
        plain["has_manifest"] = self.has_manifest
        plain["findings"] = [
            {**asdict(finding), "reason": str(finding.reason)} for finding in self.findings
        ]
        return plain


def inspect(
    path: Path,
    *,
    mime: str,
    sidecar: Path | None = None,
    sha256: str | None = None,
    caller: str = STRANGER,
    crjson: bool = False,
) -> Inspection:
    """Inspect the file at `path` against our own roots, in a limited process.

    `sidecar` is a manifest store beside it, used instead of what the file carries. `sha256`
    spares a second pass over a file whose caller has just hashed it. `caller` is the stream of
    the organisation that asks: its files, and no other's, may be read one after the other by the
    same process, while each file of STRANGER has a process of its own. `crjson` asks for that form
    too. Raises OSError, TooLarge("sidecar") above SIDECAR_BYTES_MAX, and
    Unavailable while too many files are read.
    """
    if sha256 is None:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    size = path.stat().st_size
    answer = answer_about(path, mime=mime, sidecar=sidecar, caller=caller, crjson=crjson)
    if answer is None:
        stopped = Finding(READER_STOPPED)
        return Inspection(sha256, size, Integrity.UNREADABLE, Trust.NOBODY, (stopped,))
    if answer["outcome"] == "unreadable":
        code = SIDECAR_FAILED if answer["of"] == "sidecar" else "edgecode.reader.failed"
        unparsed = Finding(code, detail=answer["detail"])
        return Inspection(sha256, size, Integrity.UNREADABLE, Trust.NOBODY, (unparsed,))
    if answer["outcome"] == "none":
        url = answer["remote_url"]
        return Inspection(sha256, size, Integrity.UNSIGNED, Trust.NOBODY, remote_url=url)
    return judged(answer, sha256, size)


def answer_about(
    path: Path,
    *,
    mime: str,
    sidecar: Path | None = None,
    caller: str = STRANGER,
    alone: bool = False,
    crjson: bool = False,
) -> dict[str, Any] | None:
    """Return what the limited process says of the file (inspect_child.py), or None when it ran
    into a limit; as `inspect`, but unjudged. `alone`: by a process that has read no other file,
    the caller's neither."""
    if sidecar and sidecar.stat().st_size > SIDECAR_BYTES_MAX:
        raise too_large(SIDECAR_BYTES_MAX, field="sidecar")
    with ExitStack() as stack:
        files = [stack.enter_context(item.open("rb")) for item in (path, sidecar) if item]
        size = path.stat().st_size
        request = {
            "caller": STRANGER if alone else caller,
            "crjson": crjson,
            "mime": mime,
            "anchors": [
                pki.claim_anchor_pem(),
                pki.time_anchor_pem(),
                pki.identity_anchor_pem(),
            ],
            "limits": {
                "memory_bytes": _MEMORY_BYTES,
                "cpu_seconds": _CPU_SECONDS + size // _BYTES_PER_CPU_SECOND,
                "wall_seconds": _WALL_SECONDS + size // _BYTES_PER_WALL_SECOND,
            },
        }
        with slot(caller):
            return HOST.ask(request, files)


def judged(answer: Mapping[str, Any], sha256: str, size: int) -> Inspection:
    """Return what an answer of outcome "read" means, of the file with this hash and size."""
    report = answer["report"]
    manifest_id = str(report.get("active_manifest", ""))
    manifest = report.get("manifests", {}).get(manifest_id, {})
    results = report.get("validation_results", {})
    active = results.get("activeManifest", {})
    succeeded = {item["code"] for item in active.get("success", [])}
    findings = tuple(_findings(results))
    vouched = vouched_for(answer, datetime.now(UTC))
    said_in = codes.updates(report, manifest_id, vouched)[-1]
    stated = report.get("manifests", {}).get(said_in, {})
    data = _by_label(stated.get("assertions", []))
    return Inspection(
        file_sha256=sha256,
        file_size=size,
        integrity=_integrity(answer["state"], findings),
        trust=_trust(answer, results, manifest_id),
        findings=findings,
        found_in="file" if answer["embedded"] else "sidecar",
        manifest_id=manifest_id,
        said_in=said_in,
        title=str(stated.get("title") or ""),
        signer=_signer(answer, manifest),
        licensor=codes.identity_in(report, said_in),
        time_stamp=_time_stamp(answer, manifest, succeeded),
        grant=next(iter(data.get(manifests.GRANT, [])), None),
        consents=tuple(data.get(manifests.CONSENT, [])),
        training_mining=next(iter(data.get(manifests.TRAINING_MINING, [])), None),
        actions=tuple(
            action
            for item in data.get(manifests.ACTIONS, [])
            for action in codes.as_maps(item.get("actions"))
        ),
        ingredients=tuple(
            str(item.get("active_manifest") or item.get("title") or "")
            for item in stated.get("ingredients", [])
        ),
        is_blank=codes.is_blank(answer),
        certificates={name: pki.fingerprint(each) for name, each in vouched.items()},
        store_sha256=str(codes.as_map(answer.get("standing")).get("sha256") or ""),
        raw=report,
        crjson=answer.get("crjson"),
    )


def _findings(results: Mapping[str, Any]) -> Iterable[Finding]:
    deltas = [item.get("validationDeltas", {}) for item in results.get("ingredientDeltas", [])]
    for part in (results.get("activeManifest", {}), *deltas):
        for item in part.get("failure", []):
            yield Finding(item["code"], item.get("url", ""), item.get("explanation", ""))


def _integrity(state: str, findings: tuple[Finding, ...]) -> Integrity:
    if any(concerns_content(finding.code) for finding in findings):
        return Integrity.ALTERED
    # Invalid for its signer alone (expired, wrong kind): the bytes are still what was signed.
    if state in {"Trusted", "Valid"} or findings:
        return Integrity.INTACT
    return Integrity.ALTERED


def _trust(answer: Mapping[str, Any], results: Mapping[str, Any], manifest_id: str) -> Trust:
    # The reader says "Trusted" of a claim signed under any of its lists, the time stampers' too,
    # and only "Valid" where a further identity is one that nobody vouches for.
    failures = {item["code"] for item in results.get("activeManifest", {}).get("failure", [])}
    if (
        answer["state"] == "Invalid"
        or any(not code.startswith("cawg.") for code in failures)
        or not codes.is_claim_trusted(answer["report"], manifest_id)
    ):
        return Trust.NOBODY
    certificate = _certificate(answer)
    if (
        certificate is None
        or not _may_sign_claims(certificate)
        or not is_in_time(answer["report"], manifest_id, certificate, datetime.now(UTC))
    ):
        return Trust.NOBODY
    issuers = tuple(map(base64.b64decode, answer.get("issuers", ())[:_ISSUERS_MAX]))
    is_development = _is_of_development(certificate, issuers, pki.claim_anchor_pem())
    return Trust.EDGECODE_DEVELOPMENT if is_development else Trust.EDGECODE


@lru_cache(maxsize=8)  # as below
def _is_of_development(
    certificate: x509.Certificate, issuers: tuple[bytes, ...], roots_pem: str
) -> bool:
    """Return whether a certificate stands under a development root among these. By its issuer's
    name nobody can tell: whom a recognised authority certifies may call it anything."""
    last = certificate
    for der in issuers:
        above = readable_certificate(der)
        if above is not None and is_issued(last, above):
            last = above
    return any(is_issued(last, root) for root in pki.development_roots(roots_pem))


@lru_cache(maxsize=8)  # nearly always our own signer, and parsing costs as much as a query
def _may_sign_claims(certificate: x509.Certificate) -> bool:
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return _CLAIM_SIGNING in usages


def _certificate(answer: Mapping[str, Any]) -> x509.Certificate | None:
    return readable_certificate(base64.b64decode(answer["certificate"]))


def _signer(answer: Mapping[str, Any], manifest: Mapping[str, Any]) -> Signer | None:
    said = manifest.get("signature_info")
    if not said:
        return None
    certificate = _certificate(answer)
    return Signer(
        common_name=visible(said.get("common_name") or ""),
        organisation=visible(said.get("issuer") or ""),  # the reader's word for it
        issuer=visible(_common_name(certificate.issuer)) if certificate else "",
        algorithm=str(said.get("alg") or "").upper(),
        certificate_sha256=pki.fingerprint(certificate) if certificate else "",
        valid_from=certificate.not_valid_before_utc.isoformat() if certificate else "",
        valid_until=certificate.not_valid_after_utc.isoformat() if certificate else "",
        key_sha256=_key_sha256(certificate) if certificate else "",
    )


def _key_sha256(certificate: x509.Certificate) -> str:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return ""
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def _common_name(name: x509.Name) -> str:
    values = name.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(values[0].value) if values else name.rfc4514_string()


def _time_stamp(
    answer: Mapping[str, Any], manifest: Mapping[str, Any], succeeded: set[str]
) -> TimeStamp | None:
    time = (manifest.get("signature_info") or {}).get("time")
    if not time or "timeStamp.validated" not in succeeded:
        return None
    is_trusted = codes.is_time_trusted(
        answer["report"], str(answer["report"].get("active_manifest"))
    )
    return TimeStamp(str(time), visible(answer["time_authority"]), is_trusted)


def _by_label(assertions: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    """Gather the signer's own statements; hearsay ("gathered") is no word of theirs."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for assertion in assertions:
        data = assertion.get("data")
        if assertion.get("created") is True and isinstance(data, dict):
            label = str(assertion.get("label", "")).partition("__")[0]  # repeated: label__1
            found.setdefault(label, []).append(data)
    return found
