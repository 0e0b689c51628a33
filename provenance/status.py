"""Whether a grant stands, now or at a time: the one thing about it that anybody may ask."""

from datetime import datetime, timedelta
from typing import Final, TypedDict

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid, NotFound
from catalog.checks import check_instant
from licensing.models import Grant
from licensing.models.grants import grant_state
from licensing.verdicts.resting import Rest, rest_of

_NOT_OVER: Final = frozenset({"pending", "active"})
_MOMENT: Final = timedelta(microseconds=1)


class GrantStatus(TypedDict):
    """`state` is active, pending, expired, superseded or revoked; instants are UTC, ISO 8601.

    `superseded_by` is the grant of an amendment that took the place of a superseded one. `at` is
    the moment that it is about, None for when it was checked. `consent_ended` is since when the
    licence of files of it has ended with a consent, which only /verify says of each: others are
    as they were.
    `is_without_consent`: there are no others, and none of its files may be used any more.
    `consent_suspended` is since when files rest on suspended consents alone, of which nothing new
    may be made."""

    grant: str
    state: str
    since: str | None
    superseded_by: str | None
    consent_ended: str | None
    is_without_consent: bool
    consent_suspended: str | None
    at: str | None
    checked_at: str


def grant_status(code: str, at: datetime | None = None) -> GrantStatus:
    """Return the status of the grant a credential names, at a time that has come or now. Raises
    NotFound, and Invalid("at") for a time to come.

    Says nothing of who and what: whoever asks has read that in the credential.
    """
    check_past(at)
    grant = Grant.objects.select_related("superseded_by").filter(code=code).first()
    if grant is None:
        raise NotFound
    return status_of(grant, at)


def check_past(at: datetime | None) -> None:
    """Refuse a time to come: a grant can be revoked before then; and one that no clock shows.
    Raises Invalid("at")."""
    check_instant("at", at)
    if at is not None and at > timezone.now():
        raise Invalid("at", _("Nobody knows yet what will hold then; ask about the past."))


def status_of(grant: Grant, at: datetime | None = None) -> GrantStatus:
    """Return the status of a grant at hand, as it was read, at a time that has come or now. Before
    it was issued, nothing was granted: it is pending."""
    begins = max(grant.starts_at, grant.issued_at) if at is not None else grant.starts_at
    state = grant_state(begins, grant.ends_at, grant.revoked_at, grant.superseded_at, at)
    since = {
        "revoked": grant.revoked_at,
        "superseded": grant.superseded_at,
        "expired": grant.ends_at,
        "active": max(grant.starts_at, grant.issued_at),
    }.get(state)
    rest = _rest(grant, state, since, at)
    return {
        "grant": grant.code,
        "state": state,
        "since": _written(since),
        "superseded_by": grant.superseded_by.code
        if grant.superseded_by and (at is None or state == "superseded")
        else None,
        "consent_ended": _written(rest.ended_at),
        "is_without_consent": rest.is_over,
        "consent_suspended": _written(rest.suspended_at),
        "at": _written(at),
        "checked_at": timezone.now().isoformat(timespec="seconds"),
    }


def successor_of(grant: Grant) -> GrantStatus | None:
    """Return how the newest amendment in the place of a grant stands now, None where none is."""
    return status_of(grant.newest) if grant.superseded_by is not None else None


def holds(status: GrantStatus) -> bool:
    """Return whether a grant is in force, for some of its files at least."""
    return status["state"] == "active" and not status["is_without_consent"]


def _rest(grant: Grant, state: str, since: datetime | None, at: datetime | None) -> Rest:
    """How its files rest on consents; of a grant that is over, what had ended before it was."""
    if since is None or state in _NOT_OVER:
        return rest_of(grant, at)
    return rest_of(grant, since - _MOMENT)._replace(suspended_at=None)


def _written(instant: datetime | None) -> str | None:
    return instant.isoformat(timespec="seconds") if instant is not None else None
