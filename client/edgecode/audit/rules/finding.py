"""What a rule is, and what breaking one looks like."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One invariant; docs/invariants.md has them all, in the order of their numbers.

    `id` is `R` and the number, `title` one plain sentence, `needs` the kinds of entries it looks
    at (empty: all). A rule with `opened` sees only what openings were given for.
    """

    id: str
    title: str
    needs: tuple[str, ...] = ()
    opened: bool = False


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that the log breaks. `indices` are the entries that show it; at the last it was
    found. `message` is one line that names streams by their codes."""

    rule: str
    indices: tuple[int, ...]
    message: str

    def __str__(self) -> str:
        """`R12, entry 7: ...`"""
        return f"{self.rule}, entry {self.indices[-1]}: {self.message}"
