"""From what docs/keys.md says to keep, and nothing else of the data folder, all goes on."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.core.management import call_command
from pytest_django import Settings

from accounts.access import Actor
from accounts.errors import NotFound
from catalog.models import Asset
from catalog.objects import object_store
from catalog.sealing import SealBroken
from ledger import proofs
from ledger.sequencer import Diverged, advance
from provenance.credentials.delivery import link, open_delivery, resolve
from provenance.trust.bundle import trust_bundle
from provenance.verification.report import Verdict
from tests import factories
from tests.provenance.delivered import Delivered, content, licence

pytestmark = pytest.mark.django_db(transaction=True)

KEPT = ("keys", "ledger", "objects")


@pytest.fixture
def agency() -> Actor:
    return factories.talent()


def delivered(agency: Actor, folder: Path) -> Delivered:
    """A file of a likeness, sealed at rest, as its licensee has it."""
    folder.mkdir()
    likeness = factories.likeness(agency)
    factories.consent(agency, likeness, uses=["train"], attributes=["voice"])
    file = factories.words(agency, likeness)
    Asset.objects.filter(pk=file.pk).update(kind="audio")
    factories.offer(agency, likeness)
    return Delivered(licence(agency, file), folder)


@contextmanager
def without(path: Path) -> Iterator[None]:
    """Let a file be missing for a while; what was made in its place goes with it."""
    aside = path.rename(path.with_name("aside"))
    yield
    aside.replace(path)


def test_what_is_to_be_kept_is_enough_and_needed(
    var_dir: Path, tmp_path: Path, settings: Settings, agency: Actor
) -> None:
    before = delivered(agency, tmp_path / "before")
    handed_over = link(open_delivery(actor=before.lab, credential_code=before.credential.code))
    trusted, size = trust_bundle(), proofs.size()
    settings.VAR_DIR, settings.SECRET_KEY = tmp_path / "restored", "another"
    for name in KEPT:
        shutil.copytree(var_dir / name, settings.VAR_DIR / name)
    shutil.rmtree(var_dir)

    assert trust_bundle() == trusted
    assert before.report().verdict == Verdict.AUTHORISED
    assert content(before.credential) == before.file.read_bytes()
    after = delivered(agency, tmp_path / "after")
    assert after.report().verdict == Verdict.AUTHORISED
    assert proofs.size() > size
    call_command("ledger", "verify")
    with pytest.raises(NotFound):  # links end with the secret key, files do not
        resolve(handed_over.split("/")[2])

    keys = settings.VAR_DIR / "keys"
    with without(keys / "claim-root.pem"):
        assert trust_bundle() != trusted
    with without(keys / "sealing-key"), pytest.raises(SealBroken):
        object_store().open(before.credential.granted_asset.asset.object_key)
    with without(keys / "ledger.key"), pytest.raises(Diverged, match="restore it"):
        advance()
