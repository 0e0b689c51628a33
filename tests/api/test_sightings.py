"""What was seen in the wild: reported by anybody, answered, and decided by the licensor."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings  # type: ignore[attr-defined]

from catalog.models import Asset, Clip
from ledger.models import Event, Opening
from ledger.sequencer import advance
from licensing.deals.transitions import approve_deal
from licensing.models import Grant, GrantedAsset
from provenance.credentials.signing import sign_pending
from provenance.models import Credential, Sighting
from provenance.repository.registrations import register_pending
from provenance.sightings.scope import Seen, judge_copy
from tests import factories
from tests.api.callers import Answer, Caller
from tests.api.licensed import Known, Licensed, known, offered_picture
from tests.api.licensed import licensed_picture as sold_picture
from tests.licensing.test_duties import honest
from tests.provenance.delivered import content
from tests.provenance.pictures import drawn, jpeg
from tests.provenance.struck import granted as likeness_granted
from tests.provenance.test_outputs import prolonged
from tests.worlds import kept

pytestmark = pytest.mark.usefixtures("var_dir")


TRAINED = {"use": "train.pretrain", "model_kind": "foundation"}


licensed_picture = kept(sold_picture)


@pytest.fixture
def studio(db: None, licensed_picture: Licensed) -> Caller:
    return licensed_picture.studio.caller()


@pytest.fixture
def lab(db: None, licensed_picture: Licensed) -> Caller:
    return licensed_picture.lab.caller()


@pytest.fixture
def outsider(db: None, licensed_picture: Licensed) -> Caller:
    return licensed_picture.outsider.caller()


@pytest.fixture
def granted(db: None, licensed_picture: Licensed) -> Grant:
    """A grant of the picture, signed and registered."""
    return licensed_picture.grant


@pytest.fixture
def credential(granted: Grant) -> Credential:
    return Credential.objects.get(granted_asset__grant=granted)


@pytest.fixture
def platform(db: None, licensed_picture: Licensed) -> Caller:
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
        first = report(anybody, file, **TRAINED, territory="KR")
        assert said(first) == ("file", "authorised", "")
        assert said(report(anybody, file, use="distribute.vod")) == ("file", "outside_scope", "use")
        early = (granted.starts_at - timedelta(days=1)).isoformat()
        assert said(report(anybody, file, seen_at=early)) == ("file", "outside_scope", "term")
        unissued = (granted.issued_at - timedelta(hours=1)).isoformat()
        assert granted.starts_at.isoformat() < unissued
        assert said(report(anybody, file, seen_at=unissued)) == ("file", "outside_scope", "term")
        assert studio.post(f"grants/{granted.code}/revoke/", {"reason": "Sold"}).status == 200
        assert said(report(anybody, file)) == ("file", "outside_scope", "revocation")
        for side in (studio, lab):
            listed = side.get("sightings/").data["results"]
            assert [one["term"] for one in listed] == ["revocation", "term", "term", "use", ""]
            assert listed[0]["grant"] == granted.code

    def test_a_licence_that_was_amended_goes_on_for_the_copy(
        self, anybody: Caller, studio: Caller, lab: Caller, credential: Credential, granted: Grant
    ) -> None:
        """It stays with its lab, though new copies are delivered under the newer one."""
        file, told = content(credential), TRAINED | {"territory": "KR"}
        before = timezone.now().isoformat()
        newer = prolonged(studio.actor, lab.actor, granted)
        for seen_at, grant in ((timezone.now().isoformat(), newer), (before, granted)):
            heard = report(anybody, file, **told, seen_at=seen_at)
            assert said(heard) == ("file", "authorised", "")
            assert studio.get("sightings/").data["results"][0]["grant"] == grant.code
        assert not honest()
        assert studio.post(f"grants/{newer.code}/revoke/", {"reason": "Sold"}).status == 200
        assert said(report(anybody, file, **told)) == ("file", "outside_scope", "revocation")
        # Of a file that is left out nothing goes on.
        other = GrantedAsset.objects.filter(grant=newer)
        other.update(asset=factories.offered_words(studio.actor))
        assert said(report(anybody, file, **told)) == ("file", "outside_scope", "revocation")
        assert studio.get("sightings/").data["results"][0]["grant"] == granted.code

    def test_a_copy_outside_its_licence_is_unclear_where_its_lab_has_another(
        self, anybody: Caller, studio: Caller, lab: Caller, credential: Credential, granted: Grant
    ) -> None:
        """Which may cover it; whether it does, no stranger finds out by trying."""
        file, told = content(credential), TRAINED | {"territory": "KR"}
        asset = credential.granted_asset.asset
        factories.grant(studio.actor, factories.lab("Second Lab"), [asset])
        assert studio.post(f"grants/{granted.code}/revoke/", {"reason": "Sold"}).status == 200
        assert said(report(anybody, file, **told)) == ("file", "outside_scope", "revocation")
        again = factories.grant(studio.actor, lab.actor, [asset])
        # A studio may have registered the same bytes twice.
        twin = factories.offered_words(studio.actor)
        Asset.objects.filter(pk=twin.pk).update(sha256=asset.sha256)
        for country, licensed in (("KR", asset), ("KP", asset), ("KR", twin)):
            again.granted_assets.update(asset=licensed)
            heard = report(anybody, file, **TRAINED, territory=country)
            assert said(heard) == ("file", "unclear", "licence")
            assert "was given another one" in str(Sighting.objects.latest("pk").why)
        assert studio.get("sightings/").data["results"][0]["grant"] == granted.code
        assert not honest()
        seen = Seen("Clips", "", timezone.now(), "train.pretrain", "KR", "foundation")
        again.granted_assets.update(ranges=[[0, 2000]])
        clips = [Clip(from_ms=start, to_ms=start + 1500) for start in (0, 1000)]
        answers = [judge_copy(credential.granted_asset, clip, seen) for clip in (*clips, None)]
        assert [each.term for each in answers] == ["licence", "revocation", "revocation"]

    def test_a_territory_that_is_not_licensed_is_outside(
        self, anybody: Caller, credential: Credential, granted: Grant
    ) -> None:
        Grant.objects.filter(pk=granted.pk).update(territory=["US"])
        file = content(credential)
        told = TRAINED | {"territory": "KR"}
        assert said(report(anybody, file, **told)) == ("file", "outside_scope", "territory")
        told["territory"] = "US"
        assert said(report(anybody, file, **told)) == ("file", "authorised", "")
        told["territory"] = ""
        assert said(report(anybody, file, **TRAINED)) == ("file", "unclear", "territory")

    def test_what_is_not_told_makes_nothing_authorised(
        self, anybody: Caller, studio: Caller, credential: Credential
    ) -> None:
        file = content(credential)
        answer = report(anybody, file)
        assert said(answer) == ("file", "unclear", "use"), "it was licensed for training only"
        assert "cannot be told" in answer.data["headline"]
        use = {"use": "train.pretrain"}
        assert said(report(anybody, file, **use)) == ("file", "unclear", "model")
        other = use | {"model_kind": "open_weights"}
        assert said(report(anybody, file, **other)) == ("file", "outside_scope", "model")
        assert said(report(anybody, file, **TRAINED)) == ("file", "authorised", "")
        listed = studio.get("sightings/?answer=unclear").data["results"]
        assert [one["term"] for one in listed] == ["model", "use"]

    def test_a_part_was_licensed_and_all_of_it_seen(
        self, anybody: Caller, studio: Caller, granted: Grant
    ) -> None:
        granted.granted_assets.update(ranges=[[0, 1000]])
        report(anybody, jpeg(drawn(1)), **TRAINED)
        found = studio.get("sightings/").data["results"][0]
        assert (found["answer"], found["term"]) == ("outside_scope", "extent")

    def test_where_the_licence_leaves_out_passages_no_copy_is_authorised_unseen(
        self, anybody: Caller, studio: Caller, lab: Caller
    ) -> None:
        picture = offered_picture(studio.actor, seed=3)
        assert picture.title is not None
        span = {"from": "00:00:02", "to": "00:00:03.500"}
        cut = {"element": "stock", "ai": "not_granted", "timecode": span, "modality": ["image"]}
        factories.fact(studio.actor, picture.title, "element", **cut)
        deal = factories.deal(lab.actor, [picture])
        approved = approve_deal(actor=studio.actor, code=deal.code, conditions_met=True)
        granted = factories.paid(studio.actor, approved)
        advance()
        sign_pending()
        file = content(Credential.objects.get(granted_asset__grant=granted))
        assert said(report(anybody, file, **TRAINED)) == ("file", "unclear", "extent")
        report(anybody, jpeg(drawn(3)), **TRAINED)
        found = studio.get("sightings/").data["results"]
        assert [each["term"] for each in found] == ["extent", "extent"]
        seen = Seen("Clips", "", timezone.now(), "train.pretrain", "", "foundation")
        for start, term in ((0, "extent"), (3_499, "extent"), (3_500, ""), (9_000, "")):
            clip = Clip(from_ms=start, to_ms=start + 2_500)
            assert judge_copy(granted.granted_assets.get(), clip, seen).term == term

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
            **TRAINED,
        }
        answer = anybody.post("sightings/", body)
        assert (answer.status, said(answer)) == (201, ("", "", ""))
        for side in (studio, lab):
            found = side.get(f"sightings/{answer.data['code']}/").data
            assert (found["matched"], found["answer"]) == ("named", "authorised")
            assert found["link"] == "https://clips.example/v/1"
        assert said(lab.post("sightings/", body)) == ("named", "authorised", "")

    def test_the_name_that_the_repository_gives_a_stranger_can_be_reported(
        self, anybody: Caller, studio: Caller, lab: Caller, granted: Grant
    ) -> None:
        found = Client().post(
            "/api/soft-binding/matches/byContent", jpeg(drawn(1), 60), content_type="image/jpeg"
        )
        body = {
            "manifest_id": found.json()["matches"][0]["manifestId"],
            "platform": "Clips",
            "seen_at": timezone.now().isoformat(),
            **TRAINED,
        }
        answer = anybody.post("sightings/", body)
        assert (answer.status, said(answer)) == (201, ("", "", ""))
        listed = studio.get("sightings/").data["results"]
        assert [(one["code"], one["matched"], one["answer"]) for one in listed] == [
            (answer.data["code"], "named", "authorised")
        ]
        assert listed[0]["grant"] == granted.code
        assert lab.get("sightings/").data["results"] == [], "nobody knows whose copy it was"

    def test_a_file_that_was_never_licensed_is_outside_any(
        self, anybody: Caller, studio: Caller
    ) -> None:
        asset = factories.words(studio.actor, factories.title(studio.actor), "Hello")
        text = b"1\n00:00:00,000 --> 00:00:02,000\nHello\n"
        report(anybody, text)
        found = studio.get("sightings/").data["results"][0]
        assert (found["asset"], found["answer"], found["term"]) == (
            asset.code, "outside_scope", "licence",
        )  # fmt: skip


class TestConsents:
    def test_what_was_seen_after_the_last_consent_had_ended_is_outside(
        self, anybody: Caller
    ) -> None:
        made = likeness_granted(film=False)
        told = {"manifest_id": made.credential.manifest_id, "use": "generate.likeness",
                "model_kind": "foundation", "platform": "Clips"}  # fmt: skip

        def answer() -> tuple[str, str]:
            now = timezone.now().isoformat()
            assert anybody.post("sightings/", told | {"seen_at": now}).status == 201
            found = Sighting.objects.order_by("-pk")[0]
            return found.answer, found.term

        assert answer() == ("authorised", "")
        made.withdraw(0)
        assert answer() == ("authorised", ""), "the other one stands"
        made.withdraw(1)
        assert answer() == ("outside_scope", "consent")


@dataclass(frozen=True)
class Claimed:
    first: Licensed
    sybil: Known


@kept
def claimed_twice() -> Claimed:
    first, actor = sold_picture(), factories.studio("Sybil")
    asset = offered_picture(actor)
    for _ in range(2):
        factories.grant(actor, factories.lab(), [asset])
    advance()
    while sign_pending():
        pass
    assert register_pending() == 1
    return Claimed(first, known(actor))


class TestClaims:
    """Somebody else registers the same bytes, and licenses them to a lab of its own."""

    @pytest.fixture
    def licensed_picture(self, db: None, claimed_twice: Claimed) -> Licensed:
        return claimed_twice.first

    @pytest.fixture
    def sybil(self, db: None, claimed_twice: Claimed) -> Caller:
        return claimed_twice.sybil.caller()

    def test_each_learns_of_it_by_its_own_licences_and_neither_makes_it_authorised(
        self, anybody: Caller, studio: Caller, sybil: Caller, granted: Grant
    ) -> None:
        for file in (jpeg(drawn(1)), jpeg(drawn(1), 60)):
            assert said(report(anybody, file, **TRAINED)) == ("", "", "")
        for side in (studio, sybil):
            listed = side.get("sightings/").data["results"]
            assert [one["matched"] for one in listed] == ["content", "original"]
            for one in listed:
                assert (one["answer"], one["term"]) == ("unclear", "claims")
                assert one["is_contested"]
                assert one["licensor"]["code"] == side.actor.organisation.code
        assert {one["grant"] for one in studio.get("sightings/").data["results"]} == {granted.code}
        theirs = json.dumps(sybil.get("sightings/").data)
        assert granted.code not in theirs
        assert granted.licensor.name not in theirs
        assert not Event.objects.filter(kind="sighting.reported").exists()

    def test_a_copy_that_another_had_delivered_reaches_the_studio(
        self, anybody: Caller, studio: Caller, sybil: Caller
    ) -> None:
        theirs = Credential.objects.filter(granted_asset__grant__licensor=sybil.actor.organisation)
        answer = report(anybody, content(theirs[0]), **TRAINED)
        assert said(answer) == ("file", "unclear", "claims")
        assert sybil.get(f"sightings/{answer.data['code']}/").status == 200
        assert studio.get(f"sightings/{answer.data['code']}/").status == 404
        found = studio.get("sightings/").data["results"][0]
        assert (found["matched"], found["is_contested"]) == ("content", True)
        assert found["licensee"] is None

    def test_who_reports_its_own_file_hears_of_its_own_sighting(
        self, studio: Caller, sybil: Caller
    ) -> None:
        for side in (sybil, studio):
            answer = report(side, jpeg(drawn(1)))
            assert side.get(f"sightings/{answer.data['code']}/").status == 200
            assert answer.data["term"] == "use"

    def test_a_studio_that_licensed_nothing_learns_of_it_too(
        self, anybody: Caller, granted: Grant
    ) -> None:
        actor = factories.studio("First")
        asset = offered_picture(actor)
        report(anybody, jpeg(drawn(1), 60), **TRAINED)
        found = Sighting.objects.get(licensor=actor.organisation)
        assert (found.asset, found.answer, found.term) == (asset, "outside_scope", "licence")


class TestLog:
    def test_the_log_says_what_was_found_and_nothing_of_where(
        self, anybody: Caller, credential: Credential, granted: Grant
    ) -> None:
        where = {"link": "https://clips.example/secret", "platform": "Clips"}
        report(anybody, content(credential), **where, **TRAINED)
        event = Event.objects.filter(kind="sighting.reported").get()
        leaf = json.loads(bytes(event.leaf) if not isinstance(event.leaf, str) else event.leaf)
        assert leaf["data"]["outcome"] == "authorised"
        assert leaf["refs"]["grant"].startswith(f"grant:{granted.code}@")
        assert leaf["actor"] == "system:worker"
        assert "clips" not in json.dumps(leaf).lower()
        opened = json.loads(Opening.objects.get(event=event).value)
        assert opened["link"] == "https://clips.example/secret"

    def test_whoever_shows_no_copy_cannot_read_there_what_a_licence_says(
        self, anybody: Caller, lab: Caller, credential: Credential, granted: Grant
    ) -> None:
        """The terms of any licence could be tried, one after the other."""
        named = {"manifest_id": credential.manifest_id, "platform": "Clips", **TRAINED}
        named["seen_at"] = timezone.now().isoformat()
        answers = (
            report(anybody, jpeg(drawn(1)), **TRAINED),
            report(anybody, jpeg(drawn(1), 60), **TRAINED),
            report(anybody, b"of nobody", **TRAINED),
            anybody.post("sightings/", named),
            lab.post("sightings/", named),
        )
        for answer in answers:
            event = Event.objects.get(stream=f"sighting:{answer.data['code']}")
            leaf = json.loads(bytes(event.leaf) if not isinstance(event.leaf, str) else event.leaf)
            assert (event.kind, leaf["actor"]) == ("sighting.noted", "system:worker")
            assert not {"data", "refs"} & leaf.keys() or not (leaf["data"] or leaf["refs"])
            opened = Opening.objects.get(event=event, name="report")
            assert json.loads(opened.value)["outcome"] in {
                "authorised", "outside_scope", "unclear", "unknown",
            }  # fmt: skip


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

    def test_a_key_that_may_not_read_hears_what_a_stranger_hears(
        self, studio: Caller, credential: Credential, code: str
    ) -> None:
        body = {
            "manifest_id": credential.manifest_id,
            "platform": "Clips",
            "seen_at": timezone.now().isoformat(),
            **TRAINED,
        }
        assert said(studio.post("sightings/", body)) == ("named", "authorised", "")
        for scope in ("delivery", "finance", "catalog"):
            narrow = Caller(secret=factories.api_key(studio.actor, [scope]))
            assert narrow.get("sightings/").status == 403
            assert narrow.get(f"sightings/{code}/").status == 403
            assert said(narrow.post("sightings/", body)) == ("", "", "")

    def test_a_list_is_narrowed_by_state_answer_and_grant(
        self, studio: Caller, granted: Grant, code: str
    ) -> None:
        for wanted, count in (("state=open", 1), ("state=incident", 0), ("answer=unknown", 0),
                              (f"grant={granted.code}", 1), ("grant=7K3F2Q9P", 0)):  # fmt: skip
            assert len(studio.get(f"sightings/?{wanted}").data["results"]) == count
        assert studio.get("sightings/?state=x").status == 422


class TestPace:
    """Strangers may report 20 in an hour, an organisation 1,000."""

    BODY: Final = {
        "platform": "Clips",
        "seen_at": "2026-01-01T00:00:00Z",
        "manifest_id": "urn:c2pa:nothing",
    }

    def test_a_stranger_has_as_many_by_page_and_api_together(self, anybody: Caller) -> None:
        for _ in range(10):
            assert anybody.post("sightings/", self.BODY).status == 201
            assert self.by_page(Client()) == 200
        refused = anybody.post("sightings/", self.BODY)
        assert (refused.status, self.by_page(Client())) == (429, 429)
        assert 0 < int(refused.headers["Retry-After"]) <= 3601

    def test_behind_a_proxy_a_stranger_uses_up_nobody_elses(
        self, anybody: Caller, settings: Settings
    ) -> None:
        settings.ENV = settings.ENV.model_copy(update={"trusted_proxies": 1})
        for at in range(20):
            lies = f"192.0.2.{at}, 203.0.113.1"
            assert anybody.post("sightings/", self.BODY, X_Forwarded_For=lies).status == 201
        for header, status in (("203.0.113.1", 429), ("198.51.100.77", 201)):
            again = anybody.post("sightings/", self.BODY, X_Forwarded_For=header)
            assert again.status == status

    def test_an_organisation_has_as_many_by_all_its_members_and_keys(
        self, studio: Caller, lab: Caller, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("accounts.pace._SIGHTINGS_OF_ORGANISATIONS", 3)
        other_key = Caller(studio.actor, factories.api_key(studio.actor))
        member = Client()
        assert studio.actor.user is not None
        member.force_login(studio.actor.user)
        assert studio.post("sightings/", self.BODY).status == 201
        assert other_key.post("sightings/", self.BODY).status == 201
        assert self.by_page(member) == 200
        assert self.by_page(member) == 429
        for key in (studio, other_key):
            assert key.post("sightings/", self.BODY).status == 429
        assert lab.post("sightings/", self.BODY).status == 201

    def by_page(self, client: Client) -> int:
        return client.post("/sightings/report/", self.BODY | {"seen_at": "2026-01-01"}).status_code


class TestHostile:
    def test_a_report_that_makes_no_sense_names_the_field(self, anybody: Caller) -> None:
        for changes, field in (
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
        ):
            answer = anybody.upload(query(**changes), b"words")
            assert (answer.status, answer.fields) == (422, [field]), changes
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
