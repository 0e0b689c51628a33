"""The same call twice acts once."""

import pytest
from django.db import connection

from accounts.models import Organisation
from api.idempotency import forget_old
from api.models import IdempotentCall
from catalog.models import Title
from ledger.models import Event
from licensing.deals import transitions as deals
from licensing.models import Agreement, Deal
from tests import factories
from tests.accounts.witness import at_once
from tests.api.callers import Answer, Caller

FILM = {"kind": "film", "name": "Big Buck Bunny", "language": "en"}


def test_a_repeated_call_answers_the_same_and_acts_once(studio: Caller) -> None:
    first = studio.post("titles/", FILM, Idempotency_Key="a")
    events = Event.objects.count()
    again = studio.post("titles/", dict(reversed(FILM.items())), Idempotency_Key="a")
    assert (again.status, again.data) == (201, first.data)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Title.objects.count() == 1
    assert Event.objects.count() == events


def test_a_key_used_for_something_else_is_refused(studio: Caller) -> None:
    studio.post("titles/", FILM, Idempotency_Key="a")
    for path, body in (("titles/", FILM | {"year": 2008}), ("performers/", {"name": "Kim"})):
        refused = studio.post(path, body, Idempotency_Key="a")
        assert (refused.status, refused.fields) == (422, ["Idempotency-Key"])
    assert Title.objects.count() == 1


def test_keys_belong_to_their_callers(studio: Caller, outsider: Caller) -> None:
    studio.post("titles/", FILM, Idempotency_Key="a")
    other = outsider.post("titles/", FILM | {"name": "Sintel"}, Idempotency_Key="a")
    assert (other.status, other.data["name"]) == (201, "Sintel")


def test_a_refusal_is_not_remembered(studio: Caller, outsider: Caller) -> None:
    code = studio.post("titles/", FILM).data["code"]
    path = f"titles/{code}/facts/"
    body = {"kind": "restriction", "body": {"uses": ["train"]}}
    assert outsider.post(path, body, Idempotency_Key="a").status == 404
    assert studio.post("titles/", FILM | {"kind": "x"}, Idempotency_Key="a").status == 422
    assert studio.post(path, body, Idempotency_Key="a").status == 201


def test_a_key_must_be_printable_and_short(studio: Caller) -> None:
    for key in ("", "x" * 256, "a\tb"):
        assert studio.post("titles/", FILM, Idempotency_Key=key).status == 422
    assert not Title.objects.exists()


def test_passwords_do_not_stay_in_stored_calls(anybody: Caller) -> None:
    body = {
        "kind": "lab",
        "organisation_name": "Aleph",
        "person_name": "Ada",
        "email": "ada@a.example",
        "password": "correct horse battery",
    }
    assert anybody.post("organisations/", body, Idempotency_Key="a").status == 201
    assert anybody.post("organisations/", body, Idempotency_Key="a").status == 201
    assert Organisation.objects.count() == 1
    assert b"horse" not in bytes(IdempotentCall.objects.get().body)


@pytest.fixture
def opened(studio: Caller, lab: Caller) -> Deal:
    return factories.deal(lab.actor, [factories.offered_words(studio.actor)])


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("var_dir")
def test_an_agreement_is_typeset_while_nothing_is_locked(
    studio: Caller, opened: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, inside = deals.draw_up, []

    def watched(*args: object, **given: object) -> object:
        inside.append(connection.in_atomic_block)
        return real(*args, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(deals, "draw_up", watched)
    path = f"deals/{opened.code}/approve/"
    first = studio.post(path, Idempotency_Key="a")
    again = studio.post(path, Idempotency_Key="a")
    assert (again.status, again.data) == (200, first.data)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert inside == [False]
    assert studio.post(path, Idempotency_Key="b").status == 409


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("var_dir")
def test_approving_at_once_with_one_key_acts_once_and_answers_all(
    studio: Caller, opened: Deal
) -> None:
    secret = factories.api_key(studio.actor)
    answers: list[Answer] = []

    def approve() -> None:
        one = Caller(secret=secret)
        answers.append(one.post(f"deals/{opened.code}/approve/", Idempotency_Key="a"))

    assert at_once(*[approve] * 3) == [None] * 3
    assert [answer.status for answer in answers] == [200] * 3
    assert len({answer.content for answer in answers}) == 1
    assert Agreement.objects.count() == 1
    assert Event.objects.filter(kind="deal.approved").count() == 1


def test_old_answers_are_forgotten(studio: Caller) -> None:
    studio.post("titles/", FILM, Idempotency_Key="a")
    assert forget_old() == 0
    first = IdempotentCall.objects.get()
    first.created_at = first.created_at.replace(year=2020)
    first.save(update_fields=["created_at"])
    assert forget_old() == 1
