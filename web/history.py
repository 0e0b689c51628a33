"""What happened to a thing, as its entries in the log tell it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from accounts.models import Organisation
from catalog.models import Title
from edgecode.log.leaf import Leaf
from ledger.models import Event as Entry
from web.reasons import Text, event_of
from web.templatetags.parts import Event

LIMIT = 50
_SAME_WORK: Final = ("title.merged", "title.split")


@dataclass(frozen=True)
class Proof:
    """Where an entry stands in the log: what `{% proof_line %}` shows."""

    index: int | None
    since: datetime
    href: str


def history_of(
    streams: Iterable[str], *, without: Iterable[str] = (), others: Iterable[str] = ()
) -> list[Event]:
    """Return the newest entries of these streams for `{% history %}`. Two queries, and a third
    where titles were merged or split.

    `without` names kinds that would only repeat what the page shows elsewhere; `others` are the
    streams of titles that are, or once were, recorded as the same work: of them only is told that
    they were merged into it or split off.
    """
    own, others = set(streams), set(others)
    mine = Q(stream__in=own)
    if others:
        mine |= Q(stream__in=others, kind__in=_SAME_WORK)
    rows = Entry.objects.filter(mine).select_related("entry").exclude(kind__in=list(without))
    entries = [
        (row, facts)
        for row, facts in ((row, row.facts()) for row in rows.order_by("-pk")[:LIMIT])
        # A duplicate may have been merged into yet another title before.
        if row.stream_id in own or _other_of(facts) in own | others
    ]
    codes = {facts.actor.partition(":")[2] for _row, facts in entries}
    names = dict(Organisation.objects.filter(code__in=codes).values_list("code", "name"))
    works = _works(facts for _row, facts in entries if facts.kind in _SAME_WORK)
    return [
        {
            "what": _told(facts, own, works),
            "who": names.get(facts.actor.partition(":")[2], _("Edgecode")),
            "at": row.recorded_at,
            "index": row.index,
            "href": entry_address(row.index),
        }
        for row, facts in entries
    ]


def _other_of(facts: Leaf) -> str:
    """Return the title that a merge or a split names besides its own."""
    ref = facts.refs["into" if facts.kind == "title.merged" else "from"]
    assert isinstance(ref, str)  # noqa: S101 - both are declared with one
    return ref.partition("@")[0]


def _works(entries: Iterable[Leaf]) -> Mapping[str, SafeString]:
    """Return links to the titles that merges and splits name, by stream."""
    streams = {stream for facts in entries for stream in (facts.stream, _other_of(facts))}
    if not streams:
        return {}
    titles = Title.objects.filter(code__in=[stream.partition(":")[2] for stream in streams])
    return {
        title.stream: format_html(
            '<a href="{}">{}</a>', reverse("title", args=[title.code]), title.name
        )
        for title in titles
    }


def _told(facts: Leaf, own: Collection[str], works: Mapping[str, SafeString]) -> Text:
    if facts.kind not in _SAME_WORK:
        return event_of(facts.kind)
    other = _other_of(facts)
    names = {"title": works[facts.stream], "other": works[other]}
    if facts.kind == "title.merged":
        if facts.stream in own:
            return format_html(_("Merged into {other} as a duplicate"), **names)
        if other in own:
            return format_html(_("{title} merged into it as a duplicate"), **names)
        return format_html(_("{title} merged into {other} as a duplicate"), **names)
    if facts.stream in own:
        return format_html(_("Split off from {other}"), **names)
    return format_html(_("{title} split off"), **names)


def proof(stream: str, *kinds: str) -> Proof | None:
    """Return the newest entry of a stream, of one of `kinds` if any are given. One query."""
    rows = Entry.objects.filter(stream=stream).select_related("entry")
    if kinds:
        rows = rows.filter(kind__in=kinds)
    row = rows.order_by("-pk").first()
    if row is None:
        return None
    return Proof(row.index, row.recorded_at, entry_address(row.index))


def entry_address(index: int | None) -> str:
    """Return the page of an entry, or "" while the log has not numbered it."""
    return "" if index is None else f"/ledger/entries/{index}/"
