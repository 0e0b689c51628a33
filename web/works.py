"""A work among works: what it is part of, its parts, its other rows, what each row holds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.models import Credit, Fact, Title
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


def tally(title: Title) -> Holds:
    """Return how much rests on this row of a work."""
    return Holds(
        title,
        files=title.assets.count(),
        facts=Fact.objects.standing().filter(title=title).count(),
        offers=Offer.objects.filter(title=title, withdrawn_at=None).count(),
        grants=GrantedAsset.objects.filter(asset__title=title).values("grant").distinct().count(),
        names=title.names.count(),
        credits=Credit.objects.filter(title=title).count(),
        parts=title.children.count(),
    )


def rows_besides(title: Title) -> tuple[Title | None, Sequence[Title]]:
    """Return the title that speaks for this one, if another does, and the other duplicates."""
    kept = title.canonical
    others = Title.objects.filter(canonical=kept or title).exclude(pk=title.pk).order_by("pk")
    return kept, list(others)


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
