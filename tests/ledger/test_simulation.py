"""`manage.py ledger simulate`: a log of a made-up market that stands every check."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from edgecode.audit.openings import read_openings
from edgecode.log.folder import LogFolder
from edgecode.log.leaf import parse
from edgecode.log.policy import parse_policy
from edgecode.log.verify import verify_log
from ledger import kinds
from ledger.simulation.market import Market
from ledger.verifying import verify_all


def simulate(target: Path, *options: str) -> None:
    call_command("ledger", "simulate", str(target), "--entries", "700", *options)


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def test_the_log_verifies_and_its_openings_open(tmp_path: Path) -> None:
    log, facts = tmp_path / "log", tmp_path / "openings"
    simulate(log, "--openings", str(facts))
    report = verify_log(log, (log / "log.vkey").read_text())
    assert report.problems == []
    assert report.ok
    assert report.entries == 700
    assert report.kept_checkpoints >= 2
    standing = parse_policy((log / "policy").read_text()).check((log / "checkpoint").read_text())
    assert standing.checkpoint.size == 700
    openings = read_openings(facts)[0][None]
    entries = list(Market(1).entries(700))
    assert len(openings.by_index) > 300
    for index in openings.by_index:
        assert openings.check(index, parse(entries[index])) == []


@pytest.mark.parametrize("openings", ["gone/openings", "log/openings"])
def test_openings_that_cannot_be_written_there_leave_no_log(tmp_path: Path, openings: str) -> None:
    with pytest.raises(CommandError, match=r"is no folder|within the log"):
        simulate(tmp_path / "log", "--openings", str(tmp_path / openings))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("entries", "shards"), [(1, 1), (4, 2), (5, 2), (6, 3), (100, 50)])
def test_a_history_may_be_cut_as_small_as_it_goes(
    tmp_path: Path, entries: int, shards: int
) -> None:
    told = ("--entries", f"{entries}", "--shards", f"{shards}")
    simulate(tmp_path / "log", *told)
    found = list(verify_all(tmp_path / "log", None, with_database=False))
    assert [each.report.problems for each in found] == [[]] * shards
    assert sum(each.report.entries for each in found) == entries
    with pytest.raises(CommandError, match="3 entries make 1 to 1 shards, not 2"):
        simulate(tmp_path / "three", "--entries", "3", "--shards", "2")


def test_one_seed_gives_one_log_with_openings_or_without(tmp_path: Path) -> None:
    simulate(tmp_path / "a", "--seed", "4")
    simulate(tmp_path / "b", "--seed", "4", "--openings", str(tmp_path / "openings"))
    simulate(tmp_path / "c", "--seed", "5")
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert files(tmp_path / "a")["checkpoint"] != files(tmp_path / "c")["checkpoint"]


def test_it_overwrites_nothing(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="exists: name a new one"):
        simulate(tmp_path)
    (tmp_path / "openings").write_text("mine")
    with pytest.raises(CommandError, match="exists: name a new one"):
        simulate(tmp_path / "log", "--openings", str(tmp_path / "openings"))
    with pytest.raises(CommandError, match="an entry at least"):
        call_command("ledger", "simulate", str(tmp_path / "log"), "--entries", "0")
    assert [path.name for path in tmp_path.iterdir()] == ["openings"]


def test_its_entries_are_what_the_house_would_accept() -> None:
    leaves = [parse(entry) for entry in Market(2).entries(6000)]
    for leaf in leaves:
        kinds.get(leaf.kind).check_leaf(leaf)
        assert leaf.encode()  # every rule of the form
    made_by_tests = {"crate", "gadget", "probe", "sample", "widget"}
    between_logs = {"shard.closed", "shard.opened"}
    written = {leaf.kind for leaf in leaves} | between_logs
    for kind in kinds.registered():
        if kind.name.partition(".")[0] not in made_by_tests:
            assert kind.name in written, f"the made-up market never writes {kind.name}"


def test_it_is_cut_into_shards_that_go_on_from_each_other(tmp_path: Path) -> None:
    log, facts = tmp_path / "log", tmp_path / "openings"
    simulate(log, "--shards", "3", "--openings", str(facts))
    found = list(verify_all(log, None, with_database=False))
    assert [shard.report.problems for shard in found] == [[], [], []]
    assert [shard.report.entries for shard in found] == [233, 233, 234]
    given, _ = read_openings(facts)
    for shard in found:
        checkpoint = shard.report.checkpoint
        assert checkpoint is not None
        openings = given[checkpoint.origin]
        assert len(openings.by_index) > 50
        for index in openings.by_index:
            raw = LogFolder(shard.path).entry(index, checkpoint.size)
            leaf = parse(raw)
            kinds.get(leaf.kind).check_leaf(leaf)
            assert openings.check(index, leaf) == []
    with pytest.raises(CommandError, match="make 1 to 350 shards, not 351"):
        simulate(tmp_path / "more", "--shards", "351")
