"""What a JSON body may look like."""

import pytest

from catalog.models import Title
from provenance.models import Sighting
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


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("status/7K3F2Q9D/?at=2026-01-01T00:00:00Z&at=2020-01-01T00:00:00Z", "at"),
        ("sightings/?state=new&limit=2&state=dismissed", "state"),
        ("titles/?limit=1&limit=1", "limit"),
        ("search/?limit=1&limit=2", "limit"),
    ],
)
def test_a_parameter_given_twice_is_refused_by_name(studio: Caller, path: str, name: str) -> None:
    refused = studio.get(path)
    assert (refused.status, refused.fields) == (422, [name])
    assert refused.data["detail"] == f"{name}: Give it once."


@pytest.mark.parametrize(
    "path",
    [
        "sightings/file/?platform=Clips&seen_at=2026-01-01T00:00:00Z",
        "output-files/?filename=a.jpg",
        "verify/",
    ],
)
def test_a_form_is_not_taken_for_the_file_in_it(lab: Caller, path: str) -> None:
    form = b'--e\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\na\r\n--e--\r\n'
    kind = "multipart/mixed" if path == "verify/" else "multipart/form-data"
    refused = lab.send("POST", path, form, f"{kind}; boundary=e")
    assert refused.status == 415
    assert refused.data["detail"] == "Send the file itself as the body, not as part of a form."
    assert not Sighting.objects.exists()


def test_the_same_key_in_two_objects_is_no_twin(studio: Caller) -> None:
    film = {"kind": "film", "name": "A", "language": "en"}
    assert studio.post("titles/batch/", {"titles": [film, film]}).status == 201
    assert Title.objects.count() == 2


@pytest.mark.parametrize("body", ['{"year": NaN}', '{"year": 1e999}', f'{{"year": {"9" * 5000}}}'])
def test_a_number_that_is_none_is_no_failure(studio: Caller, body: str) -> None:
    assert send(studio, body).status in {400, 422}
