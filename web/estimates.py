"""What a lab could get and what it would cost, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from licensing.library.estimates import Change, Cost, Estimate, Part
from licensing.library.mends import Mend
from web.reasons import reason_of
from web.verdicts import REPAIRS
from web.words import EXCLUSIVITY, Text, name_of

_MOST_OBSTACLES = 8
_MOST_LICENSORS = 20


@dataclass(frozen=True)
class ChangeLine:
    """One term changed: how many files and how much of them more or less, and what it comes to."""

    label: Text
    files: str
    ms: int
    cost: Cost


@dataclass(frozen=True)
class MendLine:
    """A repair in words, whose move it is, and what it could open."""

    text: Text
    side: str
    mend: Mend


@dataclass(frozen=True)
class Shown:
    """An estimate as the page shows it; `left` licensors stand in no line."""

    estimate: Estimate
    obstacles: Sequence[tuple[Text, Part]]
    mends: Sequence["MendLine"]
    changes: Sequence[ChangeLine]
    left: int

    @property
    def shares(self) -> Sequence[object]:
        return self.estimate.answer.shares[:_MOST_LICENSORS]


def shown(estimate: Estimate | None) -> Shown | None:
    """Return an estimate in words; None where there are no files."""
    if estimate is None:
        return None
    answer = estimate.answer
    return Shown(
        estimate,
        [(reason_of(code), part) for code, part in answer.obstacles[:_MOST_OBSTACLES]],
        [_mend(each) for each in answer.mends[:_MOST_OBSTACLES]],
        [_line(each, answer.grantable.files) for each in estimate.changes],
        max(0, len(answer.shares) - _MOST_LICENSORS),
    )


def _mend(mend: Mend) -> MendLine:
    side, text = REPAIRS[mend.action]
    return MendLine(text, side, mend)


def _line(change: Change, before: int) -> ChangeLine:
    more = change.grantable.files - before
    sign = "+" if more > 0 else "\N{MINUS SIGN}" if more < 0 else "\N{PLUS-MINUS SIGN}"
    return ChangeLine(_label(change), f"{sign}{abs(more):,}", change.grantable.ms, change.cost)


def _label(change: Change) -> Text:
    if change.term in {"uses", "model_kinds"}:
        return _("Without: %(name)s") % {"name": name_of(change.to)}
    if change.term == "ends_at" and change.to is None:
        return _("Without an end")
    if change.term == "ends_at":
        said = ngettext("For %(years)d year", "For %(years)d years", change.to)
        return said % {"years": change.to}
    if change.term == "territory":
        return _("The whole world") if change.to == "WORLD" else _("Only where all offers reach")
    return EXCLUSIVITY[change.to]
