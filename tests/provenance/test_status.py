"""Whether a grant stands: the one question about it that anybody may ask."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.errors import Invalid, NotFound
from licensing.models import Grant
from provenance.status import grant_status
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def test_anybody_may_ask_whether_a_grant_stands_and_nothing_else() -> None:
    studio = factories.studio()
    grant = factories.grant(studio, factories.lab(), [factories.offered_words(studio)])
    now = timezone.now()
    assert set(grant_status(grant.code)) == {
        *("grant", "state", "since", "superseded_by", "consent_ended", "at", "checked_at")
    }
    assert grant_status(grant.code)["state"] == "active"
    for change, state in (
        ({"starts_at": now + timedelta(days=1)}, "pending"),
        ({"starts_at": grant.starts_at, "ends_at": now}, "expired"),
        ({"revoked_at": now}, "revoked"),
    ):
        Grant.objects.filter(pk=grant.pk).update(**change)
        said = grant_status(grant.code)
        assert (said["state"], said["since"] is None) == (state, state == "pending")
    for code in ("7K3F2Q9D", "", grant.deal.code):
        with pytest.raises(NotFound):
            grant_status(code)


def test_what_held_at_a_time_is_what_held_then() -> None:
    studio = factories.studio()
    grant = factories.grant(studio, factories.lab(), [factories.offered_words(studio)])
    begun, day = timezone.now() - timedelta(days=10), timedelta(days=1)
    dates = {"issued_at": begun, "starts_at": begun + day, "ends_at": begun + 8 * day}
    Grant.objects.filter(pk=grant.pk).update(**dates, revoked_at=begun + 3 * day)
    for after, state in ((-1, "pending"), (0, "pending"), (1, "active"), (2, "active")):
        said = grant_status(grant.code, begun + after * day)
        assert (said["state"], said["at"]) == (
            state, (begun + after * day).isoformat(timespec="seconds")
        )  # fmt: skip
    # The instant of the revocation is the first without the licence.
    assert grant_status(grant.code, begun + 3 * day)["state"] == "revoked"
    assert grant_status(grant.code, begun + 9 * day)["state"] == "revoked"
    Grant.objects.filter(pk=grant.pk).update(revoked_at=None)
    assert grant_status(grant.code, begun + 8 * day)["state"] == "expired"
    with pytest.raises(Invalid, match="Nobody knows"):
        grant_status(grant.code, timezone.now() + day)
