"""Other terms for a deal: proposing them, and the buttons that answer them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

import web.addresses  # noqa: F401 - registers `<edge:code>`
from accounts.access import require
from licensing.deals.counter_offers import (
    accept_terms,
    propose_terms,
    refuse_terms,
    rounds,
    take_terms_back,
)
from licensing.deals.transitions import side_of
from licensing.grants.duties import BINDING
from licensing.models import DealState, Scope
from web.acts import press, see
from web.entrance import actor_of, member
from web.forms.deals import RefuseForm
from web.forms.terms import TermsForm
from web.forms.verbs import REFUSED, attempt
from web.views.deals import HOUSES, find_deal, show_deal

_OPEN = (DealState.OPEN, DealState.COUNTERED)


@require_http_methods(["GET", "HEAD", "POST"])
@member(*HOUSES)
def propose(request: HttpRequest, code: str) -> HttpResponse:
    """Propose other terms than those that stand, or than the other side has proposed."""
    actor = actor_of(request)
    found = find_deal(actor, code)
    require(actor, BINDING[side_of(actor, found)])
    if found.state not in _OPEN:
        return see(reverse("deal", args=[code]))
    waiting = next((each for each in rounds(found) if each.waits), None)
    theirs = waiting if waiting and waiting.offer.made_by != actor.organisation else None
    of: Scope = theirs.offer if theirs else found
    answers = theirs.offer.number if theirs else 0
    form = TermsForm(found, of, request.POST or None, answers=answers)
    status = 200
    if request.method == "POST":
        if attempt(form, lambda: propose_terms(actor=actor, code=code, **form.values())):
            return see(reverse("deal", args=[code]) + "#next")
        status = REFUSED
    context = {
        "deal": found,
        "form": form,
        "theirs": theirs,
        "other": found.licensee if found.licensor == actor.organisation else found.licensor,
        "is_licensor": found.licensor == actor.organisation,
        "trail": [
            (_("Deals"), reverse("deals")),
            (found.display_code, reverse("deal", args=[code])),
        ],
    }
    return render(request, "web/deals/propose.html", context, status=status)


@require_POST
@member(*HOUSES)
def accept(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Accept the terms that the other side proposed."""
    find_deal(actor_of(request), code)
    return press(
        request,
        lambda: accept_terms(actor=actor_of(request), code=code, number=number),
        done=_("The terms stand now. Every file was cleared for them."),
        back=reverse("deal", args=[code]),
    )


@require_POST
@member(*HOUSES)
def refuse(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Refuse the terms that the other side proposed, with a reason."""
    actor = actor_of(request)
    find_deal(actor, code)
    form = RefuseForm(request.POST)
    done = attempt(
        form,
        lambda: refuse_terms(actor=actor, code=code, number=number, **form.cleaned_data),
    )
    if done is not None:
        return see(reverse("deal", args=[code]))
    return show_deal(request, find_deal(actor, code), {"refuse": form}, status=REFUSED)


@require_POST
@member(*HOUSES)
def take_back(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Take one's own proposal back."""
    find_deal(actor_of(request), code)
    return press(
        request,
        lambda: take_terms_back(actor=actor_of(request), code=code, number=number),
        done=_("Your proposal is taken back; the terms before stand."),
        back=reverse("deal", args=[code]),
    )


urlpatterns: list[URLPattern] = [
    path("deals/<edge:code>/terms/", propose, name="deal-terms"),
    path("deals/<edge:code>/terms/<int:number>/accept/", accept, name="deal-terms-accept"),
    path("deals/<edge:code>/terms/<int:number>/refuse/", refuse, name="deal-terms-refuse"),
    path("deals/<edge:code>/terms/<int:number>/take-back/", take_back, name="deal-terms-back"),
]
