"""People and companies: who they are, what they did for which work."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Permission, require
from catalog.models import Credit, CreditRole, Party
from catalog.parties import credit, get_party, register_party, search_parties, uncredit
from catalog.party_changes import change_party, merge_parties, split_party
from catalog.titles import get_title
from web.acts import press, see
from web.entrance import actor_of, member
from web.forms.verbs import REFUSED, attempt
from web.forms.works import CreditForm, EditPartyForm, PartyForm, SamePartyForm, SplitPartyForm
from web.history import history_of, proof
from web.owners import language_name
from web.paging import page
from web.works import trail_of

_FOUND_SHOWN = 20
_CREDITS_SHOWN = 500
# So many works beside a name tell people of one name apart.
_KNOWN_FOR = 3


@require_http_methods(["GET", "POST"])
@member("studio")
def credits_of(request: HttpRequest, code: str) -> HttpResponseBase:
    """Who made a work; a search for a party, or a new one, leads to its credit."""
    actor = actor_of(request)
    title = get_title(actor, code)
    query = request.GET.get("q", "").strip()[:200]
    form = PartyForm(request.POST or None, initial={"name": query})
    if request.method == "POST":
        require(actor, Permission.EDIT_TITLES)
        party = attempt(form, lambda: register_party(actor=actor, **form.values()))
        if party is not None:
            messages.success(request, _("The party is registered. Say now what they did."))
            return see(reverse("credit", args=[code, party.code]))
    places = {role: place for place, role in enumerate(CreditRole.values)}
    rows = Credit.objects.filter(title=title).select_related("party").order_by("position", "pk")
    context = {
        "owner": title,
        "credits": sorted(rows[:_CREDITS_SHOWN], key=lambda row: places[row.role]),
        "query": query,
        "found": known(list(search_parties(actor, query).order_by("name", "pk")[:_FOUND_SHOWN]))
        if query
        else [],
        "form": form,
        "may_edit": actor.may(Permission.EDIT_TITLES),
        "trail": trail_of(title),
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/titles/credits.html", context, status=status)


@require_http_methods(["GET", "POST"])
@member("studio")
def credit_party(request: HttpRequest, code: str, party: str) -> HttpResponseBase:
    """Record what a party did for a work."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_TITLES)
    title, who = get_title(actor, code), get_party(actor, party)
    form = CreditForm(request.POST or None)
    if request.method == "POST":
        done = attempt(
            form,
            lambda: credit(actor=actor, title_code=code, party_code=party, **form.cleaned_data),
        )
        if done is not None:
            messages.success(request, _("The credit is recorded."))
            return see(reverse("title_credits", args=[code]))
    back = (_("Credits"), reverse("title_credits", args=[code]))
    context = {"form": form, "owner": title, "party": who, "trail": [*trail_of(title), back]}
    status = REFUSED if form.errors else 200
    return render(request, "web/titles/credit.html", context, status=status)


@require_POST
@member("studio")
def remove_credit(request: HttpRequest, code: str, party: str) -> HttpResponseBase:
    """Take a credit back."""
    role = request.POST.get("role", "")
    return press(
        request,
        lambda: uncredit(actor=actor_of(request), title_code=code, party_code=party, role=role),
        done=_("The credit is taken back."),
        back=reverse("title_credits", args=[code]),
    )


@require_http_methods(["GET", "POST"])
@member("studio")
def parties(request: HttpRequest) -> HttpResponseBase:
    """The people and companies that the organisation knows; a POST registers another."""
    actor = actor_of(request)
    query = request.GET.get("q", "").strip()[:200]
    form = PartyForm(request.POST or None)
    if request.method == "POST":
        require(actor, Permission.EDIT_TITLES)
        party = attempt(form, lambda: register_party(actor=actor, **form.values()))
        if party is not None:
            messages.success(request, _("The party is registered."))
            return see(reverse("party", args=[party.code]))
    shown = page(search_parties(actor, query), cursor=request.GET.get("cursor", ""), order="name")
    context = {
        "page": shown,
        "rows": known(shown.rows),
        "query": query,
        "form": form,
        "may_edit": actor.may(Permission.EDIT_TITLES),
        "trail": [(_("Library"), reverse("titles"))],
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/parties/list.html", context, status=status)


@require_safe
@member("studio")
def party(request: HttpRequest, code: str) -> HttpResponseBase:
    """A party: its names and numbers, what it did, and others of its name."""
    actor = actor_of(request)
    found = get_party(actor, code)
    namesakes = search_parties(actor, "").filter(name__iexact=found.name)
    same = [found, *found.duplicates.order_by("pk")]
    context = {
        "party": found,
        "names": [(language_name(tag), name) for tag, name in sorted(found.names.items())],
        "credits": Credit.objects.filter(party__in=same)
        .select_related("title")
        .order_by("-pk")[:_CREDITS_SHOWN],
        "namesakes": known(
            list(
                namesakes.exclude(pk__in=[found.pk, found.canonical_id]).order_by("pk")[
                    :_FOUND_SHOWN
                ]
            )
        ),
        "trail": [(_("Library"), reverse("titles")), (_("Parties"), reverse("parties"))],
        "duplicates": same[1:],
        "may_edit": actor.may(Permission.EDIT_TITLES),
        "history": history_of([each.stream for each in same]),
        "proof": proof(found.stream, "party.registered"),
    }
    return render(request, "web/parties/party.html", context)


@require_http_methods(["GET", "POST"])
@member("studio")
def edit_party(request: HttpRequest, code: str) -> HttpResponseBase:
    """Correct what is said of a party."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_TITLES)
    found = get_party(actor, code)
    form = EditPartyForm.of(found, request.POST or None)
    if request.method == "POST":
        changed = attempt(form, lambda: change_party(actor=actor, code=code, changes=form.values()))
        if changed is not None:
            messages.success(request, _("The party is corrected."))
            return see(reverse("party", args=[code]))
    context = {"form": form, "party": found, "trail": _trail(found)}
    status = REFUSED if form.errors else 200
    return render(request, "web/parties/edit.html", context, status=status)


@require_safe
@member("studio")
def same_party(request: HttpRequest, code: str) -> HttpResponse:
    """Look for the party that this one is."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_TITLES)
    found = get_party(actor, code)
    query = request.GET.get("q", found.name).strip()[:200]
    others = search_parties(actor, query).exclude(pk__in=[found.pk, found.canonical_id])
    context = {
        "party": found,
        "query": query,
        "found": known(list(others.order_by("name", "pk")[:_FOUND_SHOWN])) if query else [],
        "trail": _trail(found),
    }
    return render(request, "web/parties/same.html", context)


@require_http_methods(["GET", "POST"])
@member("studio")
def merge_party(request: HttpRequest, code: str, into: str) -> HttpResponseBase:
    """Record two parties as one."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_TITLES)
    found, kept = get_party(actor, code), get_party(actor, into)
    form = SamePartyForm(request.POST or None)
    if request.method == "POST":
        done = attempt(
            form,
            lambda: merge_parties(actor=actor, code=code, into=into, **form.cleaned_data),
        )
        if done is not None:
            messages.success(request, _("The two parties are one now."))
            return see(reverse("party", args=[done.code]))
    context = {"form": form, "party": found, "into": kept, "trail": _trail(found)}
    status = REFUSED if form.errors else 200
    return render(request, "web/parties/merge.html", context, status=status)


@require_http_methods(["GET", "POST"])
@member("studio")
def split_off(request: HttpRequest, code: str) -> HttpResponseBase:
    """Record that a duplicate is a party of its own after all."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_TITLES)
    found = get_party(actor, code)
    form = SplitPartyForm(request.POST or None)
    if request.method == "POST":
        done = attempt(form, lambda: split_party(actor=actor, code=code, **form.cleaned_data))
        if done is not None:
            messages.success(request, _("The party is one of its own again."))
            return see(reverse("party", args=[code]))
    context = {"form": form, "party": found, "trail": _trail(found)}
    status = REFUSED if form.errors else 200
    return render(request, "web/parties/split.html", context, status=status)


def _trail(party: Party) -> list[tuple[Any, str]]:
    return [
        (_("Library"), reverse("titles")),
        (_("Parties"), reverse("parties")),
        (party.name, reverse("party", args=[party.code])),
    ]


def known(found: list[Party]) -> list[tuple[Party, list[Credit]]]:
    """Return each party with some of what it did. Two queries."""
    works: dict[int, list[Credit]] = {party.pk: [] for party in found}
    rows = Credit.objects.filter(party__in=found).select_related("title").order_by("-pk")
    for row in rows[:_CREDITS_SHOWN]:
        if len(works[row.party_id]) < _KNOWN_FOR:
            works[row.party_id].append(row)
    return [(party, works[party.pk]) for party in found]


urlpatterns: list[URLPattern] = [
    path("titles/<str:code>/credits/", credits_of, name="title_credits"),
    path("titles/<str:code>/credits/<str:party>/", credit_party, name="credit"),
    path("titles/<str:code>/credits/<str:party>/remove/", remove_credit, name="uncredit"),
    path("parties/", parties, name="parties"),
    path("parties/<str:code>/", party, name="party"),
    path("parties/<str:code>/edit/", edit_party, name="edit_party"),
    path("parties/<str:code>/same/", same_party, name="same_party"),
    path("parties/<str:code>/same/<str:into>/", merge_party, name="merge_party"),
    path("parties/<str:code>/split/", split_off, name="split_party"),
]
