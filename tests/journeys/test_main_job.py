"""The way of a licence from registration to proof, and what must hold when things go wrong."""

import time
from datetime import timedelta
from io import BytesIO

import c2pa
import pytest
import requests
import time_machine
from django.utils import timezone

from demo.calls import Caller
from demo.media import make_voice
from demo.site import SiteError
from edgecode.log.verify import verify_log
from ledger import proofs
from provenance.credentials import signing
from tests.journeys.conftest import Place, film
from tests.journeys.scenes import (
    deal_of,
    deliveries,
    granted,
    offer,
    offered_film,
    paid,
    submitted,
)

pytestmark = pytest.mark.django_db(transaction=True)


def state_of(content: bytes, anchors: str, identities: str, manifest: bytes | None = None) -> str:
    """What the C2PA SDK says with nothing of ours but the published anchors."""
    of_licensors = {"trust_anchors": identities, "trust_kind": "cawg", "trust_uri": "urn:example"}
    trust = {"user_anchors": anchors, "anchors": [of_licensors]}
    context = c2pa.Context.from_dict({"trust": trust, "verify": {"remote_manifest_fetch": False}})
    kind = "application/octet-stream" if manifest else None
    with c2pa.Reader(kind, BytesIO(content), manifest_data=manifest, context=context) as reader:
        return str(reader.get_validation_state())


def test_a_film_is_licensed_delivered_and_proven(place: Place) -> None:
    studio, lab = place.join("studio", "Peach Pictures"), place.join("lab", "Lumen Lab")
    title, picture = offered_film(studio, "Peach Pictures", film())
    words = place.folder / "words.srt"
    words.write_text("1\n00:00:00,000 --> 00:00:02,000\nHello\n")
    subtitles = studio.upload(f"titles/{title}/assets/", words, source_type="digitalCreation")[
        "code"
    ]
    assert [found["of"]["code"] for found in lab.get("market/", q="bunny")["results"]] == [title]

    grant = granted(place, studio, lab, [picture, subtitles])

    anchors = lab.raw("trust-anchors.pem").decode(), lab.raw("identity-anchors.pem").decode()
    for delivery in deliveries(lab, grant):
        name = delivery["file_url"].rpartition("/")[2]
        lab.download(delivery["file_url"], place.folder / name)
        content, sidecar = (place.folder / name).read_bytes(), None
        if delivery["sidecar_url"]:
            lab.download(delivery["sidecar_url"], place.folder / f"{name}.c2pa")
            sidecar = place.folder / f"{name}.c2pa"
        manifest = sidecar.read_bytes() if sidecar else None
        assert state_of(content, *anchors, manifest) == "Trusted"
        changed = bytearray(content)
        changed[len(changed) // 2] ^= 1
        assert state_of(bytes(changed), *anchors, manifest) == "Invalid"
        report = lab.verify(place.folder / name, sidecar)
        assert report["verdict"] == "authorised"
        assert {check["id"]: check["outcome"] for check in report["checks"]}["log"] == "ok"

    key = proofs.vkey()
    assert key is not None
    assert verify_log(proofs.folder().path, key).ok


def test_two_labs_cannot_both_hold_an_exclusive_licence(place: Place) -> None:
    studio = place.join("studio", "Peach Pictures")
    first, second = place.join("lab", "Lumen Lab"), place.join("lab", "Quill")
    _title, film = offered_film(studio, "Peach Pictures")
    deals = [
        deal_of(studio, submitted(lab, [film], exclusivity="exclusive")) for lab in (first, second)
    ]
    won, lost = deals
    assert studio.post(f"deals/{won}/approve/")["pay_by"] is not None
    with pytest.raises(SiteError, match="409: No file of this deal is clear"):
        studio.post(f"deals/{lost}/approve/")  # nobody pays for what another was promised
    paid(studio, won)
    place.work()
    assert [studio.get(f"deals/{deal}/")["state"] for deal in deals] == ["granted", "open"]
    again = submitted(second, [film], exclusivity="exclusive")
    [file] = second.get(f"deals/{deal_of(studio, again)}/")["items"]
    assert [reason["code"] for reason in file["reasons"]] == ["EXCLUSIVE_CONFLICT"]


def test_a_consent_withdrawn_before_the_grant_stops_it(place: Place) -> None:
    agency, lab = place.join("talent", "Hanbit"), place.join("lab", "Lumen Lab")
    likeness, voice, consent = offered_voice(place, agency)
    deal = deal_of(agency, submitted(lab, [voice]))
    agency.post(f"deals/{deal}/approve/")
    paid(agency, deal)
    agency.post(f"consents/{consent}/withdraw/")

    place.work()
    assert agency.get(f"deals/{deal}/")["state"] == "held"

    give_consent(agency, likeness)
    agency.post(f"deals/{deal}/retry/")
    place.work()
    grant = agency.get(f"deals/{deal}/")["grant"]
    assert lab.get(f"grants/{grant}/")["state"] == "active"
    [delivery] = deliveries(lab, grant)
    lab.download(delivery["file_url"], place.folder / "voice.wav")
    report = lab.verify(place.folder / "voice.wav")
    assert report["verdict"] == "authorised"
    [signed] = report["inspection"]["consents"]
    assert signed["consent"] != consent
    assert "한소리" not in str(report), "the credential carries nothing about the person"


def test_after_revocation_nothing_is_delivered_and_everybody_can_see_it(place: Place) -> None:
    studio, lab = place.join("studio", "Peach Pictures"), place.join("lab", "Lumen Lab")
    _title, film = offered_film(studio, "Peach Pictures")
    grant = granted(place, studio, lab, [film])
    [delivery] = deliveries(lab, grant)
    lab.download(delivery["file_url"], place.folder / "film.mp4")

    studio.post(f"grants/{grant}/revoke/", reason="Wrong cut.")

    assert lab.status_of(delivery["file_url"]) == 403
    with pytest.raises(SiteError, match="409"):
        deliveries(lab, grant)
    stranger = requests.get(f"{place.url}/api/v1/status/{grant}/", timeout=10).json()
    assert stranger["state"] == "revoked"
    assert set(stranger) == {
        "grant",
        "state",
        "since",
        "superseded_by",
        "consent_ended",
        "is_without_consent",
        "consent_suspended",
        "at",
        "checked_at",
    }
    assert lab.verify(place.folder / "film.mp4")["verdict"] == "ended"


def test_an_expired_link_and_a_forged_one_give_nothing(place: Place) -> None:
    studio, lab = place.join("studio", "Peach Pictures"), place.join("lab", "Lumen Lab")
    _title, film = offered_film(studio, "Peach Pictures")
    [delivery] = deliveries(lab, granted(place, studio, lab, [film]))
    link: str = delivery["file_url"]
    assert lab.status_of(link) == 200
    middle = len(link) // 2
    forged = f"{link[:middle]}{'A' if link[middle] != 'A' else 'B'}{link[middle + 1 :]}"
    assert lab.status_of(forged) == 404
    with time_machine.travel(timezone.now() + timedelta(hours=2)):
        assert lab.status_of(link) == 403


@pytest.mark.long
@pytest.mark.parametrize("point", ["before storing", "before recording"])
def test_a_worker_killed_while_signing_is_followed_by_one_that_finishes(
    place: Place, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    studio, lab = place.join("studio", "Peach Pictures"), place.join("lab", "Lumen Lab")
    _title, film = offered_film(studio, "Peach Pictures")
    deal = deal_of(studio, submitted(lab, [film]))
    studio.post(f"deals/{deal}/approve/")
    paid(studio, deal)

    # The real clock: certificates know no other.
    monkeypatch.setattr(signing, "LEASE", timedelta(seconds=5))

    def killed(*_args: object) -> None:
        raise KeyboardInterrupt  # what no stage catches, as little as SIGKILL

    with monkeypatch.context() as patch:
        patch.setattr(signing, "_sign" if point == "before storing" else "_record", killed)
        with pytest.raises(KeyboardInterrupt):
            place.work()
    grant = studio.get(f"deals/{deal}/")["grant"]
    [credential] = lab.get(f"grants/{grant}/credentials/")["results"]
    assert credential["state"] == "due"

    signing.sign_pending()  # the dead worker's lease still runs: nobody else may sign
    assert lab.get(f"grants/{grant}/credentials/")["results"][0]["state"] == "due"
    time.sleep(signing.LEASE.total_seconds())
    place.work()
    assert lab.get(f"grants/{grant}/credentials/")["results"][0]["state"] == "done"
    assert len(deliveries(lab, grant)) == 1


def test_another_studio_sees_nothing_of_it(place: Place) -> None:
    studio, lab = place.join("studio", "Peach Pictures"), place.join("lab", "Lumen Lab")
    outsider, rival = place.join("studio", "Outsider"), place.join("lab", "Rival")
    title, film = offered_film(studio, "Peach Pictures")
    grant = granted(place, studio, lab, [film])
    deal = studio.get(f"grants/{grant}/")["deal"]
    credential = lab.get(f"grants/{grant}/credentials/")["results"][0]["code"]
    for stranger in (outsider, rival):
        for path in (f"titles/{title}/", f"deals/{deal}/", f"grants/{grant}/"):
            with pytest.raises(SiteError, match="404"):
                stranger.get(path)
    with pytest.raises(SiteError, match="404"):
        rival.post(f"credentials/{credential}/deliveries/")
    with pytest.raises(SiteError, match=r"40[34]"):
        outsider.post(f"grants/{grant}/revoke/", reason="Mine now.")
    assert lab.get(f"grants/{grant}/")["state"] == "active"


def offered_voice(place: Place, agency: Caller) -> tuple[str, str, str]:
    """Register a performer's voice with a consent and offer it: likeness, file, consent."""
    performer = agency.post("performers/", name="한소리")["code"]
    likeness = agency.post(
        "likenesses/", performer=performer, attributes=["voice"], description="Studio voice"
    )["code"]
    voice = agency.upload(
        f"likenesses/{likeness}/assets/",
        make_voice(place.folder),
        source_type="algorithmicMedia",
    )["code"]
    consent = give_consent(agency, likeness)
    offer(agency, likeness)
    return likeness, voice, consent


def give_consent(agency: Caller, likeness: str) -> str:
    code: str = agency.post(
        f"likenesses/{likeness}/consents/",
        uses=["train.finetune"],
        attributes=["voice"],
        description="Fine-tuning a dubbing model with the recording of my English voice",
        starts_at="2026-01-01T00:00:00Z",
        ends_at="2036-01-01T00:00:00Z",
    )["code"]
    return code
