"""What was seen in the wild: reported by anybody, answered, and decided by the licensor."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from ledger.models import Event, Opening
from ledger.sequencer import advance
from licensing.models import Grant
from provenance.credentials import sign_pending
from provenance.models import Credential
from provenance.registrations import register_pending
from provenance.sighting_models import Sighting
from tests import factories
from tests.api.callers import Answer, Caller
from tests.provenance.delivered import content
from tests.provenance.pictures import drawn, jpeg

pytestmark = pytest.mark.usefixtures("var_dir")


@pytest.fixture
def granted(studio: Caller, lab: Caller, tmp_path: Path) -> Grant:
    """A grant of a picture, signed and registered."""
    path = tmp_path / "still.jpg"
    path.write_bytes(jpeg(drawn(1)))
    film = factories.title(studio.actor)
    asset = factories.asset(studio.actor, film, path)
    factories.ownership(studio.actor, film)
    factories.offer(studio.actor, film)
    grant = factories.grant(studio.actor, lab.actor, [asset])
    advance()
    assert (sign_pending(), register_pending()) == (1, 1)
    return grant


@pytest.fixture
def credential(granted: Grant) -> Credential:
    return Credential.objects.get(granted_asset__grant=granted)


@pytest.fixture
def platform(db: None) -> Caller:
    return Caller(secret=factories.api_key(factories.auditor("Clip Platform")))


def query(**changes: Any) -> str:
    from urllib.parse import urlencode

    given = {"platform": "Clips", "seen_at": timezone.now().isoformat(), **changes}
    return f"sightings/file/?{urlencode(given)}"


def report(caller: Caller, file: bytes, **changes: Any) -> Answer:
    answer = caller.upload(query(**changes), file)
    assert answer.status == 201, answer.data
    return answer


def said(answer: Answer) -> tuple[str, str, str]:
    return answer.data["matched"], answer.data["answer"], answer.data["term"]


class TestAnswers:
    def test_a_delivered_file_is_authorised_while_its_licence_is_in_force(
        self, anybody: Caller, studio: Caller, lab: Caller, credential: Credential, granted: Grant
    ) -> None:
        file = content(credential)
        first = report(anybody, file, use=granted.uses[0], territory="KR")
        assert said(first) == ("file", "authorised", "")
        assert said(report(anybody, file, use="distribute.vod")) == ("file", "outside_scope", "use")
        early = (granted.starts_at - timedelta(days=1)).isoformat()
        assert said(report(anybody, file, seen_at=early)) == ("file", "outside_scope", "term")
        assert studio.post(f"grants/{granted.code}/revoke/", {"reason": "Sold"}).status == 200
        assert said(report(anybody, file)) == ("file", "outside_scope", "revocation")
        for side in (studio, lab):
            listed = side.get("sightings/").data["results"]
            assert [one["term"] for one in listed] == ["revocation", "term", "use", ""]
            assert listed[0]["grant"] == granted.code

    def test_a_territory_that_is_not_licensed_is_outside(
        self, anybody: Caller, credential: Credential, granted: Grant
    ) -> None:
        Grant.objects.filter(pk=granted.pk).update(territory=["US"])
        file = content(credential)
        assert said(report(anybody, file, territory="KR")) == ("file", "outside_scope", "territory")
        assert said(report(anybody, file, territory="US")) == ("file", "authorised", "")

    def test_what_a_platform_made_of_it_is_known_to_its_licensor_alone(
        self, anybody: Caller, platform: Caller, studio: Caller, lab: Caller, credential: Credential
    ) -> None:
        for file in (jpeg(drawn(1), 60), jpeg(drawn(1))):
            for caller in (anybody, platform):
                answer = report(caller, file)
                assert said(answer) == ("", "", "")
                assert answer.data["headline"].startswith("Noted")
        listed = studio.get("sightings/").data["results"]
        assert [one["matched"] for one in listed] == ["original"] * 2 + ["content"] * 2
        assert {one["licensee"] for one in listed} == {None}, "nobody knows whose copy it was"
        assert lab.get("sightings/").data["results"] == []

    def test_a_file_that_nobody_knows_is_noted_in_the_same_words(
        self, anybody: Caller, credential: Credential
    ) -> None:
        known, unknown = report(anybody, jpeg(drawn(1), 60)), report(anybody, jpeg(drawn(2)))
        assert {**known.data, "code": ""} == {**unknown.data, "code": ""}
        assert Sighting.objects.order_by("-pk")[0].answer == "unknown"

    def test_a_manifest_can_be_named_but_that_tells_nothing(
        self, anybody: Caller, studio: Caller, lab: Caller, credential: Credential
    ) -> None:
        body = {
            "manifest_id": credential.manifest_id,
            "platform": "Clips",
            "link": "https://clips.example/v/1",
            "seen_at": timezone.now().isoformat(),
        }
        answer = anybody.post("sightings/", body)
        assert (answer.status, said(answer)) == (201, ("", "", ""))
        for side in (studio, lab):
            found = side.get(f"sightings/{answer.data['code']}/").data
            assert (found["matched"], found["answer"]) == ("named", "authorised")
            assert found["link"] == "https://clips.example/v/1"
        assert said(lab.post("sightings/", body)) == ("named", "authorised", "")

    def test_a_file_that_was_never_licensed_is_outside_any(
        self, anybody: Caller, studio: Caller
    ) -> None:
        asset = factories.words(studio.actor, factories.title(studio.actor))
        text = b"1\n00:00:00,000 --> 00:00:02,000\nHello\n"
        report(anybody, text)
        found = studio.get("sightings/").data["results"][0]
        assert (found["asset"], found["answer"], found["term"]) == (
            asset.code, "outside_scope", "licence",
        )  # fmt: skip


class TestLog:
    def test_the_log_says_what_was_found_and_nothing_of_where(
        self, anybody: Caller, credential: Credential, granted: Grant
    ) -> None:
        report(anybody, content(credential), link="https://clips.example/secret", platform="Clips")
        event = Event.objects.filter(kind="sighting.reported").get()
        leaf = json.loads(bytes(event.leaf) if not isinstance(event.leaf, str) else event.leaf)
        assert leaf["data"]["outcome"] == "authorised"
        assert leaf["refs"]["grant"].startswith(f"grant:{granted.code}@")
        assert leaf["actor"] == "system:worker"
        assert "clips" not in json.dumps(leaf).lower()
        opened = json.loads(Opening.objects.get(event=event).value)
        assert opened["link"] == "https://clips.example/secret"


class TestDecisions:
    @pytest.fixture
    def code(self, anybody: Caller, credential: Credential) -> str:
        return str(report(anybody, content(credential)).data["code"])

    def test_the_licensor_marks_an_incident_and_may_dismiss_it_later(
        self, studio: Caller, code: str
    ) -> None:
        flagged = studio.post(f"sightings/{code}/flag/", {"reason": "Nobody may publish it."})
        assert (flagged.status, flagged.data["state"]) == (200, "incident")
        assert studio.post(f"sightings/{code}/flag/", {"reason": "Again"}).status == 409
        dismissed = studio.post(f"sightings/{code}/dismiss/", {"reason": "Our own trailer."})
        assert (dismissed.data["state"], dismissed.data["reason"]) == (
            "dismissed", "Our own trailer.",
        )  # fmt: skip
        assert studio.post(f"sightings/{code}/flag/", {"reason": "No"}).status == 409
        kinds = Event.objects.filter(stream=f"sighting:{code}").order_by("version")
        assert [event.kind for event in kinds] == [
            "sighting.reported", "sighting.flagged", "sighting.dismissed",
        ]  # fmt: skip

    def test_nobody_else_decides(
        self, lab: Caller, outsider: Caller, anybody: Caller, studio: Caller, code: str
    ) -> None:
        for act in ("flag", "dismiss"):
            path = f"sightings/{code}/{act}/"
            assert lab.post(path, {"reason": "x"}).status == 403
            assert outsider.post(path, {"reason": "x"}).status == 404
            assert anybody.post(path, {"reason": "x"}).status == 401
            assert studio.post(path, {"reason": " "}).status == 422
        assert Sighting.objects.get(code=code).state == "open"

    def test_outsiders_see_none_of_it(self, outsider: Caller, anybody: Caller, code: str) -> None:
        assert outsider.get("sightings/").data["results"] == []
        assert outsider.get(f"sightings/{code}/").status == 404
        assert anybody.get("sightings/").status == 401
        assert anybody.get(f"sightings/{code}/").status == 401

    def test_a_list_is_narrowed_by_state_answer_and_grant(
        self, studio: Caller, granted: Grant, code: str
    ) -> None:
        for wanted, count in (("state=open", 1), ("state=incident", 0), ("answer=unknown", 0),
                              (f"grant={granted.code}", 1), ("grant=7K3F2Q9P", 0)):  # fmt: skip
            assert len(studio.get(f"sightings/?{wanted}").data["results"]) == count
        assert studio.get("sightings/?state=x").status == 422


class TestHostile:
    @pytest.mark.parametrize(
        ("changes", "field"),
        [
            ({"platform": ""}, "platform"),
            ({"platform": "a\0b"}, "platform"),
            ({"platform": "x" * 101}, "platform"),
            ({"link": "y" * 1001}, "link"),
            ({"link": "a\nb"}, "link"),
            ({"seen_at": "yesterday"}, "seen_at"),
            ({"seen_at": "2026-01-01T00:00:00"}, "seen_at"),
            ({"seen_at": datetime(9999, 1, 1, tzinfo=UTC).isoformat()}, "seen_at"),
            ({"seen_at": "0001-01-01T00:00:00+00:00"}, "seen_at"),
            ({"use": "';--"}, "use"),
            ({"territory": "ZZ"}, "territory"),
            ({"territory": "WORLD"}, "territory"),
            ({"surprise": "1"}, "surprise"),
        ],
    )
    def test_a_report_that_makes_no_sense_names_the_field(
        self, anybody: Caller, changes: dict[str, str], field: str
    ) -> None:
        answer = anybody.upload(query(**changes), b"words")
        assert (answer.status, answer.fields) == (422, [field])
        assert not Sighting.objects.exists()

    def test_a_report_of_nothing_is_refused(self, anybody: Caller) -> None:
        body = {"platform": "Clips", "seen_at": timezone.now().isoformat()}
        assert anybody.post("sightings/", body).fields == ["manifest_id"]
        assert anybody.post("sightings/", {**body, "manifest_id": ""}).status == 422
        assert anybody.post("sightings/", {**body, "manifest_id": "a\u0000"}).status == 422
        assert anybody.upload(query(), b"").status == 422

    def test_links_are_text_wherever_they_are_shown(
        self, anybody: Caller, studio: Caller, credential: Credential
    ) -> None:
        link = "javascript:alert('<script>')"
        code = report(anybody, content(credential), link=link).data["code"]
        assert studio.get(f"sightings/{code}/").data["link"] == link

    def test_the_same_report_sent_twice_is_one(self, anybody: Caller) -> None:
        path = query()
        first = anybody.upload(path, b"a file", Idempotency_Key="r")
        assert anybody.upload(path, b"a file", Idempotency_Key="r").data == first.data
        assert Sighting.objects.count() == 1

    def test_who_reports_too_often_has_to_wait(self, anybody: Caller, platform: Caller) -> None:
        body = {"manifest_id": "urn:c2pa:x", "platform": "Clips",
                "seen_at": timezone.now().isoformat()}  # fmt: skip
        for _ in range(20):
            assert anybody.post("sightings/", body).status == 201
        late = anybody.post("sightings/", body)
        assert (late.status, "Retry-After" in late.headers) == (429, True)
        assert platform.post("sightings/", body).status == 201
