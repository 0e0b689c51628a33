"""The rule tables as a page shows them: each row in words, whose it is, and what it replaced."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from accounts.access import Actor, Permission, require
from licensing.clearance import SHIPPED
from licensing.clearance.rows import Row, rows_of
from licensing.counsel.tables import counting_on, in_force
from licensing.models import RuleRow, RuleTable
from web.words import Text
from web.work_words import country_name


@dataclass(frozen=True)
class Line:
    """A row that counts today. `own` is the studio's row that it comes from, None for ours."""

    row: Row
    own: RuleRow | None

    @property
    def key(self) -> str:
        return key_text(self.row.table, self.row.key)

    @property
    def says(self) -> str:
        return body_text(self.row.table, self.row.body)

    @property
    def href(self) -> str:
        """Its history; where the studio has none, the form that begins one."""
        if self.own is not None:
            return reverse("rule", args=[self.own.code])
        return f"{reverse('new_rule', args=[self.row.table])}?key={self.row.key}"


class Table(NamedTuple):
    """One of the tables, with the rows that count and the studio's rows that took ours out."""

    name: str
    label: Text
    lines: Sequence[Line]
    gone: Sequence[tuple[RuleRow, str]]


@dataclass(frozen=True)
class Tables:
    """All tables in force for a studio today, and their version."""

    tables: Sequence[Table]
    version: str
    own: int
    shipped: bool


class Change(NamedTuple):
    """One field of a row, as it was told before and as it is told now."""

    field: Text
    before: str
    now: str


def tables_of_studio(actor: Actor, table: str = "") -> Tables:
    """Return what counts for the actor's organisation today; only one table where one is named."""
    organisation = require(actor, Permission.VIEW)
    found, rows = in_force(organisation)
    now = timezone.now()
    known = RuleRow.objects.filter(organisation=organisation).known_at(now)
    counting = counting_on(known, now.astimezone(UTC).date())
    return Tables(
        tables=[
            Table(
                name,
                RuleTable(name).label,
                sorted(
                    (Line(row, own) for row, own in rows if row.table == name),
                    key=lambda line: line.row.key,
                ),
                [
                    (own, key_text(of, key))
                    for (of, key), own in sorted(counting.items())
                    if of == name and own.body is None
                ],
            )
            for name in RuleTable.values
            if table in {"", name}
        ],
        version=found.version,
        own=len(counting),
        shipped=found is SHIPPED,
    )


def ours(table: str, key: str) -> Row | None:
    """Return the row that comes with the engine, None where there is none."""
    every = rows_of(SHIPPED.content())
    return next((row for row in every if (row.table, row.key) == (table, key)), None)


def changes(before: RuleRow | Row | None, now: RuleRow) -> list[Change]:
    """Return what a row says otherwise than the one before it, field by field."""
    old, new = _told(before), _told(now)
    return [
        Change(_LABELS[name](), old.get(name, ""), new.get(name, ""))
        for name in _LABELS
        if old.get(name, "") != new.get(name, "")
    ]


def _told(row: RuleRow | Row | None) -> dict[str, str]:
    if row is None:
        return {}
    told = {"says": body_text(row.table, row.body), "source": row.source}
    if isinstance(row, RuleRow):
        told |= {"valid": validity(row.valid_from, row.valid_until), "note": row.note}
    else:
        told["valid"] = validity(None, None)
    return told


_LABELS = {
    "says": lambda: _("What it says"),
    "valid": lambda: pgettext("rule", "Counts"),
    "source": lambda: _("Source"),
    "note": lambda: _("Note"),
}


def validity(begin: date | None, end: date | None) -> str:
    """Return the days that a row speaks of, in words; the end is the first day after."""
    if begin and end:
        return _("from %(begin)s, before %(end)s") % {"begin": begin, "end": end}
    if begin:
        return _("from %(begin)s") % {"begin": begin}
    if end:
        return _("before %(end)s") % {"end": end}
    return _("at any time")


def key_text(table: str, key: str) -> str:
    """Return what a row is about."""
    if table == RuleTable.MINOR:
        return _("All minors")
    if table in {RuleTable.CO_OWNERS, RuleTable.BUNDLES}:
        return _("%(country)s (%(code)s)") % {"country": country_name(key), "code": key}
    return key


def body_text(table: str, body: Mapping[str, Any] | None) -> str:
    """Return what a row says, in words; of None, that there is no such row."""
    if body is None:
        return _("No row: what hangs on it needs review")
    return " ".join(_said(table, body))


def _said(table: str, body: Mapping[str, Any]) -> Iterator[str]:
    match table:
        case RuleTable.CO_OWNERS:
            yield (
                _("One owner may license alone and must account to the others.")
                if body["rule"] == "account"
                else _("Every owner must consent.")
            )
        case RuleTable.VOID_CONSENT:
            yield _("A vague consent is void since %(day)s.") % {"day": body["since"]}
        case RuleTable.MINOR:
            said = {"age": body["of_age"], "cap": body["cap"]}
            yield _("Of age after %(age)s; a consent runs %(cap)s at most.") % said
        case RuleTable.POLICIES:
            yield _("A consent runs %(cap)s at most.") % {"cap": body["cap"]}
        case RuleTable.GUILDS:
            yield {
                "notice": _("The guild must be told of training licences."),
                "compensate": _("The guild’s members must be paid for training licences."),
            }.get(body["duty"], _("No duty for training licences."))
            if body["effective"]:
                yield _("In force from %(day)s.") % {"day": body["effective"]}
        case RuleTable.MEMBERS:
            yield validity(_day(body["from"]), _day(body["until"]))
        case RuleTable.SUCCESSORS:
            yield "; ".join(map(period_text, body["periods"]))
        case _:
            yield ", ".join(body["codes"])


def period_text(period: Mapping[str, Any]) -> str:
    """Return one line of a table of successors: `1992-04-28 - : ME, RS`, `*` where it also counts
    for a deed that names no day. The form reads it back."""
    mark = " *" if period["undated"] else ""
    begin, end = period["from"] or "", period["before"] or ""
    return f"{begin} – {end}{mark}: {', '.join(period['codes'])}".strip()


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
