"""What happened to a thing, as its entries in the log tell it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.models import Organisation
from ledger.models import Event as Entry
from web.reasons import event_of
from web.templatetags.parts import Event

LIMIT = 50


@dataclass(frozen=True)
class Proof:
    """Where an entry stands in the log: what `{% proof_line %}` shows."""

    index: int | None
    since: datetime
    href: str


def history_of(streams: Iterable[str], *, without: Iterable[str] = ()) -> list[Event]:
    """Return the newest entries of these streams for `{% history %}`. Two queries.

    `without` names kinds that would only repeat what the page shows elsewhere.
    """
    rows = Entry.objects.filter(stream__in=list(streams)).select_related("entry")
    rows = rows.exclude(kind__in=list(without))
    entries = [(row, row.facts().actor) for row in rows.order_by("-pk")[:LIMIT]]
    codes = {actor.partition(":")[2] for _row, actor in entries}
    names = dict(Organisation.objects.filter(code__in=codes).values_list("code", "name"))
    return [
        {
            "what": event_of(row.kind),
            "who": names.get(actor.partition(":")[2], _("Edgecode")),
            "at": row.recorded_at,
            "index": row.index,
            "href": entry_address(row.index),
        }
        for row, actor in entries
    ]


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
