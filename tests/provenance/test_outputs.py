"""What a lab makes of what it was granted: refused outside the terms, signed within them."""

import base64
import hashlib
import io
import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from jsonschema import Draft202012Validator
from PIL import Image

from accounts.access import ANONYMOUS, Actor, Permission
from accounts.errors import Conflict, Invalid, NotFound, Unavailable
from catalog.consenting import resume_consent, suspend_consent
from catalog.intake import receive
from catalog.models import Asset, Consent, WorkState
from catalog.objects import object_store
from catalog.withdrawing import withdraw_consent
from edgecode import dataset
from ledger.models import Event
from ledger.sequencer import advance
from licensing.deals.amendments import Amended, draft_amendment
from licensing.deals.requests import submit_request
from licensing.deals.transitions import approve_deal
from licensing.grants.issuing import revoke_grant
from licensing.models import Grant, GrantedAsset
from provenance.c2pa_sdk.signed import Signed, SigningError
from provenance.content_codes import SHA256
from provenance.credentials.signing import sign_pending
from provenance.models import Credential, Output, OutputFile
from provenance.outputs import manifests as output_manifests
from provenance.outputs import updates
from provenance.outputs.declaring import Source, Under, declare_output, receive_output
from provenance.outputs.disputes import dispute_output, withdraw_dispute
from provenance.outputs.members import proofs_of
from provenance.outputs.received import remove_undeclared
from provenance.outputs.signing import sign_outputs_pending
from provenance.outputs.updates import output_status, update_output
from provenance.repository.finding import by_binding, by_file, manifest_store
from provenance.sightings.outputs import judge_output
from provenance.sightings.scope import Seen
from provenance.status import grant_status
from provenance.trust.stamping import stamp_pending
from provenance.verification.inspection import Integrity, inspect
from provenance.verification.report import Verdict, verify_file
from tests import factories
from tests.accounts.witness import at_once, facts, last, only_with
from tests.doubles.time_authority import no_time_authority
from tests.licensing.test_amendments import asked, conceded
from tests.provenance import licensed
from tests.provenance.delivered import content, saved

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

licensed_words = licensed.licensed_words
studio, lab, grant = licensed.studio, licensed.lab, licensed.grant
TEXT = b"It was a dark and stormy night."


@pytest.fixture
def consent(studio: Actor) -> Consent:
    return factories.consent(studio, factories.likeness(studio), max_outputs=1)


def delivered(grant: Grant) -> Grant:
    advance()
    while sign_pending():  # one file that has to be read each time
        pass
    return grant


def prolonged(studio: Actor, lab: Actor, grant: Grant) -> Grant:
    """Return the grant that took the place of one, with a longer term."""
    names = ("uses", "model_kinds", "territory", "exclusivity")
    present = {name: getattr(grant, name) for name in names}
    longer = Amended(**present, ends_at=factories.ENDS + timedelta(days=300), price_minor=0)
    drafted = draft_amendment(actor=lab, code=grant.code, amended=longer)
    deal = submit_request(actor=lab, code=drafted.code).deals.get()
    return delivered(factories.paid(studio, approve_deal(actor=studio, code=deal.code)))


def made(lab: Actor, sources: Sequence[Source] = (), **changes: Any) -> Output:
    """Declare a text made within a grant, but for what is said otherwise."""
    given: dict[str, Any] = {
        "kind": "text",
        "name": "A night in Seoul",
        "made_by": "trainedAlgorithmicMedia",
        "use": "train.pretrain",
        "model_kind": "foundation",
        "territory": ["KR"],
        "made_at": timezone.now(),
        "sha256": hashlib.sha256(TEXT).hexdigest(),
        "filename": "night.txt",
        "sources": sources,
    }
    return declare_output(actor=lab, **(given | changes))


def performed(lab: Actor, consent: Consent, content: bytes = TEXT, **changes: Any) -> Output:
    """Declare a text spoken in a performer's voice."""
    given = {
        "use": "generate.likeness",
        "kind": "performance",
        "consents": [Under(consent.code, ["voice"])],
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return made(lab, **(given | changes))


def under(event: Event, role: str = "under") -> list[str]:
    """Return the streams of a list that an event rests on."""
    named = event.facts().refs[role]
    assert not isinstance(named, str)
    return [each.partition("@")[0] for each in named]


def valid(name: str, said: Any) -> None:
    """Hold an assertion against the form that is published for it."""
    schemas = Path(output_manifests.__file__).parents[1] / "schemas"
    version = said["schema"].rpartition("/")[2]
    schema = json.loads((schemas / f"com.edgecode.{name}-{version}.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(said)


def signed(output: Output) -> Output:
    advance()
    assert sign_outputs_pending() == 1
    output.refresh_from_db()
    assert (output.state, output.problem) == (WorkState.DONE, "")
    return output


def picture(tmp_path: Path, colour: str = "red") -> Path:
    path = tmp_path / f"{colour}.png"
    Image.new("RGB", (32, 32), colour).save(path)
    return path


def sent(lab: Actor, path: Path) -> str:
    """Send a file; return its SHA-256."""
    with path.open("rb") as file, receive(file, max_bytes=2**23) as intake:
        return receive_output(actor=lab, intake=intake, filename=path.name).sha256


def test_what_only_its_hash_is_told_of_is_signed_beside_it(
    lab: Actor, grant: Grant, tmp_path: Path
) -> None:
    output = made(lab, [Source(grant.code)])
    event = last("output.declared")
    assert under(event) == [grant.stream]
    assert facts(event)["output"]["sha256"] == output.file_sha256
    assert sign_outputs_pending() == 0  # not before the published log has it
    signed(output)
    (tmp_path / "night.txt").write_bytes(TEXT)
    (tmp_path / "night.c2pa").write_bytes(bytes(output.manifest))
    found = inspect(tmp_path / "night.txt", mime="text/plain", sidecar=tmp_path / "night.c2pa")
    assert (found.integrity, found.manifest_id) == (Integrity.INTACT, output.manifest_id)
    assert found.raw is not None
    assert found.raw["validation_state"] == "Trusted"
    # It names the credential that the granted file was delivered under.
    assert found.ingredients == (Credential.objects.get().manifest_id,)
    assert facts(last("output.signed"))["file"]["sha256"] == output.file_sha256


def test_a_file_that_is_sent_is_signed_inside(
    lab: Actor, studio: Actor, grant: Grant, tmp_path: Path
) -> None:
    sha256 = sent(lab, picture(tmp_path))
    output = signed(made(lab, [Source(grant.code)], kind="still", sha256=sha256))
    assert (output.form, output.filename) == ("embedded", "red.png")
    path = tmp_path / "signed.png"
    with object_store().local_copy(output.signed_key) as stored:
        path.write_bytes(stored.read_bytes())
    found = inspect(path, mime="image/png")
    assert (found.integrity, found.found_in) == (Integrity.INTACT, "file")
    assert hashlib.sha256(path.read_bytes()).hexdigest() == output.signed_sha256
    # Who made it signs what is said of it, too.
    assert found.licensor is not None
    assert (found.licensor.sound, found.licensor.trusted) == (True, True)
    assert lab.organisation is not None
    assert lab.organisation.code in found.licensor.common_name
    with path.open("r+b") as file:
        file.seek(-20, io.SEEK_END)
        file.write(b"x")
    assert inspect(path, mime="image/png").integrity == Integrity.ALTERED


def test_the_repository_finds_what_was_signed_for_who_holds_it(
    lab: Actor, studio: Actor, grant: Grant, tmp_path: Path
) -> None:
    text = signed(made(lab, [Source(grant.code)]))
    still = signed(made(lab, [Source(grant.code)], sha256=sent(lab, picture(tmp_path))))

    def found(actor: Actor, sha256: str) -> list[str]:
        value = base64.b64encode(bytes.fromhex(sha256)).decode()
        matches = by_binding(actor, alg=SHA256, value=value, limit=10)
        for match in matches:
            store = manifest_store(actor, match.manifest_id, key=match.key)
            assert match.manifest_id.encode() in store
        return [match.manifest_id for match in matches]

    # The signed file has its manifest inside: whoever sends it holds that already.
    with object_store().local_copy(still.signed_key) as file:
        for actor in (ANONYMOUS, studio, lab):
            sha256 = still.signed_sha256
            match = by_file(actor, file, mime="image/png", sha256=sha256, limit=10)[0]
            assert match.manifest_id == still.manifest_id
            assert manifest_store(actor, match.manifest_id, key=match.key) == bytes(still.manifest)
    # What is beside the file names what it was made with: that is its maker's. A hash alone may
    # have been told to others.
    for sha256, name in (
        (text.file_sha256, text),
        (still.file_sha256, still),
        (still.signed_sha256, still),
    ):
        assert found(lab, sha256) == [name.manifest_id]
        assert found(ANONYMOUS, sha256) == found(studio, sha256) == []
        for actor in (ANONYMOUS, studio):
            with pytest.raises(NotFound):
                manifest_store(actor, name.manifest_id)


def test_a_file_that_is_never_declared_is_not_kept(
    lab: Actor, grant: Grant, tmp_path: Path
) -> None:
    now = timezone.now()
    sources = [Source(grant.code)]
    first = made(lab, sources, kind="still", sha256=sent(lab, picture(tmp_path)))
    declared = signed(first).file
    assert declared is not None
    forgotten, again, half = (
        OutputFile.objects.get(sha256=sent(lab, picture(tmp_path, colour)))
        for colour in ("blue", "green", "white")
    )
    with time_machine.travel(now + timedelta(days=29)):
        assert sent(lab, picture(tmp_path, "green")) == again.sha256
        assert remove_undeclared() == 0
    with time_machine.travel(now + timedelta(days=32)):
        object_store().delete(half.object_key)  # killed, last time, before its row went
        assert remove_undeclared() == 2
        assert remove_undeclared() == 0
        assert set(OutputFile.objects.all()) == {declared, again}
        with pytest.raises(FileNotFoundError):
            object_store().size(forgotten.object_key)
        assert object_store().size(declared.object_key) == declared.size_bytes
        assert signed(made(lab, sources, kind="still", sha256=again.sha256)).form == "embedded"
        sha256 = sent(lab, picture(tmp_path, "blue"))
        assert signed(made(lab, sources, kind="still", sha256=sha256)).form == "embedded"


def test_a_file_that_is_about_to_be_removed_is_not_declared_but_sent_anew(
    lab: Actor, grant: Grant, tmp_path: Path
) -> None:
    path, sources = picture(tmp_path), [Source(grant.code)]
    first = OutputFile.objects.get(sha256=sent(lab, path))
    late = first.received_at + timedelta(days=30, hours=1)
    with time_machine.travel(late):
        by_hash = signed(made(lab, sources, kind="still", sha256=first.sha256))
        assert by_hash.file is None
    Output.objects.filter(pk=by_hash.pk).update(file_sha256="ab" * 32)
    with time_machine.travel(late):
        sent(lab, path)
        second = OutputFile.objects.get()
        assert (second.pk, second.sha256) == (first.pk, first.sha256)
        with pytest.raises(FileNotFoundError):
            object_store().size(first.object_key)
        assert signed(made(lab, sources, kind="still", sha256=first.sha256)).form == "embedded"


def test_what_carries_manifests_already_keeps_them(
    lab: Actor, grant: Grant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = signed(made(lab, [Source(grant.code)], sha256=sent(lab, picture(tmp_path))))
    path = tmp_path / "again.png"
    with object_store().local_copy(first.signed_key) as stored:
        path.write_bytes(stored.read_bytes())
    second = made(lab, [Source(grant.code)], sha256=sent(lab, path))
    beside = tmp_path / "beside.srt"
    beside.write_bytes(b"1\n00:00:00,000 --> 00:00:02,000\nMade\n")
    third = made(lab, [Source(grant.code)], sha256=sent(lab, beside))
    advance()
    with monkeypatch.context() as busy:  # a machine on which nothing is read in time
        busy.setattr("provenance.verification.inspection._WALL_SECONDS", 0)
        busy.setattr("edgecode.verify.host._GRACE_SECONDS", 0)
        while sign_outputs_pending():
            pass
    for each in (second, third):
        each.refresh_from_db()
        assert "took more time" in each.problem
    Output.objects.filter(pk=second.pk).update(not_before=timezone.now())
    second = signed(second)
    with object_store().local_copy(second.signed_key) as stored:
        found = inspect(stored, mime="image/png")
    assert (found.integrity, found.manifest_id) == (Integrity.INTACT, second.manifest_id)
    assert first.manifest_id in found.ingredients


def test_a_work_that_was_licensed_on_is_told_as_what_we_signed(
    studio: Actor, lab: Actor, consent: Consent, tmp_path: Path
) -> None:
    """A studio registers it as it was signed: with its own credential inside."""
    output = signed(performed(lab, consent, sha256=sent(lab, picture(tmp_path))))
    path, copy = tmp_path / "work.png", tmp_path / "copy.png"
    with object_store().local_copy(output.signed_key) as stored:
        path.write_bytes(stored.read_bytes())
    licensed = delivered(
        factories.grant(studio, factories.lab(), [factories.offered_film(studio, path)])
    )
    saved(Credential.objects.get(granted_asset__grant=licensed), copy)

    def past() -> tuple[str, str, bool]:
        report = verify_file(copy, filename=copy.name, mime="image/png")
        told = next(check for check in report.checks if check.id == "past")
        return report.verdict, told.outcome, output.display_code in str(told.detail)

    assert past() == (Verdict.AUTHORISED, "ok", True)
    dispute_output(actor=studio, code=output.code, reason="It is not.")
    assert past() == (Verdict.AUTHORISED, "warning", True)


def test_what_was_edited_from_a_delivered_copy_is_signed(
    studio: Actor, lab: Actor, grant: Grant, tmp_path: Path
) -> None:
    """Its manifest is there already: as one of the files that it was made with it stood there
    twice, as the SDK has it, and nothing was signed."""
    still = factories.offered_film(studio, picture(tmp_path))
    film = delivered(factories.grant(studio, lab, [still]))
    delivered_as = Credential.objects.get(granted_asset__grant=film)
    copy = saved(delivered_as, tmp_path / "copy.png")
    output = signed(made(lab, [Source(film.code), Source(grant.code)], sha256=sent(lab, copy)))
    with object_store().local_copy(output.signed_key) as stored:
        found = inspect(stored, mime="image/png")
    words = Credential.objects.get(granted_asset__grant=grant)
    assert set(found.ingredients) == {delivered_as.manifest_id, words.manifest_id}


def test_what_is_no_media_is_not_taken(lab: Actor, tmp_path: Path) -> None:
    path = tmp_path / "still.png"
    path.write_bytes(b"MZ" + bytes(2000))
    with pytest.raises(Invalid) as refusal:
        sent(lab, path)
    assert refusal.value.field == "file"


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("use", {"use": "index"}),
        ("model_kind", {"model_kind": "open_weights"}),
        ("made_at", {"made_at": factories.STARTS - timedelta(seconds=1)}),
        ("made_at", {"made_at": timezone.now() - timedelta(days=2)}),  # before it was issued
        ("made_by", {"made_by": "magic"}),
        ("kind", {"kind": "magic"}),
        ("territory", {"territory": ["XX"]}),
        ("sha256", {"sha256": ""}),
        ("sha256", {"sha256": "12"}),
        ("name", {"name": " "}),
        ("made_at", {"made_at": timezone.now() + timedelta(days=1)}),
    ],
)
def test_what_a_grant_does_not_allow_is_refused_with_the_term(
    lab: Actor, grant: Grant, field: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as refusal:
        made(lab, [Source(grant.code)], **changes)
    assert refusal.value.field == field
    assert not Output.objects.exists()


def test_files_that_were_not_granted_or_not_delivered_are_refused(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    other = factories.grant(studio, lab, [factories.offered_words(studio, name="Sintel")])
    for source in (
        Source(grant.code, files=["7K3F2Q9D+001"]),
        Source(other.code),
        Source("7K3F2Q9D"),
        Source(grant.code, relation="magic"),
    ):
        with pytest.raises(Invalid) as refusal:
            made(lab, [source])
        assert refusal.value.field == "sources"
    with pytest.raises(Invalid):
        made(lab, [Source(grant.code), Source(grant.code)])
    with pytest.raises(Invalid):
        made(lab)


@pytest.mark.parametrize("whose", ["own", "another's"])
def test_a_copy_that_was_delivered_is_no_work_of_another_licence(
    studio: Actor, lab: Actor, grant: Grant, tmp_path: Path, whose: str
) -> None:
    held = lab if whose == "own" else factories.lab()
    with no_time_authority(tmp_path):
        still = delivered(
            factories.grant(studio, held, [factories.offered_film(studio, picture(tmp_path))])
        )
        bare = saved(Credential.objects.get(granted_asset__grant=still), tmp_path / "bare.png")
    assert stamp_pending() == 1  # nobody has reckoned what it is now
    copy = saved(Credential.objects.get(granted_asset__grant=still), tmp_path / "copy.png")
    revoke_grant(actor=studio, code=still.code, reason="Breach")
    for sha256 in (sent(lab, copy), hashlib.sha256(bare.read_bytes()).hexdigest()):
        with pytest.raises(Invalid) as refusal:
            made(lab, [Source(grant.code)], sha256=sha256)
        is_own = whose == "own"
        field, told = ("sources", still.display_code) if is_own else ("sha256", "somebody else")
        assert refusal.value.field == field
        assert told in str(refusal.value)
    assert copy.read_bytes() != bare.read_bytes()
    assert not Output.objects.exists()


def test_a_copy_is_a_work_of_its_own_licence_and_of_the_one_in_its_place(
    studio: Actor, lab: Actor, grant: Grant, tmp_path: Path
) -> None:
    still = delivered(
        factories.grant(studio, lab, [factories.offered_film(studio, picture(tmp_path))])
    )
    copy = saved(Credential.objects.get(granted_asset__grant=still), tmp_path / "copy.png")
    longer = prolonged(studio, lab, still)
    with pytest.raises(Invalid, match=longer.display_code):
        made(lab, [Source(grant.code)], sha256=sent(lab, copy))
    output = signed(made(lab, [Source(longer.code)], sha256=sent(lab, copy)))
    file = tmp_path / "signed.png"
    with object_store().local_copy(output.signed_key) as stored:
        file.write_bytes(stored.read_bytes())
    assert verify_file(file, filename=file.name, mime="image/png").verdict == Verdict.MADE
    # What was delivered with its credential beside it is the same for all.
    same = hashlib.sha256(content(Credential.objects.get(granted_asset__grant=grant))).hexdigest()
    made(lab, [Source(grant.code)], sha256=same)
    other = factories.lab()
    words = factories.offered_words(studio, name="Sintel")
    under = delivered(factories.grant(studio, other, [words]))
    made(other, [Source(under.code)], sha256=same)


def test_a_work_that_its_maker_was_licensed_later_stands(
    studio: Actor, lab: Actor, grant: Grant, tmp_path: Path
) -> None:
    """A studio bought and registered it, and licenses it on: that is no copy that it came from."""
    work = factories.offered_words(studio, name="Sintel")
    output = signed(made(lab, [Source(grant.code)], sha256=work.sha256))
    later = delivered(factories.grant(studio, lab, [work]))
    file, sidecar = tmp_path / "night.txt", tmp_path / "night.c2pa"
    file.write_bytes(content(Credential.objects.get(granted_asset__grant=later)))
    sidecar.write_bytes(bytes(output.manifest))
    report = verify_file(file, filename=file.name, mime="text/plain", sidecar=sidecar)
    assert report.verdict == Verdict.MADE
    # Of what was delivered before it has the bytes of a copy.
    assert output_status(output.code)["state"] == "standing"
    Output.objects.update(declared_at=timezone.now())
    report = verify_file(file, filename=file.name, mime="text/plain", sidecar=sidecar)
    assert report.verdict == Verdict.MADE_IN_DOUBT
    assert output_status(output.code)["state"] == "past_in_doubt"


def test_a_licence_that_was_amended_goes_on(
    studio: Actor, lab: Actor, grant: Grant, tmp_path: Path
) -> None:
    """What was made before stands, as long as the files that it was made with are in the licence
    in its place, and that one stands."""
    output = signed(made(lab, [Source(grant.code)]))
    file, sidecar = tmp_path / "night.txt", tmp_path / "night.c2pa"
    file.write_bytes(TEXT)
    sidecar.write_bytes(bytes(output.manifest))

    def stands() -> tuple[str, str]:
        report = verify_file(file, filename=file.name, mime="text/plain", sidecar=sidecar)
        return report.verdict, output_status(output.code)["state"]

    longer = prolonged(studio, lab, grant)
    grant.refresh_from_db()
    assert (grant.state, stands()) == ("superseded", (Verdict.MADE, "standing"))
    GrantedAsset.objects.filter(grant=longer).update(asset=factories.offered_words(studio))
    assert stands() == (Verdict.MADE_IN_DOUBT, "licence_ended")
    asset = grant.granted_assets.get().asset
    GrantedAsset.objects.filter(grant=longer).update(asset=asset)
    revoke_grant(actor=studio, code=longer.code, reason="Breach")
    assert stands() == (Verdict.MADE_IN_DOUBT, "licence_ended")


def judged(
    licensor: Actor, output: Output, use: str, at: datetime | None = None
) -> tuple[str, str]:
    """What is said of a work where that was done with it, in Korea, by its licensor's licences."""
    assert licensor.organisation is not None
    seen = Seen("Clips", "", at or timezone.now(), use, "KR", "foundation")
    found = judge_output(output, licensor.organisation.pk, [], seen)
    return found.answer, found.term


def test_the_licence_in_place_of_one_counts_for_a_work_with_its_files_and_countries(
    studio: Actor, lab: Actor
) -> None:
    """And only while no other has taken its place in turn."""
    kept, dropped = (factories.offered_words(studio) for _ in range(2))
    first = delivered(factories.grant(studio, lab, [kept, dropped]))
    work, other = (
        signed(made(lab, [Source(first.code, files=[file.code])], sha256=digit * 64))
        for file, digit in ((kept, "1"), (dropped, "2"))
    )
    second = conceded(studio, asked(lab, first, assets=[kept.code]))
    wider, outside = Grant.objects.filter(pk=second.pk), ("outside_scope", "use")
    wider.update(uses=["distribute"], territory=["US"])
    assert judged(studio, work, "distribute.vod") == outside
    wider.update(territory=second.territory)
    assert judged(studio, work, "distribute.vod") == ("authorised", "")
    assert judged(studio, other, "distribute.vod") == outside
    # Of what it was made with nothing is licensed any more, as the status says.
    assert output_status(other.code)["state"] == "licence_ended"
    assert judged(studio, other, "train.pretrain") == ("unclear", "revocation")
    before = second.issued_at - timedelta(microseconds=1)
    assert judged(studio, other, "train.pretrain", before) == ("authorised", "")
    third = asked(lab, second, uses=["train.pretrain"])
    conceded(studio, third)
    assert judged(studio, work, "distribute.vod") == outside
    assert judged(studio, work, "train.pretrain") == ("authorised", "")


def test_a_work_is_in_doubt_where_the_licence_in_place_of_its_own_ended_with_a_consent(
    studio: Actor, lab: Actor, tmp_path: Path
) -> None:
    """Also where its own would go on: it is the other that the lab has now."""
    likeness = factories.likeness(studio)
    more, _less = (
        factories.consent(studio, likeness, uses=[use]) for use in ("train", "train.pretrain")
    )
    file = factories.words(studio, likeness)
    Asset.objects.filter(pk=file.pk).update(kind="audio")
    factories.offer(studio, likeness)
    grant = delivered(factories.grant(studio, lab, [file]))
    output = signed(made(lab, [Source(grant.code)]))
    wider = conceded(studio, asked(lab, grant, uses=["train.pretrain", "train.finetune"]))
    text, beside = tmp_path / "night.txt", tmp_path / "night.c2pa"
    text.write_bytes(TEXT)
    beside.write_bytes(bytes(output.manifest))

    def told() -> tuple[str, str, set[tuple[str, str]]]:
        report = verify_file(text, filename="night.txt", mime="text/plain", sidecar=beside)
        seen = {judged(studio, output, use) for use in ("train.pretrain", "train.finetune")}
        return report.verdict, output_status(output.code)["state"], seen

    assert told() == (Verdict.MADE, "standing", {("authorised", "")})
    withdraw_consent(actor=studio, code=more.code)
    assert grant_status(wider.code)["is_without_consent"]
    assert told() == (Verdict.MADE_IN_DOUBT, "consent_ended", {("unclear", "consent")})


def test_what_was_made_before_an_amendment_was_made_under_the_licence_that_it_amended(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    """It is declared under the one that the lab has, and rests on what held when it was made."""
    made_at = timezone.now()
    longer = delivered(
        conceded(studio, asked(lab, grant, uses=["train.pretrain", "train.finetune"]))
    )
    with pytest.raises(Invalid, match=f"{grant.display_code} does not license this use"):
        made(lab, [Source(longer.code)], use="train.finetune", made_at=made_at)
    output = signed(made(lab, [Source(longer.code)], made_at=made_at))
    said = output_status(output.code, made_at)
    assert (said["state"], said["grants"][0]["state"]) == ("standing", "pending")
    assert judged(studio, output, "train.finetune") == ("authorised", "")
    assert judged(studio, output, "train.finetune", made_at) == ("outside_scope", "use")
    assert judged(studio, output, "train.pretrain", made_at) == ("authorised", "")
    # Of a whole day which no time is told, it can have been after the amendment.
    day = longer.issued_at.replace(hour=0, minute=0, second=0, microsecond=0)
    made(lab, [Source(longer.code)], use="train.finetune", made_at=day, sha256="1" * 64)


def test_what_was_made_before_an_amendment_rests_on_the_consents_of_then(
    studio: Actor, lab: Actor
) -> None:
    """Whenever it is declared: it does not stand on one that the licence rests on since."""
    likeness = factories.likeness(studio)
    first = factories.consent(studio, likeness, uses=["train"])
    file = factories.words(studio, likeness)
    Asset.objects.filter(pk=file.pk).update(kind="audio")
    factories.offer(studio, likeness)
    other = factories.offered_words(studio)
    grant = delivered(factories.grant(studio, lab, [file, other]))
    made_at = timezone.now()
    early = made(lab, [Source(grant.code)], made_at=made_at)
    factories.consent(studio, likeness, uses=["train"])
    newer = delivered(
        conceded(studio, asked(lab, grant, uses=["train.pretrain", "train.finetune"]))
    )
    late, since = (
        made(lab, [Source(newer.code)], made_at=at, sha256=digit * 64)
        for at, digit in ((made_at, "1"), (timezone.now(), "2"))
    )
    withdraw_consent(actor=studio, code=first.code)
    assert [output_status(each.code)["state"] for each in (early, late, since)] == [
        "consent_ended", "consent_ended", "standing"
    ]  # fmt: skip
    answers = [judged(studio, each, "train.pretrain") for each in (early, late, since)]
    assert answers == [("unclear", "consent"), ("unclear", "consent"), ("authorised", "")]
    # Not on those of files that are in it no more.
    GrantedAsset.objects.filter(grant=newer, asset=file).update(
        asset=factories.offered_words(studio)
    )
    without = made(lab, [Source(newer.code)], made_at=made_at, sha256="3" * 64)
    assert output_status(without.code)["state"] == "standing"


def test_nothing_was_made_under_a_consent_while_it_was_suspended(
    studio: Actor, lab: Actor, consent: Consent
) -> None:
    """Also where it is declared once that stands again."""
    suspend_consent(actor=studio, code=consent.code, reason="dispute")
    made_at = timezone.now()
    resume_consent(actor=studio, code=consent.code)
    with pytest.raises(Invalid, match="was suspended when this was made") as refusal:
        performed(lab, consent, made_at=made_at)
    assert refusal.value.field == "made_at"
    # Of a day without its time: unless it was suspended all of that.
    day = made_at.replace(hour=0, minute=0, second=0, microsecond=0)
    consent.suspensions.update(starts_at=day - timedelta(days=1))
    with pytest.raises(Invalid, match="was suspended when this was made"):
        performed(lab, consent, made_at=day - timedelta(days=1))
    performed(lab, consent, made_at=day)


def test_of_a_copy_that_an_amendment_left_out_nobody_is_sent_to_the_newer_licence(
    studio: Actor, lab: Actor
) -> None:
    kept, dropped = (factories.offered_words(studio) for _ in range(2))
    grant = delivered(factories.grant(studio, lab, [kept, dropped]))
    newer = delivered(conceded(studio, asked(lab, grant, assets=[kept.code])))
    other = delivered(factories.grant(studio, lab, [kept]))
    copy = Credential.objects.get(granted_asset__asset=dropped)
    for named in (newer, other):
        with pytest.raises(Invalid, match=f"{newer.display_code}, which took its place, leaves"):
            made(lab, [Source(named.code)], sha256=copy.file_sha256)


def test_what_is_declared_after_the_term_is_not_said_to_have_been_licensed_then(
    lab: Actor, grant: Grant, tmp_path: Path
) -> None:
    at = timezone.now()
    Grant.objects.update(ends_at=timezone.now())
    output = signed(made(lab, [Source(grant.code)], made_at=at))
    file, sidecar = tmp_path / "night.txt", tmp_path / "night.c2pa"
    file.write_bytes(TEXT)
    sidecar.write_bytes(bytes(output.manifest))
    report = verify_file(file, filename=file.name, mime="text/plain", sidecar=sidecar)
    _proves, (first, *_rest) = report.limits
    assert report.verdict == Verdict.MADE_IN_DOUBT
    assert str(first).endswith("what it was made under covered the time it names.")


def test_nothing_is_signed_under_a_grant_that_was_revoked(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    revoke_grant(actor=studio, code=grant.code, reason="Breach")
    with pytest.raises(Conflict):
        made(lab, [Source(grant.code)])


def test_nobody_declares_under_the_grants_of_others(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    with pytest.raises(Invalid):
        made(factories.lab(), [Source(grant.code)])
    only_with(Permission.DECLARE_OUTPUTS, lab, lambda actor: made(actor, [Source(grant.code)]))
    assert not Output.objects.exists()


def test_the_same_file_is_declared_once(lab: Actor, grant: Grant) -> None:
    made(lab, [Source(grant.code)])
    with pytest.raises(Conflict):
        made(lab, [Source(grant.code)])


def test_a_consent_is_used_up_and_the_next_work_is_refused(lab: Actor, consent: Consent) -> None:
    output = performed(lab, consent)
    consent.refresh_from_db()
    assert consent.used_outputs == 1
    use = output.consents.get().use
    assert under(last("output.declared")) == [use.stream]
    with pytest.raises(Conflict):
        performed(lab, consent, b"Another night.")
    assert Output.objects.count() == 1
    assert Event.objects.filter(kind="consent.used").count() == 1


def test_two_at_once_never_both_use_the_last_output(lab: Actor, consent: Consent) -> None:
    other = factories.lab()  # whoever holds it: the consent names nobody
    raised = at_once(
        lambda: performed(lab, consent, b"One"), lambda: performed(other, consent, b"Two")
    )
    assert sorted(type(each).__name__ for each in raised) == ["Conflict", "NoneType"]
    assert Output.objects.count() == 1
    consent.refresh_from_db()
    assert consent.used_outputs == 1


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("use", {"use": "dub"}),
        ("consents", {"attributes": ["face"]}),
        ("consents", {"attributes": []}),
        ("consents", {"attributes": ["tail"]}),
        ("made_at", {"made_at": factories.STARTS - timedelta(days=1)}),
        ("consents", {"consents": []}),
    ],
)
def test_what_a_consent_does_not_allow_is_refused_with_the_term(
    lab: Actor, grant: Grant, consent: Consent, field: str, changes: dict[str, Any]
) -> None:
    if (attributes := changes.pop("attributes", None)) is not None:
        changes["consents"] = [Under(consent.code, attributes)]
    if changes.get("consents") == []:
        changes |= {"sources": [Source(grant.code)], "use": "generate.likeness"}
        Grant.objects.update(uses=["generate"])
    with pytest.raises(Invalid) as refusal:
        performed(lab, consent, **changes)
    assert refusal.value.field == field
    consent.refresh_from_db()
    assert consent.used_outputs == 0


def test_a_work_made_of_files_without_a_consent_is_a_reason_to_ask(
    lab: Actor, tmp_path: Path
) -> None:
    """As one made under a licence that was revoked; also for whoever sees it somewhere."""
    agency = factories.talent()
    likeness = factories.likeness(agency)
    consent = factories.consent(agency, likeness, uses=["train", "distribute"])
    file = factories.words(agency, likeness)
    Asset.objects.filter(pk=file.pk).update(kind="audio")
    factories.offer(agency, likeness)
    grant = delivered(factories.grant(agency, lab, [file]))
    output = signed(made(lab, [Source(grant.code)], sha256=sent(lab, picture(tmp_path))))
    shown = tmp_path / "signed.png"
    with object_store().local_copy(output.signed_key) as stored:
        shown.write_bytes(stored.read_bytes())

    def told() -> tuple[Verdict, str]:
        report = verify_file(shown, filename="w.png", mime="image/png")
        titles = {check.id: str(check.title) for check in report.checks}
        assert titles["consents"] == "It names no performer’s consent itself."
        return report.verdict, {check.id: str(check.outcome) for check in report.checks}["grants"]

    def seen() -> str:
        where = Seen(
            platform="Clips",
            link="https://clips.example/1",
            seen_at=timezone.now(),
            use="train.pretrain",
            territory="KR",
            model_kind="foundation",
        )
        assert agency.organisation is not None
        return judge_output(output, agency.organisation.pk, [], where).term

    assert (told(), seen()) == ((Verdict.MADE, "ok"), "")
    suspend_consent(actor=agency, code=consent.code, reason="dispute")
    with pytest.raises(Invalid, match="rests on was suspended when this was made"):
        made(lab, [Source(grant.code)])
    resume_consent(actor=agency, code=consent.code)
    withdraw_consent(actor=agency, code=consent.code)
    assert (told(), seen()) == ((Verdict.MADE_IN_DOUBT, "warning"), "consent")
    with pytest.raises(Invalid, match="had ended when this was made"):
        made(lab, [Source(grant.code)])


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (["words"], "It rests on no performer’s consent."),
        (["words", "voice"], "It names no performer’s consent itself."),
        ([], "It names no performer’s consent itself."),
    ],
    ids=["the words alone", "the voice too", "all of the grant"],
)
def test_a_work_of_a_performers_files_is_not_said_to_rest_on_no_consent(
    studio: Actor, lab: Actor, tmp_path: Path, files: list[str], said: str
) -> None:
    likeness = factories.likeness(studio)
    factories.consent(studio, likeness, uses=["train", "distribute"])
    voice, words = factories.words(studio, likeness), factories.offered_words(studio)
    Asset.objects.filter(pk=voice.pk).update(kind="audio")
    factories.offer(studio, likeness)
    grant = delivered(factories.grant(studio, lab, [voice, words]))
    named = {"voice": voice.code, "words": words.code}
    output = signed(made(lab, [Source(grant.code, files=[named[each] for each in files])]))
    (tmp_path / "night.txt").write_bytes(TEXT)
    sidecar = tmp_path / "night.c2pa"
    sidecar.write_bytes(bytes(output.manifest))
    path = tmp_path / "night.txt"
    report = verify_file(path, filename="night.txt", mime="text/plain", sidecar=sidecar)
    titles = {check.id: str(check.title) for check in report.checks}
    assert (report.verdict, titles["consents"]) == (Verdict.MADE, said)


def test_a_consent_that_has_ended_is_struck_out_on_request(
    studio: Actor, lab: Actor, consent: Consent, tmp_path: Path
) -> None:
    output = signed(performed(lab, consent, sha256=sent(lab, picture(tmp_path))))
    assert output_status(output.code)["state"] == "standing"
    with pytest.raises(Conflict):
        update_output(actor=lab, code=output.code)
    withdraw_consent(actor=studio, code=consent.code)
    update = update_output(actor=lab, code=output.code)
    status = output_status(output.code)
    assert (status["state"], status["manifest"]) == ("consent_ended", update.manifest_id)
    assert status["consents"][0]["state"] == "ended"
    assert under(last("output.updated"), "consents") == [consent.stream]
    # It binds to the file as it was signed, and no longer says what was allowed.
    assert consent.code.encode() in bytes(output.manifest)
    assert consent.code.encode() not in bytes(update.manifest)
    sidecar = tmp_path / "new.c2pa"
    sidecar.write_bytes(bytes(update.manifest))
    with object_store().local_copy(output.signed_key) as stored:
        found = inspect(stored, mime="image/png", sidecar=sidecar)
    assert (found.integrity, found.manifest_id) == (Integrity.INTACT, update.manifest_id)
    assert found.raw is not None
    assert found.raw["validation_state"] == "Trusted"
    with pytest.raises(Conflict):
        update_output(actor=lab, code=output.code)
    with pytest.raises(NotFound):
        update_output(actor=factories.lab(), code=output.code)


def test_while_nothing_can_be_signed_that_is_said_and_nothing_recorded(
    studio: Actor, lab: Actor, consent: Consent, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = signed(performed(lab, consent))
    withdraw_consent(actor=studio, code=consent.code)

    def fails(_definition: object) -> None:
        raise SigningError("the key does not answer")

    with monkeypatch.context() as broken:
        broken.setattr(updates, "sign_update", fails)
        with pytest.raises(Unavailable):
            update_output(actor=lab, code=output.code)
        broken.setattr(updates, "sign_update", lambda _: Signed("urn:c2pa:1", b"-"))
        with pytest.raises(Unavailable):  # without a time stamp
            update_output(actor=lab, code=output.code)
    assert not output.updates.exists()
    update_output(actor=lab, code=output.code)
    assert output.updates.count() == 1


def test_many_files_stand_as_a_data_set_that_each_is_proven_in(
    studio: Actor, lab: Actor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    film = factories.title(studio)
    files = [factories.words(studio, film, f"Line {number}") for number in range(5)]
    factories.ownership(studio, film)
    factories.offer(studio, film)
    grant = delivered(factories.grant(studio, lab, files))
    monkeypatch.setattr("provenance.outputs.signing.INGREDIENTS_MAX", 3)
    output = signed(made(lab, [Source(grant.code)], kind="model", made_by="trainedAlgorithmicData"))
    (tmp_path / "model").write_bytes(TEXT)
    (tmp_path / "model.c2pa").write_bytes(bytes(output.manifest))
    found = inspect(tmp_path / "model", mime="text/plain", sidecar=tmp_path / "model.c2pa")
    assert found.ingredients == ()
    assert found.raw is not None
    told = found.raw["manifests"][output.manifest_id]["assertions"]
    said = next(each["data"] for each in told if each["label"] == "com.edgecode.dataset")
    assert said["members"] == 5
    valid("dataset", said)
    valid("output", next(each["data"] for each in told if each["label"] == "com.edgecode.output"))
    for file in files:
        [(_source, member, proof)] = proofs_of(studio, output.code, grant.code, file.code)
        assert member.sha256 == file.sha256
        dataset.verify(said, member, proof)
    with pytest.raises(dataset.NotAMember):
        dataset.verify(said, member._replace(sha256="0" * 64), proof)
    with pytest.raises(NotFound):
        list(proofs_of(factories.studio(), output.code, grant.code, files[3].code))


def test_one_file_among_very_many_is_proven(studio: Actor, lab: Actor, grant: Grant) -> None:
    """More than a statement of SQLite has parameters for."""
    output = made(lab, [Source(grant.code)])
    credential = Credential.objects.get()
    source = output.sources.get()
    source.members = [*range(10**6, 10**6 + 300_000), credential.pk]
    source.save()
    file = credential.granted_asset.asset.code
    [(_source, member, proof)] = proofs_of(studio, output.code, grant.code, file)
    dataset.verify({"members": 1, "root": source.root}, member, proof)


def test_a_licensor_sees_what_was_made_and_may_dispute_it(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    output = made(lab, [Source(grant.code)])
    assert list(Output.objects.visible_to(studio)) == [output]
    assert not Output.objects.visible_to(factories.studio()).exists()
    dispute_output(actor=studio, code=output.code, reason="This is our film, not a new one.")
    assert facts(last("output.disputed"))["reason"] == "This is our film, not a new one."
    assert output_status(output.code)["state"] == "disputed"
    with pytest.raises(Conflict):
        dispute_output(actor=studio, code=output.code, reason="Again")
    withdraw_dispute(actor=studio, code=output.code)
    assert output_status(output.code)["state"] == "standing"
    with pytest.raises(NotFound):
        dispute_output(actor=factories.studio(), code=output.code, reason="Me too")
    with pytest.raises(Conflict):
        withdraw_dispute(actor=studio, code=output.code)


def test_the_labels_that_laws_ask_for_are_named(lab: Actor, grant: Grant) -> None:
    output = made(lab, [Source(grant.code)], made_at=timezone.now())
    assert output.label_duties == ["kr-ai-basic-act-31"]
    facts_ = facts(last("output.declared"))["output"]
    assert facts_["label_duties"] == ["kr-ai-basic-act-31"]


def test_whoever_has_the_file_finds_out_what_it_is(
    studio: Actor, lab: Actor, consent: Consent, tmp_path: Path
) -> None:
    output = signed(performed(lab, consent, sha256=sent(lab, picture(tmp_path))))
    path = tmp_path / "signed.png"
    with object_store().local_copy(output.signed_key) as stored:
        path.write_bytes(stored.read_bytes())
    report = verify_file(path, filename="signed.png", mime="image/png")
    assert (report.verdict, report.status) == (Verdict.MADE, None)
    then = timezone.now()
    withdraw_consent(actor=studio, code=consent.code)
    report = verify_file(path, filename="signed.png", mime="image/png", at=then)
    assert report.verdict == Verdict.MADE
    assert "stands now. Check again without a time" in str(report.limits[1][-1])
    report = verify_file(path, filename="signed.png", mime="image/png")
    assert report.verdict == Verdict.MADE_IN_DOUBT
    update = update_output(actor=lab, code=output.code)
    sidecar = tmp_path / "new.c2pa"
    sidecar.write_bytes(bytes(update.manifest))
    report = verify_file(path, filename="signed.png", mime="image/png", sidecar=sidecar)
    assert report.verdict == Verdict.MADE_IN_DOUBT
    assert {check.id: check.outcome for check in report.checks}["newest"] == "ok"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    report = verify_file(path, filename="signed.png", mime="image/png")
    assert report.verdict == Verdict.ALTERED
