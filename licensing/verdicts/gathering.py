"""From the catalogue to the engine: the facts of titles, as the clearance contract writes them."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final, NamedTuple

import orjson
from django.db.models import TextField
from django.db.models.functions import Cast

from catalog.facts.fields import organisation_in
from catalog.facts.shapes import SCOPE
from catalog.merging import lines_of
from catalog.models import Fact, FactKind, Title
from catalog.rights import instant
from catalog.scope.uses import MODALITIES, MODEL_KINDS, expand_uses
from licensing.models import Grant, Scope
from licensing.offers.promises import promises_of
from licensing.verdicts.resting import ended_licences

type Written = dict[str, Any]
# What is licensed of rows, by any key, given the rows' own keys.
type Licences = Callable[[Mapping[int, set[int]]], dict[int, list[Written]]]

_SCOPE: Final = frozenset(SCOPE)


def facts_of(keys: Iterable[int], *, known_at: datetime | None = None) -> dict[int, list[Written]]:
    """Return, for each title's key, its standing facts by code, or those that stood at a moment:
    those of the same work under another row, and of what it is part of, less where they except it.

    What is recorded of a series is true of its episodes. Who holds what counts once where two
    rows say the same, or one of them more widely. A few queries, however many titles.
    """
    return facts_of_lines(lines_of(keys), known_at=known_at)


def facts_of_lines(
    lines: Mapping[int, set[int]], *, known_at: datetime | None = None
) -> dict[int, list[Written]]:
    """Return the same of titles given with all rows that they are, or are part of (`lines_of`)."""
    rows = {row for line in lines.values() for row in line}
    told: dict[int, list[_Told]] = defaultdict(list)
    standing = Fact.objects.known_at(known_at)
    # Read as texts: Django reads JSON and moments many times as slowly, and there are many.
    columns = standing.filter(title__among=rows).annotate(
        text=Cast("body", TextField()), moment=Cast("recorded_at", TextField())
    )
    said: dict[tuple[str, str], _Body] = {}  # most of a library is said in few words
    read: dict[tuple[str, str, str], Written] = {}  # and most of it stands in few papers
    for row, kind, text, code, moment, document, clause, sha256 in columns.values_list(*_COLUMNS):
        if (body := said.get((kind, text))) is None:
            body = said[kind, text] = _body(kind, orjson.loads(text))
        if (source := read.get((kind, document, clause))) is None:
            source = read[kind, document, clause] = _source(kind, document, clause)
        written = {**body.words, "id": code, "recorded": _instant(moment), **source}
        if sha256 is not None:
            written["x_evidence"] = sha256
        told[row].append(_Told(code, body.excludes, written))
    # Which work a row is counts only where a fact excepts works.
    is_excepted = any(each.excludes for some in told.values() for each in some)
    named = Title.objects.filter(pk__among=rows).values_list("pk", "code")
    codes = dict(named) if is_excepted else {}
    mixed = {row for line in lines.values() if len(some := line & told.keys()) > 1 for row in some}
    facts: dict[int, list[Fact]] = defaultdict(list)
    for fact in standing.filter(title__among=mixed).order_by("code") if mixed else ():
        facts[fact.title_id].append(fact)
    return {
        key: _of_line(sorted(line), {codes[row] for row in line if row in codes}, told, facts)
        for key, line in lines.items()
    }


class _Body(NamedTuple):
    """What a fact says, as the contract writes it, and the works it excepts."""

    words: Written
    excludes: frozenset[str]


def _body(kind: str, body: Written) -> _Body:
    words = {name: value for name, value in body.items() if name != "excludes"} | {"kind": kind}
    if kind == FactKind.EVENT:
        words.setdefault("date", None)
    if kind in (FactKind.GRANT_OUT, FactKind.OPTION):
        words = _by_code(words)
    return _Body(words, frozenset(body.get("excludes", ())))


def _source(kind: str, document: str, clause: str) -> Written:
    """Where a fact was read, as the contract writes it."""
    if not document and kind != FactKind.OPINION:
        return {}
    return {"source": {"doc": document or "-", "clause": clause or "-"}}


class _Told(NamedTuple):
    """A fact as the contract writes it, its code, and the works it excepts."""

    code: str
    excludes: frozenset[str]
    written: Written


_CODE: Final = attrgetter("code")


def _of_line(
    line: list[int],
    codes: set[str],
    told: Mapping[int, list[_Told]],
    facts: Mapping[int, list[Fact]],
) -> list[Written]:
    """What is said of a work by its rows and those of what it is part of, by code."""
    if len(line) == 1 and not codes:  # most are part of nothing
        return [each.written for each in sorted(told.get(line[0], ()), key=_CODE)]
    recorded = [each for row in line for each in told.get(row, ())]
    said = {each.code: each.written for each in recorded if not codes & each.excludes}
    excepted = {each.code for each in recorded} - said.keys()
    if len(told.keys() & line) > 1:
        every = [fact for row in line for fact in facts.get(row, ()) if fact.code in said]
        said = {fact.code: said[fact.code] for fact in said_once(every)}
    here = (_less(said[code], excepted) for code in sorted(said))
    return [written for written in here if written is not None]


def _less(fact: Written, excepted: set[str]) -> Written | None:
    """A revocation or an opinion less the facts that do not speak of this work; None where none of
    those that it names does."""
    if not excepted:
        return fact
    if fact.get("target") in excepted:
        return None
    about = [code for code in fact.get("about", ()) if code not in excepted]
    if len(about) == len(fact.get("about", ())):
        return fact
    return fact | {"about": about} if about else None


def said_once(facts: list[Fact]) -> list[Fact]:
    """Return the facts less the holdings that another row of the line says as widely or more:
    a series and its episode may both say who owns all of it, and that is no second whole. Those
    that a revocation or an opinion names stay."""
    if len({fact.title_id for fact in facts if fact.is_holding}) < 2:
        return facts
    named = {code for fact in facts for code in _names(fact)}
    alike: dict[str, list[Fact]] = defaultdict(list)
    for fact in facts:
        if fact.is_holding:
            words = {name: value for name, value in fact.body.items() if name not in _SCOPE}
            alike[json.dumps([fact.kind, words], sort_keys=True)].append(fact)
    again = {fact for some in alike.values() if len(some) > 1 for fact in _repeated(some)}
    return [fact for fact in facts if fact not in again or fact.code in named]


def _repeated(facts: list[Fact]) -> set[Fact]:
    again: set[Fact] = set()
    for fact in facts:
        others = [each for each in facts if each.title_id != fact.title_id and each not in again]
        if any(_covers(each, fact) for each in others):
            again.add(fact)
    return again


def _covers(wide: Fact, narrow: Fact) -> bool:
    """Whether a fact certainly holds wherever another does: what hangs on an event, or on the
    members of a group of countries, covers the same words only."""
    for name in ("start", "end"):
        ends = (wide.body.get(name), narrow.body.get(name))
        if any(isinstance(end, dict) for end in ends) and ends[0] != ends[1]:
            return False
    begins = wide.starts_at is None or (
        narrow.starts_at is not None and wide.starts_at <= narrow.starts_at
    )
    lasts = wide.ends_at is None or (narrow.ends_at is not None and wide.ends_at >= narrow.ends_at)
    within = all(
        name not in wide.body or set(narrow.body.get(name, every)) <= set(wide.body[name])
        for name, every in (("modality", MODALITIES), ("model_kind", MODEL_KINDS))
    )
    return (
        begins
        and lasts
        and within
        and expand_uses(narrow.uses) <= expand_uses(wide.uses)
        and _reaches(wide.territory, narrow.territory)
    )


def _reaches(wide: Any, narrow: Any) -> bool:
    if wide in ("WORLD", narrow):
        return True
    lists = isinstance(wide, list) and isinstance(narrow, list)
    return lists and all(each in wide for each in narrow)


def _names(fact: Fact) -> list[str]:
    return [*fact.body.get("about", ()), *filter(None, [fact.body.get("target")])]


def as_written(fact: Fact) -> Written:
    """Return a recorded fact as the contract writes it."""
    written = {
        **_body(fact.kind, fact.body).words,
        "id": fact.code,
        "recorded": instant(fact.recorded_at),
        **_source(fact.kind, fact.document, fact.clause),
    }
    if fact.evidence is not None:
        written["x_evidence"] = fact.evidence.sha256  # for whoever opens the case; decides nothing
    return written


@lru_cache(maxsize=4096)
def _instant(text: str) -> str | None:
    """The instant that a database writes so: with its offset from UTC, or in UTC without."""
    moment = datetime.fromisoformat(text)
    return instant(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


_COLUMNS: Final = (
    "title",
    "kind",
    "text",
    "code",
    "moment",
    "document",
    "clause",
    "evidence__sha256",
)


def _by_code(fact: Written) -> Written:
    """A licence or an option with its parties as the product's own licences name theirs: by code,
    where they are organisations here. A name says of nobody here that it is not theirs, so a
    licence against others is one against everybody unless each of them is named by code."""
    named = {name: organisation_in(fact[name]) for name in ("to", "holder") if name in fact}
    said = fact | {name: code for name, code in named.items() if code}
    if against := [organisation_in(each) for each in fact.get("against", ())]:
        del said["against"]
        if all(against):
            said["against"] = against
    return said


def for_any_lab(facts: Iterable[Written]) -> list[Written]:
    """Return facts as they count for a question about no lab in particular: a licence against one
    may be against whoever asks next."""
    return [{name: said for name, said in fact.items() if name != "against"} for fact in facts]


def grants_of_titles(works: Mapping[int, set[int]]) -> dict[int, list[Written]]:
    """Return, for each title's key, the licences that were granted in the same material: in any of
    the rows that are given of it (`material_of`)."""
    rows = {row for work in works.values() for row in work}
    granted = Grant.objects.filter(granted_assets__asset__title__among=rows)
    pairs = granted.values_list("granted_assets__asset__title", "pk").distinct()
    titles: dict[int, set[int]] = defaultdict(set)
    for title, grant in pairs:
        if title in rows:
            titles[title].add(grant)
    wanted = {grant for grants in titles.values() for grant in grants}
    written = written_grants(wanted)
    return {
        key: [fact for grant in sorted({g for row in work for g in titles[row]})
              for fact in written[grant]]
        for key, work in works.items()
    }  # fmt: skip


def grants_of_likenesses(keys: Iterable[int]) -> dict[int, list[Written]]:
    """Return, for each likeness's key, the licences that were granted in it."""
    if not (likenesses := set(keys)):
        return {}
    granted = Grant.objects.filter(granted_assets__asset__likeness__among=likenesses)
    grants: dict[int, set[int]] = {key: set() for key in likenesses}
    for key, grant in granted.values_list("granted_assets__asset__likeness", "pk").distinct():
        if key in grants:
            grants[key].add(grant)
    wanted = {grant for some in grants.values() for grant in some}
    written, ended = written_grants(wanted), ended_licences(likenesses)
    found: dict[int, list[Written]] = {}
    for key, some in grants.items():
        facts = {grant: facts for grant, facts in written.items() if grant in some}
        found[key] = [fact for each in facts.values() for fact in each]
        for grant, (granted_out, *early) in facts.items():
            # One that ended early by its own name has said so.
            if not early and (when := ended.get((key, grant))) is not None:
                found[key].append(_ended(granted_out["id"], "consent", when))
    return found


def written_grants(keys: Iterable[int]) -> dict[int, list[Written]]:
    """Return grants as the contract writes them, by primary key."""
    if not (wanted := set(keys)):
        return {}  # as most often: to put the question together takes longer than any answer
    grants = Grant.objects.filter(pk__in=wanted).select_related("licensee", "licensor", "deal")
    found = list(grants.order_by("code"))
    promised = promises_of(grant.deal for grant in found)
    return {grant.pk: written_grant(grant, promised.get(grant.deal_id)) for grant in found}


def written_scope(of: Grant | Scope) -> Written:
    """Return what is granted or asked for as the clearance contract writes it."""
    return {
        "uses": of.uses,
        "model_kind": of.model_kinds,
        "territory": of.territory,
        "start": instant(of.starts_at),
        "end": instant(of.ends_at),
        "exclusivity": of.exclusivity,
    }


def written_grant(grant: Grant, promised: Written | None = None) -> list[Written]:
    """Return a grant as the clearance contract writes it, and its early end; `promised` is what
    its rate card promises of lower prices."""
    facts: list[Written] = [
        {
            "id": grant.code,
            "kind": "grant_out",
            "from": grant.licensor.name,
            "to": grant.licensee.code,
            **written_scope(grant),
            "executed": instant(grant.issued_at),
            "recorded": instant(grant.issued_at),
            "revocable": "prospective",
            **(promised or {}),
        }
    ]
    if grant.ended_early_at:
        # The grant that took the place of one superseded is a fact of its own.
        how = "revoked" if grant.revoked_at else "superseded"
        facts.append(_ended(grant.code, how, grant.ended_early_at))
    return facts


def _ended(grant: str, how: str, at: datetime) -> Written:
    when = instant(at)
    return {
        "id": f"{grant}.{how}",
        "kind": "revocation",
        "target": grant,
        "effective": when,
        "recorded": when,
    }
