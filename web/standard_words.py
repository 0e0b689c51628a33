"""What a document in a standard's words does not say, in plain ones."""

from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from licensing.standards.offered import Loss
from web import display
from web.words import Text, name_of

WHAT: dict[str, Text] = {
    "approval": _("That each request is cleared, and decided on by the licensor."),
    "clauses": _("The clauses of the agreement: what happens on revocation, records, warranties. The text prevails."),  # noqa: E501
    "consents": _("What a performer's consent allows of a likeness."),
    "exceptions": _("What is left out of a file: music, archive film, artwork, a passage."),
    "exclusivity": _("Whether a licence is exclusive."),
    "licensee": _("That a licence is made out to one organisation, which cannot pass it on."),
    "likeness": _("Uses of a performer's likeness, which rest on a consent."),
    "model_kinds": _("For which kinds of model a use is licensed."),
    "other_uses": _("Uses that are not mining."),
    "parts": _("Which parts of a file are licensed."),
    "place": _("That both the place of the computation and the place of its result count."),
    "price": _("The price, and what it is for: a file, a minute, an hour."),
    "status": _("That the licence may end before its term. Ask the status before each use."),
    "term": _("From when until when licences lie."),
    "territory": _("The territory, country by country."),
    "tokens": _("Parts of what one of its words means."),
    "uses": _("The single uses."),
    "window": _("A window that has not begun, or that ends within two days."),
}  # fmt: skip
EFFECT: dict[str, Text] = {
    "denied": _("So it is denied"),
    "unsaid": _("So it is left to the licence"),
    "profile": _("So it is said in terms of our own"),
}


# Of these the codes concerned have names; all others are words of the standard.
_NAMED = frozenset({"uses", "other_uses", "likeness", "model_kinds"})


class Lost(NamedTuple):
    """One thing that a document does not say, why that is safe, and what it concerns."""

    what: Text
    effect: Text
    is_denied: bool
    detail: str


def told(losses: list[Loss]) -> list[Lost]:
    """Return the losses in words, what is denied first."""
    found = [
        Lost(WHAT[loss.what], EFFECT[loss.effect], loss.effect == "denied", _names(loss))
        for loss in losses
    ]
    return sorted(found, key=lambda lost: not lost.is_denied)


def _names(loss: Loss) -> str:
    if loss.what not in _NAMED:
        return " ".join(loss.detail)
    return display.list_text([str(name_of(code)) for code in loss.detail])
