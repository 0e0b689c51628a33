"""What licensees made, seen somewhere: on the pages of all that it was made with."""

import hashlib
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.access import Actor
from catalog.models import Asset
from ledger.edge_code import display
from ledger.sequencer import advance
from licensing.models import Grant
from provenance.credentials.signing import sign_pending
from provenance.models import Output, Sighting
from provenance.outputs.declaring import Source, Under, declare_output
from provenance.outputs.signing import sign_outputs_pending
from tests import factories
from tests.web.reading import text

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]

TEXT = b"It was a dark and stormy night."


@pytest.fixture(autouse=True)
def _own_counters() -> None:
    cache.clear()


@pytest.fixture
def lab() -> Actor:
    return factories.lab("Lumen Lab")


def logged_in(actor: Actor) -> Client:
    client = Client()
    assert actor.user is not None
    client.force_login(actor.user)
    return client


def made(lab: Actor, use: str, **under: Any) -> Output:
    output = declare_output(
        actor=lab,
        kind="text",
        name="A night in Seoul",
        made_by="trainedAlgorithmicMedia",
        use=use,
        model_kind="foundation",
        territory=["KR"],
        made_at=timezone.now(),
        sha256=hashlib.sha256(TEXT).hexdigest(),
        **under,
    )
    advance()
    assert sign_outputs_pending() == 1
    return output


def report(client: Client, use: str) -> Any:
    said = {
        "platform": "Clip site",
        "seen_at": timezone.now().strftime("%Y-%m-%dT%H:%M:%S"),
        "use": use,
        "model_kind": "foundation",
        "territory": "KR",
        "file": SimpleUploadedFile("seen.txt", TEXT, "text/plain"),
    }
    return client.post("/sightings/report/", said)


def granted(studio: Actor, lab: Actor) -> Grant:
    found = factories.grant(studio, lab, [factories.offered_words(studio)])
    advance()
    sign_pending()
    return found


def test_licensor_and_maker_find_it_on_their_pages_and_the_licensor_decides(lab: Actor) -> None:
    studio = factories.studio("Peach Pictures")
    grant = granted(studio, lab)
    other = factories.title(studio, name="Sintel")
    output = made(lab, "train.pretrain", sources=[Source(grant.code)])
    stranger = text(report(Client(), "distribute"))
    assert "Noted" in stranger
    assert output.code not in stranger
    found = Sighting.objects.get()
    title = Asset.objects.get(granted_assets__grant=grant).title
    assert title is not None
    ours = ("/sightings/", f"/titles/{title.code}/", f"/outputs/{output.code}/",
            f"/sightings/?grant={grant.code}", f"/sightings/?output={output.code}")  # fmt: skip
    for client, addresses in (
        (logged_in(studio), ours),
        (logged_in(lab), ("/sightings/", f"/outputs/{output.code}/")),
    ):
        for address in addresses:
            shown = text(client.get(address))
            assert "Clip site" in shown, address
            assert "The use is not licensed" in shown, address
        page = client.get(f"/sightings/{found.code}/")
        assert f"/outputs/{output.code}/" in page.text
        assert f"/grants/{grant.code}/" in page.text
        for words in ("A night in Seoul", "Lumen Lab", "It is known by its bytes alone"):
            assert words in text(page)
        assert f"?grant={grant.code}" in client.get(f"/grants/{grant.code}/").text
    licensor = logged_in(studio)
    for address, word, code in (
        (f"/sightings/?grant={grant.code}", "Grant", grant.code),
        (f"/sightings/?output={output.code}", "Output", output.code),
        (f"/outputs/?grant={grant.code}", "Grant", grant.code),
        (f"/outputs/?grant={other.code}", "Grant", other.code),  # where there is none
    ):
        filters = f'aria-current="true">{word} {display(code)}</a>'
        assert filters in licensor.get(address).text, address
    assert "Clip site" not in text(licensor.get(f"/titles/{other.code}/"))
    done = licensor.post(f"/sightings/{found.code}/flag/", {"reason": "Take it down."}, follow=True)
    assert "Incident" in text(done)
    stranger_ = logged_in(factories.studio())
    assert stranger_.get(f"/sightings/{found.code}/").status_code == 404
    assert "Clip site" not in text(stranger_.get("/sightings/"))


def test_of_some_files_of_a_grant_only_their_titles_show_it(lab: Actor) -> None:
    studio = factories.studio()
    files = [factories.offered_words(studio, name=name) for name in ("Sintel", "Bunny")]
    grant = factories.grant(studio, lab, files)
    advance()
    sign_pending()
    made(lab, "train.pretrain", sources=[Source(grant.code, files=[files[0].code])])
    report(Client(), "train")
    client = logged_in(studio)
    for file, is_shown in zip(files, (True, False), strict=True):
        assert file.title is not None
        assert ("Clip site" in text(client.get(f"/titles/{file.title.code}/"))) is is_shown


def test_who_represents_a_performer_finds_it_on_the_likeness(lab: Actor) -> None:
    agency = factories.talent("Hanbit Talent")
    likeness = factories.likeness(agency)
    consent = factories.consent(agency, likeness)
    output = made(lab, "generate.likeness", consents=[Under(consent.code, ["voice"])])
    heard = text(report(logged_in(lab), "generate"))
    assert "Outside the licence" in heard, "only one of the uses of generating is allowed"
    client, found = logged_in(agency), Sighting.objects.get()
    for address in (f"/likenesses/{likeness.code}/", "/sightings/", f"/outputs/{output.code}/"):
        assert "Clip site" in text(client.get(address)), address
    page = client.get(f"/sightings/{found.code}/")
    assert f"/likenesses/{likeness.code}/consents/{consent.code}/" in page.text
    assert "A night in Seoul" in text(page)
    assert (
        f"/likenesses/{likeness.code}/" not in logged_in(lab).get(f"/sightings/{found.code}/").text
    )
