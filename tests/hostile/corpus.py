"""Files that lie, made from files that do not: by generators, the same each time."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

NO_INDEX = b"\0\0\0\x08mfra"  # as smooth streaming writes it: no more than a head
_FREE = b"free"
_C2PA = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


@dataclass(frozen=True)
class Mutant:
    """A changed file; `name` says how it was changed, to find it again."""

    name: str
    content: bytes


def mutants(content: bytes, manifest: tuple[int, int], *, count: int) -> Iterator[Mutant]:
    """Yield changed copies of a signed file whose manifest lies in [start, end)."""
    yield from cut(content, manifest)
    yield from flipped(content, manifest, count=count)
    yield from appended(content)
    yield Mutant("manifest blanked", content[: manifest[0]] + bytes(manifest[1] - manifest[0])
                 + content[manifest[1] :])  # fmt: skip


def cut(content: bytes, manifest: tuple[int, int]) -> Iterator[Mutant]:
    """Yield the file cut off: nowhere near, in the middle of, and right behind what counts."""
    start, end = manifest
    places = {0, 1, 8, start, start + 9, (start + end) // 2, end - 1, end, len(content) - 1}
    for place in sorted(place for place in places if place < len(content)):
        yield Mutant(f"cut at {place}", content[:place])


def flipped(content: bytes, manifest: tuple[int, int], *, count: int) -> Iterator[Mutant]:
    """Yield the file with one bit turned: in its head, in its manifest, in all the rest."""
    rng = random.Random(len(content))
    start, end = manifest
    for part, low, high in (("head", 0, 64), ("manifest", start, end), ("rest", 0, len(content))):
        for _ in range(count):
            place, bit = rng.randrange(low, min(high, len(content))), rng.randrange(8)
            changed = bytearray(content)
            changed[place] ^= 1 << bit
            yield Mutant(f"{part}: bit {bit} at {place}", bytes(changed))


def appended(content: bytes) -> Iterator[Mutant]:
    """Yield the file with something behind it that a careless reader would leave out."""
    for name, more in (
        ("a free box", (16).to_bytes(4) + _FREE + b"smuggled"),
        ("a skip box", (16).to_bytes(4) + b"skip" + b"smuggled"),
        ("a manifest box", (24).to_bytes(4) + b"uuid" + bytes(16)),
        ("a box of C2PA's own", _c2pa_box(b"smuggled")),
        ("a list of brands", (16).to_bytes(4) + b"ftyp" + b"smuggled"),
        ("two indexes of nothing", 2 * NO_INDEX),
        ("an index of nothing with more", NO_INDEX + b"\0"),
        ("an index that holds a file", index(_box(b"free", b"smuggled"))),
        ("an index without its length", _box(b"mfra", table(0))),
        ("an index of no fragment", index(table(0))),
        ("two indexes", index(table(0)) + index(table(0))),
        ("a zero", b"\0"),
        ("itself", content),
    ):
        yield Mutant(f"{name} behind it", content + more)


def _c2pa_box(purpose: bytes) -> bytes:
    """A box that the hash of a film leaves out, for a purpose that no reader looks for."""
    body = _C2PA + bytes(4) + purpose + bytes(9) + b"anything"
    return (8 + len(body)).to_bytes(4) + b"uuid" + body


def table(entries: int) -> bytes:
    """A table of so many fragments, as a film's index has one for each track."""
    return _box(
        b"tfra", bytes(4) + (1).to_bytes(4) + bytes(4) + entries.to_bytes(4) + bytes(11 * entries)
    )


def index(boxes: bytes) -> bytes:
    """An index of fragments that holds these boxes, with its length behind them."""
    length = (8 + len(boxes) + 16).to_bytes(4)
    return _box(b"mfra", boxes + _box(b"mfro", bytes(4) + length))


def cut_apart(
    content: bytes, manifest: tuple[int, int], store: bytes, more: bytes, name: bytes = b"JP"
) -> bytes:
    """A JPEG of the same length whose manifests are this shorter store, cut into two segments: one
    where they began and one where they ended, with more between. `manifest` is where they stand,
    `name` what the segments say that they hold."""
    start = manifest[0] - 12
    half = len(store) // 2
    first = _segment(b"\xeb", name + b"\x02\x11" + (1).to_bytes(4) + store[:half])
    second = _segment(b"\xeb", name + b"\x02\x11" + (2).to_bytes(4) + store[:8] + store[half:])
    room = manifest[1] - start - len(first) - len(more) - len(second)
    between = more + _segment(b"\xfe", b"-" * (room - 4))
    return content[:start] + first + between + second + content[manifest[1] :]


def _segment(marker: bytes, body: bytes) -> bytes:
    return b"\xff" + marker + (len(body) + 2).to_bytes(2) + body


def nested_boxes(depth: int) -> bytes:
    """A manifest store of boxes in boxes."""
    description = b"c2pa" + bytes(12) + b"\x03c2pa\0"
    head = (8 + len(description)).to_bytes(4) + b"jumd" + description
    store = b""
    for _ in range(depth):
        body = head + store
        store = (8 + len(body)).to_bytes(4) + b"jumb" + body
    return store


def with_assertions(store: bytes, count: int) -> bytes:
    """Return a manifest store with so many more assertions, which nobody declared."""
    at = store.index(b"c2pa.assertions\0")
    more = b"".join(_assertion(f"com.example.a{number}") for number in range(count))
    # Every box that begins before the label and ends behind it holds the assertions.
    start, holders = 0, []
    while start < at:
        holders.append(start)
        size = int.from_bytes(store[start : start + 4])
        inner = start + 8
        while inner < start + size:
            length = int.from_bytes(store[inner : inner + 4])
            if inner < at < inner + length and store[inner + 4 : inner + 8] == b"jumb":
                break
            inner += length
        else:
            break
        start = inner
    end = holders[-1] + int.from_bytes(store[holders[-1] : holders[-1] + 4])
    grown = bytearray(store[:end] + more + store[end:])
    for place in holders:
        size = int.from_bytes(grown[place : place + 4]) + len(more)
        grown[place : place + 4] = size.to_bytes(4)
    return bytes(grown)


def _assertion(label: str) -> bytes:
    kind = bytes.fromhex("63626F7200110010800000AA00389B71")
    description = kind + b"\x03" + label.encode() + b"\0"
    boxes = _box(b"jumd", description) + _box(b"cbor", b"\xa0")
    return _box(b"jumb", boxes)


def _box(kind: bytes, body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4) + kind + body
