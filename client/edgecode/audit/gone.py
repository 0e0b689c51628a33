"""Logs that were seen before and are not where they were.

Keys and witnesses of a history count for every name in it, and a policy may name several logs. So
what lies at an address may be changed for another log that is signed and witnessed as well: only
who remembers what was there finds it out.
"""

from collections.abc import Collection, Mapping, Sequence

from edgecode.audit.findings import LogFindings, Seen
from edgecode.log.shardlist import first_of


def tell(
    logs: Sequence[LogFindings],
    roots: Mapping[str, LogFindings],
    remembered: Sequence[Seen],
    known: Collection[str],
) -> None:
    """Note in the findings which of the remembered logs are gone from the addresses audited.

    `roots` are those of the histories, `known` the names of the logs that are there, or of which it
    is told already that they are not.
    """
    here = {each.source.rstrip("/"): each for each in logs if "://" in each.source}
    newest = {(each.checkpoint.origin, each.source.rstrip("/")): each for each in remembered}
    for (origin, place), seen in newest.items():
        found = here.get(place)
        if found is not None:
            if found.checkpoint is not None and found.checkpoint.origin != origin:
                found.problems.add(
                    f"{origin:.200}, seen here on {seen.at}, is gone:"
                    f" {found.checkpoint.origin:.200} is in its place"
                )
        elif origin not in known:
            _tell_of_missing(seen, logs, roots)


def _tell_of_missing(
    seen: Seen, logs: Sequence[LogFindings], roots: Mapping[str, LogFindings]
) -> None:
    """A log that lay below an address audited was removed; one of the same history that lay
    elsewhere is worth a remark."""
    origin = seen.checkpoint.origin
    for root, found in roots.items():
        if "://" in root and seen.source.startswith(f"{root.rstrip('/')}/"):
            found.problems.add(
                f"{origin:.200}, seen on {seen.at} at {seen.source}, is gone: a shard was removed"
            )
            return
    for found in logs:
        now = found.checkpoint
        if now is not None and first_of(now.origin) == first_of(origin):
            found.remarks.append(
                f"{origin:.200}, of the same history, was seen on {seen.at} at {seen.source}, and"
                " is not audited here"
            )
            return
