"""Files that stay in the studio's own bucket: how each was found, and registering more."""

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Permission, require
from accounts.errors import Invalid, NotFound
from catalog.models import ReferenceState, Upload
from catalog.reference_list import (
    Registered,
    buckets_of,
    look_soon,
    references_of,
    register_list,
    standing_of,
    unfinished_of,
)
from catalog.references import register_reference
from catalog.titles import get_title
from web.acts import press, see
from web.entrance import actor_of, member
from web.forms.references import ReferenceForm, ReferenceListForm
from web.forms.verbs import REFUSED, attempt
from web.paging import page

_UNFINISHED_SHOWN = 50
_REFUSALS_SHOWN = 100


@require_safe
@member("studio")
def references(request: HttpRequest) -> HttpResponse:
    """All references: what is under way or was refused, then the files by their last look."""
    actor = actor_of(request)
    mine = references_of(actor)
    state = request.GET.get("state", "")
    verified = Q(look__isnull=True) | Q(look__state=ReferenceState.VERIFIED)
    counts = standing_of(actor)
    total = sum(counts.values())
    found = mine
    if state == ReferenceState.VERIFIED:
        found = mine.filter(verified)
    elif state in ReferenceState.values:
        found = mine.filter(look__state=state)
    unfinished = unfinished_of(actor)
    context = {
        "page": page(found, cursor=request.GET.get("cursor", "")),
        "unfinished": [
            (upload, _percent(upload)) for upload in unfinished.order_by("-pk")[:_UNFINISHED_SHOWN]
        ],
        "unfinished_total": unfinished.count(),
        "chips": [(each, each.label, counts.get(each, 0)) for each in ReferenceState],
        "found": counts.get(state, 0) if state in ReferenceState.values else total,
        "total": total,
        "buckets": buckets_of(actor),
        "organisation": actor.organisation,
        "may_edit": actor.may(Permission.EDIT_TITLES),
        "trail": [(_("Library"), reverse("titles"))],
    }
    return render(request, "web/references/list.html", context)


def _percent(upload: Upload) -> int:
    return min(100, upload.checked_bytes * 100 // max(1, upload.size_bytes))


@require_http_methods(["GET", "POST"])
@member("studio")
def new_reference(request: HttpRequest) -> HttpResponseBase:
    """Register one object; or, as `list`, those that a CSV file names."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_TITLES)
    buckets = buckets_of(actor)
    is_list = request.method == "POST" and "list" in request.POST
    one = ReferenceForm(
        buckets,
        request.POST if request.method == "POST" and not is_list else None,
        initial={"title": request.GET.get("title", "")[:40]},
    )
    many = ReferenceListForm(buckets, *((request.POST, request.FILES) if is_list else ()))
    result: Registered | None = None
    if is_list:
        result = attempt(many, lambda: _register_list(request, many))
        if result is not None and not result.refused:
            _tell(request, result)
            return see(reverse("references"))
    elif request.method == "POST" and attempt(one, lambda: _register(request, one)) is not None:
        messages.success(request, _("It is being hashed where it lies."))
        return see(reverse("references"))
    context = {
        "form": one,
        "list_form": many,
        "buckets": buckets,
        "result": result,
        "refused": result.refused[:_REFUSALS_SHOWN] if result else [],
        "trail": [(_("Library"), reverse("titles")), (_("In your bucket"), reverse("references"))],
    }
    status = REFUSED if one.errors or many.errors else 200
    return render(request, "web/references/new.html", context, status=status)


def _register(request: HttpRequest, form: ReferenceForm) -> Upload:
    actor, data = actor_of(request), dict(form.cleaned_data)
    try:
        title = get_title(actor, data.pop("title"))
    except NotFound as missing:
        raise Invalid("title", missing.message) from None
    return register_reference(actor=actor, owner=title, **data)


def _register_list(request: HttpRequest, form: ReferenceListForm) -> Registered:
    data = form.cleaned_data
    defaults = {"bucket": data["bucket"], "source_type": data["source_type"]}
    lines = data["file"].splitlines()
    return register_list(actor=actor_of(request), lines=lines, defaults=defaults)


def _tell(request: HttpRequest, result: Registered) -> None:
    said = ngettext(
        "%(count)d file is being hashed.", "%(count)d files are being hashed.", result.new
    )
    messages.success(request, said % {"count": result.new})
    if result.known:
        said = ngettext(
            "%(count)d was registered before.", "%(count)d were registered before.", result.known
        )
        messages.info(request, said % {"count": result.known})


@require_POST
@member("studio")
def look(request: HttpRequest, code: str) -> HttpResponseBase:
    """Let the worker look at a file next."""
    return press(
        request,
        lambda: look_soon(actor=actor_of(request), code=code),
        done=_("It is looked at next; load this page again in a moment."),
        back=reverse("references"),
    )


urlpatterns: list[URLPattern] = [
    path("references/", references, name="references"),
    path("references/new/", new_reference, name="new_reference"),
    path("references/<str:code>/look/", look, name="look_at_reference"),
]
