"""Titles of a batch, written in few statements: new ones, corrections, numbers, names, credits.

Each function ends by appending what it did to the ledger.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.db.models import Count
from django.utils import timezone

from accounts.codes import allocate_many
from accounts.models import Organisation
from catalog.importing.matching import Entry, depth
from catalog.importing.works import Work
from catalog.models import (
    Credit,
    CreditRole,
    Party,
    PartyKind,
    Scheme,
    Title,
    TitleIdentifier,
    TitleName,
)
from catalog.titles import plain_value
from ledger.append import NewEvent, append_many
from ledger.inserting import insert_rows


@dataclass(slots=True)
class Plan:
    """What rows of a batch do to one title: `work` is what the first of them says."""

    entry: Entry
    work: Work
    above: Entry | None = None
    changes: dict[str, Any] = field(default_factory=dict)
    names: list[tuple[str, str, str]] = field(default_factory=list)
    credits: list[tuple[CreditRole, str, int]] = field(default_factory=list)


def write_titles(organisation: Organisation, plans: Sequence[Plan]) -> None:
    """Write new titles and corrections, with numbers, names and credits."""
    new = [plan for plan in plans if plan.entry.is_new]
    _register(organisation, new)
    _change([plan for plan in plans if plan.changes and not plan.entry.is_new])
    _identify(organisation, plans)
    _name(plans)
    _credit(organisation, plans)
    _touch(plans)
    _announce(organisation, plans)


def _register(organisation: Organisation, new: Sequence[Plan]) -> None:
    codes = allocate_many("title", len(new))
    by_depth: dict[int, list[Plan]] = defaultdict(list)
    for plan, code in zip(new, codes, strict=True):
        title = plan.entry.title
        assert title is not None  # noqa: S101 - a new entry that is written has its row
        title.code = code
        by_depth[depth(plan.work.kind)].append(plan)
    for level in sorted(by_depth):
        for plan in by_depth[level]:
            if plan.above is not None and plan.entry.title is not None:
                plan.entry.title.parent = plan.above.title  # which has its key by now
        Title.objects.bulk_create(
            [plan.entry.title for plan in by_depth[level] if plan.entry.title is not None]
        )


def _change(plans: Sequence[Plan]) -> None:
    now = timezone.now()
    columns = {"changed_at", "corrected"}
    titles = []
    for plan in plans:
        title = plan.entry.title
        if title is not None:
            for name, (_before, after) in plan.changes.items():
                setattr(title, name, after.title if isinstance(after, Entry) else after)
                title.corrected.pop(name, None)
            title.changed_at = now
            columns |= plan.changes.keys()
            titles.append(title)
    if titles:
        Title.objects.bulk_update(titles, sorted(columns))


def _touch(plans: Sequence[Plan]) -> None:
    """Let those who pull see which titles got numbers, names or credits only."""
    keys = [
        plan.entry.title.pk
        for plan in plans
        if plan.entry.title is not None
        and not plan.entry.is_new
        and (plan.entry.added or plan.names or plan.credits)
    ]
    Title.objects.filter(pk__in=keys).update(changed_at=timezone.now())


def _identify(organisation: Organisation, plans: Sequence[Plan]) -> None:
    now = timezone.now()
    insert_rows(
        TitleIdentifier,
        ("title_id", "organisation_id", "scheme", "value", "verified", "recorded_at"),
        (
            (plan.entry.title.pk, organisation.pk, scheme, value, verified, now)
            for plan in plans
            if plan.entry.title is not None
            for (scheme, value), verified in plan.entry.added
            if not _is_own_eidr(plan, scheme, value)
        ),
    )


def _is_own_eidr(plan: Plan, scheme: str, value: str) -> bool:
    title = plan.entry.title
    return scheme == Scheme.EIDR and title is not None and title.eidr == value


def _name(plans: Sequence[Plan]) -> None:
    insert_rows(
        TitleName,
        ("title_id", "language", "name", "kind"),
        (
            (plan.entry.title.pk, language, name, kind)
            for plan in plans
            if plan.entry.title is not None
            for language, name, kind in plan.names
        ),
    )


def _credit(organisation: Organisation, plans: Sequence[Plan]) -> None:
    named = {name for plan in plans for _role, name, _position in plan.credits}
    if not named:
        return
    people = parties_of(organisation, named)
    missing = sorted(named - people.keys())
    codes = allocate_many("party", len(missing))
    new = [
        Party(code=code, organisation=organisation, kind=PartyKind.PERSON, name=name)
        for name, code in zip(missing, codes, strict=True)
    ]
    Party.objects.bulk_create(new)
    people |= {party.name: party for party in new}
    insert_rows(
        Credit,
        ("title_id", "party_id", "role", "character", "position"),
        (
            (plan.entry.title.pk, people[name].pk, role, "", position)
            for plan in plans
            if plan.entry.title is not None
            for role, name, position in plan.credits
        ),
    )
    events = [
        NewEvent(
            kind="party.registered",
            stream=party.stream,
            actor=organisation.stream,
            refs={"organisation": organisation.stream},
            data={"party_kind": party.kind},
            private={"party": {"name": party.name, "eidr": None, "isni": None}},
        )
        for party in new
    ]
    append_many(events)


def parties_of(organisation: Organisation, names: Iterable[str]) -> dict[str, Party]:
    """Return the one person of each name that the organisation knows; of a name that several
    share, the eldest: rows of lists say nothing that would tell them apart."""
    found = Party.objects.filter(
        organisation=organisation, kind=PartyKind.PERSON, name__in=list(names)
    )
    return {party.name: party for party in found.order_by("-pk")}


def shared_names(organisation: Organisation, names: Iterable[str]) -> set[str]:
    """Return those of the names that more than one person of the organisation has."""
    if not (wanted := list(names)):
        return set()
    people = Party.objects.filter(
        organisation=organisation, kind=PartyKind.PERSON, name__in=wanted, canonical__isnull=True
    )
    several = people.values("name").annotate(people=Count("pk")).filter(people__gt=1)
    return set(several.order_by().values_list("name", flat=True))


def _announce(organisation: Organisation, plans: Sequence[Plan]) -> None:
    people = parties_of(
        organisation, {name for plan in plans for _role, name, _position in plan.credits}
    )
    events: list[NewEvent] = []
    for plan in plans:
        title = plan.entry.title
        if title is None:
            continue
        if plan.entry.is_new:
            events.append(_registered(organisation, plan, title))
        else:
            events += _corrected(organisation, plan, title)
        events += [
            NewEvent(
                kind="title.credited",
                stream=title.stream,
                actor=organisation.stream,
                refs={"party": people[name].stream},
                data={"role": role},
            )
            for role, name, _position in plan.credits
        ]
    append_many(events)


def _registered(organisation: Organisation, plan: Plan, title: Title) -> NewEvent:
    name: dict[str, Any] = {"name": title.name, "language": title.language, "year": title.year}
    return NewEvent(
        kind="title.registered",
        stream=title.stream,
        actor=organisation.stream,
        refs={"organisation": organisation.stream},
        data={"title_kind": title.kind},
        private={
            "name": name | {"numbers": [value for (_, value), _ in plan.entry.added]},
            "eidr": title.eidr,
        },
    )


def _corrected(organisation: Organisation, plan: Plan, title: Title) -> list[NewEvent]:
    event = partial(NewEvent, stream=title.stream, actor=organisation.stream)
    events = []
    if plan.changes:
        change = {
            "from": {name: _plain(before) for name, (before, _) in plan.changes.items()},
            "to": {name: _plain(after) for name, (_, after) in plan.changes.items()},
        }
        events.append(
            event(
                kind="title.changed",
                data={"fields": sorted(plan.changes)},
                private={"change": change},
            )
        )
    events += [
        event(
            kind="title.identified",
            data={"scheme": scheme},
            private={"identifier": value},
        )
        for (scheme, value), verified in plan.entry.added
        if verified and not (scheme == Scheme.EIDR and title.eidr == value)
    ]
    events += [
        event(kind="title.named", private={"name": {"language": language, "name": name}})
        for language, name, _kind in plan.names
    ]
    return events


def _plain(value: Any) -> Any:
    return plain_value(value.title if isinstance(value, Entry) else value)
