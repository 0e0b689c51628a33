"""Whether what was granted or consented to is in force at a time: from its start until its end."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from edgecode.verify.verdict import Check, Outcome


def instant(text: object) -> datetime:
    """Return the moment that a text says, RFC 3339. ValueError where it says none."""
    moment = datetime.fromisoformat(str(text))
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC)


def term_of(name: str, said: Mapping[str, Any], at: datetime, values: Mapping[str, str]) -> Check:
    """Return the check of this name, `term` or `consent`: whether the term of what is said runs at
    a time. The moment of its end is no longer part of it."""
    try:
        start = instant(said["start"])
        end = instant(said["end"]) if said["end"] is not None else None
    except (KeyError, ValueError, OverflowError):
        return Check(name, Outcome.FAILED, f"{name}.malformed", values)
    if at < start:
        return Check(name, Outcome.FAILED, f"{name}.pending", values)
    if end is not None and at >= end:
        return Check(name, Outcome.FAILED, f"{name}.over", values)
    return Check(name, Outcome.OK, f"{name}.runs", values)
