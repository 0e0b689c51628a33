"""What the licence of a likeness's files rests on; all who are asked say the same of it."""

import json
import random
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import time_machine
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Conflict
from catalog.consenting import draft_consent, offer_consent, resume_consent, suspend_consent
from catalog.models import Asset, Consent
from catalog.performers import change_performer
from catalog.withdrawing import end_noticed_pending, withdraw_consent
from ledger.sequencer import advance
from licensing.deals.amendments import Amended, draft_amendment
from licensing.deals.requests import submit_request
from licensing.deals.transitions import approve_deal
from licensing.grants.ending import grants_ending, to_delete
from licensing.grants.grant_policies import policy_of
from licensing.grants.notices import notify_pending
from licensing.models import Duty, Grant
from licensing.verdicts.resting import SOUND, ended_with, footing_of
from provenance.credentials.delivery import open_delivery, unconsented
from provenance.credentials.signing import sign_pending
from provenance.credentials.updates import update_pending
from provenance.models import Credential
from provenance.status import grant_status
from provenance.verification.report import verify_file
from tests import factories
from tests.api.callers import Caller
from tests.catalog.test_consents import likeness, links, live, sign
from tests.licensing.test_duties import honest
from tests.licensing.test_usage import report
from tests.provenance.delivered import saved, sidecar
from tests.provenance.test_status_lists import states
from tests.web.reading import signed_in, words
from tests.worlds import kept

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]

VOICE: dict[str, Any] = {
    "uses": ["train"],
    "attributes": ["voice"],
    "starts_at": factories.STARTS,
    "ends_at": factories.ENDS,
    "description": "Her voice teaches models to speak Korean as she does in the film.",
    "terms": {},
}


@pytest.fixture
def agency() -> Actor:
    return factories.talent()


@pytest.fixture
def lab() -> Actor:
    return factories.lab()


def granted(
    agency: Actor,
    lab: Actor,
    consent: Consent,
    *,
    kind: str = "audio",
    facts: dict[str, Any] | None = None,
    **scope: Any,
) -> Grant:
    """Return a grant of a voice, signed, on this consent and whatever others there are."""
    file = factories.words(agency, consent.likeness)
    Asset.objects.filter(pk=file.pk).update(kind=kind, facts=file.facts | (facts or {}))
    factories.offer(agency, consent.likeness, uses=["train"])
    grant = factories.grant(agency, lab, [file], **scope)
    advance()
    sign_pending()
    return grant


class Licensed(NamedTuple):
    agency: Actor
    lab: Actor
    consents: list[Consent]
    grant: Grant


@kept
def licensed() -> Licensed:
    """A signed licence of a voice on one consent."""
    agency, lab = factories.talent(), factories.lab()
    consent = live(agency, likeness(agency), **VOICE)
    return Licensed(agency, lab, [consent], granted(agency, lab, consent))


@kept
def beside_another() -> Licensed:
    """One on the first of two consents: the other is to other attributes."""
    agency, lab = factories.talent(), factories.lab()
    of = likeness(agency)
    voice = live(agency, of, **VOICE)
    face = factories.consent(agency, of, uses=["train"], attributes=["face"])
    return Licensed(agency, lab, [voice, face], granted(agency, lab, voice))


@kept
def on_two() -> Licensed:
    """One on two consents that say the same."""
    agency, lab = factories.talent(), factories.lab()
    of = likeness(agency)
    consents = [live(agency, of, **VOICE) for _ in range(2)]
    return Licensed(agency, lab, consents, granted(agency, lab, consents[0]))


def answers(lab: Actor, grant: Grant) -> set[bool]:
    """Return what each who is asked says of whether the licence of the file goes on."""
    [file] = grant.granted_assets.all()
    credential = Credential.objects.get(granted_asset=file)
    try:
        delivers = open_delivery(actor=lab, credential_code=credential.code) is not None
    except Conflict:
        delivers = False
    notify_pending()
    return {
        delivers,
        not footing_of(file).rest.is_over,
        not grant_status(grant.code)["is_without_consent"],
        not grant.duties.filter(kind="stop").exists(),
        not report(lab, grant, ended_at=None).exceeded,
    }


def replaced(agency: Actor, old: Consent, **changes: Any) -> Consent:
    code = old.likeness.code
    draft = draft_consent(
        actor=agency, likeness_code=code, replaces_code=old.code, **(VOICE | changes)
    )
    new = offer_consent(actor=agency, code=draft.code)
    (token,) = links(agency, new).values()
    return sign(token, new)


@pytest.mark.parametrize("how", ["withdrawn", "replaced"])
def test_a_licence_ends_with_the_consent_that_it_was_granted_on(
    beside_another: Licensed, how: str, tmp_path: Path
) -> None:
    """Neither a consent to other attributes that stood beside it goes on for it, nor one given
    later, nor the next version: the agreement names none of them."""
    agency, lab, [consent, _face], grant = beside_another
    of = consent.likeness
    factories.consent(agency, of, uses=["train"], attributes=["voice"])
    assert ended_with(consent) == {grant.pk}
    assert answers(lab, grant) == {True}
    before = timezone.now()
    if how == "withdrawn":
        withdraw_consent(actor=agency, code=consent.code)
    else:
        replaced(agency, consent)
    assert answers(lab, grant) == {False}
    assert {duty.consent for duty in Duty.objects.filter(grant=grant)} == {consent}
    assert not honest()
    # A page and a file's report say of a person only what they did; a report by its consent, and
    # once that is struck.
    listed = words(signed_in(agency).get(f"/likenesses/{of.code}/consents/"))
    assert ("Replaced by a newer version" in listed, "Withdrawn" in listed) == (
        how == "replaced", how == "withdrawn",
    )  # fmt: skip
    assert told_of_consent(grant, tmp_path, how)
    assert update_pending() == 1
    assert told_of_consent(grant, tmp_path, how)
    assert told_of_consent(grant, tmp_path, how, at=before)


def test_of_several_consents_each_is_told_of_by_its_own_end(
    on_two: Licensed, tmp_path: Path
) -> None:
    agency, _lab, [first, second], grant = on_two
    withdraw_consent(actor=agency, code=first.code)
    replaced(agency, second)
    credential = Credential.objects.get(granted_asset__grant=grant)
    file, beside = saved(credential, tmp_path / "voice.srt"), tmp_path / "voice.c2pa"
    beside.write_bytes(sidecar(credential))
    found = verify_file(file, filename="voice.srt", mime=credential.mime, sidecar=beside)
    [check] = [each for each in found.checks if each.id == "consent"]
    said = f"{check.title} {check.detail}"
    for how, consent in (("withdrawn", first), ("replaced by a newer version", second)):
        assert re.search(rf"was {how} on [^.]+\. Consent {consent.code}\.", said), said


def told_of_consent(grant: Grant, folder: Path, how: str, at: datetime | None = None) -> bool:
    """Whether the report on its file says that the consent ended so, and not that it did
    otherwise."""
    credential = Credential.objects.get(granted_asset__grant=grant)
    file, beside = saved(credential, folder / "voice.srt"), folder / "voice.c2pa"
    beside.write_bytes(sidecar(credential))
    found = verify_file(file, filename="voice.srt", mime=credential.mime, sidecar=beside, at=at)
    [said] = [str(check.title) for check in found.checks if check.id == "consent"]
    is_told = {"withdrawn": "withdrawn on" in said, "replaced": "newer version" in said}
    return [word for word, told in is_told.items() if told] == [how]


def test_it_goes_on_with_another_that_it_was_granted_on(on_two: Licensed) -> None:
    agency, lab, [first, second], grant = on_two
    assert ended_with(first) == set()
    replaced(agency, first)
    assert answers(lab, grant) == {True}
    assert ended_with(second) == {grant.pk}
    # One that is suspended goes on later: there is nothing to stop for good.
    suspend_consent(actor=agency, code=second.code, reason="dispute")
    assert notify_pending() == 0
    withdraw_consent(actor=agency, code=second.code)
    assert answers(lab, grant) == {False}
    assert not honest()


def test_a_licence_that_has_not_begun_ends_too(licensed: Licensed) -> None:
    agency, _lab, [consent], grant = licensed
    begins = timezone.now() + timedelta(days=20)
    Grant.objects.filter(pk=grant.pk).update(starts_at=begins)
    withdraw_consent(actor=agency, code=consent.code)
    assert grant_status(grant.code)["is_without_consent"]
    assert notify_pending() == 1


def test_between_two_consents_nothing_new_may_be_made(agency: Actor, lab: Actor) -> None:
    of = likeness(agency)
    soon = timezone.now().replace(microsecond=0) + timedelta(days=5)
    first = live(agency, of, **VOICE)
    second = live(agency, of, **(VOICE | {"starts_at": soon}))
    grant = granted(agency, lab, first)
    withdraw_consent(actor=agency, code=first.code)
    said = grant_status(grant.code)
    assert (said["consent_ended"], said["is_without_consent"]) == (None, False)
    assert said["consent_suspended"] is not None
    with time_machine.travel(soon + timedelta(seconds=1)):
        assert grant_status(grant.code)["consent_suspended"] is None
        suspend_consent(actor=agency, code=second.code, reason="dispute")
        assert grant_status(grant.code)["consent_suspended"] is not None
        resume_consent(actor=agency, code=second.code)
        assert grant_status(grant.code)["consent_suspended"] is None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"uses": ["train.pretrain"]}, {"uses": ["train.finetune"]}),
        ({"territory": ["KR"]}, {"territory": {"include": ["WORLD"], "except": ["KR"]}}),
        ({"model_kinds": ["foundation"]}, {"model_kinds": ["open_weights"]}),
    ],
    ids=["uses", "territory", "kinds"],
)
def test_it_ends_with_the_first_of_those_that_carry_it_together(
    agency: Actor, lab: Actor, first: dict[str, Any], second: dict[str, Any]
) -> None:
    """What is left of them would be another licence than the one that was agreed."""
    of = likeness(agency)
    consent = live(agency, of, **(VOICE | first))
    live(agency, of, **(VOICE | second))
    scope: dict[str, Any] = {"uses": ["train.pretrain", "train.finetune"]}
    scope["model_kinds"] = (
        ["foundation", "open_weights"] if "model_kinds" in first else ["foundation"]
    )
    if "uses" not in first:
        scope["uses"] = ["train.pretrain"]
    grant = granted(agency, lab, consent, **scope)
    assert answers(lab, grant) == {True}
    assert ended_with(consent) == {grant.pk}
    withdraw_consent(actor=agency, code=consent.code)
    assert answers(lab, grant) == {False}
    assert not honest()


def test_a_film_with_sound_needs_the_consents_to_face_and_voice(agency: Actor, lab: Actor) -> None:
    of = likeness(agency)
    face = live(agency, of, **(VOICE | {"attributes": ["face"]}))
    voice = live(agency, of, **VOICE)
    grant = granted(agency, lab, face, kind="picture", facts={"audio_tracks": 1})
    assert answers(lab, grant) == {True}
    withdraw_consent(actor=agency, code=voice.code)
    assert answers(lab, grant) == {False}


def test_a_withdrawal_after_the_others_ran_out_is_told(agency: Actor, lab: Actor) -> None:
    of = likeness(agency)
    soon = timezone.now().replace(microsecond=0) + timedelta(days=5)
    live(agency, of, **(VOICE | {"ends_at": soon}))
    consent = live(agency, of, **VOICE)
    grant = granted(agency, lab, consent)
    with time_machine.travel(soon + timedelta(days=1)):
        assert grant_status(grant.code)["consent_ended"] is None
        withdraw_consent(actor=agency, code=consent.code)
        assert notify_pending() == 1
        assert {duty.kind for duty in grant.duties.all()} == {"stop", "refund"}
        assert not honest()


def test_what_only_a_death_would_end_gives_no_notice_that_cannot_be_taken_back(
    agency: Actor, lab: Actor
) -> None:
    of = likeness(agency)
    consent = live(agency, of, **VOICE)
    live(agency, of, **(VOICE | {"terms": {"survives_death": False}}))
    grant = granted(agency, lab, consent)
    day = timezone.now().date() - timedelta(days=2)
    change_performer(actor=agency, code=of.performer.code, deceased_on=day)
    withdraw_consent(actor=agency, code=consent.code)
    assert grant_status(grant.code)["is_without_consent"]
    assert notify_pending() == 0
    change_performer(actor=agency, code=of.performer.code, deceased_on=None)
    assert answers(lab, grant) == {True}


# Three licences, each on a consent to all of it and on two more.
BESIDE: list[list[dict[str, Any]]] = [
    [{}, {"territory": ["KR"]}],
    [
        {"territory": {"include": ["WORLD"], "except": ["KR"]}},
        {"terms": {"survives_death": False}},
    ],
    [{}, {"terms": {"revocable": {"when": "any_time", "notice_days": 2}}}],
]


class Several(NamedTuple):
    agency: Actor
    grants: list[Grant]


@kept
def several() -> Several:
    agency, lab = factories.talent(), factories.lab()
    grants = []
    for parts in BESIDE:
        of = likeness(agency)
        consent, *_others = [live(agency, of, **(VOICE | part)) for part in ({}, *parts)]
        grants.append(granted(agency, lab, consent))
    states(*grants)
    return Several(agency, grants)


@pytest.mark.parametrize("seed", range(3))
def test_all_who_are_asked_agree_whatever_becomes_of_the_consents(
    several: Several, seed: int
) -> None:
    agency, grants = several
    rng = random.Random(seed)
    now = timezone.now()
    for _step in range(16):
        now += rng.choice([timedelta(minutes=3), timedelta(hours=7), timedelta(days=1)])
        with time_machine.travel(now, tick=True):
            for _act in range(rng.choice([0, 1, 2])):
                _live_on(rng, agency)
            for grant, state in zip(grants, states(*grants), strict=True):
                [file] = grant.granted_assets.all()
                rest, status = footing_of(file).rest, grant_status(grant.code)
                assert status["is_without_consent"] is rest.is_over
                assert state == (3 if rest.is_over else 0)
                assert unconsented([file]) is not (rest == SOUND)
                if grant.duties.filter(kind="stop").exists():
                    assert rest.is_over
    assert not honest()


def _live_on(rng: random.Random, agency: Actor) -> None:
    """Let one thing happen to a consent, or to a performer; what cannot be done now is not."""
    consent = rng.choice(list(Consent.objects.select_related("likeness__performer")))
    code, performer = consent.code, consent.likeness.performer.code
    died = timezone.now().date() - timedelta(days=2)
    acts: list[Callable[[], object]] = [
        lambda: withdraw_consent(actor=agency, code=code),
        lambda: suspend_consent(actor=agency, code=code, reason="dispute"),
        lambda: resume_consent(actor=agency, code=code),
        lambda: change_performer(actor=agency, code=performer, deceased_on=died),
        lambda: change_performer(actor=agency, code=performer, deceased_on=None),
        lambda: (end_noticed_pending(), notify_pending()),
    ]
    with suppress(Conflict):
        rng.choice(acts)()


def test_whoever_ends_a_consent_reads_first_which_licences_end_with_it(licensed: Licensed) -> None:
    agency, _lab, [consent], _grant = licensed
    person = signed_in(agency)
    at = f"/likenesses/{consent.likeness.code}/consents"
    drafts = f"/likenesses/{consent.likeness.code}/drafts/new/"
    assert "1 licence rests on it" in words(person.get(f"{at}/{consent.code}/"))
    draft = draft_consent(
        actor=agency, likeness_code=consent.likeness.code, replaces_code=consent.code, **VOICE
    )
    ends = "with it 1 licence for files that no other consent covers"
    for address in (
        f"{drafts}?replaces={consent.code}",
        f"/consents/{draft.code}/draft/",
        f"{at}/{draft.code}/",
    ):
        page = person.get(address)
        assert page.status_code == 200, address
        assert ends in words(page), address
    assert ends not in words(person.get(f"{drafts}?like={consent.code}"))
    withdraw_consent(actor=agency, code=consent.code)
    assert ends not in words(person.get(f"{at}/{draft.code}/"))


def ends_in(grant: Grant) -> int:
    """Return how many ends its policy has for machines."""
    return json.dumps(policy_of(grant)).count('"lt"')


def test_lists_pages_and_programs_do_not_call_it_a_licence_any_more(licensed: Licensed) -> None:
    agency, lab, [consent], grant = licensed
    likeness_page = f"/likenesses/{consent.likeness.code}/licences/"
    file_page = f"/assets/{grant.granted_assets.get().asset.code}/"
    Grant.objects.filter(pk=grant.pk).update(ends_at=timezone.now() + timedelta(days=20))
    program = Caller(secret=factories.api_key(lab), actor=lab)

    def told() -> dict[str, bool]:
        in_api = program.get(f"grants/{grant.code}/").data
        [listed] = program.get("grants/").data["results"]
        assert in_api["is_without_consent"] is listed["is_without_consent"]
        assert in_api["files"][0]["unconsented"] is listed["is_without_consent"]
        return {
            "list": "Consent ended" not in words(signed_in(lab).get("/grants/")),
            "tab": grant.display_code
            in words(signed_in(agency).get("/grants/?state=active")).replace(" ", " "),
            "owner": "Consent ended" not in words(signed_in(agency).get(likeness_page)),
            "file": "Consent ended" not in words(signed_in(agency).get(file_page)),
            "soon": grants_ending(lab).exists(),
            "home": "Licences that end soon" in words(signed_in(lab).get("/home/")),
            "api": not in_api["is_without_consent"],
            "policy": ends_in(grant) == before,
        }

    before = ends_in(grant)
    assert set(told().values()) == {True}
    withdraw_consent(actor=agency, code=consent.code)
    assert set(told().values()) == {False}, told()
    assert grant.display_code in words(signed_in(lab).get("/grants/?state=without_consent"))


def test_an_exclusive_licence_that_ended_stands_in_nobodys_way(agency: Actor, lab: Actor) -> None:
    of = likeness(agency)
    consent = live(agency, of, **VOICE)
    first = granted(agency, lab, consent, exclusivity="exclusive")
    live(agency, of, **VOICE)
    [file] = first.granted_assets.all()
    other = factories.lab("Second Lab")
    later = {"starts_at": timezone.now() + timedelta(days=1)}
    blocked = factories.deal(other, [file.asset], **later)
    with pytest.raises(Conflict, match="No file of this deal is clear"):
        approve_deal(actor=agency, code=blocked.code)
    withdraw_consent(actor=agency, code=consent.code)
    assert factories.grant(agency, other, [file.asset], **later).state == "pending"
    assert not honest()


def test_an_amendment_does_not_make_good_what_was_done_without_consent(licensed: Licensed) -> None:
    """Whenever the new consent is said to begin: nobody had given it then."""
    agency, lab, [consent], old = licensed
    withdraw_consent(actor=agency, code=consent.code)
    alone = timezone.now()
    with time_machine.travel(alone + timedelta(days=2)):
        live(agency, consent.likeness, **VOICE)
        new = amended(agency, lab, old)
        assert not footing_of(new.granted_assets.get()).rest.is_over
        for begins, ends, exceeded in (
            (alone - timedelta(days=2), alone - timedelta(days=1), []),
            (alone, alone + timedelta(days=1), ["consent"]),
            (alone - timedelta(days=2), None, ["consent"]),
            (new.issued_at, None, []),
        ):
            assert report(lab, new, started_at=begins, ended_at=ends).exceeded == exceeded


def amended(agency: Actor, lab: Actor, grant: Grant) -> Grant:
    """Return the licence that takes the place of one, a day shorter."""
    names = ("uses", "model_kinds", "territory", "starts_at", "exclusivity")
    ends_at = factories.ENDS - timedelta(days=1)
    present = {name: getattr(grant, name) for name in names}
    terms = Amended(price_minor=0, ends_at=ends_at, **present)
    drafted = draft_amendment(actor=lab, code=grant.code, amended=terms)
    deal = submit_request(actor=lab, code=drafted.code).deals.get()
    return factories.paid(agency, approve_deal(actor=agency, code=deal.code))


def test_what_another_licence_allows_no_more_is_to_be_deleted(licensed: Licensed) -> None:
    agency, lab, [consent], first = licensed
    [file] = first.granted_assets.all()
    factories.grant(agency, lab, [file.asset])
    assert to_delete(first, [file.asset.code]) == set()
    withdraw_consent(actor=agency, code=consent.code)
    assert to_delete(first, [file.asset.code]) == {file.asset.code}
