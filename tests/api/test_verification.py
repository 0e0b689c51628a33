"""Credentials, deliveries, and what anybody may ask."""

import hashlib
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from api.models import IdempotentCall
from api.throttling import FileThrottle
from catalog.models import Asset
from edgecode.verify.bundle import parse_bundle
from ledger.sequencer import advance
from licensing.models import Grant
from provenance import slots
from provenance.credentials.signing import sign_pending
from tests import factories
from tests.api.callers import Caller
from tests.hostile.corpus import index, table
from tests.provenance.emitted import emitted, renewed
from tests.provenance.film import bunny
from tests.provenance.media import fragments
from tests.provenance.strangers import signed_by_stranger

pytestmark = pytest.mark.usefixtures("var_dir")

FORM = "multipart/form-data; boundary=edge"


@pytest.fixture
def granted(studio: Caller, lab: Caller) -> Grant:
    """A grant of a film whose credential is signed."""
    grant = factories.grant(studio.actor, lab.actor, [factories.offered_film(studio.actor)])
    advance()
    assert sign_pending() == 1
    return grant


def test_a_signed_film_is_delivered_and_verified(
    studio: Caller, lab: Caller, outsider: Caller, anybody: Caller, granted: Grant
) -> None:
    listed = lab.get(f"grants/{granted.code}/credentials/").data["results"]
    assert [(one["form"], one["state"]) for one in listed] == [("embedded", "done")]
    held = lab.get(f"grants/{granted.code}/").data
    assert held["files"][0]["credential"]["state"] == "done"
    assert held["signing"] == {"due": 1, "signed": 1, "failed": 0}
    path = f"credentials/{listed[0]['code']}/deliveries/"
    assert Caller(secret=factories.api_key(factories.lab())).post(path).status == 404
    assert anybody.post(path).status == 401
    assert [one.post(path).status for one in (studio, outsider)] == [403, 403]
    link = lab.post(path, Idempotency_Key="d")
    assert link.status == 201
    assert link.data["sidecar_url"] is None
    assert lab.post(path, Idempotency_Key="d").data == link.data
    address = link.data["file_url"].removeprefix(settings.BASE_URL)
    film = b"".join(Client().get(address))  # type: ignore[call-overload]
    assert hashlib.sha256(film).hexdigest() == link.data["sha256"]
    assert len(film) == link.data["size_bytes"]

    # The key of a nightly job: what is only asked is answered anew each time, and nothing is kept.
    report = anybody.upload("verify/?filename=bunny.mp4", film, Idempotency_Key="nightly")
    assert (report.status, report.data["verdict"]) == (200, "authorised")
    assert report.data["filename"] == "bunny.mp4"
    assert report.data["grant_status"]["grant"] == granted.code
    flipped = film[:-9] + bytes([film[-9] ^ 1]) + film[-8:]
    assert anybody.upload("verify/", flipped).data["verdict"] != "authorised"

    assert studio.post(f"grants/{granted.code}/revoke/", {"reason": "Sold"}).status == 200
    report = anybody.upload("verify/?filename=bunny.mp4", film, Idempotency_Key="nightly")
    assert report.data["verdict"] == "ended"
    assert not IdempotentCall.objects.filter(key="nightly").exists()
    assert lab.post(path).status == 409


def test_what_was_added_to_a_strangers_film_is_not_intact(db: None, anybody: Caller) -> None:
    signed = signed_by_stranger("video/mp4", bunny().read_bytes())
    report = anybody.upload("verify/?filename=f.mp4", signed).data
    assert (report["verdict"], report["checks"][0]["outcome"]) == ("stranger", "ok")
    for more in (index(table(1_000)), (1008).to_bytes(4) + b"ftyp" + bytes(1000)):
        report = anybody.upload("verify/?filename=f.mp4", signed + more).data
        assert (report["verdict"], report["inspection"]["integrity"]) == ("altered", "altered")
        assert (report["checks"][0]["id"], report["checks"][0]["outcome"]) == (
            "integrity", "failed",
        )  # fmt: skip
        assert "added where the signature does not look" in report["checks"][0]["detail"]
    # C2PA's own box is left out as well: with it first, and its credential beside, it is no less.
    at, own = signed.index(b"uuid") - 4, signed.index(b"jumb") - 4
    end = at + int.from_bytes(signed[at : at + 4])
    moved = signed[at:end] + signed[:at] + signed[end:] + index(table(1_000))
    form = _form(("file", "f.mp4", moved), ("sidecar", "f.mp4.c2pa", signed[own:end]))
    assert anybody.send("POST", "verify/", form, FORM).data["verdict"] == "altered"
    of_fragments = signed_by_stranger("video/mp4", fragments())
    report = anybody.upload("verify/?filename=f.mp4", of_fragments).data
    assert report["verdict"] == "stranger"
    assert ("index", "warning") in {(each["id"], each["outcome"]) for each in report["checks"]}


def test_a_sidecar_is_sent_beside_its_file(db: None, lab: Caller, anybody: Caller) -> None:
    studio = factories.studio()
    text = Path(settings.FILE_UPLOAD_TEMP_DIR) / "bunny.srt"
    text.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    title = factories.title(studio)
    file: Asset = factories.asset(studio, title, text)
    factories.ownership(studio, title)
    factories.offer(studio, title)
    grant = factories.grant(studio, lab.actor, [file])
    advance()
    sign_pending()
    credential = lab.get(f"grants/{grant.code}/credentials/").data["results"][0]
    assert (credential["form"], credential["has_sidecar"]) == ("sidecar", True)
    link = lab.post(f"credentials/{credential['code']}/deliveries/").data
    content, sidecar = (
        b"".join(Client().get(link[name].removeprefix(settings.BASE_URL)))  # type: ignore[call-overload]
        for name in ("file_url", "sidecar_url")
    )
    assert anybody.upload("verify/", content).data["verdict"] == "sidecar_missing"
    form = _form(("file", "bunny.srt", content), ("sidecar", "bunny.srt.c2pa", sidecar))
    report = anybody.send("POST", "verify/", form, FORM)
    assert (report.data["verdict"], report.data["filename"]) == ("authorised", "bunny.srt")
    appended = sidecar.ljust(32 * 2**20 + 1, b"x")
    form = _form(("file", "bunny.srt", content), ("sidecar", "bunny.srt.c2pa", appended))
    refused = anybody.send("POST", "verify/", form, FORM)
    assert (refused.status, refused.fields) == (413, ["sidecar"])
    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).glob("intake-*")) == []


def test_a_form_tells_no_other_than_the_file_itself(db: None, anybody: Caller) -> None:
    drawing = emitted("image/svg+xml").content
    raw = anybody.send("POST", "verify/", drawing, "image/svg+xml").data
    form = anybody.send("POST", "verify/", _form(("file", "drawing", drawing)), FORM).data
    assert form["inspection"]["integrity"] == raw["inspection"]["integrity"] == "intact"
    assert form["verdict"] == raw["verdict"]
    work = renewed("audio/wav")
    assert work.sidecar is not None
    both = (("file", "dub", work.content), ("sidecar", "dub.c2pa", work.sidecar))
    report = anybody.send("POST", "verify/", _form(*both), FORM).data
    assert (report["inspection"]["integrity"], report["inspection"]["found_in"]) == (
        "intact", "sidecar",
    )  # fmt: skip


def test_of_two_files_in_one_place_none_is_taken(db: None, anybody: Caller) -> None:
    for name in ("file", "sidecar"):
        others = [("file", "a", b"a")] if name == "sidecar" else []
        form = _form(*others, (name, "b", b"b"), (name, "c", b"c"))
        refused = anybody.send("POST", "verify/", form, FORM)
        assert (refused.status, refused.fields) == (422, [name])
        assert refused.data["detail"] == f"{name}: Send one file here, not several."


def test_a_strangers_file_gets_an_honest_answer(anybody: Caller) -> None:
    film = factories.film_path().read_bytes()
    report = anybody.upload("verify/", film)
    assert (report.status, report.data["verdict"]) == (200, "unsigned")
    assert anybody.upload("verify/", b"no film at all").status == 200
    empty = anybody.upload("verify/", b"")
    assert (empty.status, empty.fields) == (422, ["file"])
    assert anybody.upload("verify/?file=x", film).fields == ["file"]


@pytest.mark.parametrize(
    "form",
    [
        b"",
        b"--edge--\r\n",
        b"--edge\r\nno headers",
        b'--edge\r\nContent-Disposition: form-data; name="file"\r\n\r\ntext\r\n--edge--\r\n',
    ],
)
def test_a_broken_form_is_refused(anybody: Caller, form: bytes) -> None:
    assert anybody.send("POST", "verify/", form, FORM).status in {400, 422}
    assert anybody.send("POST", "verify/", form, "multipart/form-data").status in {400, 422}
    assert list(Path(settings.FILE_UPLOAD_TEMP_DIR).glob("intake-*")) == []


def test_a_form_of_many_files_is_bounded_as_a_whole(anybody: Caller) -> None:
    """Each within the limit, they would fill the disk together."""
    announced = str(settings.ENV.verify_max_bytes + 2**20 + 1)
    answer = Client().generic(
        "POST", "/api/v1/verify/", b"--edge--\r\n", FORM, headers={"Content-Length": announced}
    )
    assert (answer.status_code, answer["Content-Type"]) == (413, "application/problem+json")


def test_who_is_known_may_have_larger_files_checked(
    db: None, lab: Caller, anybody: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = settings.ENV.model_copy(update={"verify_max_bytes": 1000})
    monkeypatch.setattr(settings, "ENV", small)
    content = b"x" * 2000
    form = _form(("file", "a.txt", content))
    for asker, status in ((anybody, 413), (lab, 200)):
        assert asker.upload("verify/", content).status == status
        assert asker.send("POST", "verify/", form, FORM).status == status
    assert lab.send("POST", "verify/", form, FORM, Authorization="Bearer eck_none").status == 401


def test_pages_of_other_sites_may_ask_what_anybody_may(anybody: Caller, granted: Grant) -> None:
    status = f"/api/v1/status/{granted.code}/"
    for path in (status, "/api/v1/status/7K3F2Q9D/", "/schemas/com.edgecode.grant-3.json"):
        assert Client().get(path)["Access-Control-Allow-Origin"] == "*"
    asked = Client().options(status, headers={"Access-Control-Request-Method": "GET"})
    assert (asked.status_code, asked["Access-Control-Allow-Origin"]) == (204, "*")
    # With a key nobody's page may ask, and what a key is for no page of another site reads.
    assert "authorization" not in asked["Access-Control-Allow-Headers"].lower()
    assert "Access-Control-Allow-Origin" not in Client().get("/api/v1/grants/")
    assert "Access-Control-Allow-Origin" not in Client().options("/api/v1/grants/")
    log = Client().options("/ledger/checkpoint")
    assert (log.status_code, log["Access-Control-Allow-Methods"]) == (204, "GET, HEAD")


def test_caches_keep_one_status_of_a_grant_for_all_readers(granted: Grant) -> None:
    visitor = Client(headers={"Accept-Language": "ko"})
    visitor.cookies["sessionid"] = "a" * 32
    answer = visitor.get(f"/api/v1/status/{granted.code}/")
    assert answer["Cache-Control"] == "public, max-age=60"
    assert "Vary" not in answer


def test_a_status_that_does_not_exist_is_not_there(anybody: Caller) -> None:
    assert anybody.get("status/7K3F2Q9D/").status == 404
    assert anybody.post("status/7K3F2Q9D/").status == 405


def test_anybody_gets_the_trust_anchors(anybody: Caller) -> None:
    anchors = anybody.get("trust-anchors.pem")
    assert anchors.content.count(b"BEGIN CERTIFICATE") == 2
    identities = anybody.get("identity-anchors.pem")
    assert identities.content.count(b"BEGIN CERTIFICATE") == 1
    assert identities.content not in anchors.content
    assert b"PRIVATE" not in anchors.content + identities.content


@pytest.mark.parametrize("said", ["com.edgecode.grant/3", "com.edgecode.consent/1"])
def test_whoever_reads_an_assertion_finds_its_schema(said: str) -> None:
    address = f"/schemas/{said.replace('/', '-')}.json"
    found = Client().get(address)
    assert found.json()["properties"]["schema"] == {"const": said}
    assert "immutable" in found["Cache-Control"]
    assert "Vary" not in found
    again = Client().get(address, headers={"If-None-Match": found["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_schema_that_does_not_exist_is_answered_with_those_that_do() -> None:
    for name in ("com.edgecode.grant-99", "manifests", ".."):
        missing = Client().get(f"/schemas/{name}.json")
        assert (missing.status_code, missing["Content-Type"]) == (404, "application/problem+json")
        assert "com.edgecode.grant-3" in missing.json()["detail"]


def test_anybody_gets_what_checks_our_files_offline(anybody: Caller, granted: Grant) -> None:
    advance()
    given = anybody.get("trust-bundle.pem")
    bundle = parse_bundle(given.content.decode())
    assert bundle.claims.strip() in anybody.get("trust-anchors.pem").content.decode()
    assert len({bundle.claims, bundle.times, bundle.identities}) == 3
    assert [log.key.name for log in bundle.logs.logs] == [settings.ENV.ledger_origin]
    assert b"PRIVATE" not in given.content


def test_a_code_tells_what_it_names_to_who_may_know(
    studio: Caller, lab: Caller, outsider: Caller, anybody: Caller, granted: Grant
) -> None:
    assert studio.actor.organisation is not None
    asset = granted.granted_assets.get().asset
    credential = lab.get(f"grants/{granted.code}/credentials/").data["results"][0]["code"]
    clearance = granted.granted_assets.get().clearance.code
    named = {
        studio.actor.organisation.code: ("organisation", False),
        asset.code: ("asset", True),
        asset.code[:8]: ("title", True),
        granted.code: ("grant", True),
        granted.deal.code: ("deal", True),
        credential: ("credential", False),
        clearance: ("clearance", False),
    }
    for code, (kind, has_address) in named.items():
        found = studio.get(f"codes/{code}/")
        assert (found.data["kind"], found.data["url"] is not None) == (kind, has_address)
        if has_address:
            assert studio.get(found.data["url"]).status == 200
        assert outsider.get(f"codes/{code}/").status == 404
    assert lab.get(f"codes/{granted.code}/").data["display"].startswith("EC ")
    assert lab.get(f"codes/{asset.code}/").status == 404
    assert anybody.get(f"codes/{granted.code}/").status == 401
    assert studio.get("codes/7K3F2Q9D/").status == 404


def _form(*files: tuple[str, str, bytes]) -> bytes:
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        f"Content-Type: application/octet-stream\r\n\r\n".encode()
        + content
        + b"\r\n"
        for name, filename, content in files
    ]
    return b"".join(parts) + b"--edge--\r\n"


def test_the_reading_is_given_as_crjson_where_asked_for(
    lab: Caller, anybody: Caller, granted: Grant
) -> None:
    listed = lab.get(f"grants/{granted.code}/credentials/").data["results"]
    link = lab.post(f"credentials/{listed[0]['code']}/deliveries/").data["file_url"]
    film = b"".join(Client().get(link.removeprefix(settings.BASE_URL)))  # type: ignore[call-overload]
    assert anybody.upload("verify/", film).data["crjson"] is None
    # Also of a file that was read before, and of one that never came here.
    for content in (film, film[:-9] + b"x" + film[-8:]):
        for _again in range(2):
            found = anybody.upload("verify/?crjson=true", content).data["crjson"]
            named = [manifest["label"] for manifest in found["manifests"]]
            assert listed[0]["manifest_id"] in named
    assert anybody.upload("verify/?crjson=true", b"plain").data["crjson"] is None
    assert anybody.upload("verify/?crjson=perhaps", b"plain").fields == ["crjson"]


def test_a_file_is_judged_by_what_held_at_a_time(
    studio: Caller, lab: Caller, anybody: Caller, granted: Grant
) -> None:
    listed = lab.get(f"grants/{granted.code}/credentials/").data["results"]
    link = lab.post(f"credentials/{listed[0]['code']}/deliveries/").data["file_url"]
    film = b"".join(Client().get(link.removeprefix(settings.BASE_URL)))  # type: ignore[call-overload]
    begun = timezone.now() - timedelta(days=10)
    revoked = begun + timedelta(days=5)
    dates = {"issued_at": begun, "starts_at": begun, "revoked_at": revoked}
    Grant.objects.filter(pk=granted.pk).update(**dates)
    for days, verdict, state in (
        (-1, "ended", "pending"),
        (1, "authorised", "active"),
        (5, "ended", "revoked"),
    ):
        at = (begun + timedelta(days=days)).isoformat().replace("+00:00", "Z")
        report = anybody.upload(f"verify/?at={at}", film).data
        assert (report["verdict"], report["grant_status"]["state"]) == (verdict, state)
        assert "at that time" in report["headline"]
    now = anybody.upload("verify/", film).data
    assert (now["verdict"], now["at"]) == ("ended", None)
    later = (timezone.now() + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    assert anybody.upload(f"verify/?at={later}", film).fields == ["at"]


def test_who_comes_while_too_many_files_are_read_is_told_when_to_come_again(
    db: None, anybody: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "_WAIT_SECONDS", 0.01)
    with ExitStack() as others:
        for caller in ("", "", "organisation:7K3F2Q9D", "organisation:7K3F2Q9D"):
            others.enter_context(slots.slot(caller))
        busy = anybody.upload("verify/", b"words")
        assert (busy.status, busy.headers["Content-Type"]) == (503, "application/problem+json")
        assert "Too many files" in busy.data["detail"]
        assert int(busy.headers["Retry-After"]) > 0
        assert anybody.get("status-lists/").status == 200
    # Nothing is kept of it, and no place is lost.
    for _ in range(5):
        assert anybody.upload("verify/", b"words").data["verdict"] == "unsigned"


def test_strangers_may_have_so_many_files_read(
    db: None, studio: Caller, anybody: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FileThrottle, "limit", lambda _self, request: 1)
    assert anybody.upload("verify/", b"words").status == 200
    waits = anybody.upload("verify/", b"words")
    assert (waits.status, waits.headers["Content-Type"]) == (429, "application/problem+json")
    assert int(waits.headers["Retry-After"]) > 0
    assert anybody.get("status-lists/").status == 200
    assert studio.upload("verify/", b"words").status == 200
