"""The clause library: every wording that an agreement can hold, for anyone who reads one."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.http import require_safe

from licensing.agreement.clauses import SECTIONS
from web.clause_words import heading, told


@require_safe
def clauses(request: HttpRequest) -> HttpResponse:
    """Show each clause with its versions, and what each of them changed."""
    sections = [
        (section, heading(section), [told(clause) for clause in section.clauses])
        for section in SECTIONS
    ]
    return render(request, "web/clauses/library.html", {"sections": sections})


urlpatterns: list[URLPattern] = [path("clauses/", clauses, name="clauses")]
