"""What a JSON body may look like."""

import pytest

from catalog.models import Title
from tests.api.callers import Answer, Caller


def send(studio: Caller, body: str) -> Answer:
    return studio.send("POST", "titles/", body.encode())


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ('{"kind": "film", "name": "A", "language": "en", "name": "B"}', "name"),
        ('{"kind": "film", "name": "A", "language": "en", "n\\u0061me": "B"}', "name"),
        ('{"kind": "film", "name": "A", "language": "en", "names": {"ko": "a", "ko": "a"}}', "ko"),
        ('{"kind": "film", "name": "A", "language": "en", "x": [{"y": 1, "y": 1}]}', "y"),
    ],
)
def test_a_key_given_twice_is_refused_by_name(studio: Caller, body: str, key: str) -> None:
    refused = send(studio, body)
    assert refused.status == 400
    assert f"“{key}” twice" in refused.data["detail"]
    assert not Title.objects.exists()


def test_the_same_key_in_two_objects_is_no_twin(studio: Caller) -> None:
    film = {"kind": "film", "name": "A", "language": "en"}
    assert studio.post("titles/batch/", {"titles": [film, film]}).status == 201
    assert Title.objects.count() == 2


@pytest.mark.parametrize("body", ['{"year": NaN}', '{"year": 1e999}', f'{{"year": {"9" * 5000}}}'])
def test_a_number_that_is_none_is_no_failure(studio: Caller, body: str) -> None:
    assert send(studio, body).status in {400, 422}
