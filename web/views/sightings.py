"""Where files were seen: the public report, the list of who is concerned, and each sighting."""

import mimetypes
from collections.abc import Callable, Iterable

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import web.addresses  # noqa: F401 - registers `<edge:code>`
from accounts import pace
from accounts.access import Actor, Permission
from accounts.errors import DomainError, Invalid, NotFound, TooLarge, Unavailable
from catalog.intake import too_large
from catalog.uploads import StreamingUploadHandler, sent_file
from ledger.edge_code import display
from provenance.models import Answer, Sighting, SightingState
from provenance.sightings.reading import seen_under
from provenance.sightings.reporting import (
    File,
    dismiss_sighting,
    flag_sighting,
    report_sighting,
    told,
)
from provenance.slots import max_bytes_for
from web.acts import see
from web.entrance import actor_of, member, organisation_of
from web.forms.sightings import DecisionForm, SightingForm
from web.forms.verbs import REFUSED, ask_again, attempt, place_error
from web.history import history_of, proof
from web.paging import page
from web.throttle import too_many

SHOWN_ELSEWHERE = 10  # of all of them, on the page of what they are of
_FORM_BYTES = 2**20
_REPORTS = ("sighting.reported", "sighting.noted")
TONES: dict[str, str] = {
    Answer.AUTHORISED: "clear",
    Answer.OUTSIDE_SCOPE: "blocked",
    Answer.UNCLEAR: "review",
    Answer.UNKNOWN: "review",
}


def with_tones(rows: Iterable[Sighting]) -> list[tuple[Sighting, str]]:
    """Return sightings as `web/sightings/table.html` takes them."""
    return [(row, TONES[Answer(row.answer)]) for row in rows]


@csrf_exempt  # `_answer` checks the token, once the file has a place to stream to
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponseBase:
    """Take a report from anybody, and say what may be said of it."""
    max_bytes = max_bytes_for(actor_of(request))
    if request.method != "POST":
        return _form_page(request, _form(None, max_bytes))
    if (wait := _too_many(request)) is not None:
        return wait
    if int(request.META.get("CONTENT_LENGTH") or 0) > max_bytes + _FORM_BYTES:
        form = _form({}, max_bytes)
        form.is_valid()
        form.add_error("file", str(too_large(max_bytes).message))
        return _form_page(request, form, status=413)
    handler = StreamingUploadHandler(request, max_bytes=max_bytes)
    request.upload_handlers = [handler]
    try:
        return _answer(request, max_bytes)
    finally:
        handler.close()


def _too_many(request: HttpRequest) -> HttpResponse | None:
    actor = actor_of(request)
    return too_many(
        request,
        pace.SIGHTINGS,
        limit=pace.sightings_of(actor),
        window_seconds=pace.SIGHTINGS_SECONDS,
        whom=pace.organisation_or_address(actor, request.META),
    )


@csrf_protect
def _answer(request: HttpRequest, max_bytes: int) -> HttpResponse:
    actor, form = actor_of(request), _form(request.POST, max_bytes)
    try:
        file = _file(request)
        if not form.is_valid():
            ask_again(form, request.FILES, "file")
            return _form_page(request, form, status=REFUSED)
        named = form.cleaned_data["manifest_id"]
        made = report_sighting(actor=actor, seen=form.seen(), manifest_id=named, file=file)
    except (Invalid, TooLarge, Unavailable) as refusal:
        return _refused(request, form, refusal)
    heard = told(made, actor)
    is_side = Sighting.objects.visible_to(actor).filter(pk=made.pk).exists()
    context = {
        "sighting": made,
        "heard": heard,
        "tone": TONES[Answer(heard.answer)] if heard.answer else "neutral",
        "matched": made.get_matched_display() if heard.matched else "",
        "href": reverse("sighting", args=[made.code]) if is_side else "",
    }
    return render(request, "web/sightings/told.html", context)


def _refused(request: HttpRequest, form: SightingForm, refusal: DomainError) -> HttpResponse:
    form.is_valid()
    place_error(form, refusal)
    ask_again(form, request.FILES, "file")
    is_passing = refusal.retry_after_s is not None
    answer = _form_page(request, form, status=refusal.status if is_passing else REFUSED)
    if is_passing:
        answer["Retry-After"] = str(refusal.retry_after_s)
    return answer


def _file(request: HttpRequest) -> File | None:
    """Return what was sent; a field left empty is none."""
    sent = sent_file(request, "file")
    if sent is None or not sent.name:
        return None
    intake = sent.intake
    mime = mimetypes.guess_type(sent.name)[0] or "application/octet-stream"
    return File(intake.path, intake.sha256, mime)


def _form(data: object, max_bytes: int) -> SightingForm:
    text = _("This file is too large to be checked here.")
    return SightingForm(data, max_bytes=max_bytes, too_large=text)


def _form_page(request: HttpRequest, form: SightingForm, status: int = 200) -> HttpResponse:
    return render(request, "web/sightings/report.html", {"form": form}, status=status)


@require_safe
@member("studio", "talent", "lab")
def sightings(request: HttpRequest) -> HttpResponse:
    """List what was seen of one's files, copies and works, the newest first."""
    actor = actor_of(request)
    every = Sighting.objects.visible_to(actor)
    state, grant = request.GET.get("state", ""), request.GET.get("grant", "")
    output = request.GET.get("output", "")
    grant, output = (each if each.isalnum() else "" for each in (grant, output))
    if grant:
        every = seen_under(every, grant)
    if output:
        every = every.filter(output__code=output)
    found = every.filter(state=state) if state in SightingState.values else every
    rows = found.select_related("asset__title", "grant", "output", "consent")
    shown = page(rows, cursor=request.GET.get("cursor", ""))
    context = {
        "page": shown,
        "rows": with_tones(shown.rows),
        "every": every.count(),
        "counts": [
            (each.value, each.label, every.filter(state=each).count()) for each in SightingState
        ],
        "house": organisation_of(request),
        "narrowed": narrowed(grant=grant, output=output),
    }
    return render(request, "web/sightings/list.html", context)


def narrowed(*, grant: str = "", output: str = "") -> list[tuple[str, str, str]]:
    """Return what a list is narrowed to, as its filters: parameter, value and label of each."""
    given = (("grant", grant, _("Grant")), ("output", output, _("Output")))
    return [(name, code, f"{word} {display(code)}") for name, code, word in given if code]


@require_safe
@member("studio", "talent", "lab")
def sighting(request: HttpRequest, code: str) -> HttpResponse:
    """Show one sighting, with what its licensor can do."""
    return _show(request, _find(actor_of(request), code))


@require_POST
@member("studio", "talent")
def dismiss(request: HttpRequest, code: str) -> HttpResponse:
    """Find nothing wrong in it."""
    return _decide(request, code, "dismiss", dismiss_sighting)


@require_POST
@member("studio", "talent")
def flag(request: HttpRequest, code: str) -> HttpResponse:
    """Hold it to be an incident."""
    return _decide(request, code, "flag", flag_sighting)


def _decide(
    request: HttpRequest, code: str, name: str, verb: Callable[..., Sighting]
) -> HttpResponse:
    actor, form = actor_of(request), _decision(name, request.POST)
    found = _find(actor, code)
    done = attempt(form, lambda: verb(actor=actor, code=code, reason=form.cleaned_data["reason"]))
    if done is not None:
        return see(reverse("sighting", args=[code]))
    return _show(request, found, {name: form}, status=REFUSED)


def _decision(name: str, data: QueryDict | None = None) -> DecisionForm:
    """Return one of the page's forms: each has ids of its own."""
    return DecisionForm(data, auto_id=f"{name}_%s")


def _find(actor: Actor, code: str) -> Sighting:
    rows = Sighting.objects.visible_to(actor).select_related(
        "asset__title", "grant", "output", "consent__likeness", "licensor", "licensee", "reporter"
    )
    found = rows.filter(code=code).first()
    if found is None:
        raise NotFound
    return found


def _show(
    request: HttpRequest,
    found: Sighting,
    refused: dict[str, DecisionForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    actor, forms = actor_of(request), refused or {}
    is_licensor = found.licensor == actor.organisation
    may_decide = is_licensor and actor.may(Permission.JUDGE_SIGHTINGS)
    context = {
        "sighting": found,
        "tone": TONES[Answer(found.answer)],
        "is_licensor": is_licensor,
        "consent_href": _consent_page(found) if is_licensor else "",
        "may_dismiss": may_decide and found.state != SightingState.DISMISSED,
        "may_flag": may_decide and found.state == SightingState.OPEN,
        "dismiss": forms.get("dismiss", _decision("dismiss")),
        "flag": forms.get("flag", _decision("flag")),
        "refused": next(iter(forms.values()), None),
        "proof": proof(found.stream, "sighting.reported", "sighting.noted"),
        "events": history_of([found.stream]),
        "trail": [(_("Sightings"), reverse("sightings"))],
    }
    if not is_licensor:  # earlier reports were entered under the name of who sent them
        context["events"] = history_of([found.stream], without=_REPORTS)
    return render(request, "web/sightings/sighting.html", context, status=status)


def _consent_page(found: Sighting) -> str:
    consent = found.consent
    if consent is None:
        return ""
    return reverse("consent", args=[consent.likeness.code, consent.code])


urlpatterns: list[URLPattern] = [
    path("sightings/", sightings, name="sightings"),
    path("sightings/report/", report, name="sighting-report"),
    path("sightings/<edge:code>/", sighting, name="sighting"),
    path("sightings/<edge:code>/dismiss/", dismiss, name="sighting-dismiss"),
    path("sightings/<edge:code>/flag/", flag, name="sighting-flag"),
]
