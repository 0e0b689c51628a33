"""An auditor's program reckons the house's verdicts again, and finds out who forged what."""

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings

from edgecode.audit import engines
from edgecode.log.commitments import Opening, commit
from edgecode.log.leaf import Leaf
from ledger.models import Event
from ledger.sequencer import advance
from licensing.counsel.rule_rows import add_rule, supersede_rule
from licensing.deals.cases import open_case
from licensing.deals.counter_offers import accept_terms
from licensing.deals.transitions import approve_deal
from licensing.verdicts.decisions import write_out_pending
from provenance.openings import download, lines, papers
from tests import factories
from tests.client.conftest import _own_state, edgecode  # noqa: F401
from tests.client.logs import VKEY, publish
from tests.client.test_audit_folder import lines as said_of
from tests.worlds import kept

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]
type Lines = list[dict[str, Any]]
type Audited = Callable[..., tuple[int, str]]


@kept
def story() -> tuple[list[Leaf], Lines]:
    return told_story()


def told_story(*, with_rules: bool = False) -> tuple[list[Leaf], Lines]:
    """The log of a film that was cleared with a ban that does not reach what was asked for, and
    what its licensor's auditor was given; `with_rules` of its counsel, an older and a newer one,
    and for other countries than were asked for."""
    with time_machine.travel("2026-06-01T09:00:00Z", tick=False) as clock:
        studio, lab, auditor = factories.studio(), factories.lab(), factories.auditor()
        file = factories.offered_words(studio)
        assert file.title is not None
        factories.fact(studio, file.title, "restriction", uses=["generate"], document="Memo")
        if with_rules:
            row: dict[str, Any] = {"actor": studio, "body": {"rule": "account"}}
            first = add_rule(**row, table="co_owners", key="FR", source="Memo")
            clock.shift(3600)
            supersede_rule(**row, code=first.code, source="Opinion")
        clock.shift(3600)
        deal = factories.deal(lab, [file])
        if with_rules:
            factories.counter_offer(studio, deal, territory=["FR", "KR"])
            accept_terms(actor=lab, code=deal.code, number=1)
        factories.paid(studio, approve_deal(actor=studio, code=deal.code))
        write_out_pending()
        assert auditor.organisation is not None
        case = open_case(actor=studio, auditor=auditor.organisation.code, deals=[deal.code])
        advance()
        found = download(actor=auditor, code=case.code)
        given = lines(found) + b"".join(papers(found))
    events = Event.objects.filter(entry__isnull=False).order_by("entry__index")
    return [event.facts() for event in events], [json.loads(each) for each in given.splitlines()]


@pytest.fixture
def audited(tmp_path: Path, edgecode: Audited) -> Audited:  # noqa: F811
    """Publish these entries, and audit them with these openings."""

    def run(log: Sequence[Leaf], given: Lines, *more: str | Path) -> tuple[int, str]:
        shutil.rmtree(tmp_path / "log", ignore_errors=True)
        publish(tmp_path / "log", [leaf.encode() for leaf in log])
        path = tmp_path / "openings.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in given))
        state = tmp_path / "state"
        state.unlink(missing_ok=True)  # each is another log
        options = ("--vkey", VKEY, "--state", state, "--openings", path, *more)
        return edgecode("audit", tmp_path / "log", *options)

    return run


def forged(
    log: Sequence[Leaf], given: Lines, change: Callable[[dict[str, Any]], None]
) -> tuple[list[Leaf], Lines]:
    """A log and openings as an operator would write them who decided on another case: the hashes
    and seals are right, only what the case says was changed."""
    (paper,) = [line for line in given if "case" in line]
    case = json.loads(paper["case"])
    change(case)
    text = json.dumps(case, sort_keys=True, separators=(",", ":"))
    (told,) = engines.reckon(Path(settings.BASE_DIR), [(text, _tables(given))])
    opened: Lines = []
    new = list(log)
    for line in given:
        if line.get("name") == "case":
            value = line["value"] | {"sha256": hashlib.sha256(text.encode()).hexdigest()}
            opened.append(_sealed(new, line, value))
        elif line.get("name") == "result":
            opened.append(_sealed(new, line, {"reasons": told["reasons"]}))
        else:
            opened.append(line if line is not paper else {"case": text, "answer": told})
    decided = [place for place, leaf in enumerate(new) if leaf.kind == "clearance.decided"]
    for place in decided:
        new[place] = replace(new[place], data=new[place].data | {"verdict": told["verdict"]})
    return new, opened


def _sealed(log: list[Leaf], line: dict[str, Any], value: Any) -> dict[str, Any]:
    leaf = log[line["index"]]
    seal = commit(Opening(bytes.fromhex(line["salt"]), value))
    log[line["index"]] = replace(leaf, commitments=leaf.commitments | {line["name"]: seal})
    return line | {"value": value}


def _tables(given: Lines) -> str:
    (text,) = [line["tables"] for line in given if "tables" in line]
    return str(text)


def _fact(case: dict[str, Any], kind: str) -> dict[str, Any]:
    (found,) = [fact for fact in case["facts"] if fact["kind"] == kind]
    return dict(found)


def test_what_was_decided_is_reproduced_and_nothing_else(
    story: tuple[list[Leaf], Lines], audited: Audited, tmp_path: Path
) -> None:
    log, given = story
    code, said = audited(log, given)
    assert code == 0, said
    assert said_of(said, "Verdicts") == ["3 of 3 opened were reckoned again and are reproduced"]

    # Another verdict in the log than the engine gives.
    (*_, last) = [place for place, leaf in enumerate(log) if leaf.kind == "clearance.decided"]
    lying = [*log]
    lying[last] = replace(log[last], data=log[last].data | {"verdict": "CONDITIONAL"})
    code, said = audited(lying, given)
    assert code == 1
    assert "differs: the verdict is CLEAR, not CONDITIONAL" in said
    assert said_of(said, "Verdicts") == ["2 of 3 opened were reckoned again and are reproduced"]

    # Another answer of the engine, as the operator kept it.
    lied = [
        line | {"answer": line["answer"] | {"because": []}} if "case" in line else line
        for line in given
    ]
    code, said = audited(log, lied)
    assert (code, said.count("the engine's answer is another one in because")) == (1, 3)

    # Papers of another hash: of the case, of the tables.
    for name in ("case", "tables"):
        lied = [line | {name: line[name] + " "} if name in line else line for line in given]
        code, said = audited(log, lied)
        assert code == 1
        assert "that were given are none of the log" in said
        assert "no case or rule tables of the hash that the log has were given" in said

    # Nothing shown: nothing judged, and that is said.
    code, said = audited(log, [line for line in given if "index" in line])
    assert code == 0
    assert "3 of the verdicts opened were not reckoned again" in said


def test_a_case_with_other_facts_than_the_log_is_found_out(
    story: tuple[list[Leaf], Lines], audited: Audited
) -> None:
    def hide(case: dict[str, Any]) -> None:
        case["facts"] = [each for each in case["facts"] if each["kind"] != "restriction"]

    def soften(case: dict[str, Any]) -> None:
        for each in case["facts"]:
            if each["kind"] == "restriction":
                each["uses"] = ["deage"]

    def invent(case: dict[str, Any]) -> None:
        case["facts"].append(_fact(case, "ownership") | {"id": "7K3F2Q9D", "share": "1/1"})

    def postdate(case: dict[str, Any]) -> None:
        for each in case["facts"]:
            if each["kind"] == "restriction":
                each["recorded"] = "2026-06-02T00:00:00Z"

    def backdate(case: dict[str, Any]) -> None:
        case["as_of"] = "2026-05-01T00:00:00Z"

    def swap(case: dict[str, Any]) -> None:
        case["request"]["licensee"] = "Another lab"

    for change, told in (
        (hide, "the case lacks restriction"),
        (soften, "in other words than the log"),
        (invent, "the case has ownership 7K3F2Q9D, which the log has not"),
        (postdate, "was not known yet"),
        (backdate, "the case is as of 2026-05-01T00:00:00Z"),
        (swap, "the case asks for another licensee"),
    ):
        code, said = audited(*forged(*story, change))
        assert (code, told in said) == (1, True), said


def test_a_case_that_asks_for_less_than_was_granted_is_found_out(
    story: tuple[list[Leaf], Lines], audited: Audited
) -> None:
    def narrow(case: dict[str, Any]) -> None:
        case["request"]["territory"] = ["KR"]

    def shorten(case: dict[str, Any]) -> None:
        case["request"]["end"] = "2027-01-01T00:00:00Z"

    def loosen(case: dict[str, Any]) -> None:
        case["request"] |= {"uses": ["evaluate"], "model_kind": ["evaluation_only"]}

    def cut(case: dict[str, Any]) -> None:
        case["request"]["x_ranges_ms"] = [[0, 1000]]

    other = "the case asks for other"
    for change, told in (
        (narrow, f"{other} territory than the request, or terms proposed since"),
        (narrow, f"{other} territory than was granted"),
        (shorten, f"{other} ends_at than was granted"),
        (loosen, f"{other} uses, model_kinds than was granted"),
        (cut, f"{other} parts of"),
    ):
        code, said = audited(*forged(*story, change))
        assert (code, told in said) == (1, True), said


def test_rule_tables_follow_from_the_rows_that_their_licensor_recorded(audited: Audited) -> None:
    log, given = told_story(with_rules=True)
    code, said = audited(log, given)
    assert code == 0, said
    # As requested, as proposed and accepted, as approved, and once more when it was granted.
    assert said_of(said, "Verdicts") == ["4 of 4 opened were reckoned again and are reproduced"]
    rows = [line for line in given if line.get("name") == "row"]
    assert [line["value"]["key"] for line in rows] == ["FR", "FR"]

    def with_row(number: int, **change: Any) -> tuple[list[Leaf], Lines]:
        """The story in which a row says something else, as its seal in the log does."""
        new = list(log)
        lied = [
            _sealed(new, line, line["value"] | change) if line is rows[number] else line
            for line in given
        ]
        return new, lied

    differ = "its rule tables do not follow from the rows recorded, 2 of them"
    for number, change, count in (
        (1, {"body": {"rule": "consent"}}, 4),
        (1, {"valid_until": "2026-05-01"}, 4),  # then the row before it counts
        (1, {"table": "nothing"}, 4),
        (0, {"body": {"rule": "consent"}}, 0),  # the other has taken its place
    ):
        code, said = audited(*with_row(number, **change))
        assert (code, said.count(differ)) == (bool(count), count), said
    code, said = audited(*with_row(1, valid_from="tomorrow"))
    assert (code, said.count("its rule tables rest on rows of no known form")) == (1, 4)

    # A row that nobody shows is not guessed.
    code, said = audited(log, [line for line in given if line is not rows[1]])
    assert code == 0
    assert "were not rebuilt: the row rule:" in said


def test_tables_that_nobody_recorded_and_another_engine(
    story: tuple[list[Leaf], Lines], audited: Audited, tmp_path: Path
) -> None:
    log, given = story
    tables = json.loads(_tables(given))
    tables["co_owners"]["laws"]["FR"]["rule"] = "account"
    text = json.dumps(tables, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    lied = [line | {"tables": text} if "tables" in line else line for line in given]
    new, lied = forged(log, lied, lambda case: case.update(x_tables=sha256))
    lied = [
        _sealed(new, line, line["value"] | {"tables": sha256})
        if line.get("name") == "case"
        else line
        for line in lied
    ]
    code, said = audited(new, lied)
    assert (code, said.count("its rule tables are not the engine's")) == (1, 3), said

    # An engine that this program does not carry is needed, not guessed.
    older = [
        replace(leaf, data={"sha256": "0" * 64}) if leaf.kind == "engine.published" else leaf
        for leaf in log
    ]
    code, said = audited(older, given)
    assert code == 3
    assert f"needs engine clearance/1 of source {'0' * 64}: 3 verdicts were not reckoned" in said
    # Whoever has its source names it: here, a copy with one more comment.
    for source in engines.SOURCES:
        shutil.copytree(Path(settings.BASE_DIR) / source, tmp_path / "copy" / source)
    with (tmp_path / "copy/licensing/clearance/verdict.py").open("a") as file:
        file.write("# once more\n")
    sha256 = engines.source_sha256(tmp_path / "copy")
    other = [
        replace(leaf, data={"sha256": sha256}) if leaf.kind == "engine.published" else leaf
        for leaf in log
    ]
    assert audited(other, given)[0] == 3
    code, said = audited(other, given, "--engine", tmp_path / "copy")
    assert (code, "3 of 3 opened were reckoned again" in said) == (0, True), said
    assert audited(log, given, "--engine", tmp_path / "nowhere")[0] == 64
