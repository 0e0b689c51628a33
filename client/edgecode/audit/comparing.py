"""A log beside checkpoints that were seen before, and beside a copy of it."""

from collections.abc import Iterable, Mapping

from edgecode.audit.findings import LogFindings, Seen
from edgecode.audit.sources import Missing
from edgecode.audit.task import SignedLog
from edgecode.audit.tree import beginning
from edgecode.audit.web import Unreadable


def compare(
    found: LogFindings, earlier: Iterable[Seen], roots: Mapping[int, bytes] | None = None
) -> None:
    """Compare with checkpoints seen before or that came with the log: without `roots` with those
    of as many entries or more, for which no file is needed, else with those of fewer. `roots` are
    those of the smaller trees."""
    now = found.checkpoint
    assert now is not None  # noqa: S101 - begun only with a checkpoint
    for seen in earlier:
        then = seen.checkpoint
        if (then.size < now.size) != (roots is not None):
            continue
        what = f"seen on {seen.at} at {seen.source}" if seen.at else f"signed in {seen.source}"
        if then.size > now.size:
            found.problems.add(
                f"the log has {now.size} entries; {then.size} were {what}: entries were taken"
                " away, or this is an old copy"
            )
        elif (root := now.root if roots is None else roots.get(then.size)) is None:
            continue  # could not be read, or a problem is told already
        elif root != then.root:
            found.problems.add(
                f"another history: the log no longer begins with the {then.size} entries {what}"
            )
        else:
            continue
        found.conflicting.append(seen)


def compare_copies(one: SignedLog, other: SignedLog) -> None:
    """Say where two copies of a log are of two histories; with the larger one, which shows it."""
    small, large = sorted((one, other), key=lambda each: each.shard.checkpoint.size)
    less, more = small.shard.checkpoint, large.shard.checkpoint
    root = more.root
    if 0 < less.size < more.size:
        try:
            root, _ = beginning(large.source, more, less.size)
        except (Missing, ValueError) as error:
            raise Unreadable(f"{small.source.name}: not compared with a copy: {error}") from None
    if less.size and root != less.root:
        large.found.problems.add(
            f"another history: it does not begin with the {less.size} entries that the log signed"
            f" at {small.source.name}"
        )
        large.found.conflicting.append(Seen(less, small.found.note, "", small.source.name))
