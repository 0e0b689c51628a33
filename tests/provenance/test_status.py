"""Whether a grant stands: the one question about it that anybody may ask."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.errors import NotFound
from licensing.models import Grant
from provenance.status import grant_status
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def test_anybody_may_ask_whether_a_grant_stands_and_nothing_else() -> None:
    studio = factories.studio()
    grant = factories.grant(studio, factories.lab(), [factories.offered_words(studio)])
    now = timezone.now()
    assert set(grant_status(grant.code)) == {
        *("grant", "state", "since", "superseded_by", "checked_at")
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
