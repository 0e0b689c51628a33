"""What a licensee made, judged by the client alone and by the server: they say the same."""

from collections.abc import Callable
from datetime import timedelta
from mimetypes import guess_type
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.access import Actor
from catalog.models import Consent
from catalog.objects import object_store
from catalog.withdrawing import withdraw_consent
from edgecode.verify import Name, Reader
from edgecode.verify.bundle import parse_bundle
from edgecode.verify.judging import Found, judged
from edgecode.verify.outputs import declared_in, judged_output
from licensing.grants.issuing import revoke_grant
from licensing.models import Grant
from provenance import c2pa_sdk, output_signing, pki, status_lists
from provenance.models import StatusList
from provenance.output_manifests import OUTPUT
from provenance.output_models import Output
from provenance.output_updates import update_output
from provenance.outputs import Source
from provenance.trust_bundle import trust_bundle
from provenance.verification import verify_file
from tests import factories
from tests.provenance.test_offline import outcomes, verified
from tests.provenance.test_outputs import TEXT, delivered, made, performed, picture, sent, signed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

type Told = Callable[..., tuple[int, Any]]


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def lab() -> Actor:
    return factories.lab("Lumen Lab")


@pytest.fixture
def grant(studio: Actor, lab: Actor) -> Grant:
    return delivered(factories.grant(studio, lab, [factories.offered_words(studio)]))


@pytest.fixture
def consent(studio: Actor) -> Consent:
    return factories.consent(studio, factories.likeness(studio), max_outputs=1)


@pytest.fixture
def both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Told:
    """Judge a file by the program and by the server; return the program's code and report, once
    the two have been found to agree."""
    bundle = tmp_path / "trust-bundle.pem"

    def told(file: Path, sidecar: Path | None = None, *options: str | Path) -> tuple[int, Any]:
        bundle.write_text(trust_bundle())
        beside = ("--sidecar", sidecar) if sidecar else ()
        code, said = verified(capsys, file, *beside, "--trust", bundle, *options)
        mime = guess_type(file.name)[0] or ""
        report = verify_file(file, filename=file.name, mime=mime, sidecar=sidecar)
        assert report.verdict == said["verdict"], report.inspection.findings
        log = {check.id: check.outcome for check in report.checks}.get("log")
        assert log is None or log == outcomes(said)["log"]
        return code, said

    return told


def beside(output: Output, folder: Path, manifest: bytes | None = None) -> tuple[Path, Path]:
    file, sidecar = folder / "night.txt", folder / "night.c2pa"
    file.write_bytes(TEXT)
    sidecar.write_bytes(bytes(output.manifest if manifest is None else manifest))
    return file, sidecar


def test_an_output_is_told_by_whom_with_what_and_which_labels(
    lab: Actor, grant: Grant, tmp_path: Path, both: Told
) -> None:
    output = signed(made(lab, [Source(grant.code)], made_at=timezone.now()))
    code, said = both(*beside(output, tmp_path))

    assert (code, said["verdict"]) == (0, "made")
    assert outcomes(said) == {
        "integrity": "ok",
        "signer": "warning",  # of a development authority, and it says so
        "time": "ok",
        "hash": "unknown",
        "identity": "ok",
        "output": "ok",
        "log": "ok",
        "grants": "ok",
        "labels": "unknown",
    }
    assert said["output"]["output"] == output.code
    texts = {check["id"]: check["text"] for check in said["checks"]}
    assert "Lumen Lab" in texts["output"]
    assert f"{grant.code} (1)" in texts["grants"]
    assert "KR: visible_label" in texts["labels"]
    assert "Lumen Lab" in texts["identity"]


def test_one_with_its_credential_inside_and_consents(
    studio: Actor, lab: Actor, consent: Consent, tmp_path: Path, both: Told
) -> None:
    output = signed(performed(lab, consent, sha256=sent(lab, picture(tmp_path))))
    file = tmp_path / "signed.png"
    with object_store().local_copy(output.signed_key) as stored:
        file.write_bytes(stored.read_bytes())
    code, said = both(file)
    assert (code, said["verdict"], outcomes(said)["consent"]) == (0, "made", "ok")
    assert said["consents"][0]["consent"] == consent.code
    # Struck out, once it was withdrawn: the newer manifest says so, whose word is the same.
    withdraw_consent(actor=studio, code=consent.code)
    newer = tmp_path / "newer.c2pa"
    newer.write_bytes(bytes(update_output(actor=lab, code=output.code).manifest))
    code, said = both(file, newer)
    assert (code, said["verdict"], said["consents"]) == (1, "made_in_doubt", [])
    assert (outcomes(said)["log"], outcomes(said)["identity"]) == ("ok", "ok")
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    assert both(file)[0] == 1


def test_what_has_ended_by_then_is_a_reason_to_ask(
    lab: Actor, grant: Grant, tmp_path: Path
) -> None:
    output = signed(made(lab, [Source(grant.code)]))
    file, sidecar = beside(output, tmp_path)
    trust = parse_bundle(trust_bundle())
    with Reader() as reader:
        answer = reader.read(file, sidecar, trust)
    assert answer is not None
    found = Found(answer, output.file_sha256, has_sidecar=True)
    declared = declared_in(found)
    assert declared is not None
    for at, name in (
        (factories.ENDS - timedelta(seconds=1), Name.MADE),
        (factories.ENDS, Name.MADE_IN_DOUBT),
    ):
        verdict = judged(found, trust.logs, at)
        assert judged_output(verdict, declared, trust.logs, at).name == name


def test_a_status_list_tells_of_the_grants_it_was_made_with(
    studio: Actor, lab: Actor, grant: Grant, tmp_path: Path, both: Told
) -> None:
    output = signed(made(lab, [Source(grant.code)]))
    number, listed = status_lists.numbers()[0], tmp_path / "list"

    def told() -> tuple[int, str, str]:
        status_lists.etag_of(number)
        listed.write_text(status_lists.token_of(number))
        code, said = both(*beside(output, tmp_path), "--status", listed)
        return code, said["verdict"], outcomes(said)["status"]

    assert told() == (0, "made", "ok")
    revoke_grant(actor=studio, code=grant.code, reason="Wrong cut.")
    StatusList.objects.update(checked_at=timezone.now() - timedelta(minutes=1))
    assert told() == (1, "made_in_doubt", "warning")


def test_nothing_is_believed_that_the_log_does_not_say(
    studio: Actor, lab: Actor, grant: Grant, tmp_path: Path, both: Told
) -> None:
    """Our own key under a declaration that is not the one in the log."""
    other = delivered(
        factories.grant(studio, lab, [factories.offered_words(studio, name="Sintel")])
    )
    output = signed(made(lab, [Source(grant.code)]))
    definition = output_signing.definition_of(output)
    said = next(each["data"] for each in definition["assertions"] if each["label"] == OUTPUT)
    source = said["sources"][0]
    for number, (change, code) in enumerate(
        (
            ({}, 0),
            ({"maker": {"code": "7K3F2Q9D", "name": "Umber"}}, 1),
            ({"sources": []}, 1),
            ({"sources": [source | {"grant": other.code}]}, 1),
            ({"sources": [source | {"files": 2}]}, 1),
            ({"sources": [source | {"files": "1"}]}, 1),
            ({"sources": 7, "label_duties": {}, "maker": None}, 1),
            ({"kind": "still"}, 1),
            ({"ledger": said["ledger"] | {"receipt": "none"}}, 1),
        )
    ):
        kept = dict(said)
        said.update(change)
        forged = c2pa_sdk.sign_sidecar(definition, output.file_sha256)
        said.clear()
        said.update(kept)
        Output.objects.update(manifest_id=forged.manifest_id)
        found, report = both(*beside(output, tmp_path, forged.manifest))
        assert found == code, (number, change)
        assert report["verdict"] == ("disputed" if code else "made"), change


def test_whom_the_maker_is_not_signs_nothing_for_it(
    lab: Actor, grant: Grant, tmp_path: Path, both: Told
) -> None:
    output = signed(made(lab, [Source(grant.code)]))
    other = factories.lab("Umber Lab").organisation
    assert other is not None
    definition = output_signing.definition_of(output)
    theirs = pki.licensor_identity(other.code, other.name)
    forged = c2pa_sdk.sign_sidecar(definition, output.file_sha256, theirs)
    Output.objects.update(manifest_id=forged.manifest_id)
    code, said = both(*beside(output, tmp_path, forged.manifest))
    assert (code, said["verdict"], outcomes(said)["identity"]) == (1, "disputed", "failed")


def test_an_output_of_nobody_that_is_trusted_says_nothing(
    lab: Actor, grant: Grant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = signed(made(lab, [Source(grant.code)]))
    bundle = tmp_path / "bundle"
    bundle.write_text(
        trust_bundle().partition("times")[2].partition("log")[0].join(["times\n", ""])
    )
    file, sidecar = beside(output, tmp_path)
    code, said = verified(capsys, file, "--sidecar", sidecar, "--trust", bundle)
    assert (code, said["verdict"], said["output"]) == (1, "stranger", None)
    assert not {"output", "grants", "labels", "log"} & set(outcomes(said))
