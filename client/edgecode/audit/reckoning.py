"""Verdicts reckoned again: the case that an entry commits to, given to the engine once more.

A case has the facts of a title and what was asked. That it is the case decided on its hash shows;
that the verdict follows from it the engine shows; that it has the facts that stood in the log
when it was decided, and no others, the entries about the same title show; that it asks for what
was asked and granted, those of request, deal and grant; and that its rule tables are the engine's
with the rows that its licensor recorded, the engine again. What was not shown to
the auditor is not judged.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from edgecode.audit import engines
from edgecode.audit.asked import Asked
from edgecode.audit.findings import CLEARANCE, LogFindings
from edgecode.audit.openings import Papers
from edgecode.audit.rule_rows import NotOpened, Rows, RuleRow, possible
from edgecode.audit.rules import Violation
from edgecode.audit.rules.finding import one_line
from edgecode.log.commitments import Opening
from edgecode.log.leaf import Leaf, split_ref
from edgecode.log.schema import base_of

# What is recorded while a case is being put together may be missing in it.
MEANWHILE = timedelta(minutes=10)
_RESTS_ON = {"request", "asset"}  # else the entry is the rules' to report
_RIGHTS = {"holding", "restriction", "fact"}
# Kinds of facts that stand in the log as rights over a title.
_OF_TITLES = {
    "ownership", "assignment", "grant_in", "grant_out", "restriction", "holdback", "cap", "option",
    "element", "guild", "performer", "event", "revocation", "counsel_opinion",
}  # fmt: skip
# What a case has of a fact and the entry about it has in another form, and the other way round.
_ABOUT = {"id", "kind", "recorded", "source", "x_evidence"}
_BESIDE = {"kind", "document", "clause", "evidence", "corrects", "excludes"}
# What rows of rule tables that are of another form than the house's make of whoever reads them.
_ODD = (LookupError, TypeError, ValueError, AttributeError)
# A case about parts of a file leaves out what lies elsewhere in it.
_BY_PARTS = {"timecode", "about"}


@dataclass(slots=True)
class _Right:
    """A right over a title as the log has it."""

    title: str
    kind: str  # the fact's; that of its stream where the entry does not name one
    recorded: datetime
    body: Mapping[str, Any] | None  # None: not opened
    superseded: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Decided:
    """A verdict whose case was opened. `standing` are the rights that stood, by their codes, where
    the file is of a title; `rules` the rows of rule tables that its licensor had recorded."""

    found: LogFindings
    index: int
    leaf: Leaf
    case: str
    tables: str
    reasons: list[Any] | None
    standing: tuple[str, ...]
    rules: tuple[RuleRow, ...]

    def report(self, message: str) -> None:
        text = one_line(f"{self.leaf.stream}: {message}")
        self.found.violations.add(Violation(CLEARANCE, (self.index,), text))


@dataclass(slots=True)
class Reckoning:
    """Takes up the entries of one history, in their order, and at its end judges its verdicts.
    `engine` is the folder of the source to run; None: what this program carries."""

    papers: Papers
    engine: Path | None = None
    _engines: dict[str, Any] = field(default_factory=dict)  # name → the hash that the log has of it
    _titles: dict[str, str] = field(default_factory=dict)  # of each file, where it is of one
    _rights: dict[str, _Right] = field(default_factory=dict)
    _of_title: dict[str, list[str]] = field(default_factory=dict)
    _licences: set[str] = field(default_factory=set)
    _labs: dict[str, str] = field(default_factory=dict)  # of each request
    _owners: dict[str, str] = field(default_factory=dict)  # of each file
    _rules: dict[str, tuple[RuleRow, ...]] = field(default_factory=dict)  # of each organisation
    _asked: Asked = field(default_factory=Asked)
    _decided: list[_Decided] = field(default_factory=list)

    def take(
        self, found: LogFindings, index: int, leaf: Leaf, opened: Mapping[str, Opening]
    ) -> None:
        """Take up an entry, with what opens its commitments."""
        kind = base_of(leaf.kind)
        self._asked.take(leaf, opened)
        if leaf.subject in _RIGHTS:
            self._take_right(leaf, kind, opened)
        elif kind == "asset.registered":
            subject, code, _ = split_ref(str(leaf.refs.get("owner", "")))
            self._owners[leaf.code] = leaf.actor
            if subject == "title":
                self._titles[leaf.code] = code
        elif kind == "rule.recorded":
            body = opened["row"].value if "row" in opened else None
            row = RuleRow(leaf.code, leaf.at, body)
            self._rules[leaf.actor] = (*self._rules.get(leaf.actor, ()), row)
        elif kind in {"grant.issued", "deal.opened"}:
            self._licences.add(leaf.code)
        elif kind in {"request.submitted", "amendment.proposed"}:
            self._labs[leaf.code] = split_ref(str(leaf.refs.get("organisation", "")))[1]
        elif kind == "engine.published":
            self._engines[leaf.code.replace("-", "/")] = leaf.data.get("sha256")
        elif kind == "clearance.decided" and "case" in opened and leaf.refs.keys() >= _RESTS_ON:
            self._take_verdict(found, index, leaf, opened)

    def _take_right(self, leaf: Leaf, kind: str, opened: Mapping[str, Opening]) -> None:
        verb = kind.rpartition(".")[2]
        if verb == "recorded":
            title = split_ref(str(leaf.refs.get("title", "")))[1]
            body = opened[leaf.subject].value if leaf.subject in opened else None
            self._rights[leaf.code] = _Right(
                title,
                str(leaf.data.get("fact_kind", leaf.subject)),
                leaf.at,
                body if isinstance(body, dict) else None,
            )
            self._of_title.setdefault(title, []).append(leaf.code)
        elif verb == "superseded" and leaf.code in self._rights:
            self._rights[leaf.code].superseded = leaf.at

    def _take_verdict(
        self, found: LogFindings, index: int, leaf: Leaf, opened: Mapping[str, Opening]
    ) -> None:
        case = opened["case"].value
        result = opened["result"].value if "result" in opened else None
        reasons = result.get("reasons") if isinstance(result, dict) else None
        title = self._titles.get(leaf.code_of("asset"))
        rights = [(code, self._rights[code]) for code in self._of_title.get(title or "", ())]
        standing = [
            code
            for code, right in rights
            if right.superseded is None and leaf.at - right.recorded > MEANWHILE
        ]
        found.verdicts += 1
        said = case if isinstance(case, dict) else {}
        self._decided.append(
            _Decided(
                found,
                index,
                leaf,
                str(said.get("sha256")),
                str(said.get("tables")),
                reasons if isinstance(reasons, list) else None,
                tuple(standing),
                self._rules.get(self._owners.get(leaf.code_of("asset"), ""), ()),
            )
        )

    def end(self) -> None:
        """Judge the verdicts, and say which could not be."""
        known: list[_Decided] = []
        missing: list[_Decided] = []
        for each in self._decided:
            (known if self._is_given(each) else missing).append(each)
        self._tell_missing(missing)
        ready = list(self._with_engine(known))
        pairs = dict.fromkeys((each.tables, each.case) for each in ready)
        questions = sorted(pairs)
        texts = [(self.papers.cases[case], self.papers.tables[to]) for to, case in questions]
        folder = self.engine or engines.carried()
        try:
            told = engines.reckon(folder, texts) if folder and texts else []
            tables = self._rebuilt(folder, ready) if folder and ready else {}
        except engines.EngineFailed as error:
            _unjudge(ready, f"the engine that was to reckon verdicts again failed: {error}")
            return
        answers = dict(zip(questions, told, strict=True))
        for each in ready:
            differences = list(self._differences(each, answers[each.tables, each.case]))
            differences += self._tables(each, tables)
            for text in differences:
                each.report(f"differs: {text}")
            each.found.reproduced += not differences

    def _rebuilt(self, folder: Path, some: list[_Decided]) -> dict[Rows, str]:
        """Return the version of the rule tables that each list of rows makes, which may have
        counted for these verdicts. Raises EngineFailed."""
        lists: dict[Rows, None] = {}
        for each in some:
            try:
                lists |= dict.fromkeys(self._possible(each))
            except (NotOpened, *_ODD):
                continue
        return dict(zip(lists, engines.rebuild(folder, list(lists)), strict=True))

    def _possible(self, each: _Decided) -> list[Rows]:
        """Return the lists of rows that may have counted for a verdict. Raises as `possible`."""
        case = json.loads(self.papers.cases[each.case])
        return list(possible(each.rules, _instant(case["as_of"], each.leaf.at), MEANWHILE))

    def _tables(self, each: _Decided, known: Mapping[Rows, str]) -> Iterator[str]:
        """Yield how the rule tables of a verdict are not those that its licensor's rows make."""
        try:
            if each.tables in {known[rows] for rows in self._possible(each)}:
                return
        except NotOpened as row:
            each.found.remarks.append(
                f"the rule tables of {each.leaf.stream} were not rebuilt: the row rule:{row} of"
                " its licensor was not opened"
            )
            return
        except _ODD:
            yield "its rule tables rest on rows of no known form"
            return
        if each.rules:
            yield f"its rule tables do not follow from the rows recorded, {len(each.rules)} of them"
        else:
            yield "its rule tables are not the engine's; no row was recorded"

    def _is_given(self, each: _Decided) -> bool:
        return each.case in self.papers.cases and each.tables in self.papers.tables

    def _tell_missing(self, some: list[_Decided]) -> None:
        """What is not given was not shown; a paper that no entry names opens nothing."""
        for found, first, count in _by_log(some):
            found.remarks.append(
                f"{count} of the verdicts opened were not reckoned again: no case or rule tables of"
                f" the hash that the log has were given, first for entry {first}"
            )
        used = {each.case for each in self._decided} | {each.tables for each in self._decided}
        unused = (self.papers.cases.keys() | self.papers.tables.keys()) - used
        for each in self._decided[:1]:
            for sha256 in sorted(unused)[:5]:
                each.report(f"the case or rule tables {sha256} that were given are none of the log")

    def _with_engine(self, some: list[_Decided]) -> Iterator[_Decided]:
        """Yield the verdicts of the engine that is here; say which one the others need."""
        folder = self.engine or engines.carried()
        here = engines.source_sha256(folder) if folder is not None else None
        needed: dict[str, list[_Decided]] = {}
        for each in some:
            name = str(each.leaf.data.get("engine"))
            # A verdict of an engine that the log does not name is the rules' to report.
            published = self._engines.get(name, here)
            if here is not None and published == here:
                yield each
            else:
                needed.setdefault(f"{name} of source {published}", []).append(each)
        for name, waiting in needed.items():
            _unjudge(
                waiting,
                f"needs engine {name:.120}: {len(waiting)} verdicts were not reckoned again; here"
                f" is source {here}. Name a folder with that source: --engine DIR",
            )

    def _differences(self, each: _Decided, now: Mapping[str, Any]) -> Iterator[str]:
        """Yield what is not as it was decided."""
        if "error" in now:
            yield f"the engine takes the case for malformed: {now['error']}"
            return
        if (verdict := each.leaf.data.get("verdict")) != now["verdict"]:
            yield f"the verdict is {now['verdict']}, not {verdict}"
        if each.reasons is not None and each.reasons != now["reasons"]:
            yield f"the reasons are {' '.join(now['reasons'])}"
        answer = self.papers.answers.get(each.case)
        if answer is not None and _canonical(answer) != _canonical(now):
            names = sorted(name for name in now if _member(answer, name) != now[name])
            yield f"the engine's answer is another one in {', '.join(names) or 'what it has more'}"
        yield from self._case(each, json.loads(self.papers.cases[each.case]))

    def _case(self, each: _Decided, case: Mapping[str, Any]) -> Iterator[str]:
        """Yield how a case is not the one that the log tells of."""
        leaf = each.leaf
        if case.get("x_tables", each.tables) != each.tables:
            yield "the case names other rule tables than the entry"
        if abs(_instant(case["as_of"], leaf.at) - leaf.at) > MEANWHILE:
            yield f"the case is as of {case['as_of']}, the entry of {leaf.at}"
        lab = self._labs.get(leaf.code_of("request"))
        if case["request"]["licensee"] != (lab or case["request"]["licensee"]):
            yield f"the case asks for another licensee than {lab}"
        yield from self._asked.differences(leaf.code_of("request"), leaf.code, case)
        if leaf.code_of("asset") in self._titles:
            yield from self._facts(each, case)

    def _facts(self, each: _Decided, case: Mapping[str, Any]) -> Iterator[str]:
        """Yield how the facts of a case are not those that stood in the log."""
        in_parts = "x_ranges_ms" in case["request"]
        given = {str(fact["id"]): fact for fact in case["facts"]}
        for code in each.standing:
            right = self._rights[code]
            if code in given or (in_parts and right.kind in {"element", "counsel_opinion"}):
                continue
            text = f"the case lacks {right.kind} {code}, which stood in the log"
            if right.kind == "holding":
                # A series may say the same of it, and what is said twice counts once.
                each.found.remarks.append(f"{each.leaf.stream}: {text}; see that another says it")
            else:
                yield text
        for code, fact in given.items():
            if fact["kind"] in _OF_TITLES and code.partition(".")[0] not in self._licences:
                yield from self._fact(each, code, fact, in_parts=in_parts)

    def _fact(
        self, each: _Decided, code: str, fact: Mapping[str, Any], *, in_parts: bool
    ) -> Iterator[str]:
        right, name = self._rights.get(code), f"{fact['kind']} {code:.40}"
        if right is None:
            yield f"the case has {name}, which the log has not"
            return
        if right.superseded is not None and each.leaf.at - right.superseded > MEANWHILE:
            yield f"the case has {name}, which was superseded at {right.superseded}"
        if _instant(fact.get("recorded"), right.recorded) - right.recorded > MEANWHILE:
            yield f"the case says that {name} was not known yet; it was recorded {right.recorded}"
        if right.body is None:
            return
        left_out = _BY_PARTS if in_parts else set()
        said = {at: fact[at] for at in fact.keys() - _ABOUT - left_out}
        recorded = {at: right.body[at] for at in right.body.keys() - _BESIDE - left_out}
        if fact["kind"] == "event":
            recorded.setdefault("date", None)
        if "about" in said and set(said["about"]) <= set(recorded.get("about", ())):
            # Of a series' facts an episode may be excepted: an opinion on them says less of it.
            recorded["about"] = said["about"]
        if fact["kind"] != right.body.get("kind") or _canonical(said) != _canonical(recorded):
            yield f"the case has {name} in other words than the log"


def _by_log(some: list[_Decided]) -> Iterator[tuple[LogFindings, int, int]]:
    """Yield each log that these are in, the first entry of them, and how many they are."""
    logs = {id(each.found): each.found for each in some}
    for key, found in logs.items():
        indices = [each.index for each in some if id(each.found) == key]
        yield found, min(indices), len(indices)


def _instant(said: object, default: datetime) -> datetime:
    """Return the moment that a case names, as the house writes it; else the default."""
    try:
        at = datetime.fromisoformat(str(said))
    except ValueError:
        return default
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _unjudge(some: list[_Decided], text: str) -> None:
    """Say why these could not be judged."""
    for found, _, _ in _by_log(some):
        found.remarks.append(text)
        found.is_unjudged = True


def _member(answer: Any, name: str) -> Any:
    return answer.get(name) if isinstance(answer, dict) else None


def _canonical(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
