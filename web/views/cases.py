"""The cases of auditors: given on a deal's page, read at the auditor's desk."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

import web.addresses  # noqa: F401 - registers `<edge:code>`
from accounts.access import Permission
from accounts.errors import Conflict, NotFound
from edgecode.log import commitments
from edgecode.log.leaf import Leaf
from ledger import edge_code
from licensing.deals.cases import close_case, open_case
from licensing.models import AuditCase
from provenance import openings
from provenance.openings import Fact, Shown
from web import fact_words
from web.acts import press, see
from web.entrance import actor_of, member, organisation_of
from web.forms.cases import CaseForm
from web.forms.verbs import REFUSED, attempt
from web.history import entry_address
from web.log_words import Text, field_name, story_of, subject_of, value_words
from web.paging import page
from web.reasons import event_of
from web.views.deals import HOUSES, find_deal, show_deal

_STEPS = 50
_OFFSET_DIGITS = 9


@dataclass(frozen=True)
class Sealed:
    """A sealed fact in words. `state` is open, erased or kept; `opens` says that fact and salt
    give the seal in the log."""

    name: Text
    state: str
    commitment: str
    lines: list[fact_words.Line]
    salt: str
    opens: bool


@dataclass(frozen=True)
class Step:
    """One entry of a case as its page shows it."""

    event: Text
    story: Text
    thing: Text
    code: str
    leaf: Leaf
    index: int | None
    public: list[tuple[Text, str]]
    sealed: list[Sealed]

    @property
    def href(self) -> str:
        return entry_address(self.index)


@require_safe
@member(*HOUSES, "auditor")
def cases(request: HttpRequest) -> HttpResponse:
    """List the cases that the reader's house was given or has opened, newest first."""
    found = AuditCase.objects.visible_to(actor_of(request)).select_related("opened_by", "auditor")
    shown = page(found.annotate(size=Count("deals")), cursor=request.GET.get("cursor", ""))
    is_auditor = organisation_of(request).kind == "auditor"
    return render(request, "web/cases/list.html", {"page": shown, "is_auditor": is_auditor})


@never_cache
@require_safe
@member(*HOUSES, "auditor")
def case(request: HttpRequest, code: str) -> HttpResponse:
    """Show a case: every step of its deals with the facts behind the seals, while it runs."""
    actor = actor_of(request)
    rows = AuditCase.objects.visible_to(actor).select_related("opened_by", "auditor")
    found = rows.filter(code=code).first()
    if found is None:
        raise NotFound
    is_auditor = found.auditor == actor.organisation
    if is_auditor and found.closed_at is None:
        with suppress(Conflict):  # it was closed this moment, and reads so below
            openings.view(actor=actor, case=found)
        found = rows.get(pk=found.pk)
    is_open = found.closed_at is None
    ids = openings.entries(found) if is_open else []
    first = _offset(request.GET.get("cursor", ""), len(ids))
    some = ids[first : first + _STEPS]
    context = {
        "case": found,
        "is_auditor": is_auditor,
        "deals": found.deals.select_related("licensor", "request__organisation").order_by("code")
        if is_open or not is_auditor
        else [],
        "steps": [_step(each) for each in openings.shown(found, some)],
        "total": len(ids),
        "upto": first + len(some),
        "next": str(first + _STEPS) if first + _STEPS < len(ids) else None,
        "previous": str(max(first - _STEPS, 0)) if first else None,
        "may_close": not is_auditor and is_open and actor.may(Permission.OPEN_CASES),
        "base": f"{settings.BASE_URL}/ledger/",
        "trail": [(_("Cases"), reverse("cases"))],
    }
    return render(request, "web/cases/case.html", context)


@require_POST
@member("auditor")
def download(request: HttpRequest, code: str) -> HttpResponse:
    """Give the openings of a running case as the file that `edgecode audit` reads."""
    try:
        found = openings.download(actor=actor_of(request), code=code)
    except Conflict:
        return see(reverse("case", args=[code]))
    headers = {
        "Content-Disposition": f'attachment; filename="openings-{code}.jsonl"',
        "Cache-Control": "private, no-store",
    }
    content = [openings.lines(found), *openings.papers(found)]
    return HttpResponse(content, content_type="application/x-ndjson", headers=headers)


@require_POST
@member(*HOUSES)
def give(request: HttpRequest, code: str) -> HttpResponse:
    """Give an auditor access to a deal."""
    actor = actor_of(request)
    found = find_deal(actor, code)
    form = CaseForm(request.POST)
    if attempt(form, lambda: open_case(actor=actor, deals=[code], **form.cleaned_data)) is None:
        return show_deal(request, found, {"case": form}, status=REFUSED)
    return see(reverse("deal", args=[code]) + "#auditors")


@require_POST
@member(*HOUSES)
def close(request: HttpRequest, code: str) -> HttpResponse:
    """End an auditor's access."""
    return press(
        request,
        lambda: close_case(actor=actor_of(request), code=code),
        done=_("The case is closed; the auditor sees nothing of it any more."),
        back=reverse("case", args=[code]),
    )


def _offset(cursor: str, end: int) -> int:
    is_number = cursor.isascii() and cursor.isdigit() and len(cursor) <= _OFFSET_DIGITS
    return int(cursor) if is_number and int(cursor) < end else 0


def _step(shown: Shown) -> Step:
    leaf = shown.leaf
    return Step(
        event_of(leaf.kind),
        story_of(leaf.kind),
        subject_of(leaf.stream),
        leaf.stream.partition(":")[2],
        leaf,
        shown.index,
        list(_public(leaf)),
        [_sealed(fact) for fact in shown.facts],
    )


def _public(leaf: Leaf) -> Iterator[tuple[Text, str]]:
    """Yield what the entry says to everybody: its facts, and what it rests on."""
    for name, value in leaf.data.items():
        yield field_name(name), ", ".join(value_words(name, value))
    for role, target in leaf.refs.items():
        names = [target] if isinstance(target, str) else target
        yield field_name(role), ", ".join(_code_of(name.rpartition("@")[0]) for name in names)


def _code_of(stream: str) -> str:
    return edge_code.display(stream.partition(":")[2])


def _sealed(fact: Fact) -> Sealed:
    name = field_name(fact.name)
    if fact.opening is None:
        return Sealed(name, "kept" if fact.is_kept else "erased", fact.commitment, [], "", False)
    return Sealed(
        name,
        "open",
        fact.commitment,
        fact_words.lines(fact.name, fact.opening.value),
        fact.opening.salt.hex(),
        commitments.opens(fact.commitment, fact.opening),
    )


urlpatterns: list[URLPattern] = [
    path("cases/", cases, name="cases"),
    path("cases/<edge:code>/", case, name="case"),
    path("cases/<edge:code>/openings/", download, name="case-openings"),
    path("cases/<edge:code>/close/", close, name="case-close"),
    path("deals/<edge:code>/cases/", give, name="deal-cases"),
]
