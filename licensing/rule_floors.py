"""What no row of a studio's own may loosen: how long a consent may run, and who is a child.

Both protect persons who have no part in the tables. Shorter and stricter is the studio's to say.
"""

from collections.abc import Mapping
from datetime import UTC, date, timedelta
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from catalog.scope.errors import CaseError
from catalog.scope.instants import Duration, add, read_duration, start_of
from catalog.scope.likeness_rules import MINOR_CAP, OF_AGE, POLICIES
from licensing.clearance.rows import MINOR
from licensing.clearance.rows import POLICIES as POLICY_ROWS

# Every day of four years, and of those around a century without its leap day: months and years are
# longer from one day than from another.
_STARTS: Final = tuple(
    start_of(first + timedelta(days=day))
    for first in (date(2024, 1, 1), date(2097, 1, 1))
    for day in range(4 * 366)
)


def check_floor(table: str, key: str, body: Mapping[str, Any]) -> None:
    """Raise Invalid, naming the field, where a checked row allows more than our tables do."""
    if table == MINOR:
        if _is_longer(read_duration(body["cap"], "$"), MINOR_CAP):
            raise Invalid(
                "body.cap", _("A minor’s consent may run shorter than by our policy, never longer.")
            )
        if _is_longer(OF_AGE, read_duration(body["of_age"], "$")):
            raise Invalid("body.of_age", _("Nobody may be of age earlier than by our policy."))
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
