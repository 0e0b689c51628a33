"""The same call twice acts once."""

from accounts.models import Organisation
from api.idempotency import forget_old
from api.models import IdempotentCall
from catalog.models import Title
from ledger.models import Event
from tests.api.callers import Caller

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
    path = f"titles/{code}/restrictions/"
    body = {"uses": ["train"]}
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


def test_old_answers_are_forgotten(studio: Caller) -> None:
    studio.post("titles/", FILM, Idempotency_Key="a")
    assert forget_old() == 0
    first = IdempotentCall.objects.get()
    first.created_at = first.created_at.replace(year=2020)
    first.save(update_fields=["created_at"])
    assert forget_old() == 1
