"""What a C2PA manifest store says of its newest manifest, read from its bytes alone.

The signing library names a signer but does not hand out its certificate, nor the identifier of
what it has just signed. Both stand in the store: nested boxes (JUMBF, ISO 19566-5), the
signature in one of them as COSE_Sign1 (RFC 9052) in CBOR (RFC 8949). Nothing is verified here.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

_CHAINS = (33, "x5chain")  # RFC 9360, and as it was called before
_LABELLED = 0x02  # toggle of a description box: a label follows
_UPDATE = b"c2um"  # what the type of an update manifest's box begins with
_DEPTH_MAX = 16


def active_manifest_id(store: bytes) -> str:
    """Return the label (`urn:c2pa:…`) of the newest manifest; ValueError if this is no store."""
    return _active(store)[0]


def signer_certificate(store: bytes) -> bytes:
    """Return the DER certificate that the newest manifest's signature names; else ValueError."""
    return _leaf(signature(store))


def manifests(store: bytes) -> dict[str, bytes]:
    """Return the manifests in a store, each a box, by its label; without those of which two have
    one label. ValueError if this is no store."""
    _active(store)
    found = [
        (_described(box.body)[0], _whole(box))
        for box in _placed(_placed(store, 0)[0].body, 0)
        if box.kind == b"jumb"
    ]
    times = Counter(label for label, _box in found)
    return {label: box for label, box in found if times[label] == 1}


def is_update(manifest: bytes) -> bool:
    """Return whether a manifest, a box, is one of those that are bound to no content of their
    own."""
    kind, description = next(_boxes(manifest[8:]), (b"", b""))
    return kind == b"jumd" and description.startswith(_UPDATE)


def store_of(store: bytes, manifests: Iterable[bytes]) -> bytes:
    """Return a store like this one of these manifests alone, each a box, the newest last."""
    outer = _placed(store, 0)[0]
    head = _placed(outer.body, 0)[0]
    return _whole(outer._replace(body=b"".join([_whole(head), *manifests])))


def signature(store: bytes) -> bytes:
    """Return the COSE_Sign1 of the newest manifest, CBOR; ValueError if there is none."""
    _active(store)
    return _signature_path(store)[-1].body


def with_signature(store: bytes, cose: bytes) -> bytes:
    """Return the store with these bytes in place of the newest manifest's signature.

    Assertions and claim are hashed without it, so that what was signed stays as it was.
    """
    path = _signature_path(store)
    at = path[-1]
    grown = len(cose) - len(at.body)
    rewritten = bytearray(store[: at.start + 8] + cose + store[at.start + 8 + len(at.body) :])
    for box in path:
        size = 8 + len(box.body) + grown
        rewritten[box.start : box.start + 4] = size.to_bytes(4)
    return bytes(rewritten)


def only_active(store: bytes) -> bytes:
    """Return a store of the newest manifest alone; ValueError if this is no store."""
    _active(store)
    boxes = _placed(_placed(store, 0)[0].body, 0)
    newest = [box for box in boxes if box.kind == b"jumb"][-1]
    return store_of(store, [_whole(newest)])


def is_alone(store: bytes, named: Collection[str]) -> bool:
    """Return whether these bytes are a store of the manifests called so, and beside the newest
    signature stands no other box: nobody signs what else does. ValueError if this is no store."""
    path = _signature_path(store)
    inner = [kind for kind, _body in _boxes(path[-2].body)]
    labels = [label for label, _body in _superboxes(path[0].body)]
    return (
        len(store) == 8 + len(path[0].body)
        and inner == [b"jumd", b"cbor"]
        and sorted(labels) == sorted(named)
    )


def is_one_box(store: bytes) -> bool:
    """Return whether there is nothing behind the first box; ValueError if these are no boxes."""
    return len(list(_boxes(store))) == 1


def stated(store: bytes, label: str) -> Iterator[tuple[str, Any]]:
    """Yield the assertions of the newest manifest under a label, and under label__1 and so on: each
    with its own label. ValueError if this is no store. Of those in CBOR, which ours are."""
    for box, body in _superboxes(_active(store)[1]):
        for own, inner in _superboxes(body) if box == "c2pa.assertions" else ():
            if own.partition("__")[0] == label:
                yield own, next(cbor(data) for kind, data in _boxes(inner) if kind == b"cbor")


class _Box(NamedTuple):
    """A box where it stands in the store."""

    start: int
    kind: bytes
    body: bytes


def _signature_path(store: bytes) -> list[_Box]:
    """Return the boxes that lead to the newest manifest's signature, the outermost first."""
    outer = _placed(store, 0)[0]
    manifest = [box for box in _placed(outer.body, outer.start + 8) if box.kind == b"jumb"][-1]
    for box in _placed(manifest.body, manifest.start + 8):
        if box.kind == b"jumb" and _described(box.body)[0] == "c2pa.signature":
            for inner in _placed(box.body, box.start + 8):
                if inner.kind == b"cbor":
                    return [outer, manifest, box, inner]
    raise ValueError("the manifest has no signature box")


def _whole(box: _Box) -> bytes:
    return (8 + len(box.body)).to_bytes(4) + box.kind + box.body


def _placed(data: bytes, offset: int) -> list[_Box]:
    found = []
    for kind, body in _boxes(data):
        found.append(_Box(offset, kind, body))
        offset += 8 + len(body)
    return found


def _active(store: bytes) -> tuple[str, bytes]:
    outer = list(_superboxes(store))
    manifests = list(_superboxes(outer[0][1])) if outer and outer[0][0] == "c2pa" else []
    if not manifests:
        raise ValueError("not a C2PA manifest store")
    return manifests[-1]


def _superboxes(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield label and content of each labelled box in `data`."""
    for kind, body in _boxes(data):
        if kind == b"jumb":
            label, length = _described(body)
            yield label, body[length:]


def _described(body: bytes) -> tuple[str, int]:
    """Return the label of a box with this body, and how long its description is."""
    first, description = next(_boxes(body), (b"", b""))
    if first != b"jumd" or len(description) < 18 or not description[16] & _LABELLED:
        raise ValueError("a JUMBF box without its description")
    label = description[17:].split(b"\0", 1)[0].decode("utf-8")
    return label, 8 + len(description)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield type and body of each box in `data`; 64-bit sizes do not occur in manifests."""
    at = 0
    while at < len(data):
        size = int.from_bytes(data[at : at + 4])
        if size < 8 or at + size > len(data):
            raise ValueError("a JUMBF box reaches beyond its parent")
        yield data[at + 4 : at + 8], data[at + 8 : at + size]
        at += size


def _leaf(cose: bytes) -> bytes:
    message = cbor(cose)
    if not isinstance(message, list) or len(message) != 4:
        raise ValueError("the signature is not COSE_Sign1")
    protected = cbor(message[0]) if isinstance(message[0], bytes) and message[0] else {}
    for header in (protected, message[1]):
        named = header if isinstance(header, dict) else {}
        chains = [named[name] for name in _CHAINS if name in named]
        if len(chains) > 1:  # the reader checks the one that stands first, whichever that is
            raise ValueError("the signature names more than one chain of certificates")
        for chain in chains:
            leaf = chain[0] if isinstance(chain, list) and chain else chain
            if isinstance(leaf, bytes):
                return leaf
    raise ValueError("the signature names no certificate")


def cbor(data: bytes) -> Any:
    """Return the CBOR item that `data` begins with, tags dropped; ValueError if it is none."""
    value, _ = _item(data, 0, 0)
    return value


def _item(data: bytes, at: int, depth: int) -> tuple[Any, int]:
    """Return the item at `at` (tags dropped) and where it ends; definite lengths only."""
    if depth > _DEPTH_MAX or at >= len(data):
        raise ValueError("CBOR: too deep or cut off")
    major, extra = data[at] >> 5, data[at] & 31
    at += 1
    if extra > 27:
        raise ValueError("CBOR: indefinite lengths are not expected here")
    width = 1 << (extra - 24) if extra >= 24 else 0
    number = int.from_bytes(data[at : at + width]) if width else extra
    at += width
    if major in {0, 1}:
        return (number if major == 0 else -1 - number), at
    if major in {2, 3}:
        if at + number > len(data):
            raise ValueError("CBOR: cut off")
        body = data[at : at + number]
        return (body if major == 2 else body.decode("utf-8")), at + number
    if major == 6:
        return _item(data, at, depth + 1)
    if major == 7:
        return None, at  # simple values and floats: none matters here
    return _collection(data, at, number, depth, is_map=major == 5)


def _collection(data: bytes, at: int, count: int, depth: int, *, is_map: bool) -> tuple[Any, int]:
    items = []
    for _ in range(count * 2 if is_map else count):  # a lie about `count` ends at "cut off"
        value, at = _item(data, at, depth + 1)
        items.append(value)
    if not is_map:
        return items, at
    keys = [key if isinstance(key, int | str) else repr(key) for key in items[::2]]
    return dict(zip(keys, items[1::2], strict=True)), at
