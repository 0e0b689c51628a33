"""People and companies, and what they did for a work."""

import pytest

from accounts.access import Actor
from accounts.errors import Conflict, Invalid, NotFound
from catalog.models import Credit, Party
from catalog.parties import credit, register_party, uncredit
from tests import factories

ISNI = "0000 0001 2103 2683"  # the example of ISO 27729's agency


@pytest.fixture
def studio(db: None) -> Actor:
    return factories.studio()


def test_people_who_share_a_name_stay_two(studio: Actor) -> None:
    for isni in (None, ISNI):
        register_party(actor=studio, kind="person", name="김영호", isni=isni)
    assert Party.objects.filter(name="김영호").count() == 2
    with pytest.raises(Conflict):
        register_party(actor=studio, kind="person", name="Kim Young-ho", isni=ISNI)


@pytest.mark.parametrize(
    ("field", "value"),
    [("isni", "0000 0001 2103 2684"), ("eidr", "10.5240/9241-7F5A"), ("kind", "robot")],
)
def test_a_number_that_fails_its_check_is_refused(studio: Actor, field: str, value: str) -> None:
    with pytest.raises(Invalid) as refusal:
        register_party(actor=studio, **({"kind": "company", "name": "Studio"} | {field: value}))
    assert refusal.value.field == field


def test_a_credit_is_given_once_and_taken_back(studio: Actor) -> None:
    title = factories.title(studio)
    person = register_party(actor=studio, kind="person", name="Song Kang-ho")
    for position in (2, 1):
        credit(
            actor=studio,
            title_code=title.code,
            party_code=person.code,
            role="cast",
            character="Gang-du",
            position=position,
        )
    assert list(Credit.objects.values_list("character", "position")) == [("Gang-du", 1)]
    uncredit(actor=studio, title_code=title.code, party_code=person.code, role="cast")
    with pytest.raises(NotFound):
        uncredit(actor=studio, title_code=title.code, party_code=person.code, role="cast")


def test_the_parties_of_another_studio_are_not_there(studio: Actor) -> None:
    foreign = register_party(actor=factories.studio(), kind="person", name="Somebody")
    with pytest.raises(NotFound):
        credit(
            actor=studio,
            title_code=factories.title(studio).code,
            party_code=foreign.code,
            role="director",
        )
