"""A form is bound to those it names and to their rule: what changes after it was offered."""

from collections.abc import Callable
from datetime import date

import pytest
from django.core import mail
from pytest_django import Settings

from accounts.access import Actor
from accounts.errors import Conflict, NotAllowed
from catalog.authorities import end_authority
from catalog.closing import close_consent
from catalog.consenting import offer_consent, take_back_consent
from catalog.consents.life import State
from catalog.models import Authority, Consent, Likeness
from catalog.performers import change_performer
from catalog.signing import decline_consent, open_invitation
from ledger.models import Event
from tests import factories
from tests.catalog.test_consents import likeness, links, live, offered, sign, speaker, state

pytestmark = pytest.mark.django_db


def estate(agency: Actor, rule: str) -> Likeness:
    of = likeness(agency, deceased_on=date(2020, 1, 1), heirs_rule=rule)
    for holder, share in (("Eldest", "3/5"), ("Youngest", "2/5")):
        speaker(agency, of, "heir", holder=holder, share=share)
    return of


def change_rule(agency: Actor, of: Likeness, rule: str) -> None:
    change_performer(actor=agency, code=of.performer.code, heirs_rule=rule)


def test_a_form_that_asks_every_heir_never_lives_by_a_majority(settings: Settings) -> None:
    agency = factories.talent("문희 기획")
    of = estate(agency, "all")
    consent = offered(agency, of)
    tokens = links(agency, consent)
    change_rule(agency, of, "majority")
    said = "every heir must sign; since it was offered the rule was changed to more than half"
    with pytest.raises(NotAllowed, match=said):
        open_invitation(tokens["Eldest"])
    with pytest.raises(NotAllowed, match="Ask 문희 기획 for a new form"):
        sign(tokens["Eldest"], consent)
    with pytest.raises(NotAllowed, match=said):
        decline_consent(token=tokens["Youngest"])
    with pytest.raises(Conflict, match=f"{said}.*take it back or close it, and offer a new one"):
        links(agency, consent)
    assert not Event.objects.filter(kind__in=["consent.signed", "consent.declined"]).exists()
    # The rule set back, the form binds as it says.
    change_rule(agency, of, "all")
    sign(tokens["Eldest"], consent)
    change_rule(agency, of, "majority")
    Authority.objects.filter(holder="Eldest").update(email="eldest@example.com")
    closed = close_consent(actor=agency, code=consent.code, reason="The rule was changed.")
    assert [each.authority.holder for each in closed.told] == ["Eldest"]
    assert "The rule was changed." in mail.outbox[0].body
    Authority.objects.update(email="")
    again = offered(agency, of)
    sign(links(agency, again)["Eldest"], again)
    assert (state(consent), state(again)) == (State.CLOSED, State.LIVE)


def test_an_unsigned_form_is_taken_back_and_offered_by_the_new_rule() -> None:
    agency = factories.talent()
    of = estate(agency, "majority")
    consent = offered(agency, of)
    tokens = links(agency, consent)
    change_rule(agency, of, "all")
    with pytest.raises(NotAllowed, match="the rule was changed to every heir"):
        sign(tokens["Eldest"], consent)
    take_back_consent(actor=agency, code=consent.code)
    offer_consent(actor=agency, code=consent.code)
    tokens = links(agency, consent)
    consent.refresh_from_db()
    sign(tokens["Eldest"], consent)
    assert state(consent) is State.OFFERED
    sign(tokens["Youngest"], consent)
    assert state(consent) is State.LIVE


def heir_dies(agency: Actor, of: Likeness) -> None:
    end_authority(actor=agency, code=of.performer.authorities.get(holder="Youngest").code)


def another_holds_it(agency: Actor, of: Likeness) -> None:
    heir_dies(agency, of)
    speaker(agency, of, "heir", holder="Grandchild", share="2/5")


def assigned(agency: Actor, of: Likeness) -> None:
    speaker(agency, of, "assignee", holder="Studio")


@pytest.mark.parametrize(
    ("happens", "now"),
    [
        (heir_dies, r"Eldest \(3/5\)\."),
        (another_holds_it, r"Eldest \(3/5\), Grandchild \(2/5\)\."),
        (assigned, "Studio."),
    ],
)
def test_a_form_is_not_signed_by_others_than_it_names(
    happens: Callable[[Actor, Likeness], None], now: str
) -> None:
    agency = factories.talent()
    of = estate(agency, "majority")
    consent = offered(agency, of)
    token = links(agency, consent)["Eldest"]
    happens(agency, of)
    # To the organisation with names; who has a link is told no names but those of the form.
    named = r"The form names Eldest \(3/5\), Youngest \(2/5\); now it would be "
    with pytest.raises(Conflict, match=named + now):
        links(agency, consent)
    with pytest.raises(NotAllowed, match="Who must sign has changed since") as refusal:
        sign(token, consent)
    assert "Grandchild" not in str(refusal.value)
    assert state(consent) is State.OFFERED


def test_a_form_of_a_living_performer_is_not_signed_after_the_death() -> None:
    agency = factories.talent()
    of = likeness(agency)
    speaker(agency, of)
    consent = offered(agency, of)
    (token,) = links(agency, consent).values()
    change_performer(actor=agency, code=of.performer.code, deceased_on=date(2026, 1, 2))
    with pytest.raises(NotAllowed, match="The performer has died since"):
        sign(token, consent)


def test_an_heir_recorded_anew_at_another_address_is_the_one_the_form_names() -> None:
    agency = factories.talent()
    of = estate(agency, "all")
    consent = offered(agency, of)
    tokens = links(agency, consent)
    heir_dies(agency, of)
    speaker(agency, of, "heir", holder="Youngest", share="2/5", email="new@example.com")
    with pytest.raises(NotAllowed, match="authority to sign has ended"):
        sign(tokens["Youngest"], consent)
    sign(tokens["Eldest"], consent)
    Authority.objects.filter(email="new@example.com").update(email="")
    sign(links(agency, consent)["Youngest"], consent)
    assert state(consent) is State.LIVE


def test_who_came_after_the_form_neither_hinders_it_nor_signs_it() -> None:
    agency = factories.talent()
    of = likeness(agency)
    speaker(agency, of)
    consent = offered(agency, of)
    speaker(agency, of, "agent")
    tokens = links(agency, consent)
    assert tokens.keys() == {"Self"}
    # Nobody but the one it names is left to sign, so one no ends it.
    decline_consent(token=tokens["Self"])
    assert state(consent) is State.DECLINED


def test_what_came_into_force_stays_so_whatever_becomes_of_the_rule() -> None:
    agency = factories.talent()
    of = estate(agency, "majority")
    consent = live(agency, of)
    change_rule(agency, of, "all")
    heir_dies(agency, of)
    assert state(consent) is State.LIVE
    assert Consent.objects.get(pk=consent.pk).asked["rule"] == "majority"
