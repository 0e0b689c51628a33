"""Anyone drops a file: what they read, for every kind of file, and that nothing of it is kept."""

import base64
import contextlib
import hashlib
import io
import json
import re
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import Settings

from accounts.access import Actor
from ledger import sequencer
from licensing.deals.transitions import approve_deal
from licensing.grants.issuing import revoke_grant
from licensing.models import Grant
from provenance import slots
from provenance.c2pa_sdk.embedding import sign_embedded
from provenance.credentials.signing import sign_pending
from provenance.models import Credential
from provenance.trust import pki
from tests import factories
from tests.provenance.delivered import content, fetch, sidecar
from tests.provenance.emitted import renewed
from tests.provenance.pictures import drawn, jpeg
from tests.provenance.strangers import signed_by_stranger
from tests.provenance.test_inspection import signed_by
from tests.provenance.test_signing import DEFINITION
from tests.worlds import kept
from web.views import verify

pytestmark = pytest.mark.django_db


class Delivered(NamedTuple):
    studio: Actor
    grant: Grant
    film: bytes
    subtitles: bytes
    sidecar: bytes


@pytest.fixture(autouse=True)
def _own_counters(var_dir: Path) -> None:
    cache.clear()


@kept
def delivered() -> Delivered:
    """A film with its credential inside and subtitles with theirs beside, as a lab has them."""
    studio, lab = factories.studio("Peach Pictures"), factories.lab("Lumen Lab")
    film = factories.offered_film(studio)
    subtitles = factories.words(studio, film.owner, "Hello")
    grant = factories.grant(studio, lab, [film, subtitles])
    sequencer.advance()
    assert sign_pending() == 2
    sequencer.advance()
    embedded = Credential.objects.get(granted_asset__asset=film)
    beside = Credential.objects.get(granted_asset__asset=subtitles)
    fetch(lab, beside)
    return Delivered(studio, grant, content(embedded), content(beside), sidecar(beside))


def ask(
    content: bytes,
    name: str = "film.mp4",
    sidecar: bytes | None = None,
    client: Client | None = None,
) -> HttpResponse:
    form = {"file": SimpleUploadedFile(name, content)}
    if sidecar is not None:
        form["sidecar"] = SimpleUploadedFile(f"{name}.c2pa", sidecar)
    answer = (client or Client()).post("/verify/", form)
    assert drafts() == []
    return answer


def drafts() -> list[Path]:
    return list(Path(settings.FILE_UPLOAD_TEMP_DIR).glob("intake-*"))


def text(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def headline(response: HttpResponse) -> str:
    assert response.status_code == 200
    found = re.search(r'<h1 id="verdict">(.*?)</h1>', text(response))
    assert found is not None
    return found[1]


def test_the_form_is_open_to_all(client: Client) -> None:
    page = text(client.get("/verify/"))
    assert "Drop a file here, or choose one" in page
    assert "up to 2.0" in page


def test_a_delivered_film_is_authentic_and_its_licence_is_told(delivered: Delivered) -> None:
    response = ask(delivered.film)
    page = text(response)
    assert headline(response) == "This file is authentic, and its licence is in force."
    for words in (
        "Peach Pictures",
        "Lumen Lab",
        "pre-training",
        "foundation model",
        "World",
        "1 Jan 2026 to 31 Dec 2035",
        f'href="/grants/{delivered.grant.code}/"',
        "Signed by this installation",
        "In the public log since",
        hashlib.sha256(delivered.film).hexdigest(),
        "What it does not prove",
        f"{settings.BASE_URL}/api/v1/trust-anchors.pem",
    ):
        assert words in page
    entry = re.search(r'href="(/ledger/entries/\d+/)"', page)
    assert entry is not None
    assert "A licence was granted." in text(Client().get(entry[1]))


def printed(page: HttpResponse) -> str:
    """Return the Python that a page prints for checking a file without us."""
    found = re.search(r"python3 -c '\n([^']*)'</pre>", page.content.decode().replace("&#x27;", "'"))
    assert found is not None
    return found[1]


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # a program of ten lines
def test_the_commands_that_a_report_prints_tell_ours_from_a_strangers(
    delivered: Delivered, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words, dub = delivered.subtitles, renewed("audio/wav")
    stranger = pki.issue_claim_signer(pki.issue_root("A stranger's root", path_length=0))
    theirs, theirs_beside = signed_by(stranger, tmp_path)
    (tmp_path / "trust-anchors.pem").write_text(pki.trust_anchors_pem())
    (tmp_path / "identity-anchors.pem").write_text(pki.identity_anchor_pem())
    for name, file, beside, says in (
        ("film.mp4", delivered.film, None, "Trusted"),
        ("words.srt", words, delivered.sidecar, "Trusted"),
        ("dub.wav", dub.content, dub.sidecar, "Trusted"),  # a newer one than it carries
        ("file.txt", theirs.read_bytes(), theirs_beside.read_bytes(), "Valid"),
        ("poster.jpg", signed_by_stranger("image/jpeg", jpeg(drawn(1))), None, "Valid"),
        ("words.srt", words + b"x", delivered.sidecar, "Invalid"),
    ):
        code = printed(ask(file, name, beside)).replace("FILE", name)
        (tmp_path / name).write_bytes(file)
        (tmp_path / f"{name}.c2pa").write_bytes(beside or b"")
        capsys.readouterr()
        with contextlib.chdir(tmp_path):
            exec(code, {})  # noqa: S102 - the page tells people to
        assert capsys.readouterr().out == f"{says}\n", name


def test_passages_that_are_not_licensed_are_named() -> None:
    studio, lab = factories.studio(), factories.lab()
    file = factories.offered_words(studio)
    assert file.title is not None
    for element, at in (("music", "00:00:02.000"), ("stock", "00:00:05.000")):
        span = {"from": at, "to": "00:00:06.500"}
        said = {"element": element, "ai": "not_granted", "timecode": span, "modality": ["text"]}
        factories.fact(studio, file.title, "element", **said)
    deal = factories.deal(lab, [file])
    approved = approve_deal(actor=studio, code=deal.code, conditions_met=True)
    factories.paid(studio, approved)
    sequencer.advance()
    sign_pending()
    credential = Credential.objects.get()
    page = text(ask(content(credential), "words.srt", sidecar(credential)))
    music, footage = (
        "music at 00:00:02.000-00:00:06.500",
        "stock footage at 00:00:05.000-00:00:06.500",
    )
    assert f"The licence does not extend to parts of it: {music}; {footage}." in page
    assert "nobody has examined whether they are in the file" in page
    card = page[page.index('id="licence"') :]
    assert card.index("Not licensed") < card.index(music) < card.index(footage)
    assert "Authentic and licensed" in page


def test_the_report_can_be_kept_for_machines(delivered: Delivered) -> None:
    page = text(ask(delivered.film))
    found = re.search(r'href="data:application/json;base64,([^"]+)" download', page)
    assert found is not None
    report = json.loads(base64.b64decode(found[1].replace("&#x2B;", "+")))
    assert report["verdict"] == "authorised"
    assert report["inspection"]["grant"]["grant"] == delivered.grant.code


def test_a_revoked_licence_is_the_first_thing_one_reads(delivered: Delivered) -> None:
    revoke_grant(actor=delivered.studio, code=delivered.grant.code, reason="Breach of clause 4")
    response = ask(delivered.film)
    assert headline(response) == "This file is authentic, but its licence is not in force now."
    assert "The licence was revoked." in text(response)
    assert "Breach of clause 4" not in text(response)


def test_one_changed_byte_is_an_altered_file_of_which_nothing_is_believed(
    delivered: Delivered,
) -> None:
    changed = bytearray(delivered.film)
    changed[len(changed) // 2] ^= 1
    response = ask(bytes(changed))
    assert headline(response) == "This file was changed after it was signed."
    assert "does not say who stands behind this file" in text(response)
    assert "<dt>Licensee</dt>" not in text(response)


def test_a_sidecar_is_asked_for_and_then_believed(delivered: Delivered) -> None:
    response = ask(delivered.subtitles, "subtitles.srt")
    assert "delivered this very file with a credential beside it" in headline(response)
    assert 'name="sidecar"' in text(response)
    response = ask(delivered.subtitles, "subtitles.srt", delivered.sidecar)
    assert headline(response) == "This file is authentic, and its licence is in force."
    assert "beside the file" in text(response)
    # Who does what the page says gets the same answer.
    assert "edgecode verify FILE --sidecar FILE.c2pa --trust" in text(response)
    assert "curl -F file=@FILE -F sidecar=@FILE.c2pa " in text(response)
    assert "edgecode verify FILE --trust" in text(ask(delivered.film))


def test_a_sidecar_that_does_not_fit_is_no_fault_of_the_file(delivered: Delivered) -> None:
    response = ask(delivered.film, "film.mp4", delivered.sidecar)
    assert "does not belong to this file, or one of the two was changed" in headline(response)
    assert "Does not belong together" in text(response)
    response = ask(delivered.film, "film.mp4", b"no credential")
    assert headline(response) == "The .c2pa file could not be read."
    assert "Check it without the .c2pa file" in text(response)


def test_the_newest_credential_is_believed_beside_a_file_of_any_name() -> None:
    work = renewed("audio/wav")
    for name in ("dub", "dub.jpg"):
        assert "was changed" not in headline(ask(work.content, name, work.sidecar))


def test_what_is_given_twice_is_refused_beside_its_field() -> None:
    one, two = (SimpleUploadedFile(name, b"words") for name in ("a.txt", "b.txt"))
    response = Client().post("/verify/", {"file": [one, two]})
    assert response.status_code == 422
    assert "Send one file here, not several." in text(response)
    times = ["2026-01-01T00:00", "2020-01-01T00:00"]
    response = Client().post("/verify/", {"file": SimpleUploadedFile("a", b"a"), "at": times})
    assert response.status_code == 422
    assert "Give it once." in text(response)


def test_a_strangers_signature_is_worth_nothing_here(tmp_path: Path) -> None:
    root = pki.issue_root("Edgecode Development Root, NOT TRUSTED", path_length=0)
    file, sidecar = signed_by(pki.issue_claim_signer(root), tmp_path)
    response = ask(file.read_bytes(), "file.txt", sidecar.read_bytes())
    assert headline(response) == "This file is intact, but nobody we know vouches for its signer."
    assert "<dt>Licensee</dt>" not in text(response)


def test_our_signature_without_our_record_is_disputed(tmp_path: Path) -> None:
    target = tmp_path / "film.mp4"
    sign_embedded(DEFINITION, "video/mp4", factories.film_path(), target)
    response = ask(target.read_bytes())
    assert "does not agree with our records" in headline(response)
    assert "The licence, as the credential states it" in text(response)


def test_files_without_a_credential_get_an_honest_answer() -> None:
    response = ask(factories.film_path().read_bytes())
    assert "carries no credential" in headline(response)
    assert "That the file is not licensed" in text(response)
    assert "could not be read" in headline(ask(b"\0\0\0\x18ftypmp42" + b"x" * 3000))


def test_names_are_shown_and_not_run() -> None:
    page = text(ask(b"words", '"><script>alert(1)</script>.txt'))
    assert "<script>alert" not in page


@pytest.mark.parametrize("form", [{}, {"file": ""}, {"note": "x"}])
def test_no_file_is_an_error_beside_the_field(client: Client, form: dict[str, str]) -> None:
    response = client.post("/verify/", form)
    assert response.status_code == 422
    assert 'id="id_file_error"' in text(response)
    assert "No whole file arrived" in text(response)


def test_empty_files_are_errors_beside_their_fields() -> None:
    response = ask(b"")
    assert response.status_code == 422
    assert 'id="id_file_error"' in text(response)
    assert "The file is empty" in text(response)
    response = ask(b"words", "words.txt", b"")
    assert 'id="id_sidecar_error"' in text(response)


def test_a_file_that_is_too_large_is_refused(client: Client, settings: Settings) -> None:
    settings.ENV = settings.ENV.model_copy(update={"verify_max_bytes": 1000})
    response = ask(b"x" * 2000)
    assert response.status_code == 413
    assert 'id="id_file_error"' in text(response)
    body = io.BytesIO(b"x" * (2 * 2**20))  # refused by its length, before it is read
    response = client.generic("POST", "/verify/", body.read(), "multipart/form-data; boundary=X")
    assert response.status_code == 413


def test_members_may_check_what_strangers_may_not(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ENV = settings.ENV.model_copy(update={"verify_max_bytes": 1000})
    monkeypatch.setattr(verify, "STRANGERS_PER_MINUTE", 1)
    user = factories.studio().user
    assert user is not None
    client = Client()
    client.force_login(user)
    for _ in range(2):
        assert "no credential" in headline(ask(b"x" * 2000, "a.txt", client=client))


def test_a_stranger_who_asks_too_often_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify, "STRANGERS_PER_MINUTE", 2)
    answers = [ask(b"words", "a.txt") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[2].headers["Retry-After"]) <= 60
    assert "Too many tries" in text(answers[2])
    assert Client().get("/verify/").status_code == 200


def test_while_too_many_files_are_read_the_page_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "_WAIT_SECONDS", 0.01)
    with ExitStack() as others:
        for caller in ("", "", "organisation:7K3F2Q9D", "organisation:7K3F2Q9D"):
            others.enter_context(slots.slot(caller))
        for language, words in (("en", "Too many files"), ("ko", "확인하는 파일이 너무 많습니다")):
            client = Client(headers={"accept-language": language})
            answer = ask(b"words", "a.txt", client=client)
            assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (503, True)
            assert words in text(answer)
    assert ask(b"words", "a.txt").status_code == 200


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01"]
)
def test_a_time_that_no_clock_shows_is_refused_beside_its_field(at: str) -> None:
    file = SimpleUploadedFile("a.txt", b"words")
    answer = Client().post("/verify/", {"file": file, "at": at})
    assert answer.status_code == 422
    assert "year" in text(answer)


def test_the_commands_of_a_report_ask_about_its_time() -> None:
    file = SimpleUploadedFile("a.txt", b"words")
    page = text(Client().post("/verify/", {"file": file, "at": "2026-01-02T03:04"}))
    assert "--trust trust-bundle.pem --at 2026-01-02T03:04:00Z" in page
    assert "/api/v1/verify/?at=2026-01-02T03:04:00Z" in page
    assert "pip install './client[verify]'" in page


def test_a_refused_time_stays_and_the_file_has_to_be_chosen_again() -> None:
    for at, why in (
        ("2999-01-01T00:00", "Nobody knows yet what will hold then"),
        ("yesterday", "Enter a valid date/time"),
    ):
        files = {name: SimpleUploadedFile(f"{name}.bin", b"words") for name in ("file", "sidecar")}
        answer = Client().post("/verify/", {**files, "at": at})
        page = text(answer)
        assert answer.status_code == 422
        assert f'value="{at}"' in page
        field = page[page.index('id="id_at_error"') :]
        assert why in field[: field.index("</div>")]
        assert page.count("A page cannot keep the file: choose it again.") == 4  # above, beside
    alone = Client().post("/verify/", {"file": SimpleUploadedFile("a", b"a"), "at": "yesterday"})
    assert "choose it again" not in text(alone).partition('id="id_sidecar_error"')[2][:200]


def test_a_forged_form_is_refused_before_the_file_is_looked_at() -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/verify/", {"file": SimpleUploadedFile("a.txt", b"words")})
    assert response.status_code == 403
    assert drafts() == []


def test_a_report_is_kept_by_no_cache() -> None:
    assert "no-store" in ask(b"words", "a.txt").headers["Cache-Control"]


def test_the_report_speaks_korean(delivered: Delivered) -> None:
    response = ask(delivered.film, client=Client(headers={"accept-language": "ko"}))
    assert '<html lang="ko">' in text(response)
    assert "verdict-clear" in text(response)


def test_a_sidecar_that_grew_past_all_measure_is_refused(delivered: Delivered) -> None:
    appended = delivered.sidecar.ljust(32 * 2**20 + 1, b"x")
    response = ask(delivered.subtitles, "words.srt", appended)
    assert response.status_code == 413
    assert "The file is larger than the 32.0" in text(response)
