"""A C2PA manifest written by hand, for a file whose hash is known (C2PA 2.4, sections 8 to 15).

The signing library takes as long for a licensor's signature inside a claim as for the claim
itself, and a granted library is a hundred thousand manifests. What it does there is little: each
assertion goes into a box of its own (JUMBF, ISO 19566-5), the licensor signs the hashes of some
(CAWG identity, `cawg.x509.cose`), the claim names all of them by their hashes, and the claim is
signed. The library's reader judges what is written (c2pa_sdk/signing.py). Pure but for chance:
bytes out.
"""

import hashlib
import json
import secrets
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple

from provenance import cbor
from provenance.countersign import Signature

# What a definition may say that is written here; ingredients and what is struck out are not.
WRITTEN: Final = frozenset({"claim_generator_info", "title", "format", "assertions"})

_ES256: Final = -7
_ALGORITHM, _X5CHAIN = 1, 33  # COSE headers, RFC 9052 and RFC 9360
_UUID_END: Final = bytes.fromhex("00110010800000aa00389b71")
_REQUESTABLE, _SALTED = 0x03, 0x13  # toggles of a description box; a label follows
_SALT_BYTES: Final = 16
_BINDING: Final = "c2pa.hash."
_IDENTITY: Final = "cawg.identity"
_IN_BYTES: Final = frozenset({"hash", "pad", "pad2", "value"})


class Key(NamedTuple):
    """A key on P-256 with its certificates, as a COSE signature needs them."""

    protected: bytes
    sign: Callable[[bytes], bytes]  # r and s, 32 bytes each


class Written(NamedTuple):
    """A manifest store of one manifest, and that one's identifier (`urn:c2pa:…`)."""

    manifest_id: str
    store: bytes
    is_stamped: bool


def protected(chain: Iterable[bytes]) -> bytes:
    """Return the header of whoever signs with the first of these certificates (DER)."""
    certificates = list(chain)
    named = certificates if len(certificates) > 1 else certificates[0]
    return cbor.encoded({_ALGORITHM: _ES256, _X5CHAIN: named})


def written(
    definition: Mapping[str, Any],
    binding: tuple[str, Mapping[str, Any]],
    claims: Key,
    licensor: Key | None,
    *,
    rights: Collection[str],
    stamp: Callable[[bytes], bytes],
) -> Written:
    """Return the manifest of a definition of which all is WRITTEN, bound to a file by `binding`:
    label and data of its hard binding, in which bytes are lists of numbers.

    `licensor` signs the assertions called as in `rights`; `stamp` gives the time stamp of a
    SHA-256, b"" for none. TypeError, KeyError for what is no definition.
    """
    assertions = _Assertions(len(definition["assertions"]) + 2)
    for each in definition["assertions"]:
        box = _json(each["data"]) if each.get("kind") == "Json" else _cbor(each["data"])
        assertions.add(each["label"], box, is_created=bool(each.get("created")))
    label, data = binding
    assertions.add(label, _cbor({name: _said(name, each) for name, each in data.items()}))
    if licensor is not None:
        assertions.add(_IDENTITY, _identity(licensor, assertions, rights), is_created=False)
    manifest_id = f"urn:c2pa:{uuid.uuid4()}"
    claim = _claim(definition, manifest_id, assertions)
    signature = _signed(claims, claim)
    token = stamp(hashlib.sha256(signature.to_stamp()).digest())
    manifest = _superbox(
        b"c2ma",
        manifest_id,
        _superbox(b"c2as", "c2pa.assertions", *assertions.boxes),
        _superbox(b"c2cl", "c2pa.claim.v2", _box(b"cbor", claim)),
        _superbox(
            b"c2cs", "c2pa.signature", _box(b"cbor", signature._replace(token=token).written())
        ),
    )
    return Written(manifest_id, _superbox(b"c2pa", "c2pa", manifest), bool(token))


class _Assertions:
    """The assertions of a manifest: their boxes, and by what claim and licensor name them."""

    def __init__(self, most: int) -> None:
        self.boxes: list[bytes] = []
        self.created: list[dict[str, Any]] = []
        self.gathered: list[dict[str, Any]] = []
        self._salts = secrets.token_bytes(_SALT_BYTES * most)
        self._labels: Counter[str] = Counter()

    def add(self, label: str, box: bytes, *, is_created: bool = True) -> None:
        """Add one; several under one label are numbered (C2PA 2.4, section 6.3)."""
        number, at = self._labels[label], len(self.boxes) * _SALT_BYTES
        self._labels[label] += 1
        name = f"{label}__{number}" if number else label
        # The salt keeps what may be struck out from being guessed by its hash.
        salt = _box(b"c2sh", self._salts[at : at + _SALT_BYTES])
        whole = _superbox(box[4:8], name, box, salt=salt)
        self.boxes.append(whole)
        url = f"self#jumbf=c2pa.assertions/{name}"
        (self.created if is_created else self.gathered).append(
            {"url": url, "hash": hashlib.sha256(memoryview(whole)[8:]).digest()}
        )

    def named(self, labels: Collection[str]) -> list[dict[str, Any]]:
        """Return those of these labels, and what binds them to the file."""
        return [
            each
            for each in self.created + self.gathered
            if (name := each["url"].rpartition("/")[2]) in labels or name.startswith(_BINDING)
        ]


def _identity(licensor: Key, assertions: _Assertions, rights: Collection[str]) -> bytes:
    """Return what a licensor signs. Readers write it anew to verify it, in the order of CAWG 1.1,
    so that here the names stand in that order."""
    payload = b"".join(
        (
            cbor.head(cbor.MAP, 3),
            cbor.text("referenced_assertions"),
            _in_order(assertions.named(rights)),
            cbor.text("sig_type") + cbor.text("cawg.x509.cose"),
            cbor.text("role") + cbor.encoded(["cawg.publisher"]),
        )
    )
    return _box(
        b"cbor",
        cbor.head(cbor.MAP, 3)
        + cbor.text("signer_payload")
        + payload
        + cbor.text("signature")
        + cbor.byte_string(_signed(licensor, payload).written())
        + cbor.text("pad1")
        + cbor.byte_string(b""),
    )


def _in_order(references: list[dict[str, Any]]) -> bytes:
    return cbor.head(cbor.ARRAY, len(references)) + b"".join(
        cbor.head(cbor.MAP, 2)
        + cbor.text("url")
        + cbor.text(each["url"])
        + cbor.text("hash")
        + cbor.byte_string(each["hash"])
        for each in references
    )


def _claim(definition: Mapping[str, Any], manifest_id: str, assertions: _Assertions) -> bytes:
    said: dict[str, Any] = {
        "instanceID": f"xmp.iid:{uuid.uuid4()}",
        "claim_generator_info": definition["claim_generator_info"][0],
        "signature": f"self#jumbf=/c2pa/{manifest_id}/c2pa.signature",
        "created_assertions": assertions.created,
        "alg": "sha256",
    }
    if assertions.gathered:
        said["gathered_assertions"] = assertions.gathered
    if "title" in definition:
        said["dc:title"] = definition["title"]
    return cbor.encoded(said)


def _signed(key: Key, payload: bytes) -> Signature:
    """Sign what stands elsewhere (COSE_Sign1, its payload detached)."""
    signed = (
        cbor.head(cbor.ARRAY, 4)
        + cbor.text("Signature1")
        + cbor.byte_string(key.protected)
        + cbor.byte_string(b"")
        + cbor.byte_string(payload)
    )
    return Signature(key.protected, None, key.sign(signed))


def _said(name: str, value: Any) -> Any:
    """Return data of a hard binding with its bytes as bytes."""
    if name in _IN_BYTES and isinstance(value, list):
        return bytes(value)
    if isinstance(value, list):
        return [_said("", each) for each in value]
    if isinstance(value, Mapping):
        return {inner: _said(inner, each) for inner, each in value.items()}
    return value


def _cbor(data: Any) -> bytes:
    return _box(b"cbor", cbor.encoded(data))


def _json(data: Any) -> bytes:
    return _box(b"json", json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode())


def _superbox(kind: bytes, label: str, *boxes: bytes, salt: bytes = b"") -> bytes:
    toggles = _SALTED if salt else _REQUESTABLE
    named = kind + _UUID_END + bytes((toggles,)) + label.encode() + b"\0" + salt
    return _box(b"jumb", _box(b"jumd", named), *boxes)


def _box(kind: bytes, *parts: bytes) -> bytes:
    size = 8 + sum(map(len, parts))
    return b"".join((size.to_bytes(4), kind, *parts))
