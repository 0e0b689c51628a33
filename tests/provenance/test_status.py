"""Whether a grant stands: the one question about it that anybody may ask."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Invalid, NotFound
from catalog.consenting import resume_consent, suspend_consent
from catalog.models import Asset, Consent
from catalog.performers import change_performer
from catalog.withdrawing import withdraw_consent
from licensing.models import Grant
from provenance.status import grant_status
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def test_anybody_may_ask_whether_a_grant_stands_and_nothing_else() -> None:
    studio = factories.studio()
    grant = factories.grant(studio, factories.lab(), [factories.offered_words(studio)])
    now = timezone.now()
    assert set(grant_status(grant.code)) == {
        *("grant", "state", "since", "superseded_by", "at", "checked_at"),
        *("consent_ended", "is_without_consent", "consent_suspended"),
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


def voice(agency: Actor, **consent: Any) -> tuple[Asset, Consent]:
    """A file of a likeness, and the only consent that it can be licensed on."""
    likeness = factories.likeness(agency)
    given = factories.consent(agency, likeness, uses=["train"], attributes=["voice"], **consent)
    file = factories.words(agency, likeness)
    Asset.objects.filter(pk=file.pk).update(kind="audio")
    factories.offer(agency, likeness)
    file.refresh_from_db()
    return file, given


def die(agency: Actor, consent: Consent, *, days_ago: int | None) -> None:
    day = None if days_ago is None else timezone.now().date() - timedelta(days=days_ago)
    performer = consent.likeness.performer
    change_performer(actor=agency, code=performer.code, deceased_on=day)


@pytest.mark.parametrize("how", ["death", "withdrawn", "term"])
def test_a_grant_without_consents_is_told_before_anybody_is_sent_a_notice(how: str) -> None:
    agency, lab = factories.talent(), factories.lab()
    file, consent = voice(agency, terms={"survives_death": False})
    grant = factories.grant(agency, lab, [file])
    before = grant_status(grant.code)
    assert (before["consent_ended"], before["is_without_consent"]) == (None, False)
    if how == "death":
        die(agency, consent, days_ago=1)
    elif how == "withdrawn":
        withdraw_consent(actor=agency, code=consent.code)
    else:
        Consent.objects.update(ends_at=timezone.now())
    ended = Consent.objects.get().over_at
    assert ended is not None
    now = grant_status(grant.code)
    assert (now["state"], now["is_without_consent"]) == ("active", True)
    assert now["consent_ended"] == ended.isoformat(timespec="seconds")
    then = grant_status(grant.code, ended - timedelta(seconds=1))
    assert (then["consent_ended"], then["is_without_consent"]) == (None, False)
    # What ended after the grant did is no news of it.
    Grant.objects.update(revoked_at=ended)
    revoked = grant_status(grant.code)
    assert (revoked["state"], revoked["is_without_consent"]) == ("revoked", False)


def test_a_death_that_was_taken_back_ends_nothing() -> None:
    agency = factories.talent()
    file, consent = voice(agency, terms={"survives_death": False})
    grant = factories.grant(agency, factories.lab(), [file])
    die(agency, consent, days_ago=3)
    assert grant_status(grant.code)["is_without_consent"]
    die(agency, consent, days_ago=None)
    assert grant_status(grant.code)["consent_ended"] is None


def test_while_another_file_stands_it_is_some_of_them(django_assert_max_num_queries: Any) -> None:
    agency = factories.talent()
    (first, ended), (second, other) = voice(agency), voice(agency)
    grant = factories.grant(agency, factories.lab(), [first, second])
    withdraw_consent(actor=agency, code=ended.code)
    said = grant_status(grant.code)
    assert said["consent_ended"] is not None
    assert not said["is_without_consent"]
    withdraw_consent(actor=agency, code=other.code)
    assert grant_status(grant.code)["is_without_consent"]
    with django_assert_max_num_queries(9):
        grant_status(grant.code)


def test_one_of_two_consents_ends_no_licence() -> None:
    agency = factories.talent()
    file, first = voice(agency)
    factories.consent(agency, first.likeness, uses=["train"], attributes=["voice"])
    grant = factories.grant(agency, factories.lab(), [file])
    withdraw_consent(actor=agency, code=first.code)
    assert grant_status(grant.code)["consent_ended"] is None


def test_since_when_nothing_new_may_be_made_while_a_consent_is_suspended() -> None:
    agency = factories.talent()
    file, consent = voice(agency)
    grant = factories.grant(agency, factories.lab(), [file])
    before = timezone.now()
    suspend_consent(actor=agency, code=consent.code, reason="dispute")
    since = consent.suspensions.get().starts_at.isoformat(timespec="seconds")
    said = grant_status(grant.code)
    assert (said["consent_suspended"], said["consent_ended"]) == (since, None)
    assert grant_status(grant.code, before)["consent_suspended"] is None
    resume_consent(actor=agency, code=consent.code)
    assert grant_status(grant.code)["consent_suspended"] is None


def test_a_grant_of_titles_is_told_in_few_queries(django_assert_max_num_queries: Any) -> None:
    studio = factories.studio()
    grant = factories.grant(studio, factories.lab(), [factories.offered_words(studio)])
    with django_assert_max_num_queries(2):
        grant_status(grant.code)
