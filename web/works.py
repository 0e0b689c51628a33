"""A work among works: what it is part of, its parts, its other rows, what each row holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.models import Asset, Credit, Fact, Title, TitleName
from licensing.models import GrantedAsset, Offer
from web import work_words
from web.owners import language_name
from web.words import Text

# The steps from an episode's version up to a franchise, with one to spare.
_MOST_STEPS = 8


@dataclass(frozen=True)
class Holds:
    """How much rests on one row of a work: what a merge joins, and a split parts again."""

    title: Title
    files: int
    facts: int
    offers: int
    grants: int
    names: int
    credits: int
    parts: int

    @property
    def href(self) -> str:
        return reverse("title", args=[self.title.code])


def ancestors_of(title: Title) -> list[Title]:
    """Return what the work is part of, the widest first."""
    found: list[Title] = []
    above = title.parent
    while above is not None and len(found) < _MOST_STEPS:
        found.insert(0, above)
        above = above.parent
    return found


def trail_of(title: Title, *, itself: bool = True) -> list[tuple[Any, str]]:
    """Return the breadcrumbs of a page of the title: library, what it is part of, the title."""
    chain = [*ancestors_of(title), *([title] if itself else [])]
    return [
        (_("Library"), reverse("titles")),
        *((each.name, reverse("title", args=[each.code])) for each in chain),
    ]


def parts_of(title: Title) -> QuerySet[Title]:
    """Return the parts of a work, by number, each with how much it holds."""
    standing = Q(facts__superseded_at__isnull=True)
    return title.children.annotate(
        place=Coalesce("number", Value(2**31 - 1)),
        parts=Count("children", distinct=True),
        files=Count("assets", distinct=True),
        rights=Count("facts", filter=standing, distinct=True),
    )


def tallies(titles: Sequence[Title]) -> list[Holds]:
    """Return how much rests on each of these rows. The same queries, however many rows."""
    standing = Fact.objects.standing()
    on_sale = Offer.objects.filter(withdrawn_at=None)
    files = _count(titles, Asset.objects.all(), "title")
    facts, offers = _count(titles, standing, "title"), _count(titles, on_sale, "title")
    grants = _count(titles, GrantedAsset.objects.all(), "asset__title", "grant")
    names = _count(titles, TitleName.objects.all(), "title")
    roles = _count(titles, Credit.objects.all(), "title")
    parts = _count(titles, Title.objects.all(), "parent")
    return [
        Holds(
            title,
            files=files.get(title.pk, 0),
            facts=facts.get(title.pk, 0),
            offers=offers.get(title.pk, 0),
            grants=grants.get(title.pk, 0),
            names=names.get(title.pk, 0),
            credits=roles.get(title.pk, 0),
            parts=parts.get(title.pk, 0),
        )
        for title in titles
    ]


def _count(
    titles: Sequence[Title], rows: QuerySet[Any], column: str, what: str = "pk"
) -> dict[int, int]:
    """Return how many rows, or different `what` of them, name each title in a column."""
    named = rows.filter(**{f"{column}__in": titles}).order_by()
    return dict(named.values_list(column).annotate(Count(what, distinct=what != "pk")))


def duplicates_besides(title: Title) -> QuerySet[Title]:
    """Return the other rows of a title's work but the one that speaks for it."""
    return Title.objects.filter(canonical=title.canonical or title).exclude(pk=title.pk)


def described(title: Title) -> list[tuple[Text, str]]:
    """Return what is said of a work, as (label, words); only what is known."""
    certifications = "; ".join(
        f"{work_words.country_name(one['country'])} {one['system']} {one['rating']}"
        for one in title.certifications
    )
    said: list[tuple[Text, str]] = [
        (_("Running time"), work_words.runtime_text(title.runtime_ms)),
        (_("Technique"), title.get_technique_display() if title.technique else ""),
        (_("Genres"), ", ".join(map(work_words.genre_name, title.genres))),
        (_("Countries of production"), ", ".join(map(work_words.country_name, title.countries))),
        (_("Spoken languages"), ", ".join(map(language_name, title.spoken))),
        (_("Age ratings"), certifications),
    ]
    return [(label, text) for label, text in said if text]
