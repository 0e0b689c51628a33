"""Workers that sign the same file, and files that cannot be signed: what others get of it."""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.access import Actor
from catalog.models import WorkState
from catalog.objects import object_store
from ledger.models import Event
from ledger.sequencer import advance
from licensing.models import Grant
from provenance.credentials import signing as credentials
from provenance.credentials.signing import sign_pending
from provenance.models import Credential, Output
from provenance.outputs import signing as output_signing
from provenance.outputs.declaring import Source
from provenance.outputs.signing import sign_outputs_pending
from provenance.trust import pki
from tests import factories
from tests.provenance.delivered import content, saved
from tests.provenance.test_outputs import made, picture, sent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def lab() -> Actor:
    return factories.lab()


def signed(studio: Actor, lab: Actor) -> Credential:
    """Return what was signed of a film, for a licensee who registers it as a work of his own."""
    grant = factories.grant(studio, lab, [factories.offered_film(studio)])
    advance()
    sign_pending()
    return Credential.objects.get(granted_asset__grant=grant)


def granted_again(credential: Credential, tmp_path: Path) -> Grant:
    """Return a grant of a file that carries a manifest, which is signed as a copy of its own."""
    other = factories.studio("Other Studio")
    title = factories.title(other)
    again = factories.asset(other, title, saved(credential, tmp_path / "mine.mp4"))
    factories.ownership(other, title)
    factories.offer(other, title)
    grant = factories.grant(other, factories.lab("Other Lab"), [again])
    advance()
    return grant


def overtaken(monkeypatch: pytest.MonkeyPatch, module: Any, again: Any, model: Any) -> list[Any]:
    """Let a second worker take over, and finish, while the first signs; return what both signed."""
    real, made_of = module._sign, []

    def slow(row: Any, *others: Any) -> Any:
        file = real(row, *others)
        made_of.append(file)
        if len(made_of) == 1:
            model.objects.filter(pk=row.pk).update(not_before=timezone.now() - timedelta(hours=1))
            assert again() == 1
        return file

    monkeypatch.setattr(module, "_sign", slow)
    return made_of


def test_who_signs_too_late_leaves_the_delivered_file_as_it_is(
    studio: Actor, lab: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = granted_again(signed(studio, lab), tmp_path)
    files = overtaken(monkeypatch, credentials, sign_pending, Credential)
    sign_pending()
    credential = Credential.objects.get(granted_asset__grant=grant)
    late, first = files
    assert credential.manifest_id == first.signed.manifest_id != late.signed.manifest_id
    assert hashlib.sha256(content(credential)).hexdigest() == credential.file_sha256
    assert Event.objects.filter(kind="credential.signed.v2", stream=credential.stream).count() == 1
    with pytest.raises(FileNotFoundError):
        b"".join(object_store().read_range(late.file_key, 0, 1))


def test_an_output_that_is_signed_too_late_leaves_it_as_it_is(
    studio: Actor, lab: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant = signed(studio, lab).granted_asset.grant
    made(lab, [Source(grant.code)], kind="still", sha256=sent(lab, picture(tmp_path)))
    advance()
    files = overtaken(monkeypatch, output_signing, sign_outputs_pending, Output)
    sign_outputs_pending()
    output = Output.objects.get()
    late, first = files
    assert output.manifest_id == first.signed.manifest_id != late.signed.manifest_id
    stored = b"".join(object_store().read_range(output.signed_key, 0, output.signed_size))
    assert hashlib.sha256(stored).hexdigest() == output.signed_sha256
    with pytest.raises(FileNotFoundError):
        b"".join(object_store().read_range(late.key, 0, 1))


def test_a_licensor_with_a_broken_certificate_holds_up_nobody_else(
    studio: Actor, lab: Actor
) -> None:
    broken, whole = studio, factories.studio("Whole Studio")
    for each in (broken, whole):
        factories.grant(each, lab, [factories.offered_words(each)])
    advance()
    assert broken.organisation is not None
    path = pki._directory() / f"licensor-{broken.organisation.code}.own.pem"
    path.write_text("no key")
    sign_pending()
    states = Credential.objects.values_list("granted_asset__grant__licensor__name", "state")
    assert dict(states)["Whole Studio"] == WorkState.DONE
    problem = Credential.objects.get(granted_asset__grant__licensor=broken.organisation).problem
    assert (problem, str(path.parent) in problem) == (
        "the licensor's own certificate cannot be used",
        False,
    )
    path.unlink()
    Credential.objects.update(not_before=timezone.now())
    sign_pending()
    assert not Credential.objects.exclude(state=WorkState.DONE).exists()


def test_a_fault_in_signing_one_file_holds_up_no_other(
    studio: Actor, lab: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _number in range(2):
        factories.grant(studio, lab, [factories.offered_words(studio)])
    advance()
    real, tries = credentials._sign, []

    def faulty(*arguments: Any) -> Any:
        tries.append(arguments[0])
        if len(tries) == 1:
            raise KeyError("/var/secret")
        return real(*arguments)

    monkeypatch.setattr(credentials, "_sign", faulty)
    sign_pending()
    states = Credential.objects.order_by("pk").values_list("state", flat=True)
    assert sorted(states) == [WorkState.DONE, WorkState.DUE]
    tries[0].refresh_from_db()
    assert "secret" not in tries[0].problem
