"""Which duplicates of a work, or of a party, were recorded as the same as one of its others."""

from collections import defaultdict
from collections.abc import Iterable

from accounts.access import Actor
from ledger.append import NewEvent
from ledger.models import Event


def came_with(stream: str, others: Iterable[str]) -> list[str]:
    """Return those of `others` that were merged into `stream`, or into one that was, nearest
    first.

    All are streams of things that one other speaks for now, so that what each was merged into
    last is what it stands by. That is read from the log: a row knows only who speaks for it.
    """
    noun = stream.partition(":")[0]
    merged = Event.objects.filter(stream__in=set(others), kind=f"{noun}.merged").order_by("pk")
    # A reference names the stream and the version of it that this rested on.
    into = {event.stream_id: str(event.facts().refs["into"]).partition("@")[0] for event in merged}
    beside = defaultdict(list)
    for each, kept in into.items():
        beside[kept].append(each)
    along = beside.pop(stream, [])
    for each in along:  # it grows while it is read
        along += beside.pop(each, [])
    return along


def split_entries(
    actor: Actor, stream: str, kept: str, along: Iterable[str], reason: str
) -> list[NewEvent]:
    """Return what the log says of a split: that `stream` left `kept`, and that each of those that
    came `along` left it too and stands by `stream`."""

    def entry(verb: str, of: str, role: str, other: str) -> NewEvent:
        return NewEvent(
            kind=f"{stream.partition(':')[0]}.{verb}",
            stream=of,
            actor=actor.name,
            refs={role: other},
            private={"reason": reason},
        )

    entries = [entry("split", stream, "from", kept)]
    for each in along:
        entries.append(entry("split", each, "from", kept))
        entries.append(entry("merged", each, "into", stream))
    return entries
