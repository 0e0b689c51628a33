"""What licensees made: declared by them, read and disputed by those who licensed it."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import web.addresses  # noqa: F401 - registers `<edge:code>`
from accounts.access import Permission, require
from accounts.errors import Invalid, NotFound, TooLarge
from catalog.models import WorkState
from catalog.uploads import sent_file, streamed_upload
from ledger import edge_code
from licensing.models import Grant
from provenance.credentials.giving import given
from provenance.models import Output, Sighting
from provenance.outputs.declaring import declare_output, find_output, is_maker, receive_output
from provenance.outputs.disputes import dispute_output, withdraw_dispute
from provenance.outputs.files import output_file, output_manifest
from provenance.outputs.label_duties import rows_of
from provenance.outputs.members import proofs_told
from provenance.outputs.reading import consents_for, disputes_for, outputs_for, sources_for
from provenance.outputs.updates import ended_consents, output_status, update_output
from web.acts import press, see
from web.entrance import actor_of, member
from web.forms.outputs import DisputeForm, OutputForm, begun_under
from web.forms.verbs import REFUSED, ask_again, attempt, refused_unread
from web.history import history_of, proof
from web.label_words import DUTIES, NOTES
from web.paging import page
from web.views.sightings import SHOWN_ELSEWHERE, narrowed, with_tones

HOUSES = ("studio", "talent", "lab")
TONES = {
    "standing": "clear",
    "pending": "conditional",
    "past_in_doubt": "review",
    "licence_ended": "review",
    "consent_ended": "review",
    "disputed": "blocked",
}


@require_safe
@member(*HOUSES)
def outputs(request: HttpRequest) -> HttpResponse:
    """List what was made, newest first: one's own, and with what is one's own."""
    actor = actor_of(request)
    side, grant = request.GET.get("side", ""), request.GET.get("grant", "")
    grant = grant if grant.isalnum() else ""
    counts = {
        each: outputs_for(actor, side=each, grant=grant).count() for each in ("ours", "theirs")
    }
    found = outputs_for(actor, side=side if side in counts else "", grant=grant)
    context = {
        "page": page(found, cursor=request.GET.get("cursor", "")),
        "ours": counts["ours"],
        "theirs": counts["theirs"],
        "every": sum(counts.values()),
        "house": actor.organisation,
        "may_declare": actor.may(Permission.DECLARE_OUTPUTS),
        "narrowed": narrowed(grant=grant),
    }
    return render(request, "web/outputs/list.html", context)


@csrf_exempt  # the token is checked by `_declare`, once a place for the file is ready
@require_http_methods(["GET", "HEAD", "POST"])
@member("studio", "lab")
def new_output(request: HttpRequest) -> HttpResponseBase:
    """Declare a work."""
    actor = actor_of(request)
    require(actor, Permission.DECLARE_OUTPUTS)
    if request.method == "POST":
        try:
            return _declare(request)
        except TooLarge as refusal:  # announced as too large, and not read
            return _form_page(request, refused_unread(OutputForm({}), refusal), refusal.status)
    named = request.GET.get("grant", "")
    grant = Grant.objects.visible_to(actor).filter(code=named).first() if named.isalnum() else None
    begins = {"consents": request.GET.get("consent", "")[:20], "made_at": timezone.now().date()}
    begins |= begun_under(grant) if grant is not None else {}
    return _form_page(request, OutputForm(initial=begins))


@streamed_upload
def _declare(request: HttpRequest) -> HttpResponseBase:
    form = OutputForm(request.POST, request.FILES)
    made = attempt(form, lambda: _made(request, form))
    if made is None:
        ask_again(form, request.FILES, "file")
        return _form_page(request, form, REFUSED)
    messages.success(request, _("It is declared, and signed within a minute."))
    address = reverse("output", args=[made.code])
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        # A script follows a redirect unseen: the message would be shown to nobody.
        return HttpResponse(status=201, headers={"Location": address})
    return see(address)


def _made(request: HttpRequest, form: OutputForm) -> Output:
    actor, said = actor_of(request), form.values()
    sent = sent_file(request, "file")
    if sent is not None and sent.name:
        _check_same(said["sha256"], sent.intake.sha256)
        file = receive_output(actor=actor, intake=sent.intake, filename=sent.name)
        said["sha256"] = file.sha256
    return declare_output(actor=actor, **said)


def _check_same(typed: str, sha256: str) -> None:
    """Refuse a file beside the hash of another: nobody knows which of them was made."""
    if typed.lower() not in {"", sha256}:
        raise Invalid(
            "sha256",
            _("The file received has SHA-256 %(sha256)s. Send it again, or correct the hash.")
            % {"sha256": sha256},
        )


def _form_page(request: HttpRequest, form: OutputForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "trail": [(_("Outputs"), reverse("outputs"))]}
    return render(request, "web/outputs/new.html", context, status=status)


@require_safe
@member(*HOUSES)
def output(request: HttpRequest, code: str) -> HttpResponse:
    """Show one output: its maker all of it, others what is theirs."""
    return _show(request, code, DisputeForm())


@require_POST
@member("studio", "talent")
def dispute(request: HttpRequest, code: str) -> HttpResponseBase:
    """Say that it is not as was declared."""
    form = DisputeForm(request.POST)
    done = attempt(
        form, lambda: dispute_output(actor=actor_of(request), code=code, **form.cleaned_data)
    )
    if done is None:
        return _show(request, code, form, status=REFUSED)
    messages.success(request, _("Your dispute is recorded; who made it reads the reason."))
    return see(reverse("output", args=[code]))


@require_POST
@member("studio", "talent")
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Dispute it no longer."""
    return press(
        request,
        lambda: withdraw_dispute(actor=actor_of(request), code=code),
        done=_("You dispute it no longer."),
        back=reverse("output", args=[code]),
    )


@require_POST
@member("studio", "lab")
def update(request: HttpRequest, code: str) -> HttpResponse:
    """Have the consents struck out that have ended."""
    return press(
        request,
        lambda: update_output(actor=actor_of(request), code=code),
        done=_("The newer credential is signed. Put it beside the file."),
        back=reverse("output", args=[code]),
    )


@never_cache
@require_safe
@member(*HOUSES)
def file(request: HttpRequest, code: str) -> HttpResponseBase:
    """The signed file, to be saved."""
    return given(request, output_file(actor_of(request), code))


@never_cache
@require_safe
@member("studio", "lab")
def manifest(request: HttpRequest, code: str) -> HttpResponseBase:
    """The newest manifest, to be saved beside the file."""
    return given(request, output_manifest(actor_of(request), code))


@require_safe
@member(*HOUSES)
def members(request: HttpRequest, code: str, grant: str) -> HttpResponse:
    """The proof that a granted file is among those that it was made with, to be saved."""
    try:
        file = edge_code.parse(request.GET.get("file", "").strip())
        proofs = proofs_told(actor_of(request), code, grant, file)
    except (ValueError, NotFound):
        messages.error(request, _("This file is not among those that it was made with."))
        return see(reverse("output", args=[code]))
    name = f'attachment; filename="members-{code}-{grant}.json"'
    return JsonResponse(proofs, headers={"Content-Disposition": name})


def _show(request: HttpRequest, code: str, form: DisputeForm, *, status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    found = find_output(actor, code)
    own, stands = is_maker(actor, found), output_status(code)
    disputes = list(disputes_for(actor, found))
    last = found.updates.order_by("-number").first()
    struck = set(last.consents if last is not None else [])
    ours = [each for each in disputes if each.organisation == actor.organisation]
    disputing = any(each.withdrawn_at is None for each in ours)
    may_dispute = not own and actor.may(Permission.DISPUTE_OUTPUTS)
    context: dict[str, Any] = {
        "output": found,
        "is_maker": own,
        "status": stands,
        "tone": TONES[stands["state"]],
        "sources": [(row, len(row.members)) for row in sources_for(actor, found)],
        "consents": consents_for(actor, found),
        "duties": [(row, DUTIES[row.duty], NOTES[row.id]) for row in rows_of(found.label_duties)],
        "disputes": disputes,
        "update": last,
        "may_update": own
        and actor.may(Permission.DECLARE_OUTPUTS)
        and found.state == WorkState.DONE
        and any(each.code not in struck for each in ended_consents(found)),
        "is_signing": found.state not in {WorkState.DONE, WorkState.FAILED},
        "status_url": f"{settings.BASE_URL}/api/v1/status/outputs/{code}/",
        "may_fetch": found.state == WorkState.DONE
        and found.file_id is not None
        and (own or found.is_shown),
        "form": form if may_dispute and not disputing else None,
        "may_withdraw": may_dispute and disputing,
        "sightings": with_tones(
            Sighting.objects.visible_to(actor)
            .filter(output=found)
            .select_related("asset", "grant", "output", "consent")
            .order_by("-pk")[:SHOWN_ELSEWHERE]
        ),
        "events": history_of([found.stream]),
        "proof": proof(found.stream, "output.declared"),
        "trail": [(_("Outputs"), reverse("outputs"))],
    }
    return render(request, "web/outputs/output.html", context, status=status)


urlpatterns: list[URLPattern] = [
    path("outputs/", outputs, name="outputs"),
    path("outputs/new/", new_output, name="output_new"),
    path("outputs/<edge:code>/", output, name="output"),
    path("outputs/<edge:code>/dispute/", dispute, name="output_dispute"),
    path("outputs/<edge:code>/dispute/withdraw/", withdraw, name="output_withdraw"),
    path("outputs/<edge:code>/update/", update, name="output_update"),
    path("outputs/<edge:code>/file/", file, name="output_file"),
    path("outputs/<edge:code>/members/<edge:grant>/", members, name="output_members"),
    path("outputs/<edge:code>/manifest/", manifest, name="output_manifest"),
]
