"""What happened to a thing, as its entries in the log tell it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import Organisation
from ledger.models import Event as Entry
from web.reasons import Text, event_of
from web.templatetags.parts import Event

LIMIT = 50
_OF_DUPLICATES: Final = ("title.merged", "title.split")


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
    merged: Mapping[str, str] = MappingProxyType({}),
) -> list[Event]:
    """Return the newest entries of these streams for `{% history %}`. Two queries.

    `without` names kinds that would only repeat what the page shows elsewhere; `merged` are the
    streams and names of duplicates, of which only that they were merged or split is told.
    """
    streams = list(streams)
    mine = Q(stream__in=streams)
    if merged:
        mine |= Q(stream__in=list(merged), kind__in=_OF_DUPLICATES)
    rows = Entry.objects.filter(mine).select_related("entry").exclude(kind__in=list(without))
    near = {*streams, *merged}
    entries = [
        (row, facts.actor)
        for row, facts in ((row, row.facts()) for row in rows.order_by("-pk")[:LIMIT])
        # A duplicate may have been merged into yet another title before.
        if row.stream_id not in merged
        or any(near.intersection(_streams(ref)) for ref in facts.refs.values())
    ]
    codes = {actor.partition(":")[2] for _row, actor in entries}
    names = dict(Organisation.objects.filter(code__in=codes).values_list("code", "name"))
    return [
        {
            "what": _told(row, merged),
            "who": names.get(actor.partition(":")[2], _("Edgecode")),
            "at": row.recorded_at,
            "index": row.index,
            "href": entry_address(row.index),
        }
        for row, actor in entries
    ]


def _streams(ref: str | Sequence[str]) -> set[str]:
    """Return what a ref names, without the version that it had then."""
    return {each.partition("@")[0] for each in ([ref] if isinstance(ref, str) else ref)}


def _told(row: Entry, merged: Mapping[str, str]) -> Text:
    name = merged.get(row.stream_id)
    if name is None:
        return event_of(row.kind)
    if row.kind == "title.merged":
        return _("%(name)s merged into it") % {"name": name}
    return _("%(name)s split off again") % {"name": name}


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
