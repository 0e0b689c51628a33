"""A forger's tools: entries changed, left out or put in, and all that follows made to fit."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from edgecode.log.canonical import JSON
from edgecode.log.leaf import Leaf
from edgecode.log.schema import base_of

type Log = list[Leaf]


def find(log: Log, kind: str, test: Callable[[Leaf], bool] = lambda _leaf: True) -> int:
    """Return the index of the first such entry; of a kind without its version, in any."""
    return next(at for at, leaf in enumerate(log) if is_of(leaf, kind) and test(leaf))


def is_of(leaf: Leaf, kind: str) -> bool:
    """Return whether an entry is of a kind, of which the version may be left open."""
    return kind in {leaf.kind, base_of(leaf.kind)}


def find_last(log: Log, kind: str, test: Callable[[Leaf], bool] = lambda _leaf: True) -> int:
    return len(log) - 1 - find(log[::-1], kind, test)


def of(leaf: Leaf, role: str) -> str:
    """Return the stream that a ref of this role names."""
    return str(leaf.refs[role]).partition("@")[0]


def change(log: Log, place: int, **fields: Any) -> Log:
    """Return the log with fields of one entry replaced; of refs and data only those given."""
    for part in ("refs", "data"):
        if part in fields:
            fields[part] = {**getattr(log[place], part), **fields[part]}
    return [*log[:place], replace(log[place], **fields), *log[place + 1 :]]


def insert(log: Log, at: int, *leaves: Leaf) -> Log:
    """Return the log with entries put in before `at`, dated as that one, and made to fit."""
    when = log[min(at, len(log) - 1)].at
    return fit([*log[:at], *(replace(leaf, at=when) for leaf in leaves), *log[at:]])


def without(log: Log, gone: Iterable[int]) -> Log:
    """Return the log without entries, and made to fit."""
    left = set(gone)
    return fit([leaf for at, leaf in enumerate(log) if at not in left])


def rename(log: Log, old: str, new: str) -> Log:
    """Return the log with a stream called otherwise, wherever it is named."""

    def named(target: str | Sequence[str]) -> str | list[str]:
        if isinstance(target, str):
            stream, _, version = target.partition("@")
            return f"{new}@{version}" if stream == old else target
        return sorted(str(named(each)) for each in target)

    return [
        replace(
            leaf,
            stream=new if leaf.stream == old else leaf.stream,
            refs={role: named(target) for role, target in leaf.refs.items()},
        )
        for leaf in log
    ]


def copy(leaf: Leaf, stream: str, **data: JSON) -> Leaf:
    """Return an entry like this in a new stream."""
    return replace(leaf, stream=stream, stream_version=1, data={**leaf.data, **data})


def fit(log: Log) -> Log:
    """Return the log with streams numbered and refs named by their place: nothing of its form
    tells that it was changed."""
    versions: dict[str, int] = {}

    def current(target: str | Sequence[str]) -> str | list[str]:
        if isinstance(target, str):
            stream = target.partition("@")[0]
            return f"{stream}@{versions.get(stream, 1)}"
        return sorted(str(current(each)) for each in target)

    fitted = []
    for leaf in log:
        refs = {role: current(target) for role, target in leaf.refs.items()}
        version = versions[leaf.stream] = versions.get(leaf.stream, 0) + 1
        fits = version == leaf.stream_version and refs == leaf.refs
        fitted.append(leaf if fits else replace(leaf, refs=refs, stream_version=version))
    return fitted
