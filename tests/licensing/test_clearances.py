"""From the catalogue to the engine: consents, restrictions and grants count as recorded."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.access import Actor
from catalog.consent_uses import record_use
from catalog.consenting import resume_consent, suspend_consent
from catalog.likenesses import register_likeness
from catalog.models import Asset, Likeness
from catalog.performers import change_performer, register_performer
from catalog.rights import supersede
from catalog.withdrawing import withdraw_consent
from licensing.verdicts.clearances import consents_reaching, evaluate
from licensing.verdicts.reach import modalities
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

SPEECH: dict[str, Any] = {"uses": ["generate.likeness"]}


@pytest.fixture
def agency() -> Actor:
    return factories.talent()


@pytest.fixture
def lab() -> Actor:
    return factories.lab()


@pytest.fixture
def likeness(agency: Actor) -> Likeness:
    return factories.likeness(agency)


@pytest.fixture
def voice(agency: Actor, likeness: Likeness) -> Asset:
    """A reference file that counts as sound; what is in it is of no matter here."""
    file = factories.words(agency, likeness)
    Asset.objects.filter(pk=file.pk).update(kind="audio")
    factories.offer(agency, likeness, uses=["generate.likeness", "train"])
    file.refresh_from_db()
    return file


def verdict(lab: Actor, file: Asset, **scope: Any) -> tuple[str, list[str]]:
    item = factories.draft(lab, [file], **scope).items.get()
    result = evaluate(item, as_of=timezone.now())[1]
    return result["verdict"], result["reasons"]


def test_within_its_consent_a_likeness_is_clear(
    agency: Actor, lab: Actor, likeness: Likeness, voice: Asset
) -> None:
    assert verdict(lab, voice, **SPEECH)[0] == "BLOCKED"
    factories.consent(agency, likeness)
    assert verdict(lab, voice, **SPEECH) == ("CLEAR", ["OK"])


@pytest.mark.parametrize(
    "terms",
    [
        ({}, {"uses": ["converse.persona"]}),
        ({}, {"uses": ["generate.likeness", "dub"]}),
        ({}, {"uses": ["train"]}),
        ({}, {"ends_at": datetime(2037, 1, 1, tzinfo=UTC)}),
        ({}, {"ends_at": None}),
        ({}, {"starts_at": datetime(2025, 12, 31, tzinfo=UTC)}),
        ({"territory": ["KR"]}, {"territory": ["KR", "US"]}),
        ({"territory": {"include": ["WORLD"], "except": ["CN"]}}, {}),
        ({"model_kinds": ["evaluation_only"]}, {}),
        ({"attributes": ["face"]}, {}),
        ({"ends_at": datetime(2026, 6, 1, tzinfo=UTC)}, {}),
    ],
)
def test_outside_its_consent_a_likeness_is_never_clear(
    agency: Actor,
    lab: Actor,
    likeness: Likeness,
    voice: Asset,
    terms: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    consented, asked = terms
    factories.consent(agency, likeness, **consented)
    assert verdict(lab, voice, **(SPEECH | asked))[0] not in {"CLEAR", "CONDITIONAL"}


def test_a_consent_for_one_lab_is_none_for_another(
    agency: Actor, lab: Actor, likeness: Likeness, voice: Asset
) -> None:
    rival = factories.lab()
    assert rival.organisation is not None
    consent = factories.consent(agency, likeness, grantee_code=rival.organisation.code)
    item = factories.draft(lab, [voice], **SPEECH).items.get()
    case, result = evaluate(item, as_of=timezone.now())
    assert result["verdict"] == "BLOCKED"
    assert consent.code not in str(case)
    assert rival.organisation.code not in str(case)
    assert verdict(rival, voice, **SPEECH)[0] == "CLEAR"


def test_a_withdrawn_consent_counts_no_more(
    agency: Actor, lab: Actor, likeness: Likeness, voice: Asset
) -> None:
    consent = factories.consent(agency, likeness)
    withdraw_consent(actor=agency, code=consent.code)
    assert verdict(lab, voice, **SPEECH)[0] != "CLEAR"
    factories.consent(agency, likeness)
    assert verdict(lab, voice, **SPEECH)[0] == "CLEAR"


def test_a_suspended_consent_clears_nothing_until_it_is_resumed(
    agency: Actor, lab: Actor, likeness: Likeness, voice: Asset
) -> None:
    consent = factories.consent(agency, likeness)
    suspend_consent(actor=agency, code=consent.code, reason="strike")
    word, reasons = verdict(lab, voice, **SPEECH)
    assert word == "BLOCKED"
    assert "CONSENT_MISSING" in reasons or "INSTRUMENT_NOT_EXECUTED" in reasons
    request = factories.draft(lab, [voice], **SPEECH)
    assert consents_reaching(voice, request) == []
    resume_consent(actor=agency, code=consent.code)
    assert verdict(lab, voice, **SPEECH) == ("CLEAR", ["OK"])
    assert consents_reaching(voice, request) == [consent]


def test_outputs_that_were_made_count_against_the_agreed_number(
    agency: Actor, lab: Actor, likeness: Likeness, voice: Asset
) -> None:
    consent = factories.consent(agency, likeness, max_outputs=2)
    assert verdict(lab, voice, **SPEECH)[0] == "CLEAR"
    record_use(actor=lab, consent_code=consent.code, description="One line", outputs=2)
    assert verdict(lab, voice, **SPEECH) == ("BLOCKED", ["CONSENT_QUOTA"])


def test_a_consent_that_does_not_outlive_the_performer_ends_with_them(
    agency: Actor, lab: Actor, likeness: Likeness, voice: Asset
) -> None:
    consent = factories.consent(agency, likeness)
    consent.terms = {"survives_death": False}
    consent.save(update_fields=["terms"])
    code = likeness.performer.code
    change_performer(actor=agency, code=code, deceased_on=date(2026, 2, 1))
    later = SPEECH | {"starts_at": datetime(2026, 3, 1, tzinfo=UTC)}
    assert verdict(lab, voice, **later) == ("BLOCKED", ["NO_RIGHTS_TERM"])


def test_another_performers_consent_is_none(
    agency: Actor, lab: Actor, likeness: Likeness, voice: Asset
) -> None:
    factories.consent(agency, factories.likeness(agency))
    assert verdict(lab, voice, **SPEECH)[0] == "BLOCKED"


def test_a_minors_consent_needs_a_court(agency: Actor, lab: Actor) -> None:
    child = register_performer(
        actor=agency, name="Kid", born=(timezone.now() - timedelta(days=3650)).date()
    )
    likeness = register_likeness(
        actor=agency, performer_code=child.code, attributes=["voice"], description="D"
    )
    file = factories.words(agency, likeness)
    Asset.objects.filter(pk=file.pk).update(kind="audio")
    factories.consent(agency, likeness)
    factories.offer(agency, likeness)
    assert verdict(lab, file, **SPEECH)[0] not in {"CLEAR", "CONDITIONAL"}


def test_the_case_knows_the_performer_by_code_only(
    agency: Actor, lab: Actor, likeness: Likeness, voice: Asset
) -> None:
    factories.consent(agency, likeness, document="Letter of Kim Min's mother")
    item = factories.draft(lab, [voice], **SPEECH).items.get()
    case, result = evaluate(item, as_of=timezone.now())
    assert likeness.performer.name not in str((case, result))
    assert "mother" not in str((case, result))
    assert "born" not in str(result)


def test_the_chain_of_title_decides(lab: Actor) -> None:
    studio = factories.studio()
    assert studio.organisation is not None
    film = factories.title(studio)
    file = factories.words(studio, film)
    factories.offer(studio, film)
    assert verdict(lab, file)[0] == "BLOCKED"
    factories.ownership(studio, film, party="Blender")
    assert verdict(lab, file)[0] == "BLOCKED"
    signed = {"from": "Blender", "to": studio.organisation.name, "executed": "2020-01-01T00:00:00Z"}
    deed = factories.fact(studio, film, "assignment", **signed)
    assert verdict(lab, file)[0] == "CLEAR"
    supersede(actor=studio, code=deed.code, reason="Forged.")
    assert verdict(lab, file)[0] == "BLOCKED"


@pytest.mark.parametrize(
    ("ban", "expected"),
    [
        ({}, "BLOCKED"),
        ({"territory": ["DE"]}, "PARTIAL"),
        ({"end": "2027-01-01T00:00:00Z"}, "PARTIAL"),
        ({"start": factories.ENDS.isoformat()}, "CLEAR"),
        ({"end": factories.STARTS.isoformat()}, "CLEAR"),
        ({"uses": ["dub"]}, "CLEAR"),
        ({"modality": ["audio"]}, "CLEAR"),
        ({"modality": ["text"]}, "BLOCKED"),
        ({"model_kind": ["evaluation_only"]}, "CLEAR"),
    ],
)
def test_a_ban_blocks_what_it_names_and_nothing_else(
    lab: Actor, ban: dict[str, Any], expected: str
) -> None:
    studio = factories.studio()
    file = factories.offered_words(studio)
    assert file.title is not None
    factories.fact(studio, file.title, "restriction", **({"uses": ["train"]} | ban))
    assert verdict(lab, file)[0] == expected


def test_facts_of_the_same_second_count(lab: Actor) -> None:
    """The engine counts whole seconds; what was recorded a moment ago must not be missed."""
    with time_machine.travel(datetime(2026, 11, 21, 12, 0, 0, 900_000, UTC), tick=False):
        studio = factories.studio()
        file = factories.offered_words(studio)
        assert verdict(factories.lab(), file)[0] == "CLEAR"
        assert file.title is not None
        factories.fact(studio, file.title, "restriction", uses=["train"])
        assert verdict(factories.lab(), file)[0] == "BLOCKED"


def test_a_film_with_sound_is_asked_for_both() -> None:
    for kind, facts, expected in (
        ("picture", {"audio_tracks": [{}]}, ["video", "audio"]),
        ("picture", {"audio_tracks": []}, ["video"]),
        ("audio", {}, ["audio"]),
        ("still", {}, ["image"]),
        ("script", {}, ["text"]),
    ):
        assert modalities(Asset(kind=kind, facts=facts)) == expected


def test_a_minors_files_are_not_trained_on_without_a_court_or_past_majority(
    agency: Actor, lab: Actor
) -> None:
    born = (timezone.now() - timedelta(days=366 * 16)).date()
    child = register_performer(actor=agency, name="Kid", born=born)
    likeness = register_likeness(
        actor=agency, performer_code=child.code, attributes=["voice"], description="Session"
    )
    file = factories.words(agency, likeness)
    Asset.objects.filter(pk=file.pk).update(kind="audio")
    factories.offer(agency, likeness)
    file.refresh_from_db()
    allowed: dict[str, Any] = {"uses": ["train"], "attributes": ["voice"], "ends_at": None}
    paper = factories.consent(agency, likeness, **allowed)
    assert verdict(lab, file)[0] == "BLOCKED"
    withdraw_consent(actor=agency, code=paper.code)
    factories.consent(agency, likeness, **allowed, terms={"court_approval": "Seoul, 2026"})
    item = factories.draft(lab, [file], ends_at=None).items.get()
    result = evaluate(item, as_of=timezone.now())[1]
    assert result["verdict"] == "PARTIAL"
    of_age = datetime(born.year + 18, born.month, born.day, tzinfo=UTC)
    ends = {each["end"] for each in result["cleared"]}
    assert ends == {of_age.strftime("%Y-%m-%dT%H:%M:%SZ")}


def test_notice_clears_up_to_its_end_and_a_law_leaves_it_in_doubt(
    agency: Actor, lab: Actor, likeness: Likeness, voice: Asset
) -> None:
    noticed = factories.consent(
        agency, likeness, terms={"revocable": {"when": "any_time", "notice_days": 30}}
    )
    given = withdraw_consent(actor=agency, code=noticed.code)
    assert given.withdrawn_at is not None
    item = factories.draft(lab, [voice], **SPEECH).items.get()
    case, result = evaluate(item, as_of=timezone.now())
    end = given.withdrawn_at.strftime("%Y-%m-%dT%H:%M:%SZ")
    [told] = [fact for fact in case["facts"] if fact["id"] == f"{noticed.code}.withdrawn"]
    assert (told["kind"], told["effective"]) == ("revocation", end)
    assert told["recorded"] < end
    assert result["verdict"] == "PARTIAL"
    assert {each["end"] for each in result["cleared"]} == {end}

    other = factories.likeness(agency)
    kept = factories.words(agency, other)
    Asset.objects.filter(pk=kept.pk).update(kind="audio")
    kept.refresh_from_db()
    factories.offer(agency, other, uses=["generate.likeness"])
    forever = factories.consent(agency, other, terms={"revocable": {"when": "no"}, "law": "DK"})
    assert verdict(lab, kept, **SPEECH)[0] == "CLEAR"
    withdraw_consent(actor=agency, code=forever.code, ground="law", law="dk_imitation")
    found, reasons = verdict(lab, kept, **SPEECH)
    assert (found, "REVOCATION_DISPUTED" in str(reasons)) == ("REVIEW", True)
