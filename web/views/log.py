"""The public log for people: what it holds, each entry with its proof, and how to audit it."""

import json
import re
from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import SYSTEM, Actor
from edgecode.log import merkle
from edgecode.log.leaf import Leaf, check_stream, parse
from ledger import edge_code, proofs
from web import display, logbook
from web.entrance import actor_of
from web.history import entry_address
from web.log_words import Text, field_name, story_of, subject_of, value_words
from web.logbook import Line
from web.objects import find_object
from web.openings import sealed_facts
from web.reasons import event_of
from web.typed import Typed, read

_CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{8}(?:\+[0-9]{3,6})?")
_HISTORY = 20
# No log will ever have so many entries; longer numbers cannot be written out for people.
_NUMBER_MAX = 10**24


@dataclass(frozen=True)
class Who:
    """Who did something: a code for everybody, the name only for the reader's own house.
    No code: the installation itself."""

    code: str
    name: str = ""


@dataclass(frozen=True)
class Thing:
    """What an entry is about: its type in words and its code or plain id."""

    what: Text
    code: str
    is_edge_code: bool
    href: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the log as a page shows it."""

    index: int
    event: Text
    story: Text
    thing: Thing
    who: Who
    leaf: Leaf

    @property
    def href(self) -> str:
        return entry_address(self.index)


@dataclass(frozen=True)
class Ref:
    """What an entry rests on: the role, the thing, the entry that was its newest then."""

    role: Text
    thing: Thing
    version: int
    index: int | None

    @property
    def href(self) -> str:
        return entry_address(self.index)


@never_cache
@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """List the entries, the newest first, by kind or by what they are about."""
    query = request.GET.get("q", "").strip()[:100]
    kind = request.GET.get("kind", "")[:100]
    cursor = request.GET.get("cursor", "")
    asked = read(f"#{query}" if query.isdecimal() and len(query) < 8 else query)
    if asked.entry is not None:
        return redirect(entry_address(asked.entry))
    streams, problem = _streams(query, asked)
    checkpoint = proofs.latest()
    size = checkpoint.size if checkpoint else 0
    counts = logbook.kind_counts(size)
    known = dict(counts)
    if problem:
        window = logbook.Window([], None, None)
    elif streams or kind in known:
        window = logbook.chosen(size, cursor, kind=kind if kind in known else "", streams=streams)
    else:
        window = logbook.newest(size, cursor)
    total = None if streams or problem else known.get(kind, size)
    context = {
        "checkpoint": checkpoint,
        "published_at": logbook.published_at(),
        "counts": [(name, event_of(name), number) for name, number in counts],
        "rows": [_row(actor_of(request), line) for line in window.lines],
        "window": window,
        "total": total,
        "log_query": query,
        "kind": kind if kind in known else "",
        "problem": problem,
    }
    return render(request, "web/log/entries.html", context)


def _streams(query: str, asked: Typed) -> tuple[list[str], str]:
    """Return the streams that a typed code or stream name means, or what is wrong with it."""
    if asked.code:
        return logbook.streams_of(asked.code), ""
    if not query:
        return [], ""
    try:
        check_stream(query)
    except ValueError:
        return [], "mistyped" if asked.mistyped else "form"
    return [query], ""


@never_cache
@require_safe
def entry(request: HttpRequest, index: int) -> HttpResponse:
    """Show one entry: its story, its bytes, what it rests on, what it seals, its proof."""
    checkpoint = proofs.latest()
    size = checkpoint.size if checkpoint else 0
    if index > _NUMBER_MAX:
        raise Http404
    if index >= size:
        absent = {"index": index, "size": size}
        return render(request, "web/log/no_entry.html", absent, status=404)
    raw = proofs.entry(index)
    leaf, actor = parse(raw), actor_of(request)
    proven = logbook.prove(index, raw)
    history = logbook.chosen(size, "", kind="", streams=[leaf.stream])
    context = {
        "row": _row(actor, Line(index, leaf), link=True),
        "number": display.number_text(index),
        "leaf": leaf,
        "pretty": json.dumps(json.loads(raw), ensure_ascii=False, indent=2, sort_keys=True),
        "leaf_hash": merkle.leaf_hash(raw).hex(),
        "code": edge_code.for_entry(index),
        "facts": [
            (field_name(name), display.list_text(value_words(name, value)))
            for name, value in leaf.data.items()
        ],
        "refs": _refs(leaf),
        "sealed": sealed_facts(actor, leaf),
        "proven": proven,
        "root": proven.checkpoint.root.hex() if proven.checkpoint else "",
        "earlier": [_row(actor, line) for line in history.lines[:_HISTORY]],
        "previous": entry_address(index - 1 if index else None),
        "next": entry_address(index + 1 if index + 1 < size else None),
    }
    return render(request, "web/log/entry.html", context)


@require_safe
def entry_bytes(_request: HttpRequest, index: int) -> HttpResponse:
    """Give the exact bytes of an entry: with the receipt they verify offline, for ever."""
    try:
        raw = proofs.entry(index)
    except proofs.NotLogged as error:
        return HttpResponse(f"{error}\n", content_type="text/plain; charset=utf-8", status=404)
    name = f'attachment; filename="entry-{index}.json"'
    headers = {"Content-Disposition": name, "Cache-Control": "public, max-age=31536000, immutable"}
    return HttpResponse(raw, content_type="application/json", headers=headers)


@require_safe
def audit(request: HttpRequest) -> HttpResponse:
    """Say how anybody audits the log without believing this site."""
    checkpoint = proofs.latest()
    context = {
        "checkpoint": checkpoint,
        "note": proofs.checkpoint(),
        "vkey": proofs.vkey(),
        "base": f"{settings.BASE_URL}/ledger",
        "older": max((checkpoint.size if checkpoint else 0) // 2, 1),
    }
    return render(request, "web/log/audit.html", context)


def _row(actor: Actor, line: Line, *, link: bool = False) -> Row:
    leaf = line.leaf
    thing = _thing(leaf.stream, _own_page(actor, leaf.stream) if link else "")
    who = _who(actor, leaf.actor)
    return Row(line.index, event_of(leaf.kind), story_of(leaf.kind), thing, who, leaf)


def _own_page(actor: Actor, stream: str) -> str:
    kind, _, code = stream.partition(":")
    found = find_object(actor, kind, code)
    return found[1] if found else ""


def _thing(stream: str, href: str = "") -> Thing:
    code = stream.partition(":")[2]
    return Thing(subject_of(stream), code, bool(_CODE.fullmatch(code)), href)


def _who(actor: Actor, name: str) -> Who:
    if name == SYSTEM:
        return Who("")
    code = name.partition(":")[2]
    own = actor.organisation
    return Who(code, own.name if own is not None and own.stream == name else "")


def _refs(leaf: Leaf) -> list[Ref]:
    at = logbook.places(leaf.rests_on())
    found = []
    for role, target in leaf.refs.items():
        for ref in [target] if isinstance(target, str) else target:
            stream, _, version = ref.rpartition("@")
            number = int(version)
            place = at.get((stream, number))
            found.append(Ref(field_name(role), _thing(stream), number, place))
    return found


urlpatterns: list[URLPattern] = [
    path("ledger/", entries, name="log"),
    path("ledger/audit/", audit, name="log-audit"),
    path("ledger/entries/<int:index>/", entry, name="log-entry"),
    path("ledger/entries/<int:index>.json", entry_bytes, name="log-entry-bytes"),
]
