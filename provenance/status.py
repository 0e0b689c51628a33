"""Whether a grant stands, now or at a time: the one thing about it that anybody may ask."""

from datetime import datetime
from typing import TypedDict

from django.db.models import Min
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid, NotFound
from catalog.checks import check_instant
from licensing.models import Grant
from licensing.models.grants import grant_state


class GrantStatus(TypedDict):
    """`state` is active, pending, expired, superseded or revoked; instants are UTC, ISO 8601.

    `superseded_by` is the grant of an amendment that took the place of a superseded one. `at` is
    the moment that it is about, None for when it was checked. `consent_ended` is since when files
    of it rest on no consent any more, which only /verify says of each: others are as they were."""

    grant: str
    state: str
    since: str | None
    superseded_by: str | None
    consent_ended: str | None
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
    return {
        "grant": grant.code,
        "state": state,
        "since": since.isoformat(timespec="seconds") if since else None,
        "superseded_by": grant.superseded_by.code
        if grant.superseded_by and (at is None or state == "superseded")
        else None,
        "consent_ended": _consent_ended(grant, at),
        "at": at.isoformat(timespec="seconds") if at is not None else None,
        "checked_at": timezone.now().isoformat(timespec="seconds"),
    }


def _consent_ended(grant: Grant, at: datetime | None) -> str | None:
    demanded = grant.duties.filter(consent__isnull=False)
    first: datetime | None = demanded.aggregate(first=Min("imposed_at"))["first"]
    if first is None or (at is not None and first > at):
        return None
    return first.isoformat(timespec="seconds")
