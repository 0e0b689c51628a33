"""Whom a verifier of files trusts: roots, each for one purpose, and the keys of logs.

    claims                          what follows: roots of those who sign credentials
    -----BEGIN CERTIFICATE----- ...
    times                           roots of those who say when
    identities                      roots of those who say who a licensor is
    statuses                        roots of those who sign status lists; without it those of claims
    log NAME+ID+KEY                 a log's verifier key
    signer C=DE,O=Halcyon Pictures  whose certificates under roots of claims count; without it all
    # Halcyon, 2027                 a note; empty lines count for nothing, either

An installation publishes its own as `trust-bundle.pem`. A PEM file without such words holds roots
of claims, and nothing else: a root is never believed for what nobody said that it is for. So a line
that is none of these is no line to pass over: it may be a heading or a signer, misspelt.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from edgecode.log.keys import Algorithm, parse_vkey
from edgecode.log.policy import LogKey, Policy

# What an authority looks into before it certifies somebody: by it signers are told apart.
CERTIFIED: Final = (x509.NameOID.ORGANIZATION_NAME, x509.NameOID.COUNTRY_NAME)
_BYTES_MAX: Final = 2_000_000
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_KINDS: Final = ("claims", "times", "identities", "statuses")
_LOG = re.compile(r"log[ \t]+(\S+)")
_SIGNER = re.compile(r"signer[ \t]+(.+)")
_LINE_SHOWN_MAX: Final = 60
_SHIPPED: Final = Path(__file__).with_name("trust-bundle.pem")


class BadBundle(ValueError):
    """A file of trust cannot be used; the message says which and why, in one line."""


@dataclass(frozen=True)
class Bundle:
    """Roots by what they are for, PEM, each "" for none; the logs whose keys are known; as whom a
    signer of claims must be certified, RFC 4514, any of them, whoever it is where none is named."""

    claims: str = ""
    times: str = ""
    identities: str = ""
    logs: Policy = field(default_factory=Policy)
    statuses: str = ""
    signers: tuple[str, ...] = ()

    @property
    def lists(self) -> str:
        """The roots of those who sign status lists, PEM."""
        return self.statuses or self.claims


def read_bundle(path: Path | None) -> Bundle | None:
    """Return the bundle in a file; without one that which came with this program or which
    $EDGECODE_TRUST names, None where there is none. Raises BadBundle."""
    if path is None:
        named = os.environ.get("EDGECODE_TRUST")
        path = Path(named) if named else _SHIPPED if _SHIPPED.is_file() else None
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            raw = file.read(_BYTES_MAX + 1)
    except OSError as error:
        raise BadBundle(f"{path}: {error.strerror}") from None
    try:
        if len(raw) > _BYTES_MAX:
            raise BadBundle("it is too long")
        return parse_bundle(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise BadBundle(f"{path}: it is no text, as a trust-bundle.pem is") from None
    except ValueError as error:
        raise BadBundle(f"{path}: {error}") from None


def parse_bundle(text: str) -> Bundle:
    """Return the bundle that a text holds. Raises BadBundle."""
    kept: dict[str, dict[str, str]] = {kind: {} for kind in _KINDS}
    logs: list[LogKey] = []
    signers: list[str] = []
    seen: dict[str, str] = {}
    for kind, content in _parts(text):
        if kind == "log":
            logs.append(_log(content))
            continue
        if kind == "signer":
            signers.append(_signer(content))
            continue
        try:
            root = x509.load_pem_x509_certificate(content.encode())
        except (ValueError, x509.InvalidVersion) as error:
            raise BadBundle(f"a certificate is malformed: {error}") from None
        key = root.fingerprint(hashes.SHA256()).hex()
        # The reader does not say of a claim for what its root was meant.
        if seen.setdefault(key, kind) != kind:
            raise BadBundle(f"one root stands for {seen[key]} and for {kind}")
        kept[kind][key] = root.public_bytes(Encoding.PEM).decode()
    if not logs and not any(kept.values()):
        raise BadBundle("it holds neither a root nor a log's key")
    roots = {kind: "".join(found.values()) for kind, found in kept.items()}
    return Bundle(**roots, logs=Policy(tuple(logs)), signers=tuple(signers))


def _parts(text: str) -> Iterator[tuple[str, str]]:
    """Yield each certificate with its kind, each log's key as `log` and whoever signs as
    `signer`. Raises BadBundle for a line that is not understood."""
    kind, block = "claims", list[str]()
    # As editors save it: what stands under a heading that was overlooked would count for claims.
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        word = line.strip()
        if block or word == _BEGIN:
            block.append(word)
            if word == _END:
                yield kind, "\n".join(block)
                block = []
        elif heading := _heading(word):
            kind = heading
        elif found := _LOG.fullmatch(word):
            yield "log", found[1]
        elif found := _SIGNER.fullmatch(word):
            yield "signer", found[1]
        elif not _is_note(word):
            raise BadBundle(f"line {number} is not understood: {word[:_LINE_SHOWN_MAX]}")
    if block:
        raise BadBundle("a certificate is cut off")


def _heading(word: str) -> str:
    """Return the kind of root that a line announces, "" for none."""
    kind = word.removesuffix(":").rstrip().casefold()
    return kind if kind in _KINDS else ""


def _is_note(word: str) -> bool:
    """Return whether a line may be passed over: "# times" alone is meant as a heading."""
    return not word or (word.startswith("#") and not _heading(word.lstrip("# \t")))


def _signer(text: str) -> str:
    try:
        name = x509.Name.from_rfc4514_string(text)
    except ValueError:
        name = x509.Name([])
    # One with neither would be whoever's certificate has neither.
    if not any(each.oid in CERTIFIED for each in name):
        shown = text[:_LINE_SHOWN_MAX]
        raise BadBundle(f"signer {shown}: no name such as C=DE,O=Halcyon Pictures")
    return name.rfc4514_string()


def _log(vkey: str) -> LogKey:
    try:
        key = parse_vkey(vkey)
    except ValueError as error:
        raise BadBundle(f"log: {error}") from None
    if key.algorithm is Algorithm.COSIGNATURE:
        raise BadBundle("log: this is the key of a witness, not of a log")
    return LogKey(key)
