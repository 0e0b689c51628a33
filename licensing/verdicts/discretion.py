"""What a lab is told of a draft: nothing of what others have agreed with the licensor.

A draft leaves no entry and reaches nobody. Were its verdicts told in full, a lab could learn by
trying terms what a rival pays, and for which countries and until when it holds what. So what rests
on others' deals is one reason without particulars, and what a licensor would owe to others is no
word to the lab at all. Decision: docs/decisions/drafts-tell-no-deals.md.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from licensing.models import Verdict

NOT_AVAILABLE: Final = "NOT_AVAILABLE"
_OF_OTHERS: Final = frozenset(
    {
        "EXCLUSIVE_CONFLICT",
        "SOLE_LICENCE_CONFLICT",
        "NONEXCLUSIVE_OUTSTANDING",
        "CAP_REACHED",
        "HOLDBACK",
        "OPTION_EXERCISED",
        "MFN_UNCOMPARABLE",
    }
)
# Duties of the licensor towards others: the lab pays no other price for them.
_OWED_TO_OTHERS: Final = frozenset({"MFN_TRIGGER", "ROFR_PENDING"})


class Discreet(NamedTuple):
    """A verdict with its reasons, as a lab may know them."""

    verdict: str
    reasons: tuple[str, ...]


def discreet(verdict: str, reasons: Iterable[str]) -> Discreet:
    """Return a verdict as a lab is told it of a draft."""
    told = dict.fromkeys(
        NOT_AVAILABLE if code in _OF_OTHERS else code
        for code in reasons
        if code not in _OWED_TO_OTHERS
    )
    if verdict == Verdict.CONDITIONAL and not told:
        return Discreet(Verdict.CLEAR, ("OK",))
    # The status of one is not told from that of another either: a price would show in it.
    if verdict == Verdict.REVIEW and set(told) == {NOT_AVAILABLE}:
        return Discreet(Verdict.BLOCKED, tuple(told))
    return Discreet(verdict, tuple(told))


def discreet_result(result: dict[str, Any]) -> dict[str, Any]:
    """Return the engine's whole answer as a lab is told it of a draft. Where others' deals play a
    part, neither where they begin nor what is left beside them is said."""
    told = discreet(result["verdict"], result["reasons"])
    owed = [each for each in result["conditions"] if each["reason"] not in _OWED_TO_OTHERS]
    labels = {f"{each['code']}:{each['detail']}" for each in owed}
    plain = result | {
        "verdict": told.verdict,
        "reasons": list(told.reasons),
        "conditions": owed,
        "cleared": [
            each | {"conditions": [label for label in each["conditions"] if label in labels]}
            for each in result["cleared"]
        ],
        "repairs": _less(result["repairs"], "resolves", _OWED_TO_OTHERS | _OF_OTHERS),
    }
    if NOT_AVAILABLE not in told.reasons:
        return plain
    return plain | {
        "cleared": [],
        "blocked": [
            *_less(result["blocked"], "reason", _OF_OTHERS),
            {"reason": NOT_AVAILABLE, "scope": None, "because": []},
        ],
        "review": _less(result["review"], "reason", _OF_OTHERS),
        "repairs": [each for each in plain["repairs"] if each["resolves"] != "*"],
    }


def _less(rows: Sequence[dict[str, Any]], name: str, codes: frozenset[str]) -> list[dict[str, Any]]:
    return [each for each in rows if each[name] not in codes]
