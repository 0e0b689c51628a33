"""What can be found of a title and its files, put together from all that is recorded of them.

A lab finds what is offered, by what the offer discloses: names, people, numbers in public use,
what the work and its offered files are, the offered uses, the price. What only the holder finds by
(its own numbers, names of files, the engine's answer) stands apart in each document.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from django.utils import timezone

from catalog.merging import lines_of, rows_of_many
from catalog.models import (
    Asset,
    AssetKind,
    Credit,
    Cue,
    Scheme,
    Shot,
    Title,
    TitleIdentifier,
    TitleName,
)
from catalog.scope.uses import expand_uses
from catalog.search.documents import NUMBERS, Document
from catalog.search_table import Entry
from licensing.models import Offer, Readiness
from licensing.offers.pricing import UNIT_MS, price_of

# A work with more names and people than this is found by the first of them.
_LONGEST_TEXT = 20_000
_MOST_MINOR = (1 << NUMBERS["price_minor"]) - 1
# A title's duration is that of its film, or where it has none of its sound.
_LASTING = (AssetKind.PICTURE, AssetKind.AUDIO)


class File(NamedTuple):
    """What a file brings into its document, and into its title's."""

    asset: Asset
    duration_ms: int | None
    lines: int | None
    frame_rates: Sequence[str]


@dataclass(frozen=True)
class Work:
    """All rows of one work, and what is recorded of it. `line` are its own rows and those of what
    it is part of."""

    title: Title
    rows: Collection[int]
    line: Sequence[Title]
    names: str
    text: str
    own_text: str
    files: Sequence[File]
    offers: Mapping[int, Offer] = field(default_factory=dict)
    rights: str = "unchecked"

    def facets(self) -> dict[str, Collection[str]]:
        """What is true of the work and of every file of it."""
        return {
            "language": {_primary(tag) for tag in self._said("spoken") or {self.title.language}},
            "genre": self._said("genres"),
            "country": self._said("countries"),
            "technique": self._technique(),
            "rights": [self.rights],
        }

    def _said(self, column: str) -> set[str]:
        """What is said of the work itself, or else of what it is part of."""
        own = {each for row in self.line if row.pk in self.rows for each in getattr(row, column)}
        return own or {each for row in self.line for each in getattr(row, column)}

    def _technique(self) -> list[str]:
        """The technique of the work, or else of what it is part of."""
        said = [row.technique for row in (self.title, *self.line) if row.technique]
        return said[:1]


def entries_of(keys: Iterable[int]) -> tuple[list[Entry], set[int]]:
    """Return all that is to be found of the works that these titles are rows of, and the keys of
    all rows of those works. A dozen queries, however many."""
    works = _works(keys)
    inside = _Inside(works)
    entries = [
        entry
        for work in works
        for entry in (_of_title(work), *_of_files(work), *inside.entries(work))
    ]
    return entries, {row for work in works for row in work.rows}


def _of_title(work: Work) -> Entry:
    title, offers = work.title, work.offers
    # What an offer does not cover is not disclosed by the work it belongs to.
    files = [file for file in work.files if not offers or file.asset.title_id in offers]
    price, currency = _price(work)
    lasting = [
        [file.duration_ms for file in files if file.asset.kind == kind and file.duration_ms]
        for kind in _LASTING
    ]
    return Entry(
        target=title.pk,
        title=title.pk,
        added_at=title.created_at,
        document=_document(
            work,
            "title",
            text=work.text,
            own_text=work.own_text,
            facets={
                "kind": [title.kind],
                "frame_rate": {rate for file in files for rate in file.frame_rates},
                **_offered(offers.values()),
            },
            offered=bool(offers),
            duration_ms=title.runtime_ms or max(next(filter(None, lasting), [0])) or None,
            lines=max((file.lines for file in files if file.lines), default=None),
            price_minor=price,
            currency=currency,
        ),
    )


def _of_files(work: Work) -> Iterator[Entry]:
    for file in work.files:
        asset = file.asset
        offer = work.offers.get(asset.title_id or 0)
        price = _price_of(offer, file)
        yield Entry(
            target=asset.pk,
            title=asset.title_id,
            added_at=asset.created_at,
            document=_document(
                work,
                "asset",
                text=f"{work.text} {asset.code}",
                own_text=f"{work.own_text} {asset.filename}",
                facets=_of_file(work, file),
                offered=offer is not None,
                duration_ms=file.duration_ms,
                lines=file.lines,
                price_minor=price,
                currency=offer.currency if offer and price is not None else None,
            ),
        )


class _Inside:
    """The shots and spoken lines of many works. They are found by the work's names and by what
    they hold themselves; a price is a whole file's, so they have none."""

    def __init__(self, works: Sequence[Work]) -> None:
        assets = [file.asset.pk for work in works for file in work.files]
        self._shots: dict[int, list[Shot]] = defaultdict(list)
        shots = Shot.objects.filter(asset__in=assets).order_by("pk").prefetch_related("tags")
        for shot in shots.iterator(chunk_size=2_000):
            self._shots[shot.asset_id].append(shot)
        self._cues: dict[int, list[tuple[Cue, str]]] = defaultdict(list)
        cues = Cue.objects.filter(transcript__asset__in=assets).select_related("transcript")
        for cue in cues.order_by("pk").iterator(chunk_size=2_000):
            self._cues[cue.transcript.asset_id].append((cue, cue.transcript.language))

    def entries(self, work: Work) -> Iterator[Entry]:
        """Yield the shots and lines of one work."""
        for file in work.files:
            for shot in self._shots[file.asset.pk]:
                tags = {tag.tag for tag in shot.tags.all()}
                yield _part(
                    file,
                    shot.pk,
                    _document(
                        work,
                        "shot",
                        text=_joined([work.names], sorted(tags)),
                        facets=_of_file(work, file),
                        offered=file.asset.title_id in work.offers,
                        duration_ms=shot.duration_ms,
                        lines=file.lines,
                    ),
                )
            for cue, language in self._cues[file.asset.pk]:
                yield _part(
                    file,
                    cue.pk,
                    _document(
                        work,
                        "line",
                        text=f"{work.names} {cue.text} {cue.speaker}",
                        facets=_of_file(work, file) | {"language": [_primary(language)]},
                        offered=file.asset.title_id in work.offers,
                        duration_ms=max(0, cue.end_ms - cue.start_ms),
                    ),
                )


def _part(file: File, target: int, document: Document) -> Entry:
    asset = file.asset
    return Entry(target, asset.title_id, asset.created_at, document)


def _of_file(work: Work, file: File) -> dict[str, Collection[str]]:
    offer = work.offers.get(file.asset.title_id or 0)
    return {
        "kind": [file.asset.kind],
        "work": [work.title.kind],
        "frame_rate": file.frame_rates,
        **_offered([offer] if offer else []),
    }


def _document(
    work: Work, level: str, *, facets: Mapping[str, Collection[str]], **facts: Any
) -> Document:
    every = {**work.facets(), **facets}
    return Document(
        number=0,
        organisation=work.title.organisation_id,
        level=level,
        name=work.title.name,
        facets={name: values for name, values in every.items() if values},
        year=work.title.year,
        **facts,
    )


def _offered(offers: Collection[Offer]) -> dict[str, Collection[str]]:
    return {
        "offer": ["published" if offers else "none"],
        "use": {use for offer in offers for use in expand_uses(offer.uses)},
    }


def _price(work: Work) -> tuple[int, str] | tuple[None, None]:
    """What all offered files of the work cost; of two currencies, those in the first row's."""
    if not work.offers:
        return None, None
    first = work.offers[min(work.offers)]
    prices = [
        price
        for file in work.files
        if (offer := work.offers.get(file.asset.title_id or 0)) is not None
        and offer.currency == first.currency
        and (price := _price_of(offer, file)) is not None
    ]
    return (min(sum(prices), _MOST_MINOR), first.currency) if prices else (None, None)


def _price_of(offer: Offer | None, file: File) -> int | None:
    """What a file costs; None where it is not on offer, or lasts no time that is paid for."""
    if offer is None or (offer.per in UNIT_MS and not file.duration_ms):
        return None
    return min(price_of(offer, file.duration_ms), _MOST_MINOR)


def _works(keys: Iterable[int]) -> list[Work]:
    rows = rows_of_many(keys)
    lines = lines_of(rows)
    titles = {
        title.pk: title
        for title in Title.objects.filter(
            pk__in={row for line in lines.values() for row in line}
        ).select_related("organisation")
    }
    every = {row for work in rows.values() for row in work}
    names = _names(titles)
    people = _people(every)
    numbers = _numbers(every)
    files = _files(every)
    offers = {
        offer.title_id or 0: offer
        for offer in Offer.objects.on_market(timezone.now()).filter(title__in=every)
    }
    rights = dict(Readiness.objects.filter(title__in=every).values_list("title", "verdict"))
    works: dict[int, Work] = {}
    for key, work in rows.items():
        title = titles[titles[key].canonical_id or key]
        if title.pk in works:
            continue
        line = [titles[row] for row in sorted(lines[key])]
        own = sorted(work)
        works[title.pk] = Work(
            title=title,
            rows=work,
            line=line,
            names=_joined(*(names[row.pk] for row in line)),
            text=_joined(
                [title.code, title.display_code, title.organisation.name],
                *(names[row.pk] for row in line),
                *(numbers[row, True] for row in own),
                *(people[row] for row in own),
            ),
            own_text=_joined(*(numbers[row, False] for row in own)),
            files=[file for row in own for file in files[row]],
            offers={row: offers[row] for row in own if row in offers},
            rights=rights.get(title.pk, "unchecked").lower(),
        )
    return list(works.values())


def _names(titles: Mapping[int, Title]) -> dict[int, list[str]]:
    """Return what each row is called, and by which EIDR it is known."""
    found = {
        key: [title.name, f"doi:{title.eidr}" if title.eidr else ""]
        for key, title in titles.items()
    }
    for key, name in TitleName.objects.filter(title__in=titles).values_list("title", "name"):
        found[key].append(name)
    return found


def _people(rows: Collection[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    rows_of = Credit.objects.filter(title__in=rows).order_by("title", "role", "position", "pk")
    for key, name, others, character, same in rows_of.values_list(
        "title", "party__name", "party__names", "character", "party__canonical__name"
    ):
        found[key] += [name, same or "", *others.values(), character]
    return found


def _numbers(rows: Collection[int]) -> dict[tuple[int, bool], list[str]]:
    """Return each row's numbers apart: those of public registers, and the holder's own. One that
    failed its check names nothing."""
    found: dict[tuple[int, bool], list[str]] = defaultdict(list)
    known = TitleIdentifier.objects.filter(title__in=rows, verified=True)
    for key, scheme, value in known.values_list("title", "scheme", "value"):
        found[key, scheme != Scheme.OWN].append(value)
    return found


def _files(rows: Collection[int]) -> dict[int, list[File]]:
    found: dict[int, list[File]] = defaultdict(list)
    for asset in Asset.objects.filter(title__in=rows).order_by("pk"):
        facts = asset.facts
        width, height = facts.get("width") or 0, facts.get("height") or 0
        found[asset.title_id or 0].append(
            File(
                asset,
                facts.get("duration_ms"),
                max(height, -(-width * 9 // 16)) or None,
                [_rate(facts["frame_rate"])] if facts.get("frame_rate") else [],
            )
        )
    return found


def _rate(fraction: str) -> str:
    """Return a frame rate as people write it: 24000/1001 is 23.976."""
    exact = Fraction(fraction)
    written = f"{Decimal(exact.numerator) / Decimal(exact.denominator):.3f}"
    return written.rstrip("0").rstrip(".")


def _primary(tag: str) -> str:
    return tag.partition("-")[0].lower()


def _joined(*groups: Iterable[str]) -> str:
    said = dict.fromkeys(each for group in groups for each in group if each)
    return " ".join(said)[:_LONGEST_TEXT]
