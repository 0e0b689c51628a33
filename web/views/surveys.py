"""Surveys: one question about a whole library, its progress, and the answer for every file."""

from collections.abc import Iterator
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language, gettext, override
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

import web.addresses  # noqa: F401 - registers `<edge:code>`
from accounts.access import Permission, require
from accounts.csv_download import Cell, csv_response
from accounts.errors import NotFound
from licensing.library.surveys import ask_library, cancel_survey, progress_of
from licensing.models import Survey, SurveyAnswer, Verdict
from web.acts import press, see
from web.entrance import actor_of, member
from web.forms.surveys import SurveyForm
from web.forms.verbs import REFUSED, attempt
from web.paging import page
from web.reasons import REASONS
from web.surveys import Row, obstacles, repair_line, scope_line, sums, told_of

_KNOWN: Final = 10_000  # findings put into words once for a file


@require_safe
@member("studio")
def surveys(request: HttpRequest) -> HttpResponse:
    """All questions that were asked about the library, the newest first."""
    actor = actor_of(request)
    shown = page(Survey.objects.visible_to(actor), cursor=request.GET.get("cursor", ""))
    context = {
        "page": shown,
        "rows": [(each, sums(each)) for each in shown.rows],
        "may_edit": actor.may(Permission.EDIT_TITLES),
        "trail": _trail()[:1],
    }
    return render(request, "web/surveys/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member("studio")
def new(request: HttpRequest) -> HttpResponse:
    """Ask the question."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_TITLES)
    form, status = SurveyForm(request.POST or None), 200
    if request.method == "POST":
        asked = attempt(form, lambda: ask_library(actor=actor, **form.cleaned_data))
        if asked is not None:
            return see(reverse("survey", args=[asked.code]))
        status = REFUSED
    context = {"form": form, "trail": _trail()}
    return render(request, "web/surveys/new.html", context, status=status)


@require_safe
@member("studio")
def survey(request: HttpRequest, code: str) -> HttpResponse:
    """Show a survey: the question, how far it is, the sums, and the files."""
    found = _find(request, code)
    verdict, reason = request.GET.get("verdict", ""), request.GET.get("reason", "")
    rows = found.answers.select_related("asset__title", "finding")
    if verdict in Verdict.values:
        rows = rows.filter(finding__verdict=verdict)
    if reason in REASONS:
        rows = rows.filter(finding__in=_with_reason(found, reason))
    shown = page(rows, cursor=request.GET.get("cursor", ""), order="pk", code="pk")
    context = _state(found) | {
        "page": shown,
        "rows": [Row(each.asset, told_of(each.finding)) for each in shown.rows],
        "obstacles": obstacles(found),
        "may_edit": actor_of(request).may(Permission.EDIT_TITLES),
        "trail": _trail(),
    }
    return render(request, "web/surveys/survey.html", context)


@require_safe
@member("studio")
def progress(request: HttpRequest, code: str) -> HttpResponse:
    """How far it is, as a part of the page; once it has ended, the page loads anew."""
    found = _find(request, code)
    response = render(request, "web/surveys/progress.html", _state(found))
    if not found.is_live:
        response["HX-Refresh"] = "true"
    return response


@require_POST
@member("studio")
def cancel(request: HttpRequest, code: str) -> HttpResponse:
    """Stop it; what is answered stays."""
    return press(
        request,
        lambda: cancel_survey(actor=actor_of(request), code=code),
        done=_("The question is answered no further. What is answered stays."),
        back=reverse("survey", args=[code]),
    )


@require_safe
@member("studio")
def as_csv(request: HttpRequest, code: str) -> HttpResponseBase:
    """Every file with its answer, as a file to save."""
    found = _find(request, code)
    if found.is_live:  # a part would be taken for the whole
        return see(reverse("survey", args=[code]))
    header = [
        gettext("File"), gettext("Title"), gettext("Milliseconds"), gettext("Verdict"),
        gettext("Reasons"), gettext("In words"), gettext("What is clear"),
        gettext("What would help"),
    ]  # fmt: skip
    answers = found.answers.order_by("pk").select_related("asset__title", "finding")
    lines = _lines(answers.iterator(chunk_size=2_000), get_language() or "en")
    return csv_response(f"library-{code}.csv", header, lines)


def _lines(answers: Iterator[SurveyAnswer], language: str) -> Iterator[list[Cell]]:
    """Yield the lines in this language: they are sent when the view has returned."""
    known: dict[int, list[Cell]] = {}
    for answer in answers:
        said = known.get(answer.finding_id)
        if said is None:
            with override(language):
                said = _said(answer)
            if len(known) < _KNOWN:
                known[answer.finding_id] = said
        file = answer.asset
        title = file.title.name if file.title else ""
        yield [file.code, title, file.facts.get("duration_ms"), *said]


def _said(answer: SurveyAnswer) -> list[Cell]:
    told = told_of(answer.finding)
    return [
        told.verdict,
        answer.finding.reasons,
        " ".join(str(reason.text) for reason in told.reasons),
        "\n".join(map(scope_line, told.cleared)),
        "\n".join(map(repair_line, told.repairs)),
    ]


def _with_reason(found: Survey, reason: str) -> list[int]:
    """Return the findings of which this is a reason."""
    told = found.findings.filter(reasons__contains=reason).values_list("pk", "reasons")
    return [key for key, reasons in told if reason in reasons.split()]


def _find(request: HttpRequest, code: str) -> Survey:
    found = Survey.objects.visible_to(actor_of(request)).filter(code=code).first()
    if found is None:
        raise NotFound
    return found


def _state(found: Survey) -> dict[str, Any]:
    return {"survey": found, "progress": progress_of(found), "sums": sums(found)}


def _trail() -> list[tuple[Any, str]]:
    return [(_("Readiness"), reverse("readiness")), (_("Questions"), reverse("surveys"))]


urlpatterns: list[URLPattern] = [
    path("readiness/questions/", surveys, name="surveys"),
    path("readiness/questions/new/", new, name="survey_new"),
    path("readiness/questions/<edge:code>/", survey, name="survey"),
    path("readiness/questions/<edge:code>/progress/", progress, name="survey_progress"),
    path("readiness/questions/<edge:code>/cancel/", cancel, name="survey_cancel"),
    path("readiness/questions/<edge:code>/answers.csv", as_csv, name="survey_csv"),
]
