"""The command line, JSON and HTML: what programs and people are told."""

import hashlib
import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from edgecode.log.cosignatures import cosign
from edgecode.log.keys import cosigner_key
from edgecode.log.schema import Kind, dump
from tests.client.conftest import Audit
from tests.client.logs import (
    KEY,
    ORIGIN,
    OTHER_KEY,
    VKEY,
    flip,
    member,
    members,
    publish,
    serving,
)
from tests.client.test_audit_folder import lines

WITNESS = str(cosigner_key("witness.example", OTHER_KEY))
POLICY = f"log {VKEY}\nwitness W {WITNESS}\nquorum W\n"
FIELDS = {
    "bytes_read", "checkpoint", "commitments", "earlier_checkpoints", "entries_checked",
    "verdicts_opened", "verdicts_reproduced",
    "entries_replayed", "failed", "files_read", "first_seen_at", "held_by", "newest_entry_at",
    "not_signed_by", "openings_opened", "origin", "problem_count", "problems", "remarks", "root",
    "seen_before", "signed_by", "size", "source", "stale", "unreadable", "violation_count",
    "violations", "witnessed_at", "witnessed_size", "witnesses",
}  # fmt: skip


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return publish(tmp_path / "log", members(300))


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    path = tmp_path / "policy"
    path.write_text(POLICY)
    return path


def witness(log: Path) -> None:
    note = (log / "checkpoint").read_text()
    text = note.rpartition("\n\n")[0] + "\n"
    line = cosign(text, "witness.example", OTHER_KEY, 1_790_000_000)
    (log / "checkpoint").write_text(note + line)


def test_a_policy_that_demands_a_witness(log: Path, policy: Path, edgecode: Audit) -> None:
    code, said = edgecode("audit", log, "--policy", policy)
    assert code == 2
    assert lines(said, "Witnesses") == ["none of 1 that the policy knows; its quorum is NOT met"]
    witness(log)
    code, said = edgecode("audit", log, "--policy", policy)
    assert code == 0, said
    assert lines(said, "Witnesses") == ["W of 1 that the policy knows; its quorum is met"]


def test_a_log_that_grew_since_its_witnesses_saw_it(
    log: Path, policy: Path, edgecode: Audit
) -> None:
    witness(log)
    (log / "checkpoint").rename(log / "checkpoint.witnessed")
    publish(log, members(310))
    code, said = edgecode("audit", log, "--policy", policy)
    assert code == 0, said
    assert lines(said, "Checkpoint")[0].startswith("310 entries")
    assert lines(said, "Witnesses")[0].endswith("its quorum is met for the first 300 entries")
    assert lines(said, "Result")[0].endswith("; NOT witnessed yet: the last 10 entries")
    with serving(log) as server:
        mirror = log.with_name("mirror")
        options = ("--policy", policy, "--mirror", mirror, "--max-unwitnessed", "10")
        assert edgecode("audit", server.url, *options)[0] == 0
    assert edgecode("audit", mirror, "--policy", policy)[0] == 0
    publish(log, members(310, first=1))
    code, said = edgecode("audit", log, "--policy", policy)
    assert code == 2
    assert any(line.endswith("signed in checkpoint.witnessed") for line in lines(said, "Problem"))


def test_a_false_cosignature_is_a_broken_checkpoint(
    log: Path, policy: Path, edgecode: Audit
) -> None:
    witness(log)
    flip(log / "checkpoint", -8)
    assert edgecode("audit", log, "--policy", policy)[0] == 2


def test_the_json_report_has_the_documented_fields(
    log: Path, policy: Path, edgecode: Audit
) -> None:
    witness(log)
    code, said = edgecode("audit", log, "--policy", policy, "--json")
    report = json.loads(said)
    assert code == report["exit_code"] == 0
    assert (report["format"], report["outcome"]) == ("edgecode-audit/1", "clean")
    (found,) = report["logs"]
    assert set(found) == FIELDS
    assert (found["origin"], found["size"], found["entries_replayed"]) == (ORIGIN, 300, 300)
    assert found["witnesses"] == {"W": 1_790_000_000}
    assert found["checkpoint"] == (log / "checkpoint").read_text()


def test_the_json_report_says_what_is_wrong(log: Path, edgecode: Audit) -> None:
    publish(log, [*members(3), b"{}"])
    flip(publish(log.with_name("flipped"), members(3)) / "tile/entries/000.p/3")
    code, said = edgecode("audit", log, "--vkey", VKEY, "--json")
    assert (code, json.loads(said)["outcome"]) == (1, "violations")
    assert json.loads(said)["logs"][0]["violations"][0]["indices"] == [3]
    code, said = edgecode("audit", log.with_name("flipped"), "--vkey", VKEY, "--json")
    assert (code, json.loads(said)["outcome"]) == (2, "broken")
    code, said = edgecode("audit", log.with_name("nowhere"), "--vkey", VKEY, "--json")
    assert (code, json.loads(said)["outcome"]) == (3, "unreadable")
    assert "no such folder" in json.loads(said)["logs"][0]["unreadable"]


def test_quiet_says_the_result_and_what_is_wrong(log: Path, edgecode: Audit) -> None:
    code, said = edgecode("audit", log, "--vkey", VKEY, "--quiet")
    assert (code, said.count("\n")) == (0, 1)
    flip(log / "tile/entries/000", 9)
    code, said = edgecode("audit", log, "--vkey", VKEY, "--quiet")
    assert (code, said.count("\n")) == (2, 2)


class Page(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.names: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.names += [name for name, _ in attrs]


def test_the_page_to_file_says_what_was_found_and_runs_nothing(
    log: Path, tmp_path: Path, edgecode: Audit
) -> None:
    page = tmp_path / "reports" / "audit.html"
    assert edgecode("audit", log, "--vkey", VKEY, "--report", page)[0] == 0
    text = page.read_text()
    assert "every rule holds" in text
    assert ORIGIN in text
    read = Page(text)
    assert not {"script", "img", "link", "iframe", "a", "object"} & set(read.tags)
    assert not {name for name in read.names if name in {"src", "href"} or name.startswith("on")}
    assert not list(page.parent.glob(".*"))


def test_a_hostile_log_puts_no_markup_on_the_page(tmp_path: Path, edgecode: Audit) -> None:
    evil = '"><script>alert(1)</script>'
    log = publish(tmp_path / "log", [f'{{"{evil[2:]}":1}}'.encode(), b"{}"])
    folder = log.rename(tmp_path / '"><b onclick=x>')
    edgecode("audit", folder, "--vkey", VKEY, "--report", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text()
    assert "&lt;script&gt;" in text
    assert not {"script", "b"} & set(Page(text).tags)


USAGE: list[tuple[list[str], str]] = [
    ([], "required: verb"),
    (["audit"], "required: URL_OR_FOLDER"),
    (["audit", "log"], "one of the arguments --policy --vkey is required"),
    (["audit", "log", "--vkey", VKEY, "--policy", "p"], "not allowed with"),
    (["audit", "log", "--vkey", "nonsense"], "nonsense: No such file or directory"),
    (["audit", "log", "--vkey", VKEY.replace("A", "B", 1)], "--vkey: "),
    (["audit", "log", "--vkey", WITNESS], "--vkey: this is the key of a witness"),
    (["audit", "log", "--policy", "nowhere"], "edgecode: nowhere: No such file or directory"),
    (["audit", "log", "--vkey", VKEY, "--mirror", "m"], "--mirror: a folder is there already"),
    (["audit", "log", "--vkey", VKEY, "--openings", "nowhere"], "nowhere: No such file"),
    (["frobnicate"], "invalid choice"),
]


@pytest.mark.parametrize(("arguments", "reason"), USAGE)
def test_a_wrong_command_line(edgecode: Audit, arguments: list[str], reason: str) -> None:
    code, said = edgecode(*arguments)
    assert code == 64
    assert reason in said.rstrip("\n").rpartition("\n")[2]


def test_a_policy_with_a_mistake_names_the_line(tmp_path: Path, edgecode: Audit) -> None:
    path = tmp_path / "policy"
    for text, reason in ((f"log {VKEY}\nwitnes\n", "line 2: "), ("quorum none\n", "names no log")):
        path.write_text(text)
        code, said = edgecode("audit", "log", "--policy", path)
        assert code == 64
        assert said.startswith(f"edgecode: {path}: ")
        assert reason in said


def test_a_report_that_cannot_be_written(log: Path, tmp_path: Path, edgecode: Audit) -> None:
    (tmp_path / "file").write_text("")
    code, said = edgecode("audit", log, "--vkey", VKEY, "--report", tmp_path / "file" / "r.html")
    assert code == 3
    assert "Result      CLEAN" in said  # that is not lost
    assert said.splitlines()[-1] == f"edgecode: {tmp_path / 'file'}: File exists"
    publish(log, [*members(3), b"{}"])
    assert edgecode("audit", log, "--vkey", VKEY, "--report", tmp_path / "file" / "r.html")[0] == 2


def test_progress_is_drawn_only_for_somebody_who_looks(
    log: Path, edgecode: Audit, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "a second" not in edgecode("audit", log, "--vkey", VKEY)[1]
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert " of 300 entries (85 %), " in edgecode("audit", log, "--vkey", VKEY)[1]
    assert "a second" not in edgecode("audit", log, "--vkey", VKEY, "--quiet")[1]


def test_help_names_every_exit_code(edgecode: Audit) -> None:
    code, said = edgecode("audit", "--help")
    assert code == 0
    for number in ("0 ", "1 ", "2 ", "3 ", "4 ", "64 ", "70 ", "130 "):
        assert f"\n  {number}" in said
    assert KEY is not OTHER_KEY


def test_the_result_says_when_no_rule_is_about_an_entry(tmp_path: Path, edgecode: Audit) -> None:
    text = dump([Kind("organisation.moved", 1, "organisation", "It has another address.")]).encode()
    sha256 = hashlib.sha256(text).hexdigest()
    kinds = {"kind": "kinds.published", "stream": "document:kinds", "actor": "system:ledger"}
    data = {"sha256": sha256, "kinds": 1}
    moved = {"kind": "organisation.moved", "data": {}, "commitments": {}, "stream_version": 2}
    log = publish(
        tmp_path,
        [member(0, **kinds, data=data, commitments={}), member(1), member(1, **moved)],
    )
    (log / "documents").mkdir()
    (log / "documents" / sha256).write_bytes(text)
    code, said = edgecode("audit", log, "--vkey", VKEY)
    assert code == 0, said
    assert lines(said, "Result")[0].endswith("every rule holds, but some entries no rule is about")
    assert "no rule judged entries of the kind organisation.moved" in said
