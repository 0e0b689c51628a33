"""Rights of a title: holdings and restrictions as a table and a timeline; record, supersede."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Permission, require
from accounts.errors import NotFound
from catalog.models import Fact, Title
from catalog.rights import record_holding, record_restriction, supersede
from catalog.titles import get_title
from web import display
from web.acts import see
from web.entrance import actor_of, member
from web.forms.rights import HoldingForm, RestrictionForm, SupersedeForm
from web.forms.verbs import REFUSED, attempt
from web.history import history_of, proof
from web.owners import page_context
from web.timeline import Term, draw
from web.words import name_of


@dataclass(frozen=True)
class Line:
    """A recorded fact in the table."""

    fact: Fact
    is_holding: bool
    href: str

    @property
    def what(self) -> str:
        return self.fact.get_kind_display()

    @property
    def stands(self) -> bool:
        return self.fact.superseded_at is None


@require_safe
@member("studio")
def rights(request: HttpRequest, code: str) -> HttpResponseBase:
    """Who holds what of a title, and what narrows it."""
    title = get_title(actor_of(request), code)
    lines = _lines(title)
    standing = [line for line in lines if line.stands]
    timeline = draw([_term(line) for line in standing], timezone.now()) if standing else None
    context = page_context(request, title, lines=lines, timeline=timeline)
    return render(request, "web/titles/rights.html", context)


@require_http_methods(["GET", "POST"])
@member("studio")
def new_holding(request: HttpRequest, code: str) -> HttpResponseBase:
    """Record a right."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_TITLES)
    title = get_title(actor, code)
    usual = {"party": actor.organisation.name if actor.organisation else ""}
    form = HoldingForm(request.POST or None, initial=usual)
    if request.method == "POST":
        fact = attempt(form, lambda: record_holding(actor=actor, title=title, **form.values()))
        if fact is not None:
            messages.success(request, _("The right is recorded."))
            return see(_rights_tab(title))
    return _form_page(request, title, form, "web/titles/new_holding.html")


@require_http_methods(["GET", "POST"])
@member("studio")
def new_restriction(request: HttpRequest, code: str) -> HttpResponseBase:
    """Record what a contract forbids."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_TITLES)
    title = get_title(actor, code)
    form = RestrictionForm(request.POST or None)
    if request.method == "POST":
        fact = attempt(form, lambda: record_restriction(actor=actor, title=title, **form.values()))
        if fact is not None:
            messages.success(request, _("The restriction is recorded."))
            return see(_rights_tab(title))
    return _form_page(request, title, form, "web/titles/new_restriction.html")


@require_http_methods(["GET", "POST"])
@member("studio")
def fact(request: HttpRequest, code: str, fact_code: str) -> HttpResponseBase:
    """One recorded right or restriction, whole; a POST supersedes it."""
    actor = actor_of(request)
    title = get_title(actor, code)
    found = next((line for line in _lines(title) if line.fact.code == fact_code), None)
    if found is None:
        raise NotFound
    form = SupersedeForm(request.POST or None)
    if request.method == "POST":
        require(actor, Permission.EDIT_TITLES)
        done = attempt(form, lambda: supersede(actor=actor, code=fact_code, **form.cleaned_data))
        if done is not None:
            messages.success(request, _("The record no longer stands. Clearance ignores it now."))
            return see(found.href)
    context = {
        "line": found,
        "fact": found.fact,
        "form": form,
        "trail": _trail(title),
        "may_edit": actor.may(Permission.EDIT_TITLES),
        "history": history_of([found.fact.stream]),
        "proof": proof(found.fact.stream, f"{found.fact.family}.recorded"),
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/titles/fact.html", context, status=status)


def _lines(title: Title) -> Sequence[Line]:
    """Holdings, then restrictions; within each, what stands first, in the order recorded."""
    base = _rights_tab(title)
    facts = Fact.objects.filter(title=title).order_by("pk")
    lines = [Line(each, each.is_holding, f"{base}{each.code}/") for each in facts]
    return sorted(lines, key=lambda line: (not line.is_holding, not line.stands))


def _term(line: Line) -> Term:
    each = line.fact
    uses = display.list_text([str(name_of(use)) for use in each.uses])
    if each.is_holding:
        tone = "non-exclusive" if each.exclusivity == "non_exclusive" else "exclusive"
        label = _("%(party)s: %(uses)s") % {"party": each.party, "uses": uses}
    else:
        tone, label = "forbidden", _("Forbidden: %(uses)s") % {"uses": uses}
    return Term(str(label), line.href, each.starts_at, each.ends_at, tone)


def _form_page(
    request: HttpRequest, title: Title, form: HoldingForm | RestrictionForm, template: str
) -> HttpResponseBase:
    context = {"form": form, "owner": title, "trail": _trail(title)}
    return render(request, template, context, status=REFUSED if form.errors else 200)


def _trail(title: Title) -> list[tuple[object, str]]:
    return [
        (_("Library"), reverse("titles")),
        (title.name, reverse("title", args=[title.code])),
        (_("Rights"), _rights_tab(title)),
    ]


def _rights_tab(title: Title) -> str:
    return reverse("rights", args=[title.code])


urlpatterns: list[URLPattern] = [
    path("titles/<str:code>/rights/", rights, name="rights"),
    path("titles/<str:code>/rights/new/", new_holding, name="new_holding"),
    path("titles/<str:code>/rights/new-restriction/", new_restriction, name="new_restriction"),
    path("titles/<str:code>/rights/<str:fact_code>/", fact, name="fact"),
]
