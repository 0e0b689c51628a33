import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgecode.log import merkle, tiles
from edgecode.log.tiles import Tile, TileBuilder


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(63, 999), "tile/63/999"),
        (Tile(1, 1000, 17), "tile/1/x001/000.p/17"),
        (Tile(None, 273, 112), "tile/entries/273.p/112"),
    ],
)
def test_paths_are_those_of_the_specification(tile: Tile, path: str) -> None:
    assert tile.path == path
    assert tiles.parse_path(path) == tile


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/0/x000/000",
        "tile/0/x001/x000",
        "tile/0/001/000",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000.p",
        "tile/entries/../000",
        "tile/0/../../keys/ledger.key",
        "tile/0/000\n",
        "tile/0/\N{ARABIC-INDIC DIGIT ZERO}00",
        "tile/0/" + "x001/" * 30 + "000",
        "/tile/0/000",
        "",
    ],
)
def test_other_paths_are_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not the path of a tile"):
        tiles.parse_path(path)


def test_a_tree_of_70000_has_the_tiles_of_the_specification() -> None:
    names = list(tiles.tiles_of(70_000))
    at = {level: [tile for tile in names if tile.level == level] for level in (None, 0, 1, 2, 3)}
    assert [tile.width for tile in at[0]] == [256] * 273 + [112]
    assert [tile.width for tile in at[None]] == [256] * 273 + [112]
    assert [tile.width for tile in at[1]] == [256, 17]
    assert [tile.width for tile in at[2]] == [1]
    assert at[3] == []


def test_a_tree_of_256_has_a_full_tile_and_one_above() -> None:
    assert [tile.path for tile in tiles.tiles_of(256)] == [
        "tile/entries/000",
        "tile/0/000",
        "tile/1/000.p/1",
    ]


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_read_back(entries: list[bytes]) -> None:
    raw = tiles.encode_bundle(entries)
    assert tiles.decode_bundle(raw, len(entries)) == entries
    for width in (len(entries) + 1, len(entries) - 1):
        with pytest.raises(ValueError, match="exactly"):
            tiles.decode_bundle(raw, width)
    for damaged in (raw[:-1], raw + b"\x00"):
        if entries:
            with pytest.raises(ValueError, match="exactly"):
                tiles.decode_bundle(damaged, len(entries))


def leaves_of(size: int) -> list[bytes]:
    return merkle.leaf_hashes([b"%d" % number for number in range(size)])


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=8))
def test_growing_in_steps_gives_the_tiles_of_growing_at_once(steps: list[int]) -> None:
    size = sum(steps)
    leaves = leaves_of(size)
    stepwise: dict[Tile, bytes] = {}
    edge: list[list[bytes]] = []
    start = 0
    for step in steps:
        # A new builder every time, from the partial tiles alone, as after a restart.
        builder = TileBuilder(start, edge)
        stepwise |= dict(builder.add(leaves[start : start + step]))
        stepwise |= dict(builder.partial_tiles())
        start += step
        edge = [
            tiles.split_tile(stepwise[Tile(level, n // 256, n % 256)], n % 256) if n % 256 else []
            for level in range(4)
            if (n := start >> 8 * level)
        ]
    at_once = TileBuilder()
    wanted = dict(at_once.add(leaves)) | dict(at_once.partial_tiles())
    assert {tile for tile in tiles.tiles_of(size) if tile.level is not None} == set(wanted)
    assert wanted.items() <= stepwise.items()
    assert builder.root() == at_once.root() == merkle.root_of(leaves)


def test_a_tree_of_three_levels_has_the_right_root_and_proofs() -> None:
    size = 256 * 256 + 300
    leaves = leaves_of(size)
    builder = TileBuilder()
    files = dict(builder.add(leaves)) | dict(builder.partial_tiles())
    root = merkle.root_of(leaves)
    assert builder.root() == root
    node = tiles.node_reader(size, files.__getitem__)
    for index in (0, 255, 256, 65_535, 65_536, size - 1):
        proof = merkle.prove_inclusion(index, size, node)
        merkle.verify_inclusion(leaves[index], index, size, proof, root)
    for old in (1, 255, 256, 257, 65_536, 65_700, size - 1):
        proof = merkle.prove_consistency(old, size, node)
        merkle.verify_consistency(old, size, merkle.root_of(leaves[:old]), root, proof)


def test_an_empty_builder_has_the_empty_root() -> None:
    assert TileBuilder().root() == merkle.EMPTY_ROOT
    assert list(TileBuilder().partial_tiles()) == []


def test_partial_tiles_are_cut_from_wider_ones() -> None:
    entries = [b"%d" % number for number in range(256)]
    full = tiles.encode_bundle(entries)
    assert tiles.narrow(full, Tile(None, 0), Tile(None, 0, 3)) == tiles.encode_bundle(entries[:3])
    part = tiles.encode_bundle(entries[:7])
    assert tiles.narrow(part, Tile(None, 0, 7), Tile(None, 0, 3)) == full[: len(part) * 3 // 7]
    hashes = b"".join(leaves_of(256))
    assert tiles.narrow(hashes, Tile(0, 0), Tile(0, 0, 3)) == hashes[:96]
