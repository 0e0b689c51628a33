"""Drafts of offers that a sheet proposes: looked at, changed, published one by one or together."""

from datetime import UTC, datetime
from typing import Any, Final

from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Actor, Permission, require
from accounts.errors import DomainError
from licensing.models import DraftState, Offer, OfferDraft
from licensing.money import plain_amount
from licensing.offers.drafting import sheet_terms
from licensing.offers.drafts import (
    Chosen,
    Outcome,
    change_draft,
    differences,
    discard_draft,
    drafts_of,
    follow_sheet,
    get_draft,
    publish_drafts,
    publish_ready,
    published_of,
    ready_of,
)
from licensing.offers.pricing import read_modifiers
from licensing.offers.publishing import card_terms, has_card, terms_of
from web.acts import press, see
from web.entrance import actor_of, member
from web.forms.facts import place_text
from web.forms.fields import show_also, untouched
from web.forms.offers import TermsForm
from web.forms.verbs import REFUSED, attempt
from web.paging import page

_REASONS_SHOWN = 10
# A draft that says all it must, of a title that has nothing to license yet.
_NO_FILE: Final = "no_file"
# Of one title, one of these alone can be on the market.
_COMPETING: Final = (DraftState.READY, DraftState.DIFFERS, DraftState.INCOMPLETE)
_STATES: Final[dict[str, str | Promise]] = {
    DraftState.READY: DraftState.READY.label,
    _NO_FILE: _("Waits for a file"),
    **{each: each.label for each in DraftState if each != DraftState.READY},
}


@require_safe
@member("studio")
def offer_drafts(request: HttpRequest) -> HttpResponse:
    """The drafts in one state; those that are ready first, since something can be done there."""
    actor = actor_of(request)
    every = drafts_of(actor)
    counts = dict(every.order_by().values_list("state").annotate(Count("pk")))
    ready = ready_of(actor).count() if counts.get(DraftState.READY) else 0
    counts[_NO_FILE] = counts.get(DraftState.READY, 0) - ready
    counts[DraftState.READY] = ready
    state = request.GET.get("state", "")
    found = _in_state(every, state)
    shown = page(found, cursor=request.GET.get("cursor", ""), order="pk", size=100)
    offers = published_of(shown.rows)
    lines = [_line(draft, offers.get(draft.title_id)) for draft in shown.rows]
    _say_rivals(actor, lines)
    context = {
        "page": shown,
        "lines": lines,
        "can_choose": any(line["chosen"] for line in lines),
        "chips": [(each, label, counts.get(each, 0)) for each, label in _STATES.items()],
        "found": counts.get(state, 0) if state in _STATES else sum(counts.values()),
        "total": sum(counts.values()),
        "ready": ready,
        "seen_at": timezone.now().isoformat(),
        "may_offer": actor.may(Permission.PUBLISH_OFFERS),
        "trail": [(_("Offers"), reverse("offers"))],
    }
    return render(request, "web/offers/drafts.html", context)


def _line(draft: OfferDraft, offer: Offer | None) -> dict[str, Any]:
    """Return what a row of the list shows of a draft; `chosen` names what was seen."""
    is_new = draft.state == DraftState.READY and draft.has_file  # type: ignore[attr-defined]
    is_other = draft.state == DraftState.DIFFERS and offer is not None
    waits = draft.state == DraftState.READY and not is_new
    state = _NO_FILE if waits else draft.state
    return {
        "draft": draft,
        "offer": offer,
        "differences": differences(draft, terms_of(offer)) if is_other and offer else [],
        "is_other_card": is_other and offer is not None and not has_card(draft, offer),
        "chosen": _chosen(draft, offer) if is_new or is_other else "",
        "state": state,
        "label": _STATES[state],
    }


def _card(card: dict[str, Any]) -> dict[str, Any]:
    """Return a rate card as templates read it."""
    return card | {"modifiers": read_modifiers(card["modifiers"])}


def _in_state(drafts: QuerySet[Any], state: str) -> QuerySet[Any]:
    """Return the drafts that the list shows under this state; all of them under none."""
    if state == _NO_FILE:
        return drafts.filter(state=DraftState.READY, has_file=False)
    if state == DraftState.READY:
        return drafts.filter(state=state, has_file=True)
    return drafts.filter(state=state) if state in _STATES else drafts


def _say_rivals(actor: Actor, lines: list[dict[str, Any]]) -> None:
    """Add to each line how many drafts its title has that are not published: one of them alone can
    be on the market. One query."""
    titles = {line["draft"].title_id for line in lines}
    open_ = drafts_of(actor).filter(title__in=titles, state__in=_COMPETING).order_by()
    counts = dict(open_.values_list("title").annotate(Count("pk")))
    for line in lines:
        competes = line["draft"].state in _COMPETING
        line["rivals"] = counts.get(line["draft"].title_id, 0) - 1 if competes else 0


def _chosen(draft: OfferDraft, offer: Offer | None) -> str:
    return f"{draft.code}.{draft.revision}.{offer.code if offer else ''}"


@require_POST
@member("studio")
def publish(request: HttpRequest) -> HttpResponse:
    """Publish what was chosen, or all that was ready when the page was made."""
    actor = actor_of(request)
    require(actor, Permission.PUBLISH_OFFERS)
    try:
        if "every" in request.POST:
            outcome = publish_ready(actor=actor, seen_at=_instant(request.POST.get("seen_at", "")))
        else:
            chosen = [each for text in request.POST.getlist("draft") if (each := _read(text))]
            outcome = publish_drafts(actor=actor, chosen=chosen)
    except DomainError as refusal:
        messages.error(request, str(refusal.message))
    else:
        _tell(request, outcome)
    return see(_back(request))


def _back(request: HttpRequest) -> str:
    state = request.POST.get("state", "")
    found = f"?state={state}" if state in _STATES else ""
    return reverse("offer_drafts") + found


def _read(text: str) -> Chosen | None:
    """Return what a ticked box names, None for anything else."""
    code, revision, offer = [*text.split("."), "", ""][:3]
    if not revision.isdecimal() or len(revision) > 9:
        return None
    return Chosen(code[:8], int(revision), offer[:8] or None)


def _instant(text: str) -> datetime:
    """Return when the page was made; a text that says no such thing means long ago."""
    try:
        seen_at = datetime.fromisoformat(text)
    except ValueError:
        return datetime(2000, 1, 1, tzinfo=UTC)
    return seen_at if seen_at.tzinfo else seen_at.replace(tzinfo=UTC)


def _tell(request: HttpRequest, outcome: Outcome) -> None:
    done = len(outcome.published)
    if done:
        said = ngettext("%(count)d offer is published.", "%(count)d offers are published.", done)
        messages.success(request, said % {"count": done})
    elif not outcome.refused:
        messages.error(request, gettext("Choose at least one draft."))
    names = dict(
        OfferDraft.objects.filter(code__in=[each.code for each in outcome.refused]).values_list(
            "code", "title__name"
        )
    )
    for each in outcome.refused[:_REASONS_SHOWN]:
        messages.error(request, f"{names.get(each.code, each.code)}: {each.reason}")
    if (more := len(outcome.refused) - _REASONS_SHOWN) > 0:
        said = ngettext(
            "%(count)d more was not published.", "%(count)d more were not published.", more
        )
        messages.error(request, said % {"count": more})
    if outcome.left > 0:
        said = ngettext(
            "%(count)d more is ready: publish again.",
            "%(count)d more are ready: publish again.",
            outcome.left,
        )
        messages.success(request, said % {"count": outcome.left})


@require_http_methods(["GET", "POST"])
@member("studio")
def offer_draft(request: HttpRequest, code: str) -> HttpResponseBase:
    """One draft: what it says, what is on the market, what the sheet says; a POST changes it."""
    actor = actor_of(request)
    draft = get_draft(actor, code)
    form = TermsForm(request.POST or None, initial=_initial(draft))
    show_also(form, "uses", draft.uses)
    if request.method == "POST":
        require(actor, Permission.EDIT_TITLES)
        revision = request.POST.get("revision", "")
        changed = attempt(
            form,
            lambda: change_draft(
                actor=actor,
                code=code,
                revision=int(revision) if revision.isdecimal() and len(revision) < 10 else 0,
                **untouched(form, form.values(), terms_of(draft)),
            ),
        )
        if changed is not None:
            messages.success(request, _("The draft is changed. Nothing is published by that."))
            return see(request.path)
    offer = published_of([draft]).get(draft.title_id)
    line = _line(draft, offer)
    _say_rivals(actor, [line])
    context = {
        "draft": draft,
        "offer": offer,
        "line": line,
        "form": form,
        "offered_card": _card(card_terms(offer)) if offer else None,
        "drafted_card": _card(draft.card) if draft.card else None,
        "from_sheet": differences(draft, sheet_terms(draft)) if draft.is_edited else [],
        "may_edit": actor.may(Permission.EDIT_TITLES),
        "may_offer": actor.may(Permission.PUBLISH_OFFERS),
        "trail": [(_("Offers"), reverse("offers")), (_("Drafts"), reverse("offer_drafts"))],
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/offers/draft.html", context, status=status)


def _initial(draft: OfferDraft) -> dict[str, Any]:
    price = draft.price_minor
    return {
        "uses": draft.uses,
        "model_kinds": draft.model_kinds,
        "territory": place_text(draft.territory),
        "price": "" if price is None else plain_amount(price, draft.currency),
        "currency": draft.currency or "USD",
        "per": draft.per if price is not None else "minute",
        "starts_at": draft.starts_at,
        "ends_at": draft.ends_at,
    }


@require_POST
@member("studio")
def follow(request: HttpRequest, code: str) -> HttpResponseBase:
    """Take over what the sheet says."""
    return press(
        request,
        lambda: follow_sheet(actor=actor_of(request), code=code),
        done=_("The draft says what the sheet says."),
        back=reverse("offer_draft", args=[code]),
    )


@require_POST
@member("studio")
def discard(request: HttpRequest, code: str) -> HttpResponseBase:
    """Put a draft away that no sheet says any more."""
    return press(
        request,
        lambda: discard_draft(actor=actor_of(request), code=code),
        done=_("The draft is put away."),
        back=reverse("offer_drafts"),
    )


urlpatterns: list[URLPattern] = [
    path("offers/drafts/", offer_drafts, name="offer_drafts"),
    path("offers/drafts/publish/", publish, name="offer_drafts_publish"),
    path("offers/drafts/<edge:code>/", offer_draft, name="offer_draft"),
    path("offers/drafts/<edge:code>/follow/", follow, name="offer_draft_follow"),
    path("offers/drafts/<edge:code>/discard/", discard, name="offer_draft_discard"),
]
