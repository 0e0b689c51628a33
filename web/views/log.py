"""The public log for people: what it holds, who confirms it, and how to audit it."""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from edgecode.log.schema import Kind
from ledger import documents, kinds, proofs, shards
from web import anchors, audit_words, log_mirror, log_rows, log_standing, log_words, logbook
from web.entrance import actor_of
from web.history import entry_address
from web.log_search import LENGTH_MAX, search
from web.logbook import Damaged, Window
from web.reasons import event_of

_OLD_KEYS = 5


@never_cache
@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """Show who confirms the log and list its entries, the newest first, by kind or by what they
    are about."""
    query = request.GET.get("q", "").strip()[:LENGTH_MAX]
    try:
        checkpoint, size = logbook.checkpoint(), logbook.size()
        found = search(actor_of(request), query, size)
        if found.entry is not None:
            return redirect(entry_address(found.entry))
        context = _list(request, size, found.streams, found.problem)
        if context["is_front"]:
            context |= _head(size)
            with suppress(Damaged):  # the list says which file
                context |= _itself(size)
    except Damaged as error:
        return damaged(request, error)
    context |= {"checkpoint": checkpoint, "size": size, "log_query": query, "query_max": LENGTH_MAX}
    return render(request, "web/log/entries.html", context)


def _list(
    request: HttpRequest, size: int, streams: tuple[str, ...], problem: str
) -> dict[str, Any]:
    """Return what the table of entries shows. A list that cannot be read leaves the rest."""
    kind, cursor = request.GET.get("kind", "")[:100], request.GET.get("cursor", "")
    window, counts, trouble = Window([], None, None), {}, ""
    try:
        counts = logbook.kind_counts(size)
    except Damaged as error:
        trouble = str(error)
    kind = kind if kind in counts else ""
    try:
        if streams:
            window = logbook.of_streams(size, cursor, list(streams), kind)
        elif kind:
            window = logbook.of_kind(size, cursor, kind)
        elif not problem:
            window = logbook.newest(size, cursor)
    except Damaged as error:
        trouble = str(error)
    return {
        "counts": [(name, event_of(name), number) for name, number in counts.items()],
        "rows": [log_rows.row(actor_of(request), line) for line in window.lines],
        "window": window,
        "total": None if streams or problem or trouble else counts.get(kind, size),
        "kind": kind,
        "is_front": not (streams or kind or cursor or problem),
        "problem": problem,
        "trouble": trouble,
    }


def _head(size: int) -> dict[str, Any]:
    """Return who confirms the log."""
    newest = log_standing.newest()
    older = None if newest is None or newest.is_witnessed else log_standing.witnessed()
    return {
        "standing": newest,
        "witnessed": older,
        "published_at": logbook.published_at(size) if size else None,
        "copied": log_mirror.is_configured(),
        "live": f"/ledger/{shards.live().folder}".rstrip("/"),
    }


def _itself(size: int) -> dict[str, Any]:
    """Return what the log's entries say of the log."""
    keys = log_standing.keys_of_house(size)
    return {
        "shards": log_standing.history(size),
        "keys": keys,
        "in_use": sum(key.is_in_use for key in keys),
        "retired": sum(not key.is_in_use for key in keys),
    }


def damaged(request: HttpRequest, error: Damaged) -> HttpResponse:
    """Say in one line which file of the log cannot be read."""
    return render(request, "web/log/damaged.html", {"problem": str(error)}, status=503)


@never_cache
@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Show the log's keys, whom to trust about files, the log's witnesses, its copy, and the logs
    before and after it."""
    try:
        checkpoint, size = logbook.checkpoint(), logbook.size()
        context = {**_head(size), **_itself(size), "checkpoint": checkpoint}
        shown = context["in_use"] + _OLD_KEYS
        context |= {"keys_shown": context["keys"][:shown], "keys_older": context["keys"][shown:]}
        context["roots"] = anchors.roots()
    except Damaged as error:
        return damaged(request, error)
    return render(request, "web/log/about.html", context)


@never_cache
@require_safe
def mirror(request: HttpRequest) -> HttpResponse:
    """Ask the log's copy how far it is: a piece of a page, or a page where no script runs."""
    try:
        size, state = logbook.size(), log_mirror.state()
    except Damaged as error:
        return damaged(request, error)
    if state is None:
        raise Http404
    behind = max(size - state.size, 0)
    piece = getattr(request, "htmx", False)
    template = "web/log/mirror_state.html" if piece else "web/log/mirror.html"
    return render(request, template, {"state": state, "behind": behind})


@never_cache
@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """Say how anybody audits the log without believing this site."""
    try:
        checkpoint, standing = logbook.checkpoint(), log_standing.newest()
        note, sample = proofs.checkpoint(), _sample() if checkpoint else {}
    except Damaged as error:
        return damaged(request, error)
    context = {
        "checkpoint": checkpoint,
        "standing": standing,
        "note": note,
        "vkey": proofs.vkey(),
        "base": f"{settings.BASE_URL}/ledger",
        "live": f"{settings.BASE_URL}/ledger/{shards.live().folder}".rstrip("/"),
        "shards": shards.listed(),
        "policy": documents.policy() is not None,
        "older": max((checkpoint.size if checkpoint else 0) // 2, 1),
        "rules": audit_words.rules(),
        "tools": audit_words.TOOLS,
        **sample,
    }
    return render(request, "web/log/audit.html", context)


def _sample() -> dict[str, Any]:
    """Return an entry of the log that grows, and the key to check its receipt with where that is
    not the one of today: what the witnesses saw last may be of before a key was changed."""
    entry, key = shards.live().first, proofs.vkey()
    with suppress(OSError, ValueError):  # a damaged file is no reason to hide how one finds it
        key = str(proofs.key_of(proofs.receipt(entry)))
    return {"entry": entry, "older_key": key if key != proofs.vkey() else ""}


@require_safe
def kind_list(request: HttpRequest) -> HttpResponse:
    """Explain every kind of entry, by what it is about."""
    groups: dict[str, list[Kind]] = {}
    for kind in kinds.registered():
        groups.setdefault(kind.subject, []).append(kind)
    context = {
        "groups": [
            (log_words.subject_of(subject), [log_words.declared(kind) for kind in members])
            for subject, members in sorted(groups.items())
        ]
    }
    return render(request, "web/log/kinds.html", context)


@never_cache
@require_safe
def kind_page(request: HttpRequest, name: str) -> HttpResponse:
    """Explain one kind: what it carries, which rules look at it, its newest entries."""
    kind = next((kind for kind in kinds.registered() if kind.name == name), None)
    if kind is None:
        raise Http404
    trouble, lines, total = "", [], 0
    try:
        size = logbook.size()
        total = logbook.kind_counts(size).get(name, 0)
        lines = logbook.all_of_kind(size, name, 5)
    except Damaged as error:
        trouble = str(error)
    context = {
        "kind": log_words.declared(kind),
        "newer": log_words.replaced_by(kind),
        "rules": audit_words.rules(name),
        "rows": [log_rows.row(actor_of(request), line) for line in lines],
        "total": total,
        "trouble": trouble,
    }
    return render(request, "web/log/kind.html", context)


urlpatterns: list[URLPattern] = [
    path("ledger/", entries, name="log"),
    path("ledger/about/", about, name="log-about"),
    path("ledger/about/copy/", mirror, name="log-mirror"),
    path("ledger/audit/", audit, name="log-audit"),
    path("ledger/kinds/", kind_list, name="log-kinds"),
    path("ledger/kinds/<str:name>/", kind_page, name="log-kind"),
]
