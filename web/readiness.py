"""What of a library is licensable today, as bars, ranked lists and a title's own lines."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor
from catalog.models import Title
from licensing.library.readiness import USES, Gap
from licensing.models import LibraryReadiness, Readiness, ReadyUse
from web.paging import Page, page
from web.reasons import REASONS
from web.words import Text, name_of

VERDICTS = ("CLEAR", "CONDITIONAL", "PARTIAL", "REVIEW", "BLOCKED")
GAPS: Mapping[str, tuple[Text, Text]] = {
    Gap.NO_HOLDING: (
        _("No right is recorded"),
        _("Record who holds the title; without that everything is blocked."),
    ),
    Gap.NO_DOCUMENT: (_("A right names no document"), _("Name the deed that it rests on.")),
    Gap.NO_EVIDENCE: (
        _("The document itself was not handed in"),
        _("Hand in the signed document, so that its hash can be shown."),
    ),
    Gap.NO_FILE: (_("No file"), _("Upload the picture, sound or script.")),
    Gap.NO_RUNTIME: (_("Running time not known"), _("Upload the picture, or write the time down.")),
    Gap.NO_EIDR: (_("No EIDR"), _("Buyers match works by EIDR; add the number.")),
}
_MOST_REASONS = 12
_MANY = 20_000  # answers for one use
_FULL = 1000  # the width of a bar, in tenths of a percent


@dataclass(frozen=True)
class Size:
    """How many titles a library has, and how many of them are duplicates of others in it."""

    titles: int
    duplicates: int

    @property
    def works(self) -> int:
        return self.titles - self.duplicates


def size_of(actor: Actor) -> Size:
    """Return the size of the actor's library. Two queries, each by an index of its own."""
    mine = Title.objects.visible_to(actor)
    return Size(mine.count(), mine.filter(canonical__isnull=False).count())


@dataclass(frozen=True)
class Piece:
    """A part of a bar: `x` and `width` in percent, of titles that got the same verdict."""

    verdict: str
    titles: int
    runtime_ms: int
    x: str
    width: str


@dataclass(frozen=True)
class Bar:
    """One use, with a piece for each verdict; by hours, or by titles where no hours are known."""

    use: str
    label: Text
    pieces: Sequence[Piece]

    @property
    def by_verdict(self) -> list[Piece]:
        """A piece for each verdict, also for those that no title got."""
        known = {piece.verdict: piece for piece in self.pieces}
        return [known.get(each, Piece(each, 0, 0, "0", "0")) for each in VERDICTS]


@dataclass(frozen=True)
class Obstacle:
    """What blocks titles: one reason or gap, and how much would be freed without it."""

    code: str
    label: Text
    advice: Text
    uses: Sequence[Text]
    titles: int
    runtime_ms: int
    href: str


@dataclass(frozen=True)
class Overview:
    counted: LibraryReadiness
    bars: Sequence[Bar]
    obstacles: Sequence[Obstacle]
    gaps: Sequence[Obstacle]


def overview(actor: Actor) -> Overview | None:
    """Return the picture of the actor's library, None before anything was counted. One query."""
    counted = LibraryReadiness.objects.filter(organisation=actor.organisation).first()
    if counted is None or not counted.titles:
        return None
    by_use: dict[str, dict[str, Any]] = defaultdict(dict)
    for row in counted.by_use:
        by_use[row["use"]][row["verdict"]] = row
    bars = [_bar(use, by_use[use]) for use in USES if use in by_use]
    return Overview(counted, bars, _obstacles(counted.by_reason), _gaps(counted.by_gap))


def _bar(use: str, rows: Mapping[str, Any]) -> Bar:
    measure = "runtime_ms" if any(row["runtime_ms"] for row in rows.values()) else "titles"
    total = sum(row[measure] for row in rows.values()) or 1
    pieces, before = [], 0
    for verdict in VERDICTS:
        if (row := rows.get(verdict)) is None:
            continue
        start, before = before, before + row[measure]
        pieces.append(
            Piece(
                verdict,
                row["titles"],
                row["runtime_ms"],
                _percent(start, total),
                _percent(row[measure], total),
            )
        )
    return Bar(use, name_of(use), pieces)


def _percent(part: int, total: int) -> str:
    whole, tenths = divmod(part * _FULL // total, 10)
    return f"{whole}.{tenths}%"


def _obstacles(rows: Sequence[Mapping[str, Any]]) -> list[Obstacle]:
    """The reasons, those that block the most hours for any one use first."""
    uses: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        uses[row["reason"]].append(row)
    ranked = sorted(
        uses.items(),
        key=lambda item: max((row["runtime_ms"], row["titles"]) for row in item[1]),
        reverse=True,
    )
    return [
        Obstacle(
            reason,
            REASONS.get(reason, reason),
            "",
            [name_of(use) for use in USES if use in {row["use"] for row in found}],
            max(row["titles"] for row in found),
            max(row["runtime_ms"] for row in found),
            f"/readiness/titles/?reason={reason}",
        )
        for reason, found in ranked[:_MOST_REASONS]
    ]


def _gaps(rows: Sequence[Mapping[str, Any]]) -> list[Obstacle]:
    found = {row["gap"]: row for row in rows}
    return [
        Obstacle(
            gap,
            label,
            advice,
            [],
            found[gap]["titles"],
            found[gap]["runtime_ms"],
            f"/readiness/titles/?gap={gap}",
        )
        for gap, (label, advice) in GAPS.items()
        if gap in found
    ]


def blocked_titles(actor: Actor, filters: Mapping[str, str]) -> Page[Readiness]:
    """Return the titles that a reason, verdict, use or gap is about, the longest first."""
    rows = Readiness.objects.visible_to(actor).select_related("title")
    uses = ReadyUse.objects.visible_to(actor)
    narrowed = False
    for name, known in (("reason", REASONS), ("use", USES), ("verdict", VERDICTS)):
        if (value := filters.get(name, "")) in known:
            uses, narrowed = uses.filter(**{name: value}), True
    if narrowed and uses[: _MANY + 1].count() > _MANY:
        # Soon found by going through all, the longest first; a list of them would be long.
        rows = rows.filter(Exists(uses.filter(title=OuterRef("title"))))
    elif narrowed:
        rows = rows.filter(title__in=uses.values("title"))
    if filters.get("gap", "") in GAPS:
        # Gap names are few and none holds another, so a look for the quoted word is exact.
        rows = rows.filter(gaps__icontains=f'"{filters["gap"]}"')
    return page(rows, cursor=filters.get("cursor", ""), order="-runtime_ms", code="title__code")


@dataclass(frozen=True)
class UseLine:
    label: Text
    verdict: str
    reason: Text


def lines_of(title: Title) -> tuple[Readiness | None, list[UseLine]]:
    """Return a title's answer and its line for each use; no lines before it was asked."""
    row = Readiness.objects.filter(title=title.canonical_id or title.pk).first()
    if row is None:
        return None, []
    found = {use.use: use for use in ReadyUse.objects.filter(title=row.title_id)}
    return row, [
        UseLine(name_of(use), found[use].verdict, REASONS.get(found[use].reason, ""))
        for use in USES
        if use in found
    ]
