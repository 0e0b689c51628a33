"""Files from a page's form."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from accounts.errors import DomainError, Invalid, TooLarge
from catalog.intake import receive
from catalog.uploads import ReceivedFile, StreamingUploadHandler, streamed_upload, uploaded

seen: list[Path] = []


@streamed_upload
def add_file(request: HttpRequest, code: str) -> HttpResponse:
    try:
        intake = uploaded(request, "file")
    except DomainError as error:
        return HttpResponse(f"{error.status} {error}", status=error.status)
    seen.append(intake.path)
    assert intake.path.stat().st_size == intake.size_bytes
    note, file = request.POST.get("note", ""), request.FILES["file"]
    assert isinstance(file, ReceivedFile)
    return HttpResponse(f"{code} {note} {file.name} {intake.sha256[:8]}")


def refuse_forgery(request: HttpRequest, reason: str = "") -> HttpResponse:
    return HttpResponse("forged", status=403)


urlpatterns = [path("add/<str:code>/", add_file)]
pytestmark = pytest.mark.urls(__name__)


@pytest.fixture
def client() -> Iterator[Client]:
    # Only what stands between a form and its view; the rest of the house is not needed here.
    with override_settings(MIDDLEWARE=["django.middleware.csrf.CsrfViewMiddleware"]):
        yield Client()


def drafts() -> list[Path]:
    return list(Path(settings.FILE_UPLOAD_TEMP_DIR).glob("intake-*"))


def test_a_forms_file_is_on_disk_when_the_view_runs_and_gone_afterwards(client: Client) -> None:
    content = b"film" * 1_000_000
    response = client.post(
        "/add/X1/", {"note": "hello", "file": SimpleUploadedFile("a.mp4", content)}
    )
    assert response.status_code == 200
    with receive([content], max_bytes=2**30) as expected:
        assert response.content.decode() == f"X1 hello a.mp4 {expected.sha256[:8]}"
    assert not seen[-1].exists()
    assert drafts() == []


def test_an_empty_or_missing_file_is_one_clear_error(client: Client) -> None:
    response = client.post("/add/X1/", {"file": SimpleUploadedFile("a.mp4", b"")})
    assert response.content.decode() == "422 file: The file is empty. Choose a file with content."
    assert client.post("/add/X1/", {"note": "only"}).status_code == 422
    assert drafts() == []


def test_a_forged_form_is_refused_before_the_view_runs(client: Client) -> None:
    with override_settings(CSRF_FAILURE_VIEW="tests.catalog.test_uploads.refuse_forgery"):
        count = len(seen)
        response = Client(enforce_csrf_checks=True).post(
            "/add/X1/", {"file": SimpleUploadedFile("a.mp4", b"film")}
        )
    assert response.status_code == 403
    assert len(seen) == count
    assert drafts() == []


def test_a_form_cut_off_in_the_middle_of_its_file_brings_no_file(client: Client) -> None:
    body = (
        b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n'
        b"Content-Type: video/mp4\r\n\r\n" + b"film" * 1000
    )
    response = client.post("/add/X1/", body, content_type="multipart/form-data; boundary=XX")
    assert response.status_code == 422
    assert b"No whole file arrived" in response.content
    assert drafts() == []


def test_a_form_that_turns_out_to_be_none_leaves_no_file(client: Client) -> None:
    part = (
        b'--XX\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n'
        b"Content-Type: video/mp4\r\n"
    )
    body = part + b"\r\nfilm\r\n" + part + b"Content-Transfer-Encoding: base64\r\n\r\na\r\n--XX--"
    response = client.post("/add/X1/", body, content_type="multipart/form-data; boundary=XX")
    assert response.status_code == 400
    assert drafts() == []


def test_a_body_that_cannot_fit_is_refused_before_it_is_read(client: Client) -> None:
    with pytest.raises(TooLarge):
        client.post("/add/X1/", b"", content_type="multipart/form-data; boundary=XX",
                    CONTENT_LENGTH=str(2**50))  # fmt: skip


def test_a_file_over_the_limit_is_dropped_while_it_arrives() -> None:
    handler = StreamingUploadHandler(max_bytes=10)
    handler.new_file("file", "a.mp4", "video/mp4", None)
    handler.receive_data_chunk(bytes(8), 0)
    handler.receive_data_chunk(bytes(8), 8)
    assert drafts() == []
    handler.receive_data_chunk(bytes(8), 16)
    file = handler.file_complete(24)
    with pytest.raises(TooLarge):
        _ = file.intake


def test_the_error_is_the_fields(client: Client) -> None:
    request = HttpRequest()
    with pytest.raises(Invalid) as caught:
        uploaded(request, "film")
    assert caught.value.field == "film"
