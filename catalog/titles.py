"""Registering works, and finding them again."""

import unicodedata
from collections.abc import Mapping, Sequence
from typing import NotRequired, TypedDict

from babel import Locale, UnknownLocaleError
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _
from eidr import EIDRID, EIDRIDFormatError

from accounts.access import Actor, Permission, require
from accounts.codes import allocate, allocate_many
from accounts.errors import Conflict, Invalid, NotFound
from accounts.text import check_name
from catalog.models import Title, TitleKind, TitleName
from ledger import edge_code
from ledger.append import NewEvent, append_many

FIRST_YEAR = 1888  # the oldest surviving film
LAST_YEAR = 2100
# More words find no better; each costs a look at every name.
MOST_WORDS = 20


def canonical_eidr(text: str) -> str:
    """Return an EIDR content id in canonical form; raise Invalid("eidr") when it is none.

    The check character is verified (EIDR ID Format 1.5, section 2.2, by the `eidr` package).
    """
    try:
        return EIDRID.parse(text.strip().upper().removeprefix("DOI:")).canonical()
    except EIDRIDFormatError:
        raise Invalid(
            "eidr",
            _(
                "Not an EIDR: its form is 10.5240/XXXX-XXXX-XXXX-XXXX-XXXX-C, and the check"
                " character C must fit the digits before it."
            ),
        ) from None


def check_language(field: str, tag: str) -> str:
    """Return a BCP 47 language tag in its usual case, or raise Invalid(field)."""
    try:
        return str(Locale.parse(tag.strip(), sep="-")).replace("_", "-")
    except (UnknownLocaleError, ValueError, TypeError):
        raise Invalid(field, _("Not a language tag, such as en, ko or pt-BR.")) from None


@transaction.atomic
def register_title(
    *,
    actor: Actor,
    kind: str,
    name: str,
    language: str,
    year: int | None = None,
    eidr: str | None = None,
    names: Mapping[str, str] | None = None,
) -> Title:
    """Register a work; `names` maps language tags to translated names.

    Raises Invalid naming the field, or Conflict when the organisation already has the EIDR.
    """
    organisation = require(actor, Permission.EDIT_TITLES)
    title = Title(
        code=allocate("title"),
        organisation=organisation,
        kind=_check_kind("kind", kind),
        name=check_name("name", name),
        language=check_language("language", language),
        year=check_year("year", year),
        eidr=canonical_eidr(eidr) if eidr else None,
    )
    try:
        with transaction.atomic():  # the constraint decides, also between two at once
            title.save(force_insert=True)
    except IntegrityError:
        raise Conflict(
            _("You have already registered a title with this EIDR."), field="eidr"
        ) from None
    TitleName.objects.bulk_create(
        TitleName(title=title, language=language, name=name)
        for language, name in _translated(names or {})
    )
    append_many([_registered(actor, title)])
    return title


def _translated(names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (language, name) pairs without repetition: `en` and `EN` are one language."""
    return list(
        dict.fromkeys(
            (check_language(f"names.{tag}", tag), check_name(f"names.{tag}", name))
            for tag, name in names.items()
        )
    )


class TitleRow(TypedDict):
    """A work in a batch; as the arguments of `register_title`."""

    kind: str
    name: str
    language: str
    year: NotRequired[int | None]


@transaction.atomic
def register_many(*, actor: Actor, rows: Sequence[TitleRow]) -> list[Title]:
    """Register works in the order given, all or none.

    Raises Invalid naming row and field: `titles[3].language`.
    """
    organisation = require(actor, Permission.EDIT_TITLES)
    codes = allocate_many("title", len(rows))
    titles = []
    for number, (code, row) in enumerate(zip(codes, rows, strict=True)):
        place = f"titles[{number}]"
        titles.append(
            Title(
                code=code,
                organisation=organisation,
                kind=_check_kind(f"{place}.kind", row["kind"]),
                name=check_name(f"{place}.name", row["name"]),
                language=check_language(f"{place}.language", row["language"]),
                year=check_year(f"{place}.year", row.get("year")),
            )
        )
    Title.objects.bulk_create(titles)
    append_many([_registered(actor, title) for title in titles])
    return titles


def _check_kind(field: str, kind: str) -> str:
    if kind not in TitleKind.values:
        raise Invalid(
            field, _("Choose one of: %(kinds)s.") % {"kinds": ", ".join(TitleKind.values)}
        )
    return kind


def check_year(field: str, year: int | None) -> int | None:
    """Return the year of a first publication, None when not known, or raise Invalid(field)."""
    if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
        raise Invalid(
            field,
            _("Give a year from %(first)d to %(last)d.") % {"first": FIRST_YEAR, "last": LAST_YEAR},
        )
    return year


def _registered(actor: Actor, title: Title) -> NewEvent:
    return NewEvent(
        kind="title.registered",
        stream=title.stream,
        actor=actor.name,
        refs={"organisation": title.organisation.stream},
        data={"title_kind": title.kind},
        private={
            "name": {"name": title.name, "language": title.language, "year": title.year},
            "eidr": title.eidr,
        },
    )


def get_title(actor: Actor, code: str) -> Title:
    """Return the actor's own title, or raise NotFound."""
    title = Title.objects.visible_to(actor).filter(code=code).first()
    if title is None:
        raise NotFound
    return title


def search_titles(actor: Actor, *, text: str = "", kind: str = "") -> QuerySet[Title]:
    """Return the actor's titles of this kind that `text` names; empty: all of them.

    Each of its first `MOST_WORDS` different words occurs in the name or in a translated one, or
    is the EIDR or the edge code; or the whole text is the edge code, in any spelling.
    """
    found = Title.objects.visible_to(actor)
    if kind:
        found = found.filter(kind=kind)
    if "\0" in text:  # which a name never holds, and PostgreSQL does not even compare
        return found.none()
    if words := list(dict.fromkeys(text.split())):
        every = Q()
        for word in words[:MOST_WORDS]:
            every &= _says(word)
        found = found.filter(every | _has_code(text))
    return found


def _says(word: str) -> Q:
    """Names are kept as they were typed: composed letters, as on most machines, or not."""
    condition = Q(eidr=word.upper().removeprefix("DOI:")) | _has_code(word)
    for form in sorted({word, *(unicodedata.normalize(form, word) for form in ("NFC", "NFD"))}):
        elsewhere = TitleName.objects.filter(name__icontains=form).values("title")
        condition |= Q(name__icontains=form) | Q(pk__in=elsewhere)
    return condition


def _has_code(text: str) -> Q:
    try:
        return Q(code=edge_code.parse(text))
    except ValueError:
        return Q(pk__in=[])  # true of none
