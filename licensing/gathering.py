"""From the catalogue to the engine: the facts of titles, as the clearance contract writes them."""

import json
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Q

from catalog.merging import lines_of, rows_of_many
from catalog.models import Fact, FactKind, Title
from catalog.rights import instant
from licensing.models import Grant

type Written = dict[str, Any]


def facts_of(keys: Iterable[int]) -> dict[int, list[Written]]:
    """Return, for each title's key, its standing facts by code: those of the same work under
    another row, and of what it is part of, less where they except it.

    What is recorded of a series is true of its episodes. Who holds what counts once where two
    rows say the same. A few queries, however many titles.
    """
    lines = lines_of(keys)
    rows = {row for line in lines.values() for row in line}
    codes = dict(Title.objects.filter(pk__in=rows).values_list("pk", "code"))
    facts: dict[int, list[Fact]] = defaultdict(list)
    for fact in (
        Fact.objects.standing().filter(title__in=rows).select_related("evidence").order_by("code")
    ):
        facts[fact.title_id].append(fact)
    return {
        key: sorted(
            (
                as_written(fact)
                for fact in _said_once([fact for row in sorted(line) for fact in facts[row]])
                if not {codes[each] for each in line}.intersection(fact.body.get("excludes", ()))
            ),
            key=lambda written: str(written["id"]),
        )
        for key, line in lines.items()
    }


def _said_once(facts: list[Fact]) -> list[Fact]:
    """Return the facts less the holdings that another row of the work says in the same words;
    those that a revocation or an opinion names stay."""
    named = {code for fact in facts for code in _names(fact)}
    first: dict[str, int] = {}
    kept = []
    for fact in facts:
        words = json.dumps([fact.kind, fact.body], sort_keys=True)
        row = first.setdefault(words, fact.title_id)
        if not fact.is_holding or fact.code in named or row == fact.title_id:
            kept.append(fact)
    return kept


def _names(fact: Fact) -> list[str]:
    return [*fact.body.get("about", ()), *filter(None, [fact.body.get("target")])]


def as_written(fact: Fact) -> Written:
    """Return a recorded fact as the clearance contract writes it."""
    written = {name: value for name, value in fact.body.items() if name != "excludes"}
    written |= {"id": fact.code, "kind": fact.kind, "recorded": instant(fact.recorded_at)}
    if fact.kind == FactKind.EVENT:
        written.setdefault("date", None)
    if fact.document or fact.kind == FactKind.OPINION:
        written["source"] = {"doc": fact.document or "-", "clause": fact.clause or "-"}
    if fact.evidence is not None:
        written["x_evidence"] = fact.evidence.sha256  # for whoever opens the case; decides nothing
    return written


def grants_of_titles(keys: Iterable[int]) -> dict[int, list[Written]]:
    """Return, for each title's key, the licences that were granted in the same work."""
    works = rows_of_many(keys)
    rows = {row for work in works.values() for row in work}
    granted = Grant.objects.filter(granted_assets__asset__title__in=rows)
    pairs = granted.values_list("granted_assets__asset__title", "pk").distinct()
    titles: dict[int, set[int]] = defaultdict(set)
    for title, grant in pairs:
        if title in rows:
            titles[title].add(grant)
    wanted = {grant for grants in titles.values() for grant in grants}
    written = {grant.pk: written_grant(grant) for grant in _grants(Q(pk__in=wanted))}
    return {
        key: [fact for grant in sorted({g for row in work for g in titles[row]})
              for fact in written[grant]]
        for key, work in works.items()
    }  # fmt: skip


def grants_of_likeness(likeness: int) -> list[Written]:
    """Return the licences that were granted in a likeness, by its key."""
    found = _grants(Q(granted_assets__asset__likeness=likeness)).distinct()
    return [fact for grant in found for fact in written_grant(grant)]


def _grants(condition: Q) -> Any:
    return Grant.objects.filter(condition).select_related("licensee", "licensor").order_by("code")


def written_grant(grant: Grant) -> list[Written]:
    """Return a grant as the clearance contract writes it, and its revocation."""
    facts: list[Written] = [
        {
            "id": grant.code,
            "kind": "grant_out",
            "from": grant.licensor.name,
            "to": grant.licensee.code,
            "uses": grant.uses,
            "model_kind": grant.model_kinds,
            "territory": grant.territory,
            "start": instant(grant.starts_at),
            "end": instant(grant.ends_at),
            "exclusivity": grant.exclusivity,
            "executed": instant(grant.issued_at),
            "recorded": instant(grant.issued_at),
            "revocable": "prospective",
        }
    ]
    if grant.revoked_at:
        when = instant(grant.revoked_at)
        facts.append(
            {
                "id": f"{grant.code}.revoked",
                "kind": "revocation",
                "target": grant.code,
                "effective": when,
                "recorded": when,
            }
        )
    return facts
