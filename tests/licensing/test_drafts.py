"""From an Avails-AI sheet to offers: drafted, changed, published by hundreds, and out again."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from PIL import Image

from accounts.access import Actor, Permission
from accounts.errors import Conflict, Invalid, NotFound
from catalog.imports import price_factors
from catalog.imports.rows import ElementException, PriceFactor, Row
from catalog.models import Fact, Title
from catalog.rights import record_fact
from ledger.models import Event
from licensing.models import DraftState, Offer, OfferDraft
from licensing.offers.drafts import (
    change_draft,
    differences,
    discard_draft,
    follow_sheet,
    publish_draft,
    publish_drafts,
    publish_ready,
)
from licensing.offers.export import export_offers
from licensing.offers.modifiers import MAX_MODIFIERS
from licensing.offers.pricing import DIMENSIONS, MAX_DENOMINATOR, MAX_TIMES
from licensing.offers.publishing import card_terms, terms_of, withdraw_offer
from tests import factories
from tests.accounts.witness import only_with, refused
from tests.catalog.importing.files import counts
from tests.licensing.sheets import (
    END,
    FINETUNE,
    START,
    TRAIN,
    row,
    seen,
    sheet,
    take_in,
    with_films,
)
from tests.worlds import kept

pytestmark = pytest.mark.django_db


@pytest.fixture
def studio(var_dir: Path) -> Actor:
    return factories.studio()


@kept
def drafter() -> Actor:
    """A studio whose sheet has one row, of a film that it has no file of."""
    studio = factories.studio()
    with TemporaryDirectory() as folder:
        take_in(studio, sheet(Path(folder) / "a.xlsx", row("Kite", TRAIN)))
    return studio


def test_rows_of_equal_terms_are_one_draft(studio: Actor, tmp_path: Path) -> None:
    take_in(
        studio,
        sheet(tmp_path / "a.xlsx", row("Kite", TRAIN), row("Kite", FINETUNE),
              row("Kite", "AIEval", 20, model_kinds=["evaluation_only"])),
    )  # fmt: skip
    both, evaluation = OfferDraft.objects.order_by("-price_minor")
    assert terms_of(both) == {
        "uses": ["train.finetune", "train.pretrain"],
        "model_kinds": ["customer_private"],
        "territory": {"include": ["WORLD"], "except": ["CN"]},
        "price_minor": 150,
        "currency": "USD",
        "per": "minute",
        "starts_at": START,
        "ends_at": END,
    }
    assert (both.title.name, both.state) == ("Kite", DraftState.READY)
    assert (evaluation.uses, evaluation.price_minor) == (["evaluate"], 20)
    assert not Offer.objects.exists()


def test_the_same_sheet_twice_changes_nothing(studio: Actor, tmp_path: Path) -> None:
    path = sheet(tmp_path / "a.xlsx", row("Kite", TRAIN), row("Moth", TRAIN, None))
    take_in(studio, path)
    before = list(OfferDraft.objects.order_by("pk").values())
    events = Event.objects.count()
    assert counts(take_in(studio, path)) == (0, 0, 2, 0, 0)
    assert list(OfferDraft.objects.order_by("pk").values()) == before
    assert Event.objects.count() == events


def test_a_new_price_changes_the_draft_and_no_published_offer(
    drafter: Actor, tmp_path: Path
) -> None:
    with_films(drafter)
    draft = OfferDraft.objects.get()
    offer = publish_draft(actor=drafter, chosen=seen(draft))
    draft.refresh_from_db()
    assert draft.state == DraftState.PUBLISHED

    take_in(drafter, sheet(tmp_path / "b.xlsx", row("Kite", TRAIN, 180)))
    offer.refresh_from_db()
    draft.refresh_from_db()
    assert (offer.price_minor, offer.withdrawn_at) == (150, None)
    assert (draft.price_minor, draft.state) == (180, DraftState.DIFFERS)
    assert [tuple(each) for each in differences(draft, terms_of(offer))] == [
        ("price", (150, "USD", "minute"), (180, "USD", "minute"))
    ]
    with refused(Conflict):
        publish_draft(actor=drafter, chosen=seen(draft))
    accepted = publish_draft(actor=drafter, chosen=seen(draft, offer.code))
    offer.refresh_from_db()
    draft.refresh_from_db()
    assert offer.withdrawn_at is not None
    assert list(Offer.objects.published()) == [accepted]
    assert (accepted.price_minor, draft.state) == (180, DraftState.PUBLISHED)
    withdraw_offer(actor=drafter, code=accepted.code)
    draft.refresh_from_db()
    assert draft.state == DraftState.READY


def test_what_somebody_changed_stays_and_the_sheet_stands_beside(
    drafter: Actor, tmp_path: Path
) -> None:
    draft = OfferDraft.objects.get()
    changed = terms_of(draft) | {"price_minor": 90_000, "per": "hour"}
    draft = change_draft(actor=drafter, code=draft.code, revision=1 + 1, **changed)
    assert (draft.is_edited, draft.per) == (True, "hour")
    take_in(drafter, sheet(tmp_path / "b.xlsx", row("Kite", TRAIN, 180)))
    draft.refresh_from_db()
    assert (draft.price_minor, draft.proposed["price_minor"]) == (90_000, 180)
    with refused(Conflict):  # seen before the last change
        change_draft(actor=drafter, code=draft.code, revision=1, **changed)
    draft = follow_sheet(actor=drafter, code=draft.code)
    assert (draft.price_minor, draft.per, draft.is_edited) == (180, "minute", False)


def test_a_row_that_went_takes_its_draft_along_unless_somebody_worked_on_it(
    studio: Actor, tmp_path: Path
) -> None:
    both = [row("Kite", TRAIN), row("Kite", FINETUNE, 90)]
    take_in(studio, sheet(tmp_path / "a.xlsx", *both))
    kept = OfferDraft.objects.get(price_minor=90)
    with refused(Conflict):
        discard_draft(actor=studio, code=kept.code)
    terms = terms_of(kept) | {"price_minor": 95}
    change_draft(actor=studio, code=kept.code, revision=kept.revision, **terms)
    other = row("Kite", "AIEval", 10, avail_id="another")
    take_in(studio, sheet(tmp_path / "b.xlsx", other))
    kept.refresh_from_db()
    assert (kept.state, kept.rows) == (DraftState.DROPPED, [])
    assert sorted(OfferDraft.objects.values_list("price_minor", flat=True)) == [10, 95]
    discard_draft(actor=studio, code=kept.code)
    assert OfferDraft.objects.get().price_minor == 10


def test_what_is_not_complete_is_not_published(studio: Actor, tmp_path: Path) -> None:
    waiting = row("Moth", TRAIN, starts_at=None, start_condition="ESTStart", start_lag="P30D")
    take_in(
        studio,
        sheet(tmp_path / "a.xlsx", row("Kite", TRAIN, None), waiting, row("Owl", TRAIN)),
    )
    kite, moth, owl = OfferDraft.objects.order_by("title__name")
    assert (kite.state, moth.state) == (DraftState.INCOMPLETE, DraftState.INCOMPLETE)
    assert moth.waits_for == "ESTStart P30D"
    outcome = publish_drafts(actor=studio, chosen=[seen(kite), seen(moth), seen(owl)])
    assert outcome.published == []
    reasons = {each.code: str(each.reason) for each in outcome.refused}
    assert reasons[kite.code] == "Set a price first."
    assert "dates the window by an event" in reasons[moth.code]
    assert "Add a file first" in reasons[owl.code]


def test_a_price_by_the_minute_needs_a_file_that_lasts(drafter: Actor, tmp_path: Path) -> None:
    still = tmp_path / "still.png"
    still.write_bytes(_picture())
    factories.asset(drafter, Title.objects.get(), still)
    with refused(Conflict):
        publish_draft(actor=drafter, chosen=seen(OfferDraft.objects.get()))
    with_films(drafter)
    assert not Offer.objects.exists()


def _picture() -> bytes:
    made = BytesIO()
    Image.new("RGB", (64, 48), "navy").save(made, "PNG")
    return made.getvalue()


def test_many_are_published_at_once_and_one_refusal_stops_no_other(
    studio: Actor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("licensing.offers.drafts._IN_A_TRANSACTION", 3)
    films = [f"Film {number}" for number in range(8)]
    take_in(studio, sheet(tmp_path / "a.xlsx", *(row(film, TRAIN) for film in films)))
    for title in Title.objects.exclude(name="Film 2"):
        factories.words(studio, title)
    drafts = list(OfferDraft.objects.order_by("pk"))
    for draft in drafts[:4]:  # subtitles have no duration: a price per file
        change_draft(actor=studio, code=draft.code, revision=draft.revision,
                     **terms_of(draft) | {"per": "file"})  # fmt: skip
    outcome = publish_ready(actor=studio, seen_at=timezone.now())
    assert (len(outcome.published), len(outcome.refused), outcome.left) == (3, 4, 0)
    assert Offer.objects.published().count() == 3
    assert Event.objects.filter(kind="offer.published").count() == 3
    again = publish_ready(actor=studio, seen_at=timezone.now())
    assert (again.published, len(again.refused)) == ([], 4)


def test_what_changed_since_it_was_seen_is_not_published(drafter: Actor, tmp_path: Path) -> None:
    with_films(drafter)
    before, draft = timezone.now(), OfferDraft.objects.get()
    take_in(drafter, sheet(tmp_path / "b.xlsx", row("Kite", TRAIN, 1)))
    assert publish_ready(actor=drafter, seen_at=before).published == []
    outcome = publish_drafts(actor=drafter, chosen=[seen(draft)])
    assert "changed since you saw it" in str(outcome.refused[0].reason)
    assert not Offer.objects.exists()


def test_only_who_binds_the_studio_publishes(drafter: Actor) -> None:
    with_films(drafter)
    draft, rival = OfferDraft.objects.get(), factories.studio()
    with refused(NotFound):
        publish_draft(actor=rival, chosen=seen(draft))
    with refused(NotFound):
        follow_sheet(actor=rival, code=draft.code)
    only_with(
        Permission.EDIT_TITLES,
        drafter,
        lambda who: change_draft(actor=who, code=draft.code, revision=draft.revision,
                                 **terms_of(draft)),
    )  # fmt: skip
    draft.refresh_from_db()
    only_with(
        Permission.PUBLISH_OFFERS,
        drafter,
        lambda who: publish_draft(actor=who, chosen=seen(draft)),
    )


NO_TERMS: list[tuple[dict[str, Any], str]] = [
    ({"per": "frame"}, "per"),
    ({"price_minor": -1}, "price_minor"),
    ({"uses": []}, "uses"),
    ({"ends_at": START}, "ends_at"),
    ({"territory": ["Atlantis"]}, "territory"),
]


def test_a_draft_takes_no_terms_that_an_offer_would_not(drafter: Actor) -> None:
    draft = OfferDraft.objects.get()
    for change, field in NO_TERMS:
        with refused(Invalid, field):
            change_draft(actor=drafter, code=draft.code, revision=draft.revision,
                         **terms_of(draft) | change)  # fmt: skip
    draft.refresh_from_db()
    assert draft.is_edited is False


def facts(actor: Actor) -> list[tuple[str, str, Any]]:
    found = Fact.objects.visible_to(actor).standing().values_list("title__name", "kind", "body")
    return sorted(found, key=str)


def drafted(actor: Actor) -> list[Any]:
    found = OfferDraft.objects.visible_to(actor).order_by("title__name", "pk")
    return [(draft.title.name, terms_of(draft), draft.waits_for) for draft in found]


def everything() -> Sequence[Row]:
    """Return rows with all that a sheet can say."""
    said = {
        "guild_flags": ["SAG-AFTRA", "DGA"],
        "element_exceptions": [
            ElementException("music", 61_000, 152_500),
            ElementException("choreography"),
        ],
        "max_licensees": 3,
        "nilv_status": "excluded",
        "modalities": ["video"],
        "delivery_forms": ["segments"],
        "available_ms": 5_640_000,
        "notes": "Ask first.",
    }
    hour = {"price_per_minute_minor": None, "price_per_hour_minor": 9_000}
    return [
        row("Kite", TRAIN, **said),
        row("Kite", FINETUNE, **said),
        row("Kite", "AIEval", 20, model_kinds=["evaluation_only"]),
        row("Moth", "AIInput", **hour, territory=["KR", "JP"], territory_excluded=[]),
        row("Owl", TRAIN, None, starts_at=None, start_condition="ESTStart", ends_at=None),
    ]


def test_out_and_in_again_is_the_same(studio: Actor, tmp_path: Path) -> None:
    take_in(studio, sheet(tmp_path / "a.xlsx", *everything()))
    with_films(studio)
    publish_draft(actor=studio, chosen=seen(OfferDraft.objects.get(price_minor=150)))
    out = tmp_path / "out.xlsx"
    assert export_offers(studio, out) == (5, 0)
    assert counts(take_in(studio, out)) == (0, 0, 5, 0, 0)

    other = factories.studio()
    assert counts(take_in(other, out))[0] == 5
    assert drafted(other) == drafted(studio)
    assert facts(other) == facts(studio)
    again = tmp_path / "again.xlsx"
    with CaptureQueriesContext(connection) as asked:
        export_offers(other, again)
    of_houses = [q for q in asked.captured_queries if 'FROM "accounts_organisation"' in q["sql"]]
    assert of_houses == []  # not one for each title
    assert again.read_bytes() == out.read_bytes()


CARD: dict[str, Any] = {
    "price_factors": [
        PriceFactor("use", "evaluate", "1/2"),
        PriceFactor("exclusivity", "exclusive", "5"),
        PriceFactor("territory", "JP, KR", "3/2"),
        PriceFactor("resolution", "uhd", "2"),
    ],
    "minimum_minor": 50_000,
    "most_favoured": True,
}


def test_a_rate_card_goes_in_and_out_of_a_sheet(studio: Actor, tmp_path: Path) -> None:
    take_in(studio, sheet(tmp_path / "a.xlsx", row("Kite", TRAIN, **CARD), row("Moth", TRAIN)))
    with_films(studio)
    kite, moth = OfferDraft.objects.order_by("title__name")
    offer = publish_draft(actor=studio, chosen=seen(kite))
    assert offer.modifiers == [
        {"by": "use", "of": "evaluate", "times": "1/2"},
        {"by": "exclusivity", "of": "exclusive", "times": "5"},
        {"by": "territory", "of": ["JP", "KR"], "times": "3/2"},
        {"by": "resolution", "of": "uhd", "times": "2"},
    ]
    assert (offer.minimum_minor, offer.most_favoured, moth.card) == (50_000, True, None)
    by_hand = factories.title(studio, name="Zebra")
    factories.words(studio, by_hand)
    modifiers = [
        {"by": "territory", "of": {"include": ["WORLD"], "except": ["CN", "US"]}, "times": "2"}
    ]
    factories.offer(studio, by_hand, modifiers=modifiers, per="segment", uses=["evaluate"])
    out = tmp_path / "out.xlsx"
    export_offers(studio, out)

    other = factories.studio()
    assert counts(take_in(other, out))[0] == 3
    with_films(other)
    for title in ("Kite", "Zebra"):
        draft = OfferDraft.objects.get(organisation=other.organisation, title__name=title)
        copy = publish_draft(actor=other, chosen=seen(draft))
        original = Offer.objects.get(organisation=studio.organisation, title__name=title)
        assert terms_of(copy) == terms_of(original)
        assert card_terms(copy) == card_terms(original)

    # Another factor in the sheet is another card; a sheet that says none leaves what there is.
    dearer = CARD | {"price_factors": [PriceFactor("use", "evaluate", "2/3")]}
    take_in(studio, sheet(tmp_path / "b.xlsx", row("Kite", TRAIN, **dearer)))
    kite.refresh_from_db()
    assert (kite.state, differences(kite, terms_of(offer))) == (DraftState.DIFFERS, [])
    take_in(studio, sheet(tmp_path / "c.xlsx", row("Kite", TRAIN)))
    kite.refresh_from_db()
    assert (kite.state, kite.card) == (DraftState.PUBLISHED, None)


NO_FACTORS = [
    PriceFactor("use", "fly", "2"),
    PriceFactor("territory", "UK", "2"),
    PriceFactor("mood", "sad", "2"),
    PriceFactor("use", "evaluate", "0"),
    PriceFactor("use", "evaluate", "1/0"),
    PriceFactor("use", "evaluate", "1001"),
    PriceFactor("use", "evaluate", "1e9"),
]


def test_a_row_with_a_factor_that_is_none_is_refused(studio: Actor, tmp_path: Path) -> None:
    rows = [
        row(f"Film {number}", TRAIN, price_factors=[factor])
        for number, factor in enumerate(NO_FACTORS)
    ]
    job = take_in(studio, sheet(tmp_path / "a.xlsx", *rows))
    assert counts(job)[-1] == len(NO_FACTORS)
    assert not OfferDraft.objects.exists()


def test_the_limits_of_factors_are_those_of_rate_cards() -> None:
    assert (price_factors.TIMES_MAX, price_factors.DENOMINATOR_MAX, price_factors.FACTORS_MAX) == (
        MAX_TIMES, MAX_DENOMINATOR, MAX_MODIFIERS,
    )  # fmt: skip
    assert price_factors.DIMENSIONS == DIMENSIONS


def test_what_was_changed_here_is_what_goes_out(studio: Actor, tmp_path: Path) -> None:
    take_in(studio, sheet(tmp_path / "a.xlsx", row("Kite", TRAIN), row("Kite", FINETUNE)))
    with_films(studio)
    draft = OfferDraft.objects.get()
    changed = terms_of(draft) | {
        "uses": ["train.finetune"], "price_minor": 100_000, "per": "file", "currency": "KRW",
        "territory": ["KR"], "ends_at": None,
    }  # fmt: skip
    draft = change_draft(actor=studio, code=draft.code, revision=draft.revision, **changed)
    offer = publish_draft(actor=studio, chosen=seen(draft))
    by_hand = factories.title(studio, name="Zebra")
    factories.words(studio, by_hand)
    factories.offer(studio, by_hand, uses=["train", "index"], territory=["US"])
    guild = {"guild": "한국방송실연자권리협회", "agreement": "2023"}
    record_fact(actor=studio, title=by_hand, kind="guild", body=guild)
    out = tmp_path / "out.xlsx"
    # Training contains evaluation. Avails-AI has no name for indexing, nor for models that only
    # tell things apart.
    assert export_offers(studio, out) == (4, 2)

    # Here the rows mean the titles that they came from, also one without any number.
    titles = set(Title.objects.values_list("code", flat=True))
    assert take_in(studio, out).warned == 0
    assert set(Title.objects.values_list("code", flat=True)) == titles
    assert counts(take_in(studio, out))[:2] == (0, 0)

    other = factories.studio()
    take_in(other, out)
    kite, zebra = OfferDraft.objects.visible_to(other).order_by("title__name")
    assert terms_of(kite) == terms_of(offer)
    assert (zebra.uses, zebra.price_minor, zebra.per, zebra.territory) == (
        ["evaluate", "train.finetune", "train.pretrain"], 100_000, "file", ["US"],
    )  # fmt: skip
    bodies = [body for name, kind, body in facts(other) if (name, kind) == ("Zebra", "guild")]
    assert bodies == [guild | {"agreement": "not named"}] * 3
