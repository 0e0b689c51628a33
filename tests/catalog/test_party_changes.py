"""Parties that turn out to be otherwise: corrected, merged, split, with a trace of each."""

from typing import Any

import pytest

from accounts.access import Actor, Permission
from accounts.errors import Conflict, Invalid, NotFound
from catalog.models import Credit, Party
from catalog.parties import credit, register_party, search_parties
from catalog.party_changes import change_party, merge_parties, split_party
from ledger.models import Event
from licensing.search.documents import entries_of
from tests import factories
from tests.accounts.witness import facts, last, only_with, refs, refused

pytestmark = pytest.mark.django_db
ISNI, OTHER_ISNI = "0000000121032683", "000000012146438X"


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


def person(actor: Actor, name: str = "Bong Joon-ho", **said: Any) -> Party:
    return register_party(actor=actor, kind="person", name=name, **said)


def test_a_correction_says_what_was_and_what_is(studio: Actor) -> None:
    party = person(studio, names={"ko": "봉준호"})
    changes = {
        "name": "Bong Joon Ho",
        "names": {"ko": "봉준호", "ja": "ポン・ジュノ"},
        "isni": ISNI,
    }
    change_party(actor=studio, code=party.code, changes=changes)
    party.refresh_from_db()
    assert (party.name, party.isni, party.names["ja"]) == ("Bong Joon Ho", ISNI, "ポン・ジュノ")
    event = last("party.changed")
    assert event.facts().data == {"fields": ["isni", "name", "names"]}
    change = facts(event)["change"]
    assert (change["from"]["name"], change["to"]["name"]) == ("Bong Joon-ho", "Bong Joon Ho")
    events = Event.objects.count()
    change_party(actor=studio, code=party.code, changes=changes)
    assert Event.objects.count() == events


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"kind": "ghost"}, "kind"),
        ({"isni": "0000000121032684"}, "isni"),
        ({"eidr": "10.5237/XXXX"}, "eidr"),
        ({"code": "ABCDEFGH"}, "code"),
        ({"names": {"english": "x" * 201}}, "names.english"),
    ],
)
def test_a_correction_takes_nothing_that_a_registration_would_not(
    studio: Actor, changes: dict[str, Any], field: str
) -> None:
    party = person(studio)
    with refused(Invalid, field):
        change_party(actor=studio, code=party.code, changes=changes)


def test_a_number_of_another_party_is_a_conflict(studio: Actor) -> None:
    person(studio, isni=ISNI)
    party = person(studio)
    with refused(Conflict):
        change_party(actor=studio, code=party.code, changes={"isni": ISNI})


def test_two_parties_become_one_and_two_again(studio: Actor) -> None:
    kept, twin, other = (
        person(studio, isni=ISNI), person(studio, "Bong Junho"), person(studio, "Ada Park"),
    )  # fmt: skip
    film = factories.title(studio)
    credit(actor=studio, title_code=film.code, party_code=twin.code, role="director")
    merge_parties(actor=studio, code=twin.code, into=kept.code, reason="One passport.")
    event = last("party.merged")
    assert (refs(event), facts(event)) == ({"into": kept.stream}, {"reason": "One passport."})
    assert list(search_parties(studio, "Junho")) == [kept]
    assert set(search_parties(studio, "")) == {kept, other}
    # What is credited to the duplicate from now on is the other's.
    credit(actor=studio, title_code=film.code, party_code=twin.code, role="writer")
    assert Credit.objects.get(role="writer").party == kept
    entries, _rows = entries_of([film.pk])
    assert "Bong Joon-ho" in entries[0].document.text
    with refused(Conflict):
        merge_parties(actor=studio, code=twin.code, into=other.code, reason="Again.")
    split_party(actor=studio, code=twin.code, reason="Two people.")
    assert refs(last("party.split")) == {"from": kept.stream}
    assert list(search_parties(studio, "Junho")) == [twin]
    with refused(Conflict):
        split_party(actor=studio, code=twin.code, reason="Again.")


def test_duplicates_of_a_duplicate_follow_it(studio: Actor) -> None:
    one, two, three = (person(studio, name) for name in ("One", "Two", "Three"))
    merge_parties(actor=studio, code=one.code, into=two.code, reason="Same.")
    merge_parties(actor=studio, code=two.code, into=three.code, reason="Same.")
    one.refresh_from_db()
    assert one.canonical == three
    # And go with it: nobody ever said that the first is the third.
    split_party(actor=studio, code=two.code, reason="Two people.")
    one.refresh_from_db()
    assert one.canonical == two


def test_what_cannot_be_one_is_not_merged(studio: Actor) -> None:
    one = person(studio, isni=ISNI)
    other = person(studio, isni=OTHER_ISNI)
    company = register_party(actor=studio, kind="company", name="Bong")
    third = person(studio)
    for into in (one, other, company):
        with refused(Invalid, "into"):
            merge_parties(actor=studio, code=one.code, into=into.code, reason="Same.")
    with refused(Invalid, "reason"):
        merge_parties(actor=studio, code=one.code, into=third.code, reason=" ")


def test_only_the_owner_changes_a_party(studio: Actor) -> None:
    party, other = person(studio), person(studio, "Other")
    rival = factories.studio()
    for call in (
        lambda who: change_party(actor=who, code=party.code, changes={"name": "X"}),
        lambda who: merge_parties(actor=who, code=party.code, into=other.code, reason="Same."),
        lambda who: split_party(actor=who, code=party.code, reason="Not."),
    ):
        with refused(NotFound):
            call(rival)
        only_with(Permission.EDIT_TITLES, studio, call)
