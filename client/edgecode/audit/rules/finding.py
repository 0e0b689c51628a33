"""What a rule is, and what breaking one looks like."""

from dataclasses import dataclass

_LINE_MAX = 400


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


def one_line(text: str) -> str:
    """Return a text as one short line: what a forged entry says may be anything."""
    return "".join(each if each.isprintable() else "?" for each in text[:_LINE_MAX])


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
