"""Logs that are made to break, to fill or to stop the program that audits them."""

import gc
import hashlib
import json
import os
import threading
import tracemalloc
from collections.abc import Iterator, Sequence
from contextlib import suppress
from http.server import SimpleHTTPRequestHandler
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from edgecode.audit import command, documents
from edgecode.audit.documents import Documents
from edgecode.audit.entries import Reader
from edgecode.audit.rules import Replay, shipped_kinds
from edgecode.audit.sources import FolderSource, Missing, WebSource
from edgecode.audit.tree import Bundle
from edgecode.audit.web import Net
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.schema import dump
from edgecode.log.shardlist import ShardLine, dump_shards
from edgecode.log.tiles import Tile
from tests.client.conftest import Audit
from tests.client.logs import AT, VKEY, flip, member, members, publish, send, serving
from tests.client.test_audit_folder import lines
from tests.client.test_shards import checkpoint

KINDS = dump(shipped_kinds().values()).encode()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return publish(tmp_path / "log", members(300))


# The program itself fails.


def break_rules_at(index: int, error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    judge = Replay.entry

    def entry(self: Replay, at: int, leaf: Any) -> Any:
        if at == index:
            raise error
        return judge(self, at, leaf)

    monkeypatch.setattr(Replay, "entry", entry)


@pytest.mark.parametrize("error", [AttributeError, MemoryError, RecursionError])
def test_rules_that_fail_lose_nothing_else(
    log: Path, edgecode: Audit, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    break_rules_at(280, error, monkeypatch)
    code, said = edgecode("audit", log, "--vkey", VKEY)
    assert code == 70, said
    told = f"the program failed at entry 280 ({error.__name__} in test_hostile_logs.py, line "
    assert lines(said, "Failed")[0].startswith(told)
    assert lines(said, "Failed")[0].endswith(": please report")
    assert lines(said, "Checked")[0].startswith("300 entries")
    assert lines(said, "Rules")[0].endswith(" over 280 of 300 entries")
    assert lines(said, "Result")[0].startswith("FAILED: ")
    report = json.loads(edgecode("audit", log, "--vkey", VKEY, "--json")[1])
    assert (report["outcome"], report["exit_code"]) == ("failed", 70)
    assert report["logs"][0]["failed"] == lines(said, "Failed")[0]


def test_a_fork_is_told_remembered_and_shown_though_the_rules_fail(
    log: Path, tmp_path: Path, edgecode: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ("--vkey", VKEY, "--state", tmp_path / "seen", "--evidence", tmp_path / "evidence")
    assert edgecode("audit", log, *options)[0] == 0
    publish(log, members(310, first=1))
    break_rules_at(5, KeyError, monkeypatch)
    code, said = edgecode("audit", log, *options)
    assert code == 2, said
    assert lines(said, "Problem")[0].startswith("another history: ")
    assert lines(said, "Failed")[0].startswith("the program failed at entry 5 (KeyError ")
    assert len((tmp_path / "seen").read_text().splitlines()) == 2
    (shown,) = (tmp_path / "evidence").iterdir()
    assert edgecode("evidence", shown, "--vkey", VKEY)[0] == 0


def test_a_violation_before_the_rules_failed_is_told(
    tmp_path: Path, edgecode: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = publish(tmp_path / "log", [*members(3), b"{}", *members(9, first=3)])
    break_rules_at(7, ValueError, monkeypatch)
    code, said = edgecode("audit", log, "--vkey", VKEY)
    assert code == 1, said
    assert lines(said, "Violation")[0].startswith("form, entry 3: ")
    assert lines(said, "Result") == ["VIOLATIONS: 1 violation of the rules, and the program failed"]


def test_reading_that_fails_in_one_log_leaves_the_others(
    log: Path, tmp_path: Path, edgecode: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = publish(tmp_path / "other", members(20), origin="other.example")
    read = FolderSource.copies

    def copies(self: FolderSource, tile: Tile) -> Iterator[bytes]:
        if tile == Tile(None, 1, 44):
            raise TypeError
        return read(self, tile)

    monkeypatch.setattr(FolderSource, "copies", copies)
    trusted = ("--vkey", log / "log.vkey", "--vkey", other / "log.vkey")
    code, said = edgecode("audit", log, other, *trusted, "--state", tmp_path / "seen")
    assert code == 70, said
    assert lines(said, "Failed")[0].startswith("the program failed at entry 256 (TypeError ")
    assert [line.split(" ")[0] for line in lines(said, "Checked")] == ["256", "20"]
    assert len((tmp_path / "seen").read_text().splitlines()) == 2


def test_reports_that_fail_are_said_in_a_line(
    log: Path, tmp_path: Path, edgecode: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise LookupError

    monkeypatch.setattr(command, "html_report", fail)
    page = ("--report", tmp_path / "report.html")
    code, said = edgecode("audit", log, "--vkey", VKEY, *page)
    assert (code, lines(said, "Result")[0][:6]) == (70, "CLEAN:")
    assert said.splitlines()[-1].startswith("edgecode: the program failed at the files to write (")
    monkeypatch.setattr(command, "text_report", fail)
    code, said = edgecode("audit", log, "--vkey", VKEY)
    assert (code, said.count("\n")) == (70, 1)


# A server that gives the checkpoint and nothing else.


def refuse(handler: SimpleHTTPRequestHandler) -> None:
    send(handler, b"", status=400)


@pytest.mark.parametrize(
    "change",
    [
        (members(300, first=900), "another history: the log no longer begins with the 300 entries"),
        (members(200), "the log has 200 entries; 300 were seen on "),
    ],
)
@pytest.mark.parametrize("is_stopped", [False, True])
def test_a_signed_contradiction_is_told_and_remembered_without_the_files_under_it(
    log: Path,
    tmp_path: Path,
    edgecode: Audit,
    monkeypatch: pytest.MonkeyPatch,
    change: tuple[Sequence[bytes], str],
    *,
    is_stopped: bool,
) -> None:
    entries, told = change
    state, evidence = tmp_path / "seen", tmp_path / "evidence"
    options = ("--vkey", VKEY, "--state", state, "--evidence", evidence)
    with serving(log) as server:
        assert edgecode("audit", server.url, *options)[0] == 0
        publish(log, entries)
        for path in (log / "tile").rglob("*"):
            server.answers[str(path.relative_to(log))] = refuse
        if is_stopped:
            monkeypatch.setattr(WebSource, "copies", stop)
        code, said = edgecode("audit", server.url, *options)
    assert code == 2, said
    assert lines(said, "Problem")[0].startswith(told)
    assert len(state.read_text().splitlines()) == 2
    assert [path.name for path in evidence.glob("*")] == ["001-history.json"][: len(entries) // 300]


def stop(_source: WebSource, _tile: Tile) -> Iterator[bytes]:
    raise KeyboardInterrupt


def test_an_audit_that_is_stopped_has_remembered_what_it_saw(
    log: Path, tmp_path: Path, edgecode: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WebSource, "copies", stop)
    with serving(log) as server:
        options = ("--vkey", VKEY, "--state", tmp_path / "seen")
        assert edgecode("audit", server.url, *options) == (130, "edgecode: stopped\n")
    assert len((tmp_path / "seen").read_text().splitlines()) == 1


# Folders with something else than files in them.


@pytest.mark.parametrize("name", ["tile/0/001.p/44", "tile/entries/000", "tile/entries/001.p/44"])
@pytest.mark.parametrize("what", ["/dev/zero", "pipe", "folder"])
def test_what_is_no_file_is_missing(log: Path, edgecode: Audit, name: str, what: str) -> None:
    put(log / name, what)
    code, said = edgecode("audit", log, "--vkey", VKEY)
    assert code == 2, said
    assert f"{name}: the file is missing" in lines(said, "Problem")


@pytest.mark.parametrize("name", ["tile/0/001.p/200", "tile/0/001", "tile/entries/001.p/45"])
def test_a_wider_form_of_a_tile_has_a_limit(log: Path, edgecode: Audit, name: str) -> None:
    partial = (log / name).parent / "44" if ".p" in name else log / f"{name}.p/44"
    partial.unlink()
    put(log / name, "sparse")
    code, said = edgecode("audit", log, "--vkey", VKEY)
    assert code == 2, said
    assert "longer than the " in lines(said, "Problem")[0]


@pytest.mark.parametrize("name", ["checkpoint", "checkpoint.witnessed", "shards", "checkpoints/20"])
@pytest.mark.parametrize("what", ["/dev/zero", "pipe", "sparse"])
def test_notes_are_files_with_a_limit(log: Path, edgecode: Audit, name: str, what: str) -> None:
    put(log / name, what)
    code, said = edgecode("audit", log, "--vkey", VKEY)
    is_needed = what == "sparse" or name in {"checkpoint", "checkpoints/20"}
    assert code == (3 if is_needed else 0), said


def put(path: Path, what: str) -> None:
    path.unlink(missing_ok=True)
    path.parent.mkdir(exist_ok=True)
    if what == "pipe":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what == "sparse":
        with path.open("wb") as file:
            file.truncate(10**12)
    else:
        path.symlink_to(what)


# What is held while a log is read.

JUNK = [
    b"", b"x" * 16_000, b"\xff", b"[" * 16_000, b'{"a":1.5}', b"{} ", b'{"a":NaN}', b"[]", b"{}",
    b'"\\ud800"', b"\n", b"x" * 17_000, member(1).replace(b"T", b" "), member(1)[:-1],
]  # fmt: skip


def frames_left(read: Any) -> list[FrameType]:
    """Return the frames that only the cycle collector finds after reading something twenty times:
    they hold all that was in their variables."""
    read()
    gc.collect()
    gc.disable()
    try:
        for _ in range(20):
            read()
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        return [each for each in gc.garbage if isinstance(each, FrameType)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()


@pytest.mark.parametrize("junk", JUNK)
def test_what_is_no_entry_is_let_go_without_the_collector(junk: bytes) -> None:
    def read() -> None:
        for leaf in Reader().parse([member(1), junk]):
            str(leaf)

    assert frames_left(read) == []


@pytest.mark.parametrize("name", ["tile/entries/000", "tile/0/000"])
@pytest.mark.parametrize("size", [0, 5_000_000])
def test_a_file_that_is_missing_or_too_long_is_let_go(log: Path, name: str, size: int) -> None:
    tile = Tile(0 if name == "tile/0/000" else None, 0)
    with serving(log) as server:
        server.answers[name] = lambda handler: send(handler, bytes(size), 200 if size else 404)
        net = Net()
        source = WebSource(server.url, net)

        def read() -> None:
            source.expect(iter([tile]))
            with suppress(Missing):
                next(source.copies(tile))

        left = frames_left(read)
        net.close()
    assert [each for each in left if "edgecode" in each.f_code.co_filename] == []


def test_of_many_shards_few_files_are_held_and_few_threads_run(
    tmp_path: Path, edgecode: Audit
) -> None:
    """Each log is fetched ahead when it is its turn, and its first bundle is not kept till then."""
    years = [str(year) for year in range(2001, 2015)]
    root = publish(tmp_path / "site", members(600), origin="log.example")
    end = checkpoint(root)
    for year in years:
        publish(root / year, members(600), origin=f"log.example/{year}")
    shards = [
        ShardLine(year, origin, number * 600, Checkpoint(origin, 600, end.root))
        for number, year in enumerate(["", *years])
        for origin in [f"log.example/{year}".rstrip("/")]
    ]
    last = ShardLine(shards[-1].folder, shards[-1].origin, shards[-1].first)
    (root / "shards").write_text(dump_shards([*shards[:-1], last]))
    held: list[tuple[int, int]] = []

    def look(handler: SimpleHTTPRequestHandler) -> None:
        threads = [each for each in threading.enumerate() if "PoolExecutor" in each.name]
        bundles = [each for each in gc.get_objects() if isinstance(each, Bundle)]
        held.append((len(threads), len(bundles)))
        send(handler, (root / handler.path.lstrip("/")).read_bytes())

    with serving(root) as server:
        server.answers["tile/entries/001"] = look
        server.answers["2014/tile/entries/001"] = look
        code, said = edgecode("audit", server.url, "--vkey", root / "log.vkey", "--no-rules")
    assert code == 2, said
    assert [line.split(" ")[0] for line in lines(said, "Checked")] == ["600"] * 15
    second = [at for at, path in enumerate(server.asked) if path.endswith("tile/entries/001")]
    assert max(server.asked.index(f"{each}/checkpoint") for each in years) < second[0]
    assert len(held) == 2
    assert max(threads for threads, _ in held) <= 8
    assert max(bundles for _, bundles in held) <= 9


# Documents.


def naming(texts: Sequence[bytes], log: Path, times: int = 1) -> Path:
    """Publish a log that names these documents of kinds, each as often."""
    folder = log / "documents"
    folder.mkdir(parents=True, exist_ok=True)
    entries: list[bytes] = []
    for text in texts:
        sha256 = hashlib.sha256(text).hexdigest()
        (folder / sha256).write_bytes(text)
        for _ in range(times):
            version = len(entries) + 1
            said = {"kind": "kinds.published", "stream": "document:kinds", "at": AT}
            said |= {"actor": "system:ledger", "stream_version": version, "commitments": {}}
            data = {"sha256": sha256, "kinds": len(shipped_kinds())}
            entries.append(member(0, **said, data=data))
    return publish(log, entries)


def padded(number: int, size: int = 0) -> bytes:
    return KINDS.rstrip() + b" " * size + b"\n" * (number + 1)


def test_a_document_that_is_named_again_and_again_is_fetched_once(
    tmp_path: Path, edgecode: Audit
) -> None:
    with serving(naming([KINDS], tmp_path / "log", times=20)) as server:
        code, said = edgecode("audit", server.url, "--vkey", VKEY)
    assert code == 0, said
    assert sum(path.startswith("documents/") for path in server.asked) == 1


def test_of_documents_only_one_is_held(tmp_path: Path) -> None:
    texts = [padded(number, 2_000_000) for number in range(5)]
    log = naming(texts, tmp_path / "log")
    names = [hashlib.sha256(text).hexdigest() for text in texts]
    given = Documents([FolderSource(log)])
    tracemalloc.start()
    try:
        for name in names:
            assert given.get(name)
        held, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 1.5 * len(texts[0])
    assert most < 3.5 * len(texts[0])


@pytest.mark.parametrize(("count", "code"), [(3, 0), (4, 3)])
def test_a_log_with_too_many_documents_is_not_clean(
    tmp_path: Path, edgecode: Audit, monkeypatch: pytest.MonkeyPatch, count: int, code: int
) -> None:
    monkeypatch.setattr(documents, "COUNT_MAX", 3)
    log = naming([padded(number) for number in range(count)], tmp_path / "log")
    answer, said = edgecode("audit", log, "--vkey", VKEY)
    assert answer == code, said
    assert ("the log names more than" in said) == bool(code)


def test_a_log_with_too_long_documents_is_not_clean(
    tmp_path: Path, edgecode: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is named again is not read again."""
    texts = [padded(number) for number in range(4)]
    monkeypatch.setattr(documents, "BYTES_MAX", sum(map(len, texts[:3])))
    some = naming(texts[:3], tmp_path / "some", times=2)
    code, said = edgecode("audit", some, "--vkey", VKEY)
    assert code == 0, said
    more = naming(texts, tmp_path / "more")
    code, said = edgecode("audit", more, "--vkey", VKEY, "--state", tmp_path / "state")
    assert (code, "the kinds are not known from document" in said) == (3, True), said


def test_a_damaged_document_in_a_mirror_is_fetched_anew(tmp_path: Path, edgecode: Audit) -> None:
    log, mirror = naming([KINDS], tmp_path / "log"), tmp_path / "mirror"
    options = ("--vkey", VKEY, "--mirror", mirror)
    with serving(log) as server:
        assert edgecode("audit", server.url, *options)[0] == 0
        (kept,) = (mirror / "documents").iterdir()
        flip(kept)
        code, said = edgecode("audit", server.url, *options)
    assert (code, "no rule judged" in said) == (0, False), said
    assert kept.read_bytes() == KINDS
