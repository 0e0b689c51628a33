"""What a file says of the consents of people that it rests on, and of those that were struck out
of its credential since: these ended."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from edgecode.verify.shown import listed
from edgecode.verify.term import term_of
from edgecode.verify.verdict import Check, Outcome

_NOT_NOW: Final = ("consent.over", "consent.pending")


def consent_term(consent: Mapping[str, Any], at: datetime) -> Check:
    """Return whether a consent that a file rests on was in force at a time."""
    values = {
        "consent": str(consent.get("consent"))[:40],
        "attributes": listed(consent.get("attributes")),
        "end": str(consent.get("end") or "-")[:40],
    }
    return term_of("consent", consent, at, values)


def resting(consents: list[Check], struck: int, *, is_after: bool) -> list[Check]:
    """Return what is said of the consents that a licence rests on: it ends with the last of them,
    be it by its term, be it that it was struck out. `is_after`: it is asked about a time by which
    those that were struck out had ended."""
    if any(check.outcome == Outcome.OK for check in consents):
        told = [
            replace(check, outcome=Outcome.WARNING) if check.said in _NOT_NOW else check
            for check in consents
        ]
        return [*told, *struck_consents(struck)]
    if struck and not is_after:
        doubted = [replace(check, outcome=Outcome.WARNING) for check in consents]
        unknown = Check("consent", Outcome.UNKNOWN, "consent.before", {"count": str(struck)})
        return [*doubted, unknown]
    if struck and not consents:
        return [Check("consent", Outcome.FAILED, "consent.none", {"count": str(struck)})]
    return [*consents, *struck_consents(struck)]


def struck_consents(count: int) -> list[Check]:
    """Return what there is to say of consents that newer manifests strike out: that they ended."""
    values = {"count": str(count)}
    return [Check("consent", Outcome.WARNING, "consent.struck", values)] if count else []
