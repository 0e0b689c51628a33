"""What no row of a studio's own may loosen: how long a consent may run, who is a child, and which
laws void a vague consent.

All protect persons who have no part in the tables. Shorter and stricter is the studio's to say.
"""

from collections.abc import Mapping
from datetime import UTC, date, timedelta
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from catalog.scope.errors import CaseError
from catalog.scope.instants import Duration, add, read_duration, start_of
from catalog.scope.likeness_rules import MINOR_CAP, OF_AGE, POLICIES, VOID_LAWS
from licensing.clearance.rows import MINOR, VOID_CONSENT
from licensing.clearance.rows import POLICIES as POLICY_ROWS

# Every day of four years, and of those around a century without its leap day: months and years are
# longer from one day than from another.
_STARTS: Final = tuple(
    start_of(first + timedelta(days=day))
    for first in (date(2024, 1, 1), date(2097, 1, 1))
    for day in range(4 * 366)
)


# Nobody lives as long; the age of the oldest would lie beyond the calendar.
_LONGEST_LIFE: Final = Duration(150 * 12, 0)


def check_floor(table: str, key: str, body: Mapping[str, Any] | None) -> None:
    """Raise Invalid, naming the field, where a checked row allows more than our tables do; `body`
    None takes our row out."""
    if table == VOID_CONSENT and key in VOID_LAWS:
        if body is None:
            raise Invalid("body", _("This law protects persons: no row of yours takes it out."))
        if start_of(date.fromisoformat(body["since"])) > VOID_LAWS[key]:
            raise Invalid("body.since", _("A law may begin earlier than by our table, not later."))
    elif body is None:
        return
    elif table == MINOR:
        if _is_longer(read_duration(body["cap"], "$"), MINOR_CAP):
            raise Invalid(
                "body.cap", _("A minor’s consent may run shorter than by our policy, never longer.")
            )
        if _is_longer(OF_AGE, read_duration(body["of_age"], "$")):
            raise Invalid("body.of_age", _("Nobody may be of age earlier than by our policy."))
        if _is_longer(read_duration(body["of_age"], "$"), _LONGEST_LIFE):
            raise Invalid("body.of_age", _("Nobody lives that long."))
    elif table == POLICY_ROWS and _is_longer(read_duration(body["cap"], "$"), POLICIES[key]):
        raise Invalid("body.cap", _("A consent may run shorter than by our policy, never longer."))


def _is_longer(one: Duration, other: Duration) -> bool:
    """Return whether one lasts longer than the other from any day."""
    if one == other:
        return False
    return any(_end(start, one) > _end(start, other) for start in _STARTS)


def _end(start: int, duration: Duration) -> float:
    try:
        return add(start, duration, UTC, "$")
    except CaseError:  # beyond the calendar
        return float("inf")
