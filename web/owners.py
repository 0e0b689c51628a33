"""What stands around every tab of a title's or a likeness's page: head, tabs, history, proof."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel import Locale, UnknownLocaleError
from django.db.models import Count, Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Permission
from catalog.assets import Owner
from catalog.likenesses import find_likeness
from catalog.models import HOLDINGS, Asset, Fact, Likeness, Merger, Title
from catalog.titles import get_title
from licensing.models import Grant, Offer
from licensing.models.grants import GrantQuerySet
from web import display
from web.entrance import actor_of
from web.history import LIMIT, Proof, history_of, proof
from web.templatetags.parts import Event as Line
from web.templatetags.parts import Tab
from web.words import Text

# How many of an object's newest files lend their events to its history.
_FILES_IN_HISTORY = 20


@dataclass(frozen=True)
class Step:
    """One thing that a licence needs; `done` or to be done at `href`."""

    label: Text
    done: bool
    href: str


@dataclass(frozen=True)
class SameWork:
    """The titles that are recorded as the same work as one, or were; `streams` are the histories
    of those that were merged into it."""

    duplicates: Sequence[Title] = ()
    split_off: Sequence[Title] = ()
    split_from: Sequence[Title] = ()
    streams: Collection[str] = ()


@dataclass(frozen=True)
class Frame:
    """A title or likeness as every one of its tabs shows it. `base` is its address."""

    owner: Owner
    base: str
    name: str
    kind: Text
    offer: Offer | None
    files: int
    grants: int
    steps: Sequence[Step]
    tabs: Sequence[Tab]
    history: Sequence[Line]
    proof: Proof | None
    work: SameWork

    @property
    def state(self) -> str:
        return "published" if self.offer else "registered"

    @property
    def state_label(self) -> Text:
        return _("On offer") if self.offer else _("Not on offer")

    @property
    def since(self) -> datetime:
        return self.offer.published_at if self.offer else self.owner.created_at

    @property
    def next_step(self) -> Step | None:
        """What a licence still needs; a duplicate needs nothing, its work has another page."""
        if isinstance(self.owner, Title) and self.owner.canonical_id is not None:
            return None
        return next((step for step in self.steps if not step.done), None)


def owner_of(request: HttpRequest, section: str, code: str) -> Owner:
    """Return the title or likeness of an address in `section`, or raise NotFound."""
    actor = actor_of(request)
    return get_title(actor, code) if section == "titles" else find_likeness(actor, code)


def page_context(
    request: HttpRequest, owner: Owner, *, until: datetime | None = None, **more: Any
) -> dict[str, Any]:
    """Return what a template on `web/owner.html` needs, with `more`. The same queries always. The
    history ends before `until`, where that is given."""
    frame = _frame(owner, until)
    section, label = (
        ("titles", _("Library")) if isinstance(owner, Title) else ("likenesses", _("Likenesses"))
    )
    may = actor_of(request).may
    editing = Permission.EDIT_TITLES if section == "titles" else Permission.EDIT_LIKENESSES
    return {
        "frame": frame,
        "trail": [(label, reverse(section)), *more.pop("trail", [])],
        "may_edit": may(editing),
        "may_offer": may(Permission.PUBLISH_OFFERS),
        **more,
    }


def grants_of(owner: Owner) -> GrantQuerySet:
    """Return the grants that cover a file of this owner, newest first."""
    of_owner = {_column(owner): owner}
    covering = Asset.objects.filter(**of_owner, granted_assets__isnull=False)
    return (
        Grant.objects.filter(granted_assets__asset__in=covering)
        .select_related("licensee")
        .annotate(files=Count("granted_assets", filter=Q(granted_assets__asset__in=covering)))
        .order_by("-pk")
    )


def live_grants_of(owner: Owner) -> GrantQuerySet:
    """Return those grants that have not ended."""
    return grants_of(owner).standing()


def language_name(tag: str) -> str:
    """Return a language's name as the reader calls it; an unknown tag shows itself."""
    try:
        return Locale.parse(tag, sep="-").get_display_name(display.locale()) or tag
    except (UnknownLocaleError, ValueError):
        return tag


def _column(owner: Owner) -> str:
    return "title" if isinstance(owner, Title) else "likeness"


def _frame(owner: Owner, until: datetime | None) -> Frame:
    files = list(owner.assets.order_by("-pk").values_list("code", flat=True)[:_FILES_IN_HISTORY])
    total = owner.assets.count() if len(files) == _FILES_IN_HISTORY else len(files)
    offers = list(owner.offers.select_related("published_by", "published_with").order_by("-pk"))
    offer = next((each for each in offers if each.withdrawn_at is None), None)
    grants = live_grants_of(owner).count()
    streams = [owner.stream, *(f"asset:{code}" for code in files), *(o.stream for o in offers)]
    work = same_work(owner) if isinstance(owner, Title) else SameWork()
    facts = _told_facts(owner, until) if isinstance(owner, Title) else []
    parts = _title_parts(owner) if isinstance(owner, Title) else _likeness_parts(owner)
    base, name, kind, rights_tab, has_rights, more_streams = parts
    registered = owner.stream.partition(":")[0]
    return Frame(
        owner=owner,
        base=base,
        name=name,
        kind=kind,
        offer=offer,
        files=total,
        grants=grants,
        steps=_steps(base, rights_tab, has_rights, total, offer),
        tabs=[
            {"label": _("Overview"), "href": base},
            {"label": _("Files"), "href": f"{base}files/", "count": total},
            rights_tab,
            {"label": _("Offer"), "href": f"{base}offer/"},
            {"label": _("Licences"), "href": f"{base}licences/", "count": grants},
        ],
        work=work,
        history=history_of(
            [*streams, *more_streams], others=work.streams, facts=facts, until=until
        ),
        proof=proof(owner.stream, f"{registered}.registered"),
    )


def same_work(title: Title) -> SameWork:
    """Return the other rows of a title's work, and those that were. Two queries."""
    duplicates = list(title.duplicates.order_by("pk"))
    mergers = list(
        Merger.objects.filter(Q(title=title) | Q(kept=title))
        .select_related("title", "kept")
        .order_by("pk")
    )
    into_it = [each for each in mergers if each.kept_id == title.pk]
    return SameWork(
        duplicates=duplicates,
        split_off=[each.title for each in into_it if each.split_at],
        split_from=[each.kept for each in mergers if each.title_id == title.pk and each.split_at],
        streams={title.stream for title in [*duplicates, *(each.title for each in into_it)]},
    )


type _Parts = tuple[str, str, Text, Tab, bool, Iterable[str]]


def _told_facts(title: Title, until: datetime | None) -> set[Fact]:
    """Return the facts that the newest entries of a title's history can be about: those that were
    recorded or set aside last. Two queries."""
    rows = Fact.objects.filter(title=title).select_related("title", "evidence")
    found: set[Fact] = set()
    for column in ("recorded_at", "superseded_at"):
        told = rows.filter(**{f"{column}__lt": until or timezone.now()})
        found.update(told.order_by(f"-{column}", "-pk")[:LIMIT])
    return found


def _title_parts(title: Title) -> _Parts:
    base = reverse("title", args=[title.code])
    standing = Fact.objects.standing().filter(title=title)
    counts = standing.aggregate(every=Count("pk"), holding=Count("pk", filter=Q(kind__in=HOLDINGS)))
    tab: Tab = {"label": _("Rights"), "href": f"{base}rights/", "count": counts["every"]}
    return base, title.name, title.get_kind_display(), tab, counts["holding"] > 0, ()


def _likeness_parts(likeness: Likeness) -> _Parts:
    base = reverse("likeness", args=[likeness.code])
    consents = list(likeness.consents.values_list("code", flat=True))
    live = likeness.consents.not_withdrawn(timezone.now()).count()
    tab: Tab = {"label": _("Consents"), "href": f"{base}consents/", "count": live}
    streams = [likeness.performer.stream, *(f"consent:{code}" for code in consents)]
    return base, str(likeness), _("Likeness"), tab, live > 0, streams


def _steps(
    base: str, rights_tab: Tab, has_rights: bool, files: int, offer: Offer | None
) -> list[Step]:
    is_title = rights_tab["href"].endswith("/rights/")
    return [
        Step(_("Add a file"), files > 0, f"{base}files/"),
        Step(
            _("Record who holds the rights") if is_title else _("Record a consent"),
            has_rights,
            rights_tab["href"],
        ),
        Step(_("Publish an offer"), offer is not None, f"{base}offer/"),
    ]
