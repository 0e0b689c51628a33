"""A row as a work of the catalogue: its columns, its numbers, what it is part of.

What a row says badly is left out with a warning; a name that cannot be kept rejects the row.
"""

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

import orjson
from django.conf import settings
from django.utils.translation import override

from accounts.errors import Invalid
from accounts.text import check_name
from catalog.descriptions import check_description, check_language
from catalog.imports.rows import Finding, Identifier, Level, Parent, Row, TitleFields
from catalog.imports.words import RATED_IN
from catalog.models import CreditRole, NameKind, Scheme, TitleKind
from catalog.titles import PARENTS, check_placed

type Key = tuple[str, str]

_KINDS: Final = {
    "film": TitleKind.FILM,
    "series": TitleKind.SERIES,
    "season": TitleKind.SEASON,
    "volume": TitleKind.SEASON,
    "episode": TitleKind.EPISODE,
    "short": TitleKind.SHORT,
    "supplemental": TitleKind.SHORT,
    "collection": TitleKind.FRANCHISE,
    "other": TitleKind.FILM,
}
_PREFIXES: Final = {
    TitleKind.SERIES: "Series", TitleKind.SEASON: "Season", TitleKind.EPISODE: "Episode",
}  # fmt: skip
NAME_COLUMNS: Final = {"ko": "NameKorean", "en": "NameEnglish"}
_CHECKED: Final = {"eidr": Scheme.EIDR, "isan": Scheme.ISAN, "imdb": Scheme.IMDB}
# A studio's own numbers, the one that says most first.
_OWN: Final = ("content", "title", "alt", "uv", "dma")
_PAST_STATES: Final = {"SUHH": "SU", "DDDE": "DD", "YUCS": "YU"}
_MOST_VALUE: Final = 100
# The ALID that an export gives to a title that has none.
_EXPORTED: Final = re.compile(r"edgecode:([0-9A-Z]{8})")
# What stands behind the name of a series in that of a season of it.
_SEASON_NUMBER: Final = re.compile(
    r"[\s,.:·–—-]*[(\[]?(?:(?:season|series|시즌)\s*\d+|제?\s*\d+\s*시즌)[)\]]?\s*$", re.IGNORECASE
)


@dataclass(slots=True)
class Work:
    """A work as a row names it. `keys` are the numbers that identify it, the surest first;
    `loose` are numbers that failed their check."""

    kind: TitleKind
    name: str
    language: str
    keys: list[Key] = field(default_factory=list)
    loose: list[Key] = field(default_factory=list)
    number: int | None = None
    described: dict[str, Any] = field(default_factory=dict)
    names: list[tuple[str, str, NameKind]] = field(default_factory=list)
    credits: list[tuple[CreditRole, str]] = field(default_factory=list)
    parent: "Work | None" = None
    edit: "Work | None" = None  # of this work, where the row names one
    code: str = ""  # the edge code of a title of this library, where our own sheet says it

    @property
    def eidrs(self) -> list[str]:
        return [value for scheme, value in self.keys if scheme == Scheme.EIDR]


@dataclass(frozen=True, slots=True)
class Reader:
    """How the rows of one import are read: `source` sets apart names that only it uses."""

    source: str
    language: str

    def read(self, row: Row) -> tuple[Work | None, list[Finding]]:
        """Return the work of a row, None where it has no name that can be kept or is an episode of
        nothing, and findings."""
        found = _Findings(f"{row.sheet}!{row.number}")
        title = row.title
        kind = _KINDS.get(title.kind, TitleKind.FILM)
        column = f"{_PREFIXES.get(kind, '')}TitleInternalAlias"
        name = found.attempt("error", column, title.name, check_name, "name", title.name)
        if name is None:
            return None, found.all
        is_apart = _names_no_series(title, kind)
        parents = _with_series(title, kind) if is_apart else title.parents
        parent = self._parents(parents, kind, found, is_apart=is_apart)
        placed = found.attempt(
            "error", "SeriesTitleInternalAlias", "", check_placed, kind,
            has_parent=parent is not None,
        )  # fmt: skip
        if placed is None:
            return None, found.all
        work = Work(kind, name, self._language(title.language, found), parent=parent)
        work.number = _number(title.number)
        work.described = _described(title, found)
        work.names = self._names(title, found)
        work.credits = _credits(title, found)
        self._identify(work, title.ids)
        if row.avail and row.avail.alid and kind != TitleKind.FRANCHISE:
            # Works of two kinds may stand under one ALID: a season, and an episode of it.
            work.keys.append(own(f"alid {kind}", row.avail.alid))
            ours = _EXPORTED.fullmatch(row.avail.alid)
            work.code = ours[1] if ours else ""
        if kind in (TitleKind.SERIES, TitleKind.SEASON) or (parent and work.number is not None):
            self._put(work, is_apart=is_apart)
        if not work.keys:
            # Without what earlier versions did not read: the same row still means the same work.
            known = {name: value for name, value in asdict(title).items() if name != "spoken"}
            said = orjson.dumps([self.source, known], option=orjson.OPT_SORT_KEYS)
            work.keys.append(own("row", hashlib.sha256(said).hexdigest()[:32]))
        if kind in PARENTS[TitleKind.EDIT]:
            work.edit = _edit(work, title.ids)
        return work, found.all

    def _parents(
        self, parents: Sequence[Parent], kind: TitleKind, found: "_Findings", *, is_apart: bool
    ) -> Work | None:
        """Return what the work is part of, each level in the one above. `is_apart`: the row names
        no series."""
        above: Work | None = None
        for each in sorted(parents, key=lambda parent: _DEPTHS.get(parent.level, 9)):
            level = _KINDS.get(each.level)
            if level is None or (above is not None and above.kind == level):
                continue  # a volume of a season is no level of its own here
            name = each.name or each.display_name
            if not name:
                name = f"{above.name}: {each.level} {each.number}" if above else ""
            checked = found.attempt(
                "warning", f"{each.level.title()}TitleInternalAlias", name,
                check_name, "name", name,
            )  # fmt: skip
            if checked is None:
                continue
            part_of = above if above and above.kind in PARENTS[level] else None
            work = Work(level, checked, self.language, parent=part_of)
            work.number = _number(each.number)
            self._identify(work, each.ids)
            self._put(work, is_apart=is_apart)
            above = work
        while above is not None and above.kind not in PARENTS[kind]:
            above = above.parent
        return above

    def _identify(self, work: Work, ids: Sequence[Identifier]) -> None:
        of_work = [each for each in ids if each.level in ("title", work.kind, "volume")]
        for scheme, known in _CHECKED.items():
            for each in of_work:
                if each.scheme == scheme:
                    kept = work.keys if each.verified else work.loose
                    kept.append((known, each.value[:_MOST_VALUE]))
        for scheme in _OWN:
            work.keys += [own(scheme, each.value) for each in of_work if each.scheme == scheme]
        work.keys = list(dict.fromkeys(work.keys))

    def _put(self, work: Work, *, is_apart: bool) -> None:
        """Let a work be known by its place in the tree; a season whose series no row names also by
        the place that it had while it could be part of nothing."""
        work.keys.append(self._place(work))
        if is_apart and work.kind == TitleKind.SEASON:
            work.keys.append(self._place(replace(work, parent=None)))

    def _place(self, work: Work) -> Key:
        """Return the number that a place in a tree is: rows that name the same series, or the
        same season of it, mean one, as long as they are of one source."""
        above = work.parent.keys[-1][1] if work.parent else self.source
        what = f"{work.number}" if work.parent and work.number is not None else work.name.casefold()
        said = "\n".join((self.source, above, work.kind, what))
        return own("place", hashlib.sha256(said.encode()).hexdigest()[:32])

    def _language(self, tag: str, found: "_Findings") -> str:
        if not tag:
            return self.language
        read = found.attempt("warning", "OriginalLanguage", tag, _language, tag)
        return read or self.language

    def _names(self, title: TitleFields, found: "_Findings") -> list[tuple[str, str, NameKind]]:
        names: list[tuple[str, str, NameKind]] = []
        if title.display_name and title.display_name != title.name:
            name = found.attempt(
                "warning", "TitleDisplayUnlimited", title.display_name,
                check_name, "name", title.display_name,
            )  # fmt: skip
            if name:
                names.append((self.language, name, NameKind.ALIAS))
        for tag, others in title.names.items():
            for other in others:
                column = NAME_COLUMNS.get(tag, "Name")
                name = found.attempt("warning", column, other, check_name, "name", other)
                if name and name != title.name:
                    names.append((_language(tag), name, NameKind.TRANSLATED))
        return list(dict.fromkeys(names))


def _edit(work: Work, ids: Sequence[Identifier]) -> Work | None:
    """Return the edit of a work that a row names; None where it names the work itself once more.

    An EIDR that fails its check still tells one edit of the studio from another; it is kept apart.
    """
    edit = Work(TitleKind.EDIT, work.name, work.language, parent=work)
    titled = {each.value for each in ids if each.level == "title"}
    for each in ids:
        if each.level != "edit" or each.scheme not in ("eidr", "edit") or each.value in titled:
            continue
        if each.scheme == "eidr" and each.verified:
            edit.keys.append((Scheme.EIDR, each.value))
            continue
        if each.scheme == "eidr":
            edit.loose.append((Scheme.EIDR, each.value[:_MOST_VALUE]))
        edit.keys.append(own("edit", each.value))
    return edit if edit.keys else None


_DEPTHS: Final = {"series": 0, "season": 1, "volume": 2}


@dataclass
class _Findings:
    """What a row's work could not take over."""

    place: str
    all: list[Finding] = field(default_factory=list)

    def attempt[**P, T](
        self, level: Level, column: str, value: object,
        read: Callable[P, T], *args: P.args, **kwargs: P.kwargs,
    ) -> T | None:  # fmt: skip
        """Return what `read` makes of the arguments; None with a finding about `value` where it
        refuses."""
        try:
            return read(*args, **kwargs)
        except Invalid:
            params = why_refused(read, *args, **kwargs)
        message = params["why"]
        if about := _short(value):
            params["value"] = about
            message = f"{about!r}: {message}"
        self.all.append(Finding(level, column, self.place, "not_kept", message, params))
        return None


def why_refused[**P](
    read: Callable[P, object], *args: P.args, **kwargs: P.kwargs
) -> dict[str, str]:
    """Return why `read` refuses these arguments, for the parameters of a finding: `why` in English,
    `why_ko` in Korean, and so on. What is found by a worker is read in every language."""
    said = {}
    for language, _name in settings.LANGUAGES:
        with override(language):
            try:
                read(*args, **kwargs)
            except Invalid as error:
                said["why" if language == "en" else f"why_{language}"] = str(error.message)
    return said


def _short(value: object) -> str:
    parts = value if isinstance(value, list) else [value]
    return ", ".join(str(part) for part in parts)[:60]


def own(scheme: str, value: str) -> Key:
    """Return a studio's own number, told apart from its others; a long one by its hash."""
    text = f"{scheme}:{' '.join(value.split())}"
    if len(text) > _MOST_VALUE:
        text = f"{text[:60]}~{hashlib.sha256(text.encode()).hexdigest()[:32]}"
    return Scheme.OWN, text


@lru_cache(maxsize=1024)
def _language(tag: str) -> str:
    return check_language("language", tag)


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else None


def _names_no_series(title: TitleFields, kind: TitleKind) -> bool:
    """Whether a row names a season, or is one, and not of which series."""
    levels = {each.level for each in title.parents if each.name or each.display_name}
    is_season = kind == TitleKind.SEASON or bool(levels & {"season", "volume"})
    return is_season and "series" not in levels


def _with_series(title: TitleFields, kind: TitleKind) -> Sequence[Parent]:
    """Return what such a row says its work is part of, and a series above it that is called as the
    season is, without its number."""
    seasons = (each for each in title.parents if each.level in {"season", "volume"})
    named = [title.name] if kind == TitleKind.SEASON else []
    named += [name for each in seasons if (name := each.name or each.display_name)]
    name = _SEASON_NUMBER.sub("", named[0]) or named[0]
    series = next((each for each in title.parents if each.level == "series"), Parent("series"))
    others = [each for each in title.parents if each.level != "series"]
    return [replace(series, name=name), *others]


# Where a row says what is kept of its work.
COLUMN_OF: Final = {
    "name": "TitleInternalAlias",
    "number": "Number",
    "language": "OriginalLanguage",
    "year": "ReleaseYear",
    "released_on": "ReleaseHistoryOriginal",
    "runtime_ms": "TotalRunTime",
    "genres": "Genres",
    "spoken": "OriginalLanguage",
    "countries": "Countries",
    "certifications": "RatingValue",
    CreditRole.DIRECTOR: "Director",
    CreditRole.WRITER: "Writer",
    CreditRole.CAST: "Cast",
}


def _described(title: TitleFields, found: _Findings) -> dict[str, Any]:
    """Return what the row says of the work; what it does not say is not in it."""
    given: dict[str, Any] = {
        "year": title.year,
        "released_on": title.released_on,
        "runtime_ms": title.run_time_ms,
        "genres": title.genres,
        "spoken": title.spoken,
        "countries": [_PAST_STATES.get(each, each) for each in title.countries],
        "certifications": _certifications(title),
    }
    described: dict[str, Any] = {}
    for name, value in given.items():
        if value:
            column = COLUMN_OF[name]
            checked = found.attempt("warning", column, value, check_description, {name: value})
            described |= checked or {}
    return described


def _certifications(title: TitleFields) -> list[dict[str, str]]:
    rated = []
    for each in title.ratings:
        country = each.country or RATED_IN.get(each.system.upper(), "")
        if country:
            rated.append({"country": country, "system": each.system, "rating": each.value})
    return rated


def _credits(title: TitleFields, found: _Findings) -> list[tuple[CreditRole, str]]:
    said = [
        (CreditRole.DIRECTOR, title.directors),
        (CreditRole.WRITER, title.writers),
        (CreditRole.CAST, title.cast),
    ]
    people: list[tuple[CreditRole, str]] = []
    for role, names in said:
        column = COLUMN_OF[role]
        for name in names:
            kept = found.attempt("warning", column, name, check_name, "name", name, 200)
            if kept:
                people.append((role, kept))
    return list(dict.fromkeys(people))
