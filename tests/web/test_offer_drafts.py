"""The page of drafts: what a sheet proposes, changed, published, put in place of offers."""

from pathlib import Path

import pytest
from django.test import Client

from accounts.access import Actor
from accounts.models import Role
from catalog.imports.rows import PriceFactor
from catalog.models import Title
from licensing.models import Offer, OfferDraft
from tests import factories
from tests.licensing.sheets import FINETUNE, TRAIN, row, sheet, take_in, with_films
from tests.web.reading import signed_in, text, words

pytestmark = pytest.mark.django_db

PAGE = "/offers/drafts/"
PUBLISH = f"{PAGE}publish/"
FORM = {
    "uses": ["train.finetune"],
    "model_kinds": ["foundation"],
    "territory": "World except CN",
    "price": "90",
    "currency": "USD",
    "per": "hour",
    "starts_at": "2027-01-01",
    "ends_at": "2030-01-01",
}


@pytest.fixture
def studio(var_dir: Path) -> Actor:
    return factories.studio()


@pytest.fixture
def client(studio: Actor) -> Client:
    return signed_in(studio)


def chosen(draft: OfferDraft, offer: str = "") -> str:
    draft.refresh_from_db()
    return f"{draft.code}.{draft.revision}.{offer}"


def test_all_that_is_ready_is_published_with_one_button(
    client: Client, studio: Actor, tmp_path: Path
) -> None:
    assert "No drafts yet" in words(client.get(PAGE))
    take_in(studio, sheet(tmp_path / "a.xlsx", row("Kite", TRAIN), row("Moth", TRAIN)))
    waiting = client.get(PAGE)
    assert words(waiting).count("Waits for a file") == 3  # the filter and two rows
    assert "Publish what is chosen" not in words(waiting)  # there is nothing to choose
    assert f'href="/titles/{Title.objects.get(name="Kite").code}/files/"' in text(waiting)
    assert "No such draft" in words(client.get(f"{PAGE}?state=ready"))
    assert "Kite" in words(client.get(f"{PAGE}?state=no_file"))
    with_films(studio)
    page = client.get(PAGE)
    assert "Publish all 2 that are ready" in words(page)
    assert "USD 1.50 per minute" in words(page)
    seen_at = page.context["seen_at"]
    done = client.post(PUBLISH, {"every": "1", "seen_at": seen_at}, follow=True)
    assert "2 offers are published." in words(done)
    assert Offer.objects.published().count() == 2
    assert "USD 1.50 per minute" in words(client.get("/offers/"))
    again = client.post(PUBLISH, {"every": "1", "seen_at": seen_at}, follow=True)
    assert "Choose at least one draft." in words(again)


def test_two_drafts_of_one_title_say_that_only_one_can_be_on_the_market(
    client: Client, studio: Actor, tmp_path: Path
) -> None:
    rows = (row("Kite", TRAIN), row("Kite", FINETUNE, 300), row("Moth", TRAIN))
    take_in(studio, sheet(tmp_path / "a.xlsx", *rows))
    with_films(studio)
    only_one = "This title has 1 more draft. Only one of them can be on the market."
    assert words(client.get(PAGE)).count(only_one) == 2
    for draft in OfferDraft.objects.all():
        page = words(client.get(f"{PAGE}{draft.code}/"))
        assert (only_one in page) == (draft.title.name == "Kite")


def test_a_difference_is_shown_and_accepted(client: Client, studio: Actor, tmp_path: Path) -> None:
    take_in(studio, sheet(tmp_path / "a.xlsx", row("Kite", TRAIN)))
    with_films(studio)
    draft = OfferDraft.objects.get()
    client.post(PUBLISH, {"draft": [chosen(draft)]})
    offer = Offer.objects.get()
    take_in(studio, sheet(tmp_path / "b.xlsx", row("Kite", TRAIN, 180)))
    for address in (f"{PAGE}?state=differs", f"{PAGE}{draft.code}/"):
        page = words(client.get(address))
        assert "USD 1.80 per minute" in page
        assert "USD 1.50 per minute" in page
    stale = client.post(PUBLISH, {"draft": [chosen(draft)]}, follow=True)
    assert "Kite: There is a published offer already" in words(stale)
    client.post(PUBLISH, {"draft": [chosen(draft, offer.code)]})
    assert Offer.objects.published().get().price_minor == 180


def test_a_draft_is_changed_and_the_sheet_stands_beside(
    client: Client, studio: Actor, tmp_path: Path
) -> None:
    late = row("Kite", FINETUNE)
    assert late.avail is not None
    assert late.avail.starts_at is not None
    late.avail.starts_at = late.avail.starts_at.replace(hour=15)
    take_in(studio, sheet(tmp_path / "a.xlsx", late))
    draft = OfferDraft.objects.get()
    address = f"{PAGE}{draft.code}/"
    assert 'value="2027-01-01"' in text(client.get(address))
    response = client.post(address, FORM | {"revision": str(draft.revision)})
    assert response.status_code == 303
    draft.refresh_from_db()
    assert (draft.price_minor, draft.per, draft.is_edited) == (9_000, "hour", True)
    assert draft.starts_at == late.avail.starts_at  # the hour is not lost with the day
    page = words(client.get(address))
    assert "The sheet says something else" in page
    assert "Price: USD 1.50 per minute" in page
    stale = client.post(address, FORM | {"revision": "1"})
    assert (stale.status_code, "has changed since you saw it" in words(stale)) == (422, True)
    client.post(f"{address}follow/")
    draft.refresh_from_db()
    assert (draft.price_minor, draft.is_edited) == (150, False)
    refused = client.post(f"{address}discard/", follow=True)
    assert "The sheet still says this" in words(refused)


def test_a_box_that_names_no_draft_publishes_nothing(client: Client) -> None:
    for box in ("", "x", "ABCDEFGH.x", "ABCDEFGH.1.", "..", "ABCDEFGH.99999999999"):
        assert client.post(PUBLISH, {"draft": [box]}).status_code == 303, box
        assert client.post(PUBLISH, {"every": "1", "seen_at": box}).status_code == 303, box
    assert not Offer.objects.exists()


def test_an_editor_changes_and_does_not_publish(studio: Actor, tmp_path: Path) -> None:
    take_in(studio, sheet(tmp_path / "a.xlsx", row("Kite", TRAIN)))
    with_films(studio)
    draft = OfferDraft.objects.get()
    editor = signed_in(factories.member(studio, Role.EDITOR))
    assert "Publish" not in words(editor.get(PAGE)).replace("Published", "")
    assert editor.post(PUBLISH, {"draft": [chosen(draft)]}).status_code == 403
    given = FORM | {"revision": str(draft.revision)}
    assert editor.post(f"{PAGE}{draft.code}/", given).status_code == 303
    rival = signed_in(factories.studio())
    assert rival.get(f"{PAGE}{draft.code}/").status_code == 404
    assert signed_in(factories.lab()).get(PAGE).status_code == 404


def test_the_sheet_that_goes_out_has_what_is_on_offer(
    client: Client, studio: Actor, tmp_path: Path
) -> None:
    take_in(studio, sheet(tmp_path / "a.xlsx", row("Kite", TRAIN)))
    out = tmp_path / "out.xlsx"
    out.write_bytes(client.get("/imports/avails-ai.xlsx").content)
    other = factories.studio()
    take_in(other, out)
    assert OfferDraft.objects.visible_to(other).get().price_minor == 150


def test_a_rate_card_of_a_sheet_is_shown_before_it_is_published(
    client: Client, studio: Actor, tmp_path: Path
) -> None:
    dear = [PriceFactor("exclusivity", "exclusive", "5")]
    path = sheet(tmp_path / "a.xlsx", row("Kite", TRAIN, price_factors=dear, minimum_minor=50_000))
    take_in(studio, path)
    with_films(studio)
    draft = OfferDraft.objects.get()
    page = words(client.get(f"{PAGE}{draft.code}/"))
    assert "Rate card Exclusivity: " in page
    assert "× 5 Minimum guarantee: USD 500.00" in page
    client.post(PUBLISH, {"draft": [chosen(draft)]})
    assert Offer.objects.get().minimum_minor == 50_000
    cheap = [PriceFactor("exclusivity", "exclusive", "2")]
    take_in(studio, sheet(tmp_path / "b.xlsx", row("Kite", TRAIN, price_factors=cheap)))
    assert "On the market: another rate card" in words(client.get(PAGE))
    page = words(client.get(f"{PAGE}{draft.code}/"))
    assert "× 5" in page
    assert "× 2" in page
