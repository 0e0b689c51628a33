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
from catalog.models import Fact, Title
from edgecode.log.leaf import Leaf
from ledger.models import Event as Entry
from web.fact_lines import in_one_line, instrument
from web.reasons import ANSWERS, Text, event_of
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
    streams: Iterable[str],
    *,
    without: Iterable[str] = (),
    others: Iterable[str] = (),
    facts: Iterable[Fact] = (),
    until: datetime | None = None,
) -> list[Event]:
    """Return the newest entries of these streams for `{% history %}`. Two queries, and a third
    where titles were merged or split.

    `without` names kinds that would only repeat what the page shows elsewhere; `others` are the
    streams of titles that are, or once were, recorded as the same work: of them only is told that
    they were merged into it or split off. Entries about `facts` (with their title and evidence)
    are told too, each with what it says and the instrument it rests on. Nothing is told of `until`
    and later.
    """
    recorded = {fact.stream: fact for fact in facts}
    own, others = {*streams, *recorded}, set(others)
    mine = Q(stream__in=own)
    if others:
        mine |= Q(stream__in=others, kind__in=_SAME_WORK)
    rows = Entry.objects.filter(mine).select_related("entry").exclude(kind__in=list(without))
    if until is not None:
        rows = rows.filter(recorded_at__lt=until)
    entries = [
        (row, leaf)
        for row, leaf in ((row, row.facts()) for row in rows.order_by("-pk")[:LIMIT])
        # A duplicate may have been merged into yet another title before.
        if row.stream_id in own or _other_of(leaf) in own | others
    ]
    codes = {leaf.actor.partition(":")[2] for _row, leaf in entries}
    names = dict(Organisation.objects.filter(code__in=codes).values_list("code", "name"))
    works = _works(leaf for _row, leaf in entries if leaf.kind in _SAME_WORK)
    return [
        {
            "what": _told(leaf, own, works),
            "about": _about(recorded.get(row.stream_id)),
            "who": names.get(leaf.actor.partition(":")[2], _("Edgecode")),
            "at": row.recorded_at,
            "index": row.index,
            "href": entry_address(row.index),
        }
        for row, leaf in entries
    ]


def _other_of(leaf: Leaf) -> str:
    """Return the title that a merge or a split names besides its own."""
    ref = leaf.refs["into" if leaf.kind == "title.merged" else "from"]
    assert isinstance(ref, str)  # noqa: S101 - both are declared with one
    return ref.partition("@")[0]


def _works(entries: Iterable[Leaf]) -> Mapping[str, SafeString]:
    """Return links to the titles that merges and splits name, by stream."""
    streams = {stream for leaf in entries for stream in (leaf.stream, _other_of(leaf))}
    if not streams:
        return {}
    titles = Title.objects.filter(code__in=[stream.partition(":")[2] for stream in streams])
    return {
        title.stream: format_html(
            '<a href="{}">{}</a>', reverse("title", args=[title.code]), title.name
        )
        for title in titles
    }


def _about(fact: Fact | None) -> Text:
    if fact is None:
        return ""
    return format_html(
        '<a href="{}">{}</a> · {}',
        reverse("fact", args=[fact.title.code, fact.code]),
        in_one_line(fact),
        instrument(fact) or _("no instrument named"),
    )


def _told(leaf: Leaf, own: Collection[str], works: Mapping[str, SafeString]) -> Text:
    if leaf.kind not in _SAME_WORK:
        answer = leaf.data.get("answer") if leaf.kind == "deal.terms_answered" else None
        return ANSWERS.get(str(answer)) or event_of(leaf.kind)
    other = _other_of(leaf)
    names = {"title": works[leaf.stream], "other": works[other]}
    if leaf.kind == "title.merged":
        if leaf.stream in own:
            return format_html(_("Merged into {other} as a duplicate"), **names)
        if other in own:
            return format_html(_("{title} merged into it as a duplicate"), **names)
        return format_html(_("{title} merged into {other} as a duplicate"), **names)
    if leaf.stream in own:
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
