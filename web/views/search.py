"""The search page: a studio's library, a lab's market; and the searches that are kept."""

from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Actor, Permission
from accounts.csv_download import Cell, csv_response
from accounts.errors import Conflict, Invalid
from catalog.clip_ranges import ranges_of_shots
from catalog.models import SavedSearch, Title, TitleKind
from catalog.saved_searches import (
    change_search,
    delete_search,
    may_save,
    query_of,
    rename_search,
    save_search,
)
from catalog.search.query import Query
from catalog.search_live import NotReady
from licensing.deals.requests import MAX_CLIPS, MAX_ITEMS, Clips, Wanted, add_assets
from licensing.money import plain_amount
from licensing.offers.market import offered_assets
from licensing.search.results import Answer, Result, ask, find, find_every
from web import search_page, search_words, words
from web.acts import press, see
from web.addresses import printable
from web.clips import chosen_shots
from web.display import number_text
from web.entrance import actor_of, member
from web.forms.search import NEW, AddForm, FoundForm, FoundShotsForm
from web.forms.verbs import REFUSED, attempt
from web.paging import page
from web.views.clips import put_into
from web.views.market import drafts_of

ROWS = 48
# A new request begins with files that its address names.
MOST_IN_ADDRESS = 50
_SAVED_SHOWN = 12
_FORMS: dict[str, type[AddForm]] = {"asset": FoundForm, "shot": FoundShotsForm}


@require_safe
@member("studio")
def library(request: HttpRequest) -> HttpResponse:
    """What a studio holds, searched, filtered, in order, with what is true of the whole result."""
    return _page(request, "list")


@require_http_methods(["GET", "HEAD", "POST"])
@member("lab")
def search(request: HttpRequest) -> HttpResponse:
    """The same over what is on offer; a POST puts files of the result into a request."""
    if request.method != "POST":
        return _page(request, "sheet")
    actor = actor_of(request)
    of_shots = request.GET.get("level") == "shot"
    ticked = request.POST.getlist("shot" if of_shots else "asset")
    chosen = [printable(code) for code in ticked[: MAX_CLIPS if of_shots else MAX_ITEMS]]
    made = FoundShotsForm if of_shots else FoundForm
    form = made(request.POST, drafts=drafts_of(actor), assets=chosen)
    add = _add_shots if of_shots else _add
    answer = attempt(form, lambda: add(request, chosen, form.cleaned_data))
    return answer or _page(request, "sheet", form, chosen)


def _page(
    request: HttpRequest, view: str, form: AddForm | None = None, chosen: list[str] | None = None
) -> HttpResponse:
    actor = actor_of(request)
    query, answer, wrong = Query("title", order="-added"), None, ""
    status = REFUSED if form is not None else 200
    try:
        query = ask(_asked(request))
        answer = _found(actor, query, request.GET.get("cursor", ""))
    except Invalid as error:
        wrong = search_words.problem(error.field or "", str(error.message))
        status = REFUSED
    except NotReady as error:
        return search_page.not_ready(request, error)
    context = _context(request, query, answer, request.GET.get("view", view))
    is_lab = actor.may(Permission.SEARCH_MARKET)
    made = _FORMS.get(query.level) if is_lab and actor.may(Permission.EDIT_REQUESTS) else None
    if made is not None:
        context["form"] = form or made(drafts=drafts_of(actor), assets=[])
        context["chosen"] = chosen or []
    context |= {"wrong": wrong, "is_lab": is_lab}
    return render(request, "web/search/page.html", context, status=status)


def _asked(request: HttpRequest, **always: str) -> dict[str, list[str]]:
    """Return the parameters of the address, the page's usual ones where it says nothing."""
    given = {
        name: [printable(value) for value in values if value]
        for name, values in request.GET.lists()
        if any(values)
    }
    return {"level": ["title"], "order": ["-added"]} | given | {k: [v] for k, v in always.items()}


def _found(actor: Actor, query: Query, cursor: str) -> Answer:
    try:
        return find(actor, query, rows=ROWS, cursor=cursor)
    except Invalid as error:
        if error.field != "cursor":
            raise
    return find(actor, query, rows=ROWS)  # one that leads nowhere starts over


def _context(
    request: HttpRequest, query: Query, answer: Answer | None, view: str
) -> dict[str, Any]:
    actor = actor_of(request)
    addresses = search_page.Addresses(request.GET)
    saved = list(SavedSearch.objects.visible_to(actor).order_by("name"))
    context: dict[str, Any] = {
        "base": request.path,
        "level": query.level,
        "typed": printable(request.GET.get("q", "")),
        "kept": addresses.kept(["q"]),
        "kept_without_range": addresses.kept(["years"]),
        "years": search_page.range_text(query, "years"),
        "used": search_page.used(query, addresses),
        "as_list": view != "sheet" or query.level == "line",
        "views": [
            search_page.Choice(label, addresses.with_value("view", name), None, view == name)
            for name, label in (("list", _("List")), ("sheet", _("Contact sheet")))
        ],
        "may_edit": actor.may(Permission.EDIT_TITLES),
        "may_save": may_save(actor),
        "saved": [(one.name, _question(one)) for one in saved[:_SAVED_SHOWN]],
        "may_change": saved if may_save(actor) else [],
        "parameters": search_page.canonical(query).urlencode(),
    }
    if answer is None:
        return context
    found = answer.found
    is_studio = not actor.may(Permission.SEARCH_MARKET)
    is_bare = not context["used"] and not found.total
    is_empty = is_bare and not found.counts["level"]
    return context | {
        "found": found,
        "first_href": addresses.first(),
        "next_href": addresses.with_value("cursor", answer.next or "") if answer.next else "",
        "rows": answer.results,
        "is_first": not request.GET.get("cursor"),
        "levels": search_page.levels(found, query, addresses),
        "groups": list(search_page.groups(found, query, addresses)),
        "orders": list(search_page.orders(found, query, addresses)),
        "summary": search_page.summary(found, query.level),
        "waiting": answer.waiting,
        "is_behind": answer.is_behind,
        "is_empty": is_empty,
        "has_titles": is_empty and is_studio and Title.objects.visible_to(actor).exists(),
        "csv_href": f"{reverse('titles_csv')}?{context['parameters']}"
        if is_studio and query.level == "title"
        else "",
    }


def _add(request: HttpRequest, chosen: list[str], data: dict[str, Any]) -> HttpResponse:
    """Put chosen files, or every file that was found, into a request."""
    codes, query = chosen, ask(_asked(request))
    if data["every"]:
        results = islice(find_every(actor_of(request), query), MAX_ITEMS + 1)
        codes = [result.asset.code for result in results if result.asset]
    if not codes:
        raise Conflict(_("Choose at least one file."))
    if len(codes) > MAX_ITEMS:
        raise Conflict(
            _("A request holds at most %(limit)s files; narrow the search.")
            % {"limit": number_text(MAX_ITEMS)}
        )
    if data["request"] == NEW:
        asked = [("of", codes[0].partition("+")[0])]
        if len(codes) > MOST_IN_ADDRESS:
            # An address has no room for them: the form asks the same question again.
            asked.append(("found", search_page.canonical(query).urlencode()))
        else:
            asked += [("asset", code) for code in codes]
        return see(f"{reverse('request-new')}?{urlencode(asked)}")
    draft = add_assets(actor=actor_of(request), code=data["request"], assets=codes)
    done = ngettext(
        "%(count)s file is now in the request.",
        "%(count)s files are now in the request.",
        len(codes),
    )
    messages.success(request, done % {"count": len(codes)})
    return see(reverse("request", args=[draft.code]))


def _add_shots(request: HttpRequest, chosen: list[str], data: dict[str, Any]) -> HttpResponse:
    """Put chosen shots, or every shot that was found, into a request."""
    actor, shots = actor_of(request), chosen_shots(chosen)
    if data["every"]:
        results = islice(find_every(actor, ask(_asked(request))), MAX_CLIPS + 1)
        found = [
            (each.asset.code, each.shot.number) for each in results if each.asset and each.shot
        ]
        if len(found) > MAX_CLIPS:
            raise Conflict(
                _("At most %(count)s shots are added at a time; narrow the search.")
                % {"count": number_text(MAX_CLIPS)}
            )
        shots = found
    codes = {code for code, _number in shots}
    if len(codes) > MAX_ITEMS:
        raise Conflict(_("A request holds at most %(limit)d files.") % {"limit": MAX_ITEMS})
    assets = {asset.code: asset for asset in offered_assets(actor).filter(code__in=codes)}
    ranges = ranges_of_shots("", assets, shots)
    wanted: list[Wanted] = [Clips(code, ranges[code]) for code in ranges]
    owner = shots[0][0].partition("+")[0] if shots else ""
    return put_into(request, actor, data["request"], owner, wanted)


@require_safe
@member("studio")
def library_csv(request: HttpRequest) -> HttpResponseBase:
    """The titles that a search finds as a file, all of them."""
    header = [
        pgettext("title", "Name"),
        _("Name in another language"),
        _("Year"),
        _("Kind"),
        "EIDR",
        _("Edge code"),
        _("Files"),
        _("Licensable today"),
        _("Price"),
        _("Price per"),
        _("Currency"),
    ]
    # Said now: the rows are read after this request's language is over.
    kinds = {kind.value: str(kind.label) for kind in TitleKind}
    rights = {code: str(name) for code, (_tone, name) in words.STATES.items()}
    language = (get_language() or "en").partition("-")[0]
    try:
        rows = find_every(actor_of(request), ask(_asked(request, level="title")))
    except (Invalid, NotReady):  # the page says what is wrong
        return see(f"{reverse('titles')}?{request.GET.urlencode()}")
    return csv_response(
        "library.csv", header, (_cells(row, kinds, rights, language) for row in rows)
    )


def _cells(row: Result, kinds: dict[str, str], rights: dict[str, str], language: str) -> list[Cell]:
    title, offer = row.title, row.offer
    return [
        title.name,
        _other_name(row, language),
        title.year,
        kinds[title.kind],
        title.eidr,
        title.code,
        row.files,
        rights[row.rights],
        plain_amount(offer.price_minor, offer.currency) if offer else None,
        offer.per if offer else None,
        offer.currency if offer else None,
    ]


def _other_name(row: Result, language: str) -> str:
    """One other name of a title: in the reader's language first, else English, else any."""
    ranked = sorted(row.names, key=lambda one: (one.language != language, one.language != "en"))
    return ranked[0].name if ranked else ""


@require_http_methods(["GET", "HEAD", "POST"])
@member("studio", "lab")
def saved(request: HttpRequest) -> HttpResponse:
    """The searches that the organisation keeps; a POST keeps another one."""
    actor, base = actor_of(request), _base(actor_of(request))
    if request.method == "POST":
        return _save(request, actor, base)
    kept = SavedSearch.objects.visible_to(actor)
    shown = page(kept, cursor=request.GET.get("cursor", ""), order="name")
    context = {
        "rows": [(one, f"{base}{_question(one)}", _said(one)) for one in shown.rows],
        "page": shown,
        "base": base,
        "may_save": may_save(actor),
    }
    return render(request, "web/search/saved.html", context | {"trail": [(_("Search"), base)]})


def _save(request: HttpRequest, actor: Actor, base: str) -> HttpResponse:
    """Keep a question under a new name, or in place of what a saved search asks."""
    parameters = QueryDict(request.POST.get("parameters", "")[:10_000])
    code = printable(request.POST.get("code", ""))

    def verb() -> SavedSearch:
        query = ask(dict(parameters.lists()))
        if code:
            return change_search(actor=actor, code=code, query=query)
        return save_search(actor=actor, name=request.POST.get("name", ""), query=query)

    return press(
        request,
        verb,
        done=_("The search asks this now.") if code else _("The search is saved."),
        back=f"{base}?{parameters.urlencode()}",
    )


def _question(saved: SavedSearch) -> str:
    """Return the address of what a saved search asks; of one that is not read any more, of all."""
    try:
        return f"?{search_page.canonical(query_of(saved)).urlencode()}"
    except Invalid:
        return "?"


def _said(saved: SavedSearch) -> list[str]:
    """Return in words what a saved search asks for."""
    try:
        query = query_of(saved)
    except Invalid:
        return [_("This version does not read it any more. Save the question anew.")]
    narrowed = search_page.used(query, search_page.Addresses(QueryDict()))
    return [str(search_words.LEVELS[query.level]), *(str(one.label) for one in narrowed)]


@require_POST
@member("studio", "lab")
def rename(request: HttpRequest, code: str) -> HttpResponse:
    """Give a saved search another name."""
    name = request.POST.get("name", "")
    return press(
        request,
        lambda: rename_search(actor=actor_of(request), code=code, name=name),
        done=_("The search has a new name."),
        back=reverse("saved_searches"),
    )


@require_POST
@member("studio", "lab")
def forget(request: HttpRequest, code: str) -> HttpResponse:
    """Forget a saved search."""
    return press(
        request,
        lambda: delete_search(actor=actor_of(request), code=code),
        done=_("The search is deleted."),
        back=reverse("saved_searches"),
    )


def _base(actor: Actor) -> str:
    return reverse("search" if actor.may(Permission.SEARCH_MARKET) else "titles")


urlpatterns: list[URLPattern] = [
    path("search/", search, name="search"),
    path("titles/", library, name="titles"),
    path("titles/library.csv", library_csv, name="titles_csv"),
    path("searches/", saved, name="saved_searches"),
    path("searches/<edge:code>/rename/", rename, name="rename_search"),
    path("searches/<edge:code>/delete/", forget, name="delete_search"),
]
