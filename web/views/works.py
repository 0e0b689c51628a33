"""What a work is: editing it, its parts, its names and numbers, its duplicates."""

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Actor, Permission, require
from catalog.merging import merge_titles, split_title
from catalog.models import Title
from catalog.search import words
from catalog.search.query import MOST_WORDS
from catalog.search_live import NotReady, find_titles
from catalog.titles import (
    change_title,
    get_title,
    identify_title,
    name_title,
    unname_title,
)
from web.acts import press, see
from web.entrance import actor_of, member
from web.forms.verbs import REFUSED, attempt
from web.forms.works import EditTitleForm, MergeForm, NameForm, NumberForm, SplitForm
from web.owners import language_name, same_work
from web.paging import page
from web.search_page import not_ready
from web.works import duplicates_besides, parts_of, tallies, trail_of

# Of what a search for the same work finds, the page shows the first.
_FOUND_SHOWN = 20


@require_http_methods(["GET", "POST"])
@member("studio")
def edit(request: HttpRequest, code: str) -> HttpResponseBase:
    """Correct what is said of a work."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_TITLES)
    title = get_title(actor, code)
    form = EditTitleForm.of(title, request.POST or None)
    if request.method == "POST":
        done = attempt(form, lambda: change_title(actor=actor, code=code, changes=form.values()))
        if done is not None:
            messages.success(request, _("What is said of the title is corrected."))
            return see(reverse("title", args=[code]))
    context = {"form": form, "owner": title, "trail": trail_of(title)}
    status = REFUSED if form.errors else 200
    return render(request, "web/titles/edit.html", context, status=status)


@require_safe
@member("studio")
def parts(request: HttpRequest, code: str) -> HttpResponseBase:
    """The parts of a work: seasons, episodes, edits, versions."""
    title = get_title(actor_of(request), code)
    shown = page(parts_of(title), cursor=request.GET.get("cursor", ""), order="place")
    context = {
        "owner": title,
        "page": shown,
        "count": title.children.count(),
        "trail": trail_of(title),
    }
    return render(request, "web/titles/parts.html", context)


@require_http_methods(["GET", "POST"])
@member("studio")
def names(request: HttpRequest, code: str) -> HttpResponseBase:
    """What a work is also called, and by which numbers others know it; a POST adds one."""
    actor = actor_of(request)
    title = get_title(actor, code)
    naming, numbering = NameForm(), NumberForm()
    if request.method == "POST":
        require(actor, Permission.EDIT_TITLES)
        if "scheme" in request.POST:
            numbering = NumberForm(request.POST)
            done = attempt(
                numbering, lambda: identify_title(actor=actor, code=code, **numbering.cleaned_data)
            )
        else:
            naming = NameForm(request.POST)
            done = attempt(
                naming, lambda: name_title(actor=actor, code=code, **naming.cleaned_data)
            )
        if done is not None:
            messages.success(request, _("It is recorded."))
            return see(reverse("title_names", args=[code]))
    context = {
        "owner": title,
        "names": [
            (language_name(each.language), each) for each in title.names.order_by("language", "pk")
        ],
        "original_language": language_name(title.language),
        "numbers": title.identifiers.standing().order_by("-verified", "scheme", "value"),
        "naming": naming,
        "numbering": numbering,
        "may_edit": actor.may(Permission.EDIT_TITLES),
        "trail": trail_of(title),
    }
    status = REFUSED if naming.errors or numbering.errors else 200
    return render(request, "web/titles/names.html", context, status=status)


@require_POST
@member("studio")
def unname(request: HttpRequest, code: str) -> HttpResponseBase:
    """Take back another name of a work."""
    language, name = request.POST.get("language", ""), request.POST.get("name", "")
    return press(
        request,
        lambda: unname_title(actor=actor_of(request), code=code, language=language, name=name),
        done=_("The name is taken back."),
        back=reverse("title_names", args=[code]),
    )


@require_safe
@member("studio")
def same(request: HttpRequest, code: str) -> HttpResponseBase:
    """The rows that are one work, and a search for another that might be."""
    actor = actor_of(request)
    title = get_title(actor, code)
    kept = title.canonical
    others = duplicates_besides(title)
    shown = page(others, cursor=request.GET.get("cursor", ""), order="pk")
    query = request.GET.get("q", title.name if not kept else "")[:200]
    try:
        found = _alike(actor, title, query)
    except NotReady as error:
        return not_ready(request, error)
    context = {
        "owner": title,
        "kept": kept,
        "rows": tallies([*([kept] if kept and not shown.previous else []), *shown.rows]),
        "page": shown,
        "total": others.count(),
        "work": same_work(title),
        "query": query,
        "found": found,
        "split": SplitForm(),
        "may_edit": actor.may(Permission.EDIT_TITLES),
        "trail": trail_of(title),
    }
    return render(request, "web/titles/same.html", context)


def _alike(actor: Actor, title: Title, text: str) -> list[Title]:
    """Return the first other works of a title's kind that the words find."""
    if not (typed := words.split(text)[:MOST_WORDS]):
        return []
    keys, _next = find_titles(actor, " ".join(typed), kind=title.kind, rows=_FOUND_SHOWN + 1)
    known = Title.objects.visible_to(actor).in_bulk(keys)
    return [known[key] for key in keys if key in known and key != title.pk][:_FOUND_SHOWN]


@require_http_methods(["GET", "POST"])
@member("studio")
def merge(request: HttpRequest, code: str, into: str) -> HttpResponseBase:
    """What two rows hold, side by side; a POST records that they are one work."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_TITLES)
    title, kept = get_title(actor, code), get_title(actor, into)
    form = MergeForm(request.POST or None)
    if request.method == "POST":
        done = attempt(
            form,
            lambda: merge_titles(actor=actor, code=code, into=into, **form.cleaned_data),
        )
        if done is not None:
            messages.success(request, _("The two are recorded as one work."))
            return see(reverse("title", args=[done.code]))
    context = {
        "form": form,
        "owner": title,
        "into": kept,
        "rows": tallies([title, kept]),
        "trail": [*trail_of(title), (_("Same work"), reverse("same", args=[code]))],
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/titles/merge.html", context, status=status)


@require_POST
@member("studio")
def split(request: HttpRequest, code: str) -> HttpResponseBase:
    """Record that a duplicate is a work of its own after all."""
    form = SplitForm(request.POST)
    reason = form.data.get("reason", "")
    return press(
        request,
        lambda: split_title(actor=actor_of(request), code=code, reason=reason),
        done=_("The title is a work of its own again."),
        back=reverse("same", args=[code]),
    )


urlpatterns: list[URLPattern] = [
    path("titles/<str:code>/edit/", edit, name="edit_title"),
    path("titles/<str:code>/parts/", parts, name="title_parts"),
    path("titles/<str:code>/names/", names, name="title_names"),
    path("titles/<str:code>/names/remove/", unname, name="unname_title"),
    path("titles/<str:code>/same/", same, name="same"),
    path("titles/<str:code>/same/split/", split, name="split_title"),
    path("titles/<str:code>/same/<str:into>/", merge, name="merge_titles"),
]
