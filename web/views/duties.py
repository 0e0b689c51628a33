"""What one side of a licence owes the other: both lists, and the page of each duty."""

from collections.abc import Callable
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

import web.addresses  # noqa: F401 - registers `<edge:code>`
from accounts.access import Actor, Permission
from accounts.errors import NotFound
from accounts.models import Organisation
from licensing.grants.duties import BINDING, acknowledge_duty, meet_duty, waive_duty
from licensing.models import TIERS, Duty, DutyState, Side
from web.acts import press, see
from web.entrance import actor_of, member, organisation_of
from web.forms.duties import MeetForm, WaiveForm
from web.forms.verbs import REFUSED, attempt
from web.history import history_of, proof
from web.paging import page

HOUSES = ("studio", "talent", "lab")
FILES = 50
_STATES = (
    ("owed", gettext_lazy("Owed")),
    ("overdue", gettext_lazy("Overdue")),
    ("met", gettext_lazy("Met")),
    ("waived", gettext_lazy("Waived")),
)


@require_safe
@member(*HOUSES)
def duties(request: HttpRequest) -> HttpResponse:
    """List what the reader's organisation owes (`?side=ours`) or is owed (`?side=theirs`), the
    soonest first. Without a side the list opens where something is open, ours before theirs."""
    house = organisation_of(request)
    every = Duty.objects.visible_to(actor_of(request))
    mine = every.owed_by(house)
    theirs = every.exclude(pk__in=mine.values("pk"))
    ours_owed, theirs_owed = mine.owed().count(), theirs.owed().count()
    side = request.GET.get("side", "")
    is_theirs = side == "theirs" or (side != "ours" and not ours_owed and bool(theirs_owed))
    found = theirs if is_theirs else mine
    in_state = {
        "owed": found.owed(),
        "overdue": found.overdue(),
        "met": found.filter(state=DutyState.MET),
        "waived": found.filter(state=DutyState.WAIVED),
    }
    state = request.GET.get("state", "")
    shown = page(
        in_state.get(state, found).select_related(
            "deal__licensor", "deal__request__organisation", "grant"
        ),
        cursor=request.GET.get("cursor", ""),
        order="due_at",
    )
    context = {
        "is_theirs": is_theirs,
        "mine": ours_owed,
        "theirs": theirs_owed,
        "every": found.count(),
        "counts": [(name, label, in_state[name].count()) for name, label in _STATES],
        "page": shown,
    }
    return render(request, "web/duties/list.html", context)


@require_safe
@member(*HOUSES)
def duty(request: HttpRequest, code: str) -> HttpResponse:
    """Show one duty to its two sides, with what the reader's side can do."""
    return _show(request, _find(actor_of(request), code))


@require_POST
@member(*HOUSES)
def acknowledge(request: HttpRequest, code: str) -> HttpResponse:
    """Say that the notice has arrived."""
    return press(
        request,
        lambda: acknowledge_duty(actor=actor_of(request), code=code),
        done=_("The other side sees that the notice has arrived."),
        back=reverse("duty", args=[code]),
    )


@require_POST
@member(*HOUSES)
def meet(request: HttpRequest, code: str) -> HttpResponse:
    """Attest what was done."""
    actor = actor_of(request)
    found = _find(actor, code)
    form = MeetForm(found, request.POST)
    return _act(request, found, "meet", form, _with(meet_duty, actor, code))


@require_POST
@member(*HOUSES)
def waive(request: HttpRequest, code: str) -> HttpResponse:
    """Let the other side off, or record that others waived a condition."""
    actor = actor_of(request)
    found = _find(actor, code)
    if found.waived_by != _side(found, actor.organisation):
        raise NotFound
    form = WaiveForm(found, request.POST)
    return _act(request, found, "waive", form, _with(waive_duty, actor, code))


def _with(verb: Callable[..., Duty], actor: Actor, code: str) -> Callable[[Form], Duty]:
    """Return the verb as it is called with what a form says."""
    return lambda form: verb(actor=actor, code=code, **form.cleaned_data)


def _act(
    request: HttpRequest, found: Duty, name: str, form: Form, verb: Callable[[Form], Duty]
) -> HttpResponse:
    if attempt(form, lambda: verb(form)) is not None:
        return see(reverse("duty", args=[found.code]))
    return _show(request, found, {name: form}, status=REFUSED)


def _find(actor: Actor, code: str) -> Duty:
    rows = Duty.objects.visible_to(actor).select_related(
        "deal__licensor", "deal__request__organisation", "grant", "consent__likeness"
    )
    found = rows.filter(code=code).first()
    if found is None:
        raise NotFound
    return found


def _side(found: Duty, house: Organisation | None) -> Side:
    return Side.LICENSOR if found.deal.licensor == house else Side.LICENSEE


def _show(
    request: HttpRequest,
    found: Duty,
    refused: dict[str, Form] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    actor, house = actor_of(request), organisation_of(request)
    owes = found.ower == house
    is_licensor = found.deal.licensor == house
    mine = _side(found, house)
    binds = actor.may(BINDING[mine])
    is_due = found.standing in {"owed", "overdue"}
    usual: dict[str, Form] = {"meet": MeetForm(found), "waive": WaiveForm(found)}
    context: dict[str, Any] = {
        "duty": found,
        "state": found.standing,
        "since": found.closed_at if found.state != DutyState.OPEN else found.imposed_at,
        "detail": found.detail_for(house),
        "owes": owes,
        "is_due": is_due,
        "is_tier": found.kind in TIERS,
        "may_act": binds and owes and is_due,
        "may_revoke": is_licensor and actor.may(Permission.REVOKE_GRANTS) and found.is_breach,
        "may_waive": binds and is_due and found.waived_by == mine,
        "needs_role": owes and is_due and not binds,
        "forms": usual | (refused or {}),
        "refused": next(iter((refused or {}).values()), None),
        "files": found.files[:FILES],
        "more_files": max(0, len(found.files) - FILES),
        "proof": proof(found.stream),
        "events": history_of([found.stream]),
        "trail": [(_("Duties"), reverse("duties"))],
    }
    return render(request, "web/duties/duty.html", context, status=status)


urlpatterns: list[URLPattern] = [
    path("duties/", duties, name="duties"),
    path("duties/<edge:code>/", duty, name="duty"),
    path("duties/<edge:code>/acknowledge/", acknowledge, name="duty-acknowledge"),
    path("duties/<edge:code>/meet/", meet, name="duty-meet"),
    path("duties/<edge:code>/waive/", waive, name="duty-waive"),
]
