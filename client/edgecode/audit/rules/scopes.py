"""Whether two scopes meet, as far as their text says so for certain.

A scope is what `grant.issued` commits to: uses, model_kinds, territory, starts_at, ends_at,
exclusivity. What is written in another way than the house writes it is not judged.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

# Every name of the tree of uses that stands for others, and the leaves under it.
_TRAIN = ("train.pretrain", "train.finetune", "train.discriminative", "evaluate")
_GENERATE = ("generate.output", "generate.likeness", "dub", "deage", "converse.persona")
_AI = (*_TRAIN, "input", "index", *_GENERATE, "derive")
_DISTRIBUTE = tuple(
    f"distribute.{way}" for way in ("theatrical", "tv", "vod", "home_video", "other")
)
LEAVES: Mapping[str, tuple[str, ...]] = {
    "ALL": (*_AI, *_DISTRIBUTE),
    "ai.all": _AI,
    "train": _TRAIN,
    "train.generative": ("train.pretrain", "train.finetune"),
    "generate": _GENERATE,
    "distribute": _DISTRIBUTE,
}


class Area(NamedTuple):
    """Countries: those named, or all but those."""

    codes: frozenset[str]
    is_all_but: bool

    def meets(self, other: "Area") -> bool:
        """Return whether some country is in both."""
        if self.is_all_but and other.is_all_but:
            return True  # the house writes fewer than half of the countries as exceptions
        if self.is_all_but:
            return bool(other.codes - self.codes)
        return bool(self.codes - other.codes if other.is_all_but else self.codes & other.codes)


def leaves(names: Iterable[str]) -> set[str]:
    """Return the leaves of the tree of uses that names stand for."""
    return {leaf for name in names for leaf in LEAVES.get(name, (name,))}


def area(territory: object) -> Area | None:
    """Return the countries of a territory in canonical form, or None for another form."""
    match territory:
        case "WORLD":
            return Area(frozenset(), is_all_but=True)
        case [*codes] if all(isinstance(code, str) and len(code) == 2 for code in codes):
            return Area(frozenset(map(str, codes)), is_all_but=False)
        case {"include": ["WORLD"], "except": [*codes], **rest} if not rest:
            return Area(frozenset(map(str, codes)), is_all_but=True)
    return None


def meet(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two scopes certainly have a use, a kind of model, a country and an instant
    in common. Raises KeyError, TypeError or ValueError for what is no scope."""
    here, there = area(one["territory"]), area(other["territory"])
    return bool(
        here is not None
        and there is not None
        and here.meets(there)
        and leaves(one["uses"]) & leaves(other["uses"])
        and set(one["model_kinds"]) & set(other["model_kinds"])
        and _begins(one) < _ends(other)
        and _begins(other) < _ends(one)
    )


def holds(scope: Mapping[str, Any], at: datetime) -> bool:
    """Return whether an instant lies in the term of a scope. Raises as `meet`."""
    return _begins(scope) <= at < _ends(scope)


def lies_in(inner: Mapping[str, Any], outer: Mapping[str, Any]) -> bool:
    """Return whether the term of one scope lies in that of another. Raises as `meet`."""
    return _begins(outer) <= _begins(inner) and _ends(inner) <= _ends(outer)


_NEVER = datetime.fromisoformat("9999-12-31T00:00:00+00:00")


def _begins(scope: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(scope["starts_at"])


def _ends(scope: Mapping[str, Any]) -> datetime:
    """A revoked grant reaches to its revocation, under `revoked_at`."""
    ends = [datetime.fromisoformat(scope["ends_at"])] if scope["ends_at"] else []
    if "revoked_at" in scope:
        ends.append(scope["revoked_at"])
    return min(ends, default=_NEVER)
