"""The tree of uses and the other enumerations. The order here is the order of output."""

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from catalog.scope.errors import CaseError
from catalog.scope.reader import JSON, choice, strings

MODALITIES: Final = ("video", "audio", "image", "text", "motion")
MODEL_KINDS: Final = ("foundation", "open_weights", "customer_private", "evaluation_only")
ATTRIBUTES: Final = ("face", "voice", "motion", "name")
EXCLUSIVITIES: Final = ("exclusive", "sole", "non_exclusive")
NEW_USES: Final = ("express", "hereafter_devised", "silent")

type Tree = dict[str, "Tree"]

_TREE: Final[Tree] = {
    "ALL": {
        "ai.all": {
            "train": {
                "train.generative": {"train.pretrain": {}, "train.finetune": {}},
                "train.discriminative": {},
                "evaluate": {},
            },
            "input": {},
            "index": {},
            "generate": {
                "generate.output": {},
                "generate.likeness": {},
                "dub": {},
                "deage": {},
                "converse.persona": {},
            },
            "derive": {},
        },
        "distribute": {
            "distribute.theatrical": {},
            "distribute.tv": {},
            "distribute.vod": {},
            "distribute.home_video": {},
            "distribute.other": {},
        },
    }
}
HEREAFTER: Final = "ALL_MEDIA_HEREAFTER"


def _leaves(name: str, tree: Tree) -> tuple[str, ...]:
    return tuple(leaf for child, below in tree.items() for leaf in _leaves(child, below)) or (name,)


def _walk(tree: Tree) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name, below in tree.items():
        yield name, _leaves(name, below)
        yield from _walk(below)


USES: Final[dict[str, tuple[str, ...]]] = dict(_walk(_TREE))
"""Every name of the tree, in tree order, and the leaves under it (a leaf stands for itself)."""

LEAVES: Final = USES["ALL"]
AI_LEAVES: Final = frozenset(USES["ai.all"])
TRAIN_LEAVES: Final = frozenset(USES["train"])
LIKENESS_LEAVES: Final = frozenset({"generate.likeness", "dub", "deage", "converse.persona"})


def expand_uses(names: str | Iterable[str]) -> frozenset[str]:
    """The leaves that names stand for; `x.*` is `x`. Raises CaseError with path `$`."""
    return read_uses(names if isinstance(names, str) else list(names), "$")


def read_uses(value: JSON, path: str) -> frozenset[str]:
    """The leaves that a name or a list of names stands for."""
    leaves: set[str] = set()
    for name, where in strings(value, path):
        plain = "ALL" if name == HEREAFTER else name.removesuffix(".*")
        if plain not in USES:
            raise CaseError(where, f"unknown use {name!r}")
        leaves.update(USES[plain])
    return frozenset(leaves)


def read_set(value: JSON, choices: tuple[str, ...], path: str) -> frozenset[str]:
    """The set that a text or a list of texts out of `choices` stands for."""
    return frozenset(choice(name, choices, where) for name, where in strings(value, path))


def show_uses(leaves: Collection[str]) -> list[str]:
    """The highest fully covered names, in tree order."""
    shown: list[str] = []
    left = set(leaves)
    for name, under in USES.items():
        if left.issuperset(under):
            shown.append(name)
            left.difference_update(under)
    return shown


def in_order(values: Collection[str], order: tuple[str, ...]) -> list[str]:
    """The values in the order of their enumeration."""
    return [each for each in order if each in values]
