"""What licensees made, seen in the wild: answered by the licences it was made under."""

import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone
from PIL import Image

from catalog.models import Consent
from catalog.withdrawing import withdraw_consent
from ledger.edge_code import display
from ledger.models import Event
from ledger.sequencer import advance
from licensing.grants.issuing import revoke_grant
from licensing.models import Grant
from provenance.credentials.signing import sign_pending
from provenance.models import Credential, Output, Sighting
from provenance.outputs.signing import sign_outputs_pending
from provenance.repository.registrations import register_pending
from tests import factories
from tests.api.callers import Answer, Caller
from tests.licensing.test_duties import honest
from tests.provenance.delivered import content
from tests.provenance.pictures import drawn, jpeg, png
from tests.provenance.strangers import edited_by_stranger
from tests.provenance.test_outputs import prolonged
from tests.web.reading import signed_in, words

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

TEXT = b"It was a dark and stormy night."
TRAINED = {"use": "train.pretrain", "model_kind": "foundation", "territory": "KR"}
SPOKEN = TRAINED | {"use": "generate.likeness"}


@pytest.fixture
def grant(studio: Caller, lab: Caller) -> Grant:
    return granted(studio, lab)


@pytest.fixture
def agency(db: None) -> Caller:
    actor = factories.talent("Hanbit Talent")
    return Caller(secret=factories.api_key(actor), actor=actor)


@pytest.fixture
def consent(agency: Caller) -> Consent:
    return factories.consent(agency.actor, factories.likeness(agency.actor))


def granted(studio: Caller, lab: Caller) -> Grant:
    found = factories.grant(studio.actor, lab.actor, [factories.offered_words(studio.actor)])
    advance()
    sign_pending()
    return found


def picture() -> bytes:
    return png(Image.new("RGB", (32, 32), "red"))


def made(lab: Caller, content: bytes = TEXT, *under: Grant | Consent, **changes: Any) -> Output:
    """Declare a work, and have it signed: inside the file if it was sent, else beside it."""
    body: dict[str, Any] = {
        "kind": "still",
        "name": "A night in Seoul",
        "made_by": "trainedAlgorithmicMedia",
        "use": "train.pretrain",
        "model_kind": "foundation",
        "territory": ["KR"],
        "made_at": timezone.now().isoformat(),
        "sha256": hashlib.sha256(content).hexdigest(),
        "sources": [{"grant": each.code} for each in under if isinstance(each, Grant)],
        "consents": [
            {"consent": each.code, "attributes": ["voice"]}
            for each in under
            if isinstance(each, Consent)
        ],
    }
    answer = lab.post("outputs/", body | changes)
    assert answer.status == 201, answer.data
    advance()
    sign_outputs_pending()
    return Output.objects.get(code=answer.data["code"])


def embedded(
    lab: Caller, content: bytes, *under: Grant | Consent, **changes: Any
) -> tuple[Output, bytes]:
    """Send a file, declare it, and fetch it as it was signed."""
    suffix = "jpg" if content.startswith(b"\xff\xd8") else "png"
    assert lab.upload(f"output-files/?filename=still.{suffix}", content).status == 200
    output = made(lab, content, *under, **changes)
    assert output.form == "embedded"
    return output, lab.get(f"outputs/{output.code}/file/").content


def report(caller: Caller, file: bytes, **told: Any) -> Answer:
    given = {"platform": "Clips", "seen_at": timezone.now().isoformat(), **told}
    answer = caller.upload(f"sightings/file/?{urlencode(given)}", file)
    assert answer.status == 201, answer.data
    return answer


def said(answer: Answer) -> tuple[str, str, str]:
    return answer.data["matched"], answer.data["answer"], answer.data["term"]


def newest(caller: Caller) -> dict[str, Any]:
    found: dict[str, Any] = caller.get("sightings/").data["results"][0]
    return found


def refs(sighting: Sighting) -> dict[str, Any]:
    event = Event.objects.get(kind="sighting.reported", stream=sighting.stream)
    named = event.facts().refs
    return {role: str(each).partition("@")[0] for role, each in named.items()}


def sealed_shown(side: Caller, stream: str, kind: str, fact: str) -> bool:
    """Whether the page of a published entry shows a side what is sealed in it, with that text."""
    index = Event.objects.get(stream=stream, kind=kind).index
    shown = words(signed_in(side.actor).get(f"/ledger/entries/{index}/"))
    assert ("Not open to you" in shown) is not (fact in shown)
    return fact in shown


def test_a_signed_work_is_answered_by_the_licence_that_it_was_made_under(
    anybody: Caller, studio: Caller, lab: Caller, outsider: Caller, grant: Grant
) -> None:
    output, file = embedded(lab, picture(), grant)
    assert said(report(anybody, file, **TRAINED)) == ("manifest", "authorised", "")
    for side in (studio, lab):
        found = newest(side)
        assert (found["output"], found["grant"]) == (output.code, grant.code)
        assert (found["asset"], found["consent"], found["is_contested"]) == (None, None, False)
        assert found["licensor"]["code"] == grant.licensor.code
        assert found["licensee"]["code"] == grant.licensee.code
        for narrowed in (f"output={output.code}", f"grant={grant.code}"):
            assert len(side.get(f"sightings/?{narrowed}").data["results"]) == 1
    assert refs(Sighting.objects.get()) == {"output": output.stream, "grant": grant.stream}
    assert outsider.get("sightings/").data["results"] == []
    assert outsider.get(f"sightings/?output={output.code}").data["results"] == []

    outside = TRAINED | {"use": "distribute.vod"}
    assert said(report(anybody, file, **outside)) == ("manifest", "outside_scope", "use")
    abroad = TRAINED | {"territory": "US"}
    assert said(report(anybody, file, **abroad)) == ("manifest", "outside_scope", "territory")
    other = TRAINED | {"model_kind": "open_weights"}
    assert said(report(anybody, file, **other)) == ("manifest", "outside_scope", "model")
    for untold in ("use", "model_kind", "territory"):
        told = {name: each for name, each in TRAINED.items() if name != untold}
        term = "model" if untold == "model_kind" else untold
        assert said(report(anybody, file, **told)) == ("manifest", "unclear", term)
    early = {"seen_at": (timezone.now() - timedelta(days=1)).isoformat()}
    assert said(report(anybody, file, **TRAINED, **early)) == ("manifest", "unclear", "term")

    revoke_grant(actor=studio.actor, code=grant.code, reason="Breach")
    assert said(report(anybody, file, **TRAINED)) == ("manifest", "unclear", "revocation")
    assert studio.post(
        f"sightings/{newest(studio)['code']}/flag/", {"reason": "Take it down."}
    ).status == 200  # fmt: skip


def test_a_work_may_be_used_as_the_amended_licence_allows(
    anybody: Caller, studio: Caller, lab: Caller, grant: Grant
) -> None:
    _output, file = embedded(lab, picture(), grant)
    before, shown = timezone.now().isoformat(), TRAINED | {"use": "distribute.vod"}
    newer = prolonged(studio.actor, lab.actor, grant)
    Grant.objects.filter(pk=newer.pk).update(uses=["distribute"], model_kinds=["open_weights"])
    early = report(anybody, file, **shown, seen_at=before)
    assert said(early) == ("manifest", "outside_scope", "use")
    opened = {"model_kind": "open_weights"}
    for told in (shown | opened, TRAINED):
        assert said(report(anybody, file, **told)) == ("manifest", "authorised", "")
    # Neither allows all of that.
    for told in (shown, TRAINED | opened):
        assert said(report(anybody, file, **told)) == ("manifest", "outside_scope", "model")
    assert not honest()


def test_a_work_whose_credential_stands_beside_it_is_known_by_its_bytes_to_the_sides_alone(
    anybody: Caller, studio: Caller, lab: Caller, grant: Grant
) -> None:
    output = made(lab, TEXT, grant)
    heard = report(anybody, TEXT, **TRAINED)
    assert said(heard) == ("", "", "")
    assert {**heard.data, "code": ""} == {**report(anybody, b"Nothing.").data, "code": ""}
    for side in (studio, lab):
        found = newest(side)
        assert (found["matched"], found["answer"]) == ("made", "authorised")
        assert found["output"] == output.code
    assert said(report(lab, TEXT, **TRAINED)) == ("made", "authorised", "")


def test_the_name_of_a_works_manifest_tells_a_stranger_nothing(
    anybody: Caller, studio: Caller, lab: Caller, grant: Grant
) -> None:
    output = made(lab, TEXT, grant)
    body = {"manifest_id": output.manifest_id, "platform": "Clips", **TRAINED}
    body["seen_at"] = timezone.now().isoformat()
    assert said(anybody.post("sightings/", body)) == ("", "", "")
    assert (newest(studio)["matched"], newest(studio)["answer"]) == ("named", "authorised")
    assert said(lab.post("sightings/", body)) == ("named", "authorised", "")


def test_a_work_that_is_not_signed_is_unknown(
    anybody: Caller, studio: Caller, lab: Caller, grant: Grant
) -> None:
    output = made(lab, TEXT, grant)
    Output.objects.filter(pk=output.pk).update(state="due")
    report(anybody, TEXT, **TRAINED)
    assert Sighting.objects.get().answer == "unknown"
    assert studio.get("sightings/").data["results"] == []


def test_a_file_that_was_not_read_in_time_is_not_called_unknown(
    anybody: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provenance.verification.inspection._WALL_SECONDS", 0)
    monkeypatch.setattr("edgecode.verify.host._GRACE_SECONDS", 0)
    told = urlencode({"platform": "Clips", "seen_at": timezone.now().isoformat()})
    answer = anybody.upload(f"sightings/file/?{told}", picture())
    assert (answer.status, answer.fields) == (422, ["file"])
    assert not Sighting.objects.exists()


def test_who_represents_the_performer_learns_of_it_and_what_ended_is_not_authorised(
    anybody: Caller, studio: Caller, lab: Caller, agency: Caller, consent: Consent
) -> None:
    output, file = embedded(lab, picture(), consent, use="generate.likeness")
    assert said(report(anybody, file, **SPOKEN)) == ("manifest", "authorised", "")
    found = newest(agency)
    assert (found["consent"], found["grant"]) == (consent.code, None)
    assert found["licensor"]["code"] == agency.actor.organisation.code
    assert refs(Sighting.objects.get()) == {"output": output.stream, "consent": consent.stream}
    assert studio.get("sightings/").data["results"] == []
    before = timezone.now().isoformat()
    withdraw_consent(actor=agency.actor, code=consent.code)
    assert said(report(anybody, file, **SPOKEN)) == ("manifest", "unclear", "consent")
    was = report(anybody, file, **SPOKEN, seen_at=before)
    assert said(was) == ("manifest", "authorised", ""), "it stood when it was seen"
    # By the name of the manifest in which it is struck out, too.
    assert lab.post(f"outputs/{output.code}/update/").status == 200
    newer, _store = output.newest
    assert newer != output.manifest_id
    body = {"manifest_id": newer, "platform": "Clips", **SPOKEN}
    assert anybody.post("sightings/", body | {"seen_at": before}).status == 201
    assert (newest(agency)["matched"], newest(agency)["output"]) == ("named", output.code)


def test_what_is_disputed_is_not_authorised_while_it_is(
    anybody: Caller, studio: Caller, lab: Caller, grant: Grant
) -> None:
    output, file = embedded(lab, picture(), grant)
    _later, edited = embedded(lab, file + b"\n", grant)
    at = f"outputs/{output.code}/dispute/"
    assert studio.post(at, {"reason": "It shows our film."}).status == 200
    # Nor is what was made from it.
    for seen in (file, edited):
        assert said(report(anybody, seen, **TRAINED)) == ("manifest", "unclear", "dispute")
    assert "film" not in str(Event.objects.filter(kind="sighting.reported").first().leaf)
    assert studio.post(f"{at}withdraw/").status == 200
    for seen in (file, edited):
        assert said(report(anybody, seen, **TRAINED)) == ("manifest", "authorised", "")


def test_each_that_licensed_for_it_is_told_by_its_own_and_a_stranger_the_worst(
    anybody: Caller, studio: Caller, outsider: Caller, lab: Caller, grant: Grant
) -> None:
    other = granted(outsider, lab)
    output, file = embedded(lab, picture(), grant, other)
    Grant.objects.filter(pk=other.pk).update(uses=["index"])
    assert said(report(anybody, file, **TRAINED)) == ("manifest", "outside_scope", "use")
    for side, own, answer in ((studio, grant, "authorised"), (outsider, other, "outside_scope")):
        [found] = side.get("sightings/").data["results"]
        assert (found["grant"], found["answer"]) == (own.code, answer)
        assert not found["is_contested"]
        assert (other if own == grant else grant).code not in str(found)
    assert {one["output"] for one in lab.get("sightings/").data["results"]} == {output.code}
    assert len(lab.get(f"sightings/?grant={other.code}").data["results"]) == 1
    assert said(report(lab, file, **TRAINED)) == ("manifest", "outside_scope", "use")
    assert said(report(studio, file, **TRAINED)) == ("manifest", "authorised", "")
    # Nor does one of them open in the log what another licensed, or why it disputes the work.
    at = f"outputs/{output.code}/dispute/"
    assert outsider.post(at, {"reason": "It shows our film."}).status == 200
    advance()
    for kind, fact, readers in (
        ("declared", output.sources.get(grant=other).root, [lab]),
        ("signed", output.signed_sha256, [lab]),
        ("disputed", "It shows our film.", [lab, outsider]),
    ):
        for side in (lab, studio, outsider):
            is_shown = sealed_shown(side, output.stream, f"output.{kind}", fact)
            assert is_shown is (side in readers), kind


def test_a_licensor_finds_it_under_each_of_its_grants(
    anybody: Caller, studio: Caller, lab: Caller, grant: Grant
) -> None:
    more = granted(studio, lab)
    _output, file = embedded(lab, picture(), grant, more)
    report(anybody, file, **TRAINED)
    for each in (grant, more):
        assert len(studio.get(f"sightings/?grant={each.code}").data["results"]) == 1


class TestClaims:
    def test_what_two_declare_is_nobodys_alone(
        self, anybody: Caller, studio: Caller, outsider: Caller, lab: Caller, grant: Grant
    ) -> None:
        made(lab, TEXT, grant)
        actor = factories.lab("Sybil Lab")
        sybil = Caller(secret=factories.api_key(actor), actor=actor)
        made(sybil, TEXT, granted(outsider, sybil))
        report(anybody, TEXT, **TRAINED)
        for side in (studio, outsider):
            [found] = side.get("sightings/").data["results"]
            assert (found["answer"], found["term"]) == ("unclear", "claims")
            assert found["is_contested"]
        assert "Sybil" not in str(studio.get("sightings/").data)

    def test_a_copy_that_is_declared_as_a_work_is_weighed_as_a_copy(
        self, anybody: Caller, studio: Caller, lab: Caller, tmp_path: Any
    ) -> None:
        """Of what it licensed for the work a lab declares another film of the same studio."""
        films = still(studio, lab, tmp_path)
        words = granted(studio, lab)
        Grant.objects.filter(pk=films.pk).update(uses=["index"])
        output, file = embedded(lab, jpeg(drawn(1), 60), words)
        assert said(report(anybody, file, **TRAINED)) == ("manifest", "outside_scope", "use")
        found = newest(studio)
        assert (found["output"], found["grant"]) == (output.code, films.code)
        assert found["asset"] == films.granted_assets.get().asset.code

    def test_a_licensors_own_file_is_no_work_for_being_declared_by_its_hash(
        self, studio: Caller, lab: Caller
    ) -> None:
        """Nobody sees a file: the manifest beside it is named."""
        own = factories.words(studio.actor, factories.title(studio.actor))
        output = made(lab, TEXT, granted(studio, lab), sha256=own.sha256)
        named = {"manifest_id": output.manifest_id, "platform": "Clips", **TRAINED}
        heard = studio.post("sightings/", named | {"seen_at": timezone.now().isoformat()})
        assert (heard.data["answer"], heard.data["term"]) == ("outside_scope", "licence")
        assert newest(studio)["asset"] == own.code

    def test_a_maker_needs_no_licence_of_a_file_of_its_own(
        self, anybody: Caller, studio: Caller, outsider: Caller, tmp_path: Any
    ) -> None:
        """It registers what it made, too: under its own performer's consent and under another's."""
        path = tmp_path / "still.png"
        for colour, agency in (("red", studio), ("blue", outsider)):
            path.write_bytes(png(Image.new("RGB", (32, 32), colour)))
            factories.asset(studio.actor, factories.title(studio.actor), path)
            consent = factories.consent(agency.actor, factories.likeness(agency.actor))
            content = path.read_bytes()
            output, file = embedded(studio, content, consent, use="generate.likeness")
            path.write_bytes(file)
            factories.asset(studio.actor, factories.title(studio.actor), path)
            assert said(report(anybody, file, **SPOKEN)) == ("manifest", "authorised", "")
            seen = Sighting.objects.get(output=output)
            assert (seen.licensor, seen.is_contested) == (agency.actor.organisation, False)

    def test_a_maker_reads_nothing_of_a_rivals_licence_of_what_its_work_is_like(
        self, anybody: Caller, studio: Caller, lab: Caller, tmp_path: Any
    ) -> None:
        """A film of the same studio, that only another lab has licensed, and that had ended."""
        rival = factories.lab("Rival Lab")
        films = still(studio, Caller(secret="", actor=rival), tmp_path)
        asset = films.granted_assets.select_related("asset__title").get().asset
        revoke_grant(actor=studio.actor, code=films.code, reason="Breach")
        output, file = embedded(lab, jpeg(drawn(1), 60), granted(studio, lab))
        for reporter in (lab, anybody):
            heard = report(reporter, file, **TRAINED)
            assert said(heard) == ("manifest", "outside_scope", "licence")
        found = newest(lab)
        assert (found["output"], found["answer"], found["term"]) == (
            output.code, "outside_scope", "licence",
        )  # fmt: skip
        assert (found["asset"], found["grant"]) == (None, None)
        assert lab.get(f"sightings/?grant={films.code}").data["results"] == []
        assert newest(studio)["asset"] == asset.code
        for side, knows in ((lab, False), (studio, True)):
            for address in ("/sightings/", f"/sightings/{found['code']}/"):
                shown = words(signed_in(side.actor).get(address))
                assert "No licence covers it" in shown
                assert (display(asset.code) in shown) is knows, address
                assert display(films.code) not in shown
            assert (asset.title.name in shown) is knows
        assert refs(Sighting.objects.first()) == {"output": output.stream}
        assert not honest()
        # The sealed facts name the file, and who reported it.
        advance()
        entry = f"sighting:{found['code']}", "sighting.reported"
        assert sealed_shown(studio, *entry, asset.code)
        assert not sealed_shown(lab, *entry, "Clips")
        # Nor does one that was recorded with the rival's licence.
        Sighting.objects.update(grant=films)
        assert newest(studio)["grant"] == films.code
        assert (newest(lab)["asset"], newest(lab)["grant"]) == (None, None)
        assert lab.get(f"sightings/?grant={films.code}").data["results"] == []
        for address in ("/sightings/", f"/sightings/{found['code']}/"):
            assert display(films.code) not in words(signed_in(lab.actor).get(address))

    def test_a_work_from_a_copy_under_another_licence_reaches_that_studio(
        self, anybody: Caller, studio: Caller, outsider: Caller, lab: Caller, tmp_path: Any
    ) -> None:
        """Known by the credential of the copy inside it, whatever it looks like by now."""
        path = tmp_path / "still.png"
        path.write_bytes(picture())
        asset = factories.offered_film(outsider.actor, path)
        films = factories.grant(outsider.actor, lab.actor, [asset])
        words = granted(studio, lab)
        copy = content(Credential.objects.get(granted_asset__grant=films))
        edited = edited_by_stranger("image/png", copy)
        output, file = embedded(lab, edited, words)
        assert said(report(anybody, file, **TRAINED)) == ("manifest", "unclear", "licence")
        found = newest(outsider)
        assert (found["asset"], found["grant"]) == (asset.code, films.code)
        assert (found["output"], found["is_contested"]) == (None, True)
        assert (newest(studio)["output"], newest(studio)["term"]) == (output.code, "licence")
        status = anybody.get(f"status/outputs/{output.code}/").data
        assert status["state"] == "past_in_doubt"
        # Under the licence of the copy it is none of another.
        _output, file = embedded(lab, edited + b"\n", words, films)
        assert said(report(anybody, file, **TRAINED)) == ("manifest", "authorised", "")

    def test_a_work_told_of_by_its_hash_alone_reaches_the_studio_of_its_copy(
        self, anybody: Caller, studio: Caller, outsider: Caller, lab: Caller, tmp_path: Any
    ) -> None:
        """Nobody had looked into the file before it was reported."""
        path = tmp_path / "still.png"
        path.write_bytes(picture())
        asset = factories.offered_film(outsider.actor, path)
        films = factories.grant(outsider.actor, lab.actor, [asset])
        words = granted(studio, lab)
        copy = content(Credential.objects.get(granted_asset__grant=films))
        edited = edited_by_stranger("image/png", copy)
        output = made(lab, edited, words)
        assert (output.form, output.file) == ("sidecar", None)
        at = f"status/outputs/{output.code}/"
        assert anybody.get(at).data["state"] == "standing"
        report(anybody, edited, **TRAINED)
        assert (newest(studio)["output"], newest(studio)["term"]) == (output.code, "licence")
        found = newest(outsider)
        assert (found["asset"], found["grant"]) == (asset.code, films.code)
        assert (found["output"], found["is_contested"]) == (None, True)
        assert anybody.get(at).data["state"] == "past_in_doubt"

    def test_a_copy_of_anothers_film_reaches_that_studio(
        self, anybody: Caller, studio: Caller, outsider: Caller, lab: Caller, tmp_path: Any
    ) -> None:
        films = still(outsider, lab, tmp_path)
        _output, file = embedded(lab, jpeg(drawn(1), 60), granted(studio, lab))
        assert said(report(anybody, file, **TRAINED)) == ("manifest", "unclear", "claims")
        found = newest(outsider)
        assert (found["matched"], found["output"]) == ("content", None)
        assert (found["grant"], found["is_contested"]) == (films.code, True)

    def test_a_film_that_was_never_licensed_is_not_laundered(
        self, anybody: Caller, studio: Caller, outsider: Caller, lab: Caller, tmp_path: Any
    ) -> None:
        path = tmp_path / "still.jpg"
        path.write_bytes(jpeg(drawn(1)))
        asset = factories.asset(outsider.actor, factories.title(outsider.actor), path)
        _output, file = embedded(lab, jpeg(drawn(1)), granted(studio, lab))
        assert said(report(anybody, file, **TRAINED)) == ("manifest", "unclear", "claims")
        found = newest(outsider)
        assert (found["asset"], found["term"]) == (asset.code, "licence")
        # What is registered comes before what was declared.
        report(anybody, jpeg(drawn(1)), **TRAINED)
        assert newest(outsider)["matched"] == "original"
        assert len(studio.get("sightings/").data["results"]) == 1


def still(studio: Caller, lab: Caller, folder: Any) -> Grant:
    """A grant of a picture, signed and registered."""
    path = folder / "still.jpg"
    path.write_bytes(jpeg(drawn(1)))
    found = factories.grant(studio.actor, lab.actor, [factories.offered_film(studio.actor, path)])
    advance()
    assert (sign_pending(), register_pending()) == (1, 1)
    return found
