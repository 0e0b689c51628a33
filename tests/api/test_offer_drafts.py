"""Drafts of offers by API and by command."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from accounts.access import Actor
from licensing.models import Offer, OfferDraft
from tests import factories
from tests.api.callers import caller
from tests.licensing.sheets import TRAIN, row, sheet, take_in, with_films

pytestmark = pytest.mark.django_db


@pytest.fixture
def studio(var_dir: Path) -> Actor:
    return factories.studio()


def test_drafts_are_listed_changed_and_published(studio: Actor, tmp_path: Path) -> None:
    take_in(studio, sheet(tmp_path / "a.xlsx", row("Kite", TRAIN), row("Moth", TRAIN)))
    with_films(studio)
    studio_caller = caller(studio)
    kite, moth = sorted(
        studio_caller.get("offer-drafts/?state=ready").data["results"],
        key=lambda each: each["name"],
    )
    assert (kite["price_minor"], kite["per"], kite["edited"]) == (150, "minute", False)
    names = ("revision", "uses", "model_kinds", "currency", "territory", "starts_at", "ends_at")
    terms = {name: kite[name] for name in names} | {"price_minor": 9_000, "per": "hour"}
    changed = studio_caller.post(f"offer-drafts/{kite['code']}/change/", terms)
    assert (changed.status, changed.data["edited"]) == (200, True)
    stale = studio_caller.post(f"offer-drafts/{kite['code']}/change/", terms)
    assert stale.status == 409
    seen = [{"code": each["code"], "revision": each["revision"]} for each in (kite, moth)]
    answer = studio_caller.post("offer-drafts/publish/", {"drafts": seen}).data
    assert len(answer["offers"]) == 1
    assert [each["code"] for each in answer["refused"]] == [kite["code"]]
    back = studio_caller.post(f"offer-drafts/{kite['code']}/follow-sheet/", {}).data
    assert (back["price_minor"], back["per"]) == (150, "minute")
    offer = studio_caller.get("offers/").data["results"][0]
    assert (offer["per"], offer["starts_at"]) == ("minute", "2027-01-01T00:00:00Z")


def test_a_rival_sees_no_draft(studio: Actor, tmp_path: Path) -> None:
    take_in(studio, sheet(tmp_path / "a.xlsx", row("Kite", TRAIN)))
    draft = OfferDraft.objects.get()
    rival = caller(factories.studio())
    assert rival.get("offer-drafts/").data["results"] == []
    assert rival.post(f"offer-drafts/{draft.code}/follow-sheet/", {}).status == 404
    seen = {"drafts": [{"code": draft.code, "revision": draft.revision}]}
    assert rival.post("offer-drafts/publish/", seen).data["offers"] == []
    assert not Offer.objects.exists()


def test_an_offer_by_the_minute_is_made_by_hand_too(studio: Actor) -> None:
    title = factories.title(studio)
    factories.asset(studio, title)
    terms = {
        "of": title.code, "uses": ["train"], "model_kinds": ["foundation"], "price_minor": 150,
        "currency": "USD", "per": "minute", "ends_at": "2030-01-01T00:00:00Z",
    }  # fmt: skip
    assert caller(studio).post("offers/", terms | {"per": "frame"}).fields == ["per"]
    made = caller(studio).post("offers/", terms)
    assert (made.status, made.data["per"]) == (201, "minute")


def test_the_command_lists_publishes_and_exports(studio: Actor, tmp_path: Path) -> None:
    assert studio.organisation is not None
    code = studio.organisation.code
    take_in(studio, sheet(tmp_path / "a.xlsx", row("Kite", TRAIN), row("Moth", TRAIN)))
    with_films(studio)
    said = StringIO()
    call_command("offers", "drafts", organisation=code, stdout=said)
    assert [json.loads(line)["name"] for line in said.getvalue().splitlines()] == ["Kite", "Moth"]
    said = StringIO()
    call_command("offers", "publish", organisation=code, stdout=said)
    assert said.getvalue() == "2 published, 0 refused.\n"
    out = tmp_path / "out.xlsx"
    call_command("offers", "export", str(out), organisation=code, stdout=StringIO())
    assert out.stat().st_size > 0
    with pytest.raises(CommandError, match="no studio"):
        call_command("offers", "drafts", organisation="Nobody")


def test_the_command_says_what_it_could_not_publish(studio: Actor, tmp_path: Path) -> None:
    assert studio.organisation is not None
    take_in(studio, sheet(tmp_path / "a.xlsx", row("Kite", TRAIN)))
    factories.asset(studio, OfferDraft.objects.get().title, _still(tmp_path / "still.png"))
    errors = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command(
            "offers", "publish", organisation=studio.organisation.code,
            stdout=StringIO(), stderr=errors,
        )  # fmt: skip
    assert ended.value.code == 1
    assert "No file here has a duration" in errors.getvalue()


def _still(path: Path) -> Path:
    Image.new("RGB", (64, 48), "navy").save(path)
    return path
