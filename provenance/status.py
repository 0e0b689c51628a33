"""Whether a grant stands, now: the one thing about it that anybody may ask."""

from typing import TypedDict

from django.utils import timezone

from accounts.errors import NotFound
from licensing.models import Grant


class GrantStatus(TypedDict):
    """`state` is active, pending, expired, superseded or revoked; instants are UTC, ISO 8601.

    `superseded_by` is the grant of an amendment that took the place of a superseded one."""

    grant: str
    state: str
    since: str | None
    superseded_by: str | None
    checked_at: str


def grant_status(code: str) -> GrantStatus:
    """Return the status of the grant a credential names. Raises NotFound.

    Says nothing of who and what: whoever asks has read that in the credential.
    """
    grant = Grant.objects.select_related("superseded_by").filter(code=code).first()
    if grant is None:
        raise NotFound
    return status_of(grant)


def status_of(grant: Grant) -> GrantStatus:
    """Return the status of a grant at hand, as it was read."""
    state = grant.state
    since = {
        "revoked": grant.revoked_at,
        "superseded": grant.superseded_at,
        "expired": grant.ends_at,
        "active": max(grant.starts_at, grant.issued_at),
    }.get(state)
    return {
        "grant": grant.code,
        "state": state,
        "since": since.isoformat(timespec="seconds") if since else None,
        "superseded_by": grant.superseded_by.code if grant.superseded_by else None,
        "checked_at": timezone.now().isoformat(timespec="seconds"),
    }
