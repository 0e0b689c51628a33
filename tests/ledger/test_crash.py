"""Kill the sequencer at each step, and at random: nothing is lost, no history is signed twice."""

import secrets
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.utils import timezone

from edgecode.log import notes
from edgecode.log.folder import LogFolder
from edgecode.log.leaf import parse
from edgecode.log.shardlist import parse_shards
from edgecode.log.verify import verify_log
from ledger.verifying import verify_all
from tests.ledger.killing import Site
from tests.ledger.standalone import POINTS, SHARD_POINTS


@pytest.fixture
def site(tmp_path: Path, db: None) -> Iterator[Site]:
    """A ledger of its own, on the kind of database that the tests run on."""
    if connection.vendor == "sqlite":
        yield Site(tmp_path)
        return
    name = f"crash_{secrets.token_hex(4)}"
    wanted = ("ENGINE", "USER", "PASSWORD", "HOST", "PORT")
    database = {key: connection.settings_dict[key] for key in wanted} | {"NAME": name}
    # A database cannot be made inside a transaction, such as the one around this test.
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    yield Site(tmp_path, database)
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def test_a_sequencer_killed_at_every_step_loses_nothing(site: Site) -> None:
    assert site.run("fill", "250") == "250"
    key = notes.parse_vkey((site.log.path / "log.vkey").read_text())
    with site.forked("write"):
        for point in POINTS:
            with site.forked("sequence", point, "2") as killed:
                _, errors = killed.communicate(timeout=60)
            assert killed.returncode == -signal.SIGKILL, (point, errors)
            # What the world sees after the kill is a whole, signed log.
            site.look()
            report = verify_log(site.log.path, str(key))
            assert report.ok, (point, report.problems)
    site.settle()


def test_kills_at_random_among_writers_and_other_sequencers_lose_nothing(site: Site) -> None:
    site.run("fill", "10")
    site.torment(kills=11, seed=3)
    site.settle()
    assert sum(site.kills.values()) >= 11
    assert len(site.seen) > 5


@pytest.mark.long
@pytest.mark.parametrize("point", SHARD_POINTS)
def test_a_closing_killed_at_every_step_is_carried_on_and_loses_nothing(
    site: Site, point: str
) -> None:
    year = f"{timezone.now().year + 1}"
    site.run("fill", "250")
    with site.forked("write"):
        with site.forked("close", year, point) as killed:
            _, errors = killed.communicate(timeout=60)
        assert killed.returncode == -signal.SIGKILL, errors
        # What the world sees after the kill is whole and signed, shard by shard.
        for shard in verify_all(site.log.path, None, with_database=False):
            closing = [p for p in shard.report.problems if "not here" not in p.message]
            assert not closing, (point, closing)
        # Who gives the command again, or runs the worker, ends what was begun.
        site.run(*(("close", year) if point == "closing" else ("advance",)))
    size = int(site.run("advance"))
    found = list(verify_all(site.log.path, None, with_database=False))
    assert [shard.report.problems for shard in found] == [[], []]
    assert sum(shard.report.entries for shard in found) == size
    lines = parse_shards((site.log.path / "shards").read_text())
    logged = set()
    for line in lines:
        log = LogFolder(site.log.path / line.folder)
        for bundle in range(-(-log.size() // 256)):
            leaves = map(parse, log.entries(bundle, log.size()))
            logged |= {f"{leaf.stream}@{leaf.stream_version}" for leaf in leaves}
    assert len(logged) == size
    committed = set((site.var_dir / "committed").read_text().split("\n")[:-1])
    assert committed <= logged, committed - logged


def test_a_shard_is_closed_while_writers_and_a_worker_are_at_work(site: Site) -> None:
    year = f"{timezone.now().year + 1}"
    site.run("fill", "250")
    with site.forked("write"), site.forked("sequence"):
        for _ in range(2):
            site.run("close", year)
    size = int(site.run("advance"))
    found = list(verify_all(site.log.path, None, with_database=False))
    assert [shard.report.problems for shard in found] == [[], []]
    assert sum(shard.report.entries for shard in found) == size
