"""The AI terms of a library, as an Avails-AI sheet."""

from collections.abc import Iterator
from pathlib import Path

from accounts.access import Actor
from catalog.imports.ai_sheet import SHEET, write_ai_sheet
from catalog.imports.rows import Identifier, Parent, Row, TitleFields, load_terms
from catalog.models import Avail, Title, TitleKind

_KINDS = {TitleKind.FILM: "film", TitleKind.SERIES: "series", TitleKind.SEASON: "season",
          TitleKind.EPISODE: "episode", TitleKind.SHORT: "short"}  # fmt: skip


def export_ai(actor: Actor, path: Path) -> int:
    """Write what stands of the AI terms of the actor's titles; return how many rows."""
    count = 0

    def counted() -> Iterator[Row]:
        nonlocal count
        for count, row in enumerate(_rows(actor), 1):  # noqa: B007 - the last one counts
            yield row

    write_ai_sheet(path, counted())
    return count


def _rows(actor: Actor) -> Iterator[Row]:
    avails = Avail.objects.visible_to(actor).standing().filter(ai__isnull=False)
    found = avails.select_related("title__parent__parent").order_by("title__name", "pk")
    for number, avail in enumerate(found.iterator(chunk_size=1_000), 4):
        terms, ai = load_terms(avail.terms, avail.ai or {})
        yield Row(SHEET, number, "full_extract", _title(avail.title), terms, ai)


def _title(title: Title) -> TitleFields:
    """Return a title as the columns of Avails name it."""
    above: list[Title] = []
    at = title.parent
    while at is not None:
        above.insert(0, at)
        at = at.parent
    parents = [
        Parent(each.kind, each.name, number=str(each.number or ""))
        for each in above
        if each.kind in (TitleKind.SERIES, TitleKind.SEASON)
    ]
    return TitleFields(
        kind=_KINDS.get(TitleKind(title.kind), "other"),
        name=title.name,
        display_name=title.name,
        number=str(title.number or ""),
        year=title.year,
        run_time_ms=title.runtime_ms,
        ids=[Identifier("eidr", title.eidr, verified=True)] if title.eidr else [],
        parents=parents,
    )
