"""What either side does to a deal: each form and button of its page."""

from collections.abc import Callable

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

import web.addresses  # noqa: F401 - registers `<edge:code>`
from accounts.access import Actor
from licensing.deals.holds import (
    agree_to_cancellation,
    cancel_unanswered,
    confirm_conditions,
    propose_cancellation,
    retry_held_deal,
)
from licensing.deals.transitions import approve_deal, withdraw_deal
from licensing.payments.refunds import record_bank_refund
from licensing.payments.settlements import record_bank_transfer
from licensing.payments.stripe import cancel_payment, decline_unpaid, start_payment
from web.acts import press, see
from web.addresses import printable
from web.entrance import actor_of, member
from web.forms.deals import (
    ApproveForm,
    CancelForm,
    ConfirmForm,
    DeclineForm,
    RefundForm,
    TransferForm,
)
from web.forms.verbs import REFUSED, attempt
from web.views.deals import HOUSES, find_deal, show_deal


@require_POST
@member("studio", "talent")
def approve(request: HttpRequest, code: str) -> HttpResponse:
    """Agree to license the files that are clear."""
    form = ApproveForm(request.POST)
    return _decide(
        request,
        code,
        "approve",
        form,
        lambda actor: approve_deal(actor=actor, code=code, **form.cleaned_data),
    )


@require_POST
@member("studio", "talent")
def decline(request: HttpRequest, code: str) -> HttpResponse:
    """Decline, or take an approval back that nobody has paid for, with a reason."""
    form = DeclineForm(request.POST)
    return _decide(
        request,
        code,
        "decline",
        form,
        lambda actor: decline_unpaid(actor=actor, code=code, **form.cleaned_data),
    )


@require_POST
@member("studio", "talent")
def transfer(request: HttpRequest, code: str) -> HttpResponse:
    """Record that the price has arrived by bank transfer."""
    form = TransferForm(find_deal(actor_of(request), code), request.POST)
    return _decide(
        request,
        code,
        "transfer",
        form,
        lambda actor: record_bank_transfer(actor=actor, deal_code=code, **form.cleaned_data),
    )


@require_POST
@member("studio", "talent")
def retry(request: HttpRequest, code: str) -> HttpResponse:
    """Try the grant of a held deal again."""
    find_deal(actor_of(request), code)
    return press(
        request,
        lambda: retry_held_deal(actor=actor_of(request), code=code),
        done=_("The files are being cleared again."),
        back=reverse("deal", args=[code]),
    )


@require_POST
@member("lab")
def pay(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for a payment page; the deal's page then links to it."""
    find_deal(actor_of(request), code)
    return press(
        request,
        lambda: start_payment(actor=actor_of(request), deal_code=code),
        done=_("The payment page is ready."),
        back=reverse("deal", args=[code]) + "#next",
    )


@require_POST
@member("lab")
def cancel_paying(request: HttpRequest, code: str) -> HttpResponse:
    """Close the payment page, so that both sides can act again."""
    find_deal(actor_of(request), code)
    return press(
        request,
        lambda: cancel_payment(actor=actor_of(request), deal_code=code),
        done=_("The payment is cancelled; its page at Stripe is closed."),
        back=reverse("deal", args=[code]) + "#next",
    )


@require_POST
@member("lab")
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Withdraw from this deal alone, while it is not paid."""
    find_deal(actor_of(request), code)
    return press(
        request,
        lambda: withdraw_deal(actor=actor_of(request), code=code),
        done=_("You have withdrawn from the deal."),
        back=reverse("deal", args=[code]),
    )


@require_POST
@member(*HOUSES)
def confirm(request: HttpRequest, code: str) -> HttpResponse:
    """Confirm the conditions that keep the grant back; with the last word it is tried again."""
    actor = actor_of(request)
    found = find_deal(actor, code)
    clearances = [printable(name) for name in request.POST.getlist("clearance")]
    form = ConfirmForm(request.POST, licensor=found.licensor == actor.organisation)
    return _decide(
        request,
        code,
        "confirm",
        form,
        lambda actor: confirm_conditions(actor=actor, code=code, clearances=clearances),
    )


@require_POST
@member(*HOUSES)
def propose_cancelling(request: HttpRequest, code: str) -> HttpResponse:
    """Propose to the other side to cancel a held deal."""
    form = CancelForm(request.POST)
    return _decide(
        request,
        code,
        "cancel",
        form,
        lambda actor: propose_cancellation(actor=actor, code=code, **form.cleaned_data),
    )


@require_POST
@member(*HOUSES)
def agree_to_cancel(request: HttpRequest, code: str) -> HttpResponse:
    """Cancel a held deal, as the other side proposed."""
    find_deal(actor_of(request), code)
    return press(
        request,
        lambda: agree_to_cancellation(actor=actor_of(request), code=code),
        done=_("The deal is cancelled. The price is to be returned in full."),
        back=reverse("deal", args=[code]),
    )


@require_POST
@member(*HOUSES)
def cancel_alone(request: HttpRequest, code: str) -> HttpResponse:
    """Cancel a held deal alone, because the other side did not answer in time."""
    find_deal(actor_of(request), code)
    return press(
        request,
        lambda: cancel_unanswered(actor=actor_of(request), code=code),
        done=_("The deal is cancelled. The price is to be returned in full."),
        back=reverse("deal", args=[code]),
    )


@require_POST
@member("studio", "talent")
def refund(request: HttpRequest, code: str) -> HttpResponse:
    """Record that the price was sent back by bank transfer."""
    form = RefundForm(find_deal(actor_of(request), code), request.POST)
    return _decide(
        request,
        code,
        "refund",
        form,
        lambda actor: record_bank_refund(actor=actor, deal_code=code, **form.cleaned_data),
    )


def _decide(
    request: HttpRequest, code: str, name: str, form: Form, verb: Callable[[Actor], object]
) -> HttpResponse:
    """Run a verb; show the deal again, with the form's errors, when it refuses."""
    if attempt(form, lambda: verb(actor_of(request))) is not None:
        return see(reverse("deal", args=[code]))
    return show_deal(request, find_deal(actor_of(request), code), {name: form}, status=REFUSED)


urlpatterns: list[URLPattern] = [
    path("deals/<edge:code>/approve/", approve, name="deal-approve"),
    path("deals/<edge:code>/decline/", decline, name="deal-decline"),
    path("deals/<edge:code>/withdraw/", withdraw, name="deal-withdraw"),
    path("deals/<edge:code>/transfer/", transfer, name="deal-transfer"),
    path("deals/<edge:code>/pay/", pay, name="deal-pay"),
    path("deals/<edge:code>/pay/cancel/", cancel_paying, name="deal-pay-cancel"),
    path("deals/<edge:code>/retry/", retry, name="deal-retry"),
    path("deals/<edge:code>/confirm/", confirm, name="deal-confirm"),
    path("deals/<edge:code>/cancel/", propose_cancelling, name="deal-cancel"),
    path("deals/<edge:code>/cancel/agree/", agree_to_cancel, name="deal-cancel-agree"),
    path("deals/<edge:code>/cancel/alone/", cancel_alone, name="deal-cancel-alone"),
    path("deals/<edge:code>/refund/", refund, name="deal-refund"),
]
