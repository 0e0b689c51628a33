"""A whole story in the log: every kind of entry, nothing of anybody in clear, and it verifies."""

import base64
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.access import ANONYMOUS
from accounts.keys import revoke_api_key
from accounts.models import ApiKey, Role
from catalog.merging import merge_titles, split_title
from catalog.models import Asset, Consent, Title, TitleIdentifier
from catalog.parties import credit, register_party, uncredit
from catalog.party_changes import change_party, merge_parties, split_party
from catalog.quarantine import dismiss_number
from catalog.rights import record_fact, supersede
from catalog.titles import change_title, identify_title, name_title, unname_title
from catalog.withdrawing import withdraw_consent
from edgecode.log.verify import verify_log
from ledger import append_only, kinds, proofs, sequencer
from ledger.append import erase
from ledger.models import Event, Opening
from licensing.comparable_deals import publish_precedents_pending
from licensing.counsel.likeness_opinions import (
    record_likeness_opinion,
    supersede_likeness_opinion,
)
from licensing.counsel.rule_rows import add_rule, supersede_rule
from licensing.deals.amendments import Amended, propose_amendment
from licensing.deals.approval_policies import set_approval_policy
from licensing.deals.cases import close_case, open_case
from licensing.deals.counter_offers import accept_terms, refuse_terms
from licensing.deals.holds import (
    agree_to_cancellation,
    confirm_conditions,
    propose_cancellation,
    retry_held_deal,
)
from licensing.deals.lapsing import lapse_pending
from licensing.deals.requests import submit_request, withdraw_request
from licensing.deals.transitions import approve_deal, decline_deal
from licensing.grants.duties import Demand, acknowledge_duty, meet_duty, waive_duty
from licensing.grants.ending import end_pending
from licensing.grants.issuing import issue_pending, revoke_grant
from licensing.grants.usage import report_usage
from licensing.models import Clearance, Deal, Grant, Settlement, SettlementMethod
from licensing.offers.publishing import withdraw_offer
from licensing.payments.refunds import record_bank_refund
from licensing.payments.settlements import record_bank_transfer, settle_nothing_due_pending
from provenance.certificates.issuing import issue_certificate, withdraw_certificate
from provenance.content_codes import SHA256
from provenance.credentials.delivery import open_delivery
from provenance.credentials.signing import sign_pending
from provenance.credentials.updates import update_pending
from provenance.models import Credential, Matched, Output
from provenance.openings import download
from provenance.outputs.declaring import Source, Under, declare_output
from provenance.outputs.disputes import dispute_output, withdraw_dispute
from provenance.outputs.signing import sign_outputs_pending
from provenance.outputs.updates import update_output
from provenance.repository.registrations import register_pending
from provenance.repository.storing import store_binding, store_manifest
from provenance.sightings.reporting import (
    dismiss_sighting,
    flag_sighting,
    look_at,
    record_sighting,
    report_sighting,
)
from provenance.sightings.scope import Seen
from provenance.trust.stamping import stamp_pending
from tests import factories
from tests.accounts.witness import facts
from tests.doubles.time_authority import no_time_authority
from tests.licensing.law import american_law, held_for_a_condition
from tests.provenance.strangers import foreign
from tests.worlds import kept

pytestmark = pytest.mark.django_db(transaction=True)

ROOMS = ("accounts", "catalog", "licensing", "provenance")
SECRETS = ["Peach", "Lumen", "Bunny", "Kim Min", "1990-05-01", "Ada", ".example", "words.srt"]
SECRETS += [":100000", "USD", "Wire 1", "Wrong cut", "Contract 4", "speech", factories.EIDR]


@kept
def told() -> Grant:
    """Every verb that writes to the log, played; the grant that was signed and delivered."""
    with time_machine.travel(timezone.now() - timedelta(days=18)):
        studio, lab = factories.studio("Peach Pictures"), factories.lab("Lumen Lab")
        film = factories.offered_words(studio, eidr=factories.EIDR)
        twice_approved(studio, factories.deal(lab, [film]))
        amended(studio, lab)
    lapse_pending()
    assert end_pending() == 1
    agency = factories.talent("Hanbit Talent")
    factories.member(studio, Role.FINANCE)
    factories.api_key(lab)
    revoke_api_key(actor=lab, prefix=ApiKey.objects.get().prefix)
    assert film.title is not None
    holding = film.title.facts.holdings().get()
    described(studio, film.title)
    voice = offered_voice(agency)
    grant = factories.grant(studio, lab, [film])
    declined = factories.deal(lab, [film])
    decline_deal(actor=studio, code=declined.code, reason="Not this time.")
    withdraw_request(actor=lab, code=negotiated(studio, lab, film).request.code)
    held = paid(agency, lab, voice)
    consent = voice.likeness.consents.get()  # type: ignore[union-attr]
    opined(agency, consent)
    withdraw_consent(actor=agency, code=consent.code)
    issue_pending()
    retry_held_deal(actor=agency, code=held.code)
    cancel(agency, lab, held)
    with american_law():
        waits = held_for_a_condition(studio, lab)
        named = [item.clearances.latest("pk").code for item in waits.items.all()]
        confirm_conditions(actor=studio, code=waits.code, clearances=named)
    ban = factories.fact(studio, film.title, "restriction", uses=["dub"], document="Contract 4")
    supersede(actor=studio, code=ban.code, reason="Bought out.")
    supersede(actor=studio, code=holding.code, reason="Sold.")
    withdraw_offer(actor=studio, code=film.title.offers.get().code)
    sequencer.advance()
    stamped_later()
    struck_out(agency, lab)
    signed = Credential.objects.get(granted_asset__grant=grant)
    open_delivery(actor=lab, credential_code=signed.code)
    made_of_it(lab, agency, grant, voice.likeness)
    used_and_ended(studio, lab, grant, film)
    certified(lab, grant.deal)
    tracked(studio, signed)
    audited(studio, grant.deal)
    compared(grant)
    sequencer.advance()
    return grant


def compared(grant: Grant) -> None:
    """Publish comparable deals, as if this one had been granted two months ago."""
    now = timezone.now()
    Grant.objects.filter(pk=grant.pk).update(issued_at=now - timedelta(days=60))
    Settlement.objects.filter(deal=grant.deal).update(method=SettlementMethod.STRIPE)
    with time_machine.travel(now + timedelta(days=now.day == 1)):  # never on the first
        assert publish_precedents_pending()


def made_of_it(lab: Any, agency: Any, grant: Grant, likeness: Any) -> None:
    """Declare what was made under the grant and a consent, and see to what becomes of it."""
    consent = factories.consent(agency, likeness, uses=["train.pretrain"])
    output = declare_output(
        actor=lab,
        kind="text",
        name="Ada in Bunny Land",
        made_by="trainedAlgorithmicMedia",
        use="train.pretrain",
        model_kind="foundation",
        territory=["KR"],
        made_at=timezone.now(),
        sha256="ab" * 32,
        sources=[Source(grant.code)],
        consents=[Under(consent.code, ["voice"])],
    )
    sequencer.advance()
    assert sign_outputs_pending() == 1
    seen_somewhere(output)
    withdraw_consent(actor=agency, code=consent.code)
    seen_somewhere(output)
    update_output(actor=lab, code=output.code)
    dispute_output(actor=agency, code=output.code, reason="Wrong cut.")
    withdraw_dispute(actor=agency, code=output.code)


def seen_somewhere(output: Output) -> None:
    """Report a work, within its terms as far as they are told; all that it rests on are told."""
    output.refresh_from_db()
    seen = Seen("Video site", "", timezone.now(), "train.pretrain", "KR", "foundation")
    report_sighting(actor=ANONYMOUS, seen=seen, manifest_id=output.manifest_id)


def used_and_ended(studio: Any, lab: Any, grant: Grant, film: Asset) -> None:
    """Report a use, revoke the grant, and see to what follows."""
    report_usage(
        actor=lab,
        code=grant.code,
        use="train.pretrain",
        model_kind="foundation",
        run="Lumen run 7",
        territory=["KR"],
        started_at=factories.STARTS,
        ended_at=None,
        files=[film.code],
        used_ms=0,
    )
    demands = [Demand("suppress", 60)]
    revoke_grant(
        actor=studio, code=grant.code, reason="Wrong cut.", ground="misuse", demands=demands
    )
    stop, suppress = grant.duties.order_by("pk")
    acknowledge_duty(actor=lab, code=stop.code)
    done = {"done_on": timezone.now().date(), "done_by": "Ada", "statement": "Wrong cut."}
    meet_duty(actor=lab, code=stop.code, **done)
    waive_duty(actor=studio, code=suppress.code, reason="Wrong cut.")


def amended(studio: Any, lab: Any) -> None:
    """Make an existing licence end in a week, as both sides agree."""
    short = factories.grant(studio, lab, [factories.offered_words(studio)])
    terms = Amended(
        uses=short.uses,
        model_kinds=short.model_kinds,
        territory=short.territory,
        ends_at=timezone.now() + timedelta(days=7),
        exclusivity=short.exclusivity,
        price_minor=0,
    )
    deal = propose_amendment(actor=studio, code=short.code, amended=terms, days=14, message="Ada.")
    accept_terms(actor=lab, code=deal.code, number=1)
    approve_deal(actor=studio, code=deal.code)
    assert settle_nothing_due_pending() == 1
    issue_pending()


def twice_approved(studio: Any, deal: Deal) -> None:
    """Ask for two persons' approval, and no longer."""
    other = factories.member(studio, Role.APPROVER)
    set_approval_policy(actor=studio, currency="USD", two_above_minor=0)
    approve_deal(actor=other, code=deal.code)
    approve_deal(actor=studio, code=deal.code)
    set_approval_policy(actor=studio, currency="USD", replaces=1)


def negotiated(studio: Any, lab: Any, film: Asset) -> Deal:
    """Propose other terms for a deal, and have them refused."""
    deal = factories.deal(lab, [film])
    made = factories.counter_offer(studio, deal, message="Ada says so.")
    return refuse_terms(actor=lab, code=deal.code, number=made.number, reason="Wrong cut.")


def described(studio: Any, title: Title) -> None:
    """Say all that can be said of a work besides its rights, and take it back."""
    change_title(actor=studio, code=title.code, changes={"year": 2009})
    name_title(actor=studio, code=title.code, language="ko", name="Peach")
    unname_title(actor=studio, code=title.code, language="ko", name="Peach")
    identify_title(actor=studio, code=title.code, scheme="imdb", value="tt1254207")
    party = register_party(actor=studio, kind="person", name="Ada Peach")
    credit(actor=studio, title_code=title.code, party_code=party.code, role="director")
    uncredit(actor=studio, title_code=title.code, party_code=party.code, role="director")
    change_party(actor=studio, code=party.code, changes={"name": "Ada B. Peach"})
    other = register_party(actor=studio, kind="person", name="Ada Peach")
    merge_parties(actor=studio, code=other.code, into=party.code, reason="Wrong cut.")
    split_party(actor=studio, code=other.code, reason="Wrong cut.")
    number = {"scheme": "imdb", "value": "Peach"}
    TitleIdentifier.objects.create(
        title=title, organisation=title.organisation, verified=False, **number
    )
    dismiss_number(actor=studio, code=title.code, scheme="imdb", written="Peach")
    twin = factories.title(studio)
    third = factories.title(studio)
    merge_titles(actor=studio, code=third.code, into=twin.code, reason="Wrong cut.")
    merge_titles(actor=studio, code=twin.code, into=title.code, reason="Wrong cut.")
    split_title(actor=studio, code=twin.code, reason="Wrong cut.")
    paper = factories.evidence(studio)
    body = {"name": "delivery", "date": "2020-01-01"}
    event = record_fact(actor=studio, title=title, kind="event", body=body, evidence=paper.code)
    supersede(actor=studio, code=event.code, reason="Wrong cut.")
    row: Any = {"body": {"rule": "consent"}, "source": "Wrong cut."}
    rule = add_rule(actor=studio, table="co_owners", key="BR", **row)
    supersede_rule(actor=studio, code=rule.code, **row)


def opined(agency: Any, consent: Consent) -> None:
    """Record what counsel says of a consent, and set it aside."""
    body = {"resolves": "LEGACY_NEW_USE", "about": [consent.code], "by": "Ada"}
    opinion = record_likeness_opinion(
        actor=agency,
        likeness_code=consent.likeness.code,
        body=body | {"signed": "2026-01-20"},
        evidence=factories.evidence(agency).code,
        document="Contract 4",
    )
    supersede_likeness_opinion(actor=agency, code=opinion.code, reason="Wrong cut.")


def stamped_later() -> None:
    """Sign what was granted while no time stamp is to be had, and stamp it."""
    with TemporaryDirectory() as folder, no_time_authority(Path(folder)):
        sign_pending()
    stamp_pending()


def struck_out(agency: Any, lab: Any) -> None:
    """Strike a consent out of the credential of a file that was licensed on it."""
    voice = offered_voice(agency)
    paid(agency, lab, voice)
    issue_pending()
    sequencer.advance()
    sign_pending()
    consent = voice.likeness.consents.get()  # type: ignore[union-attr]
    withdraw_consent(actor=agency, code=consent.code)
    assert update_pending() == 1


def certified(lab: Any, deal: Deal) -> None:
    """Have a certificate made of a licence, and withdraw it."""
    issue_certificate(actor=lab, grant=deal.grant.code)
    withdraw_certificate(actor=lab, grant=deal.grant.code)


def tracked(studio: Any, signed: Credential) -> None:
    """Register the file in the repository, store a manifest there, and see the file somewhere."""
    assert register_pending() >= 1
    name, store = foreign()
    store_manifest(actor=studio, store=store)
    value = base64.b64encode(bytes(32)).decode()
    store_binding(actor=studio, manifest_id=name, alg=SHA256, value=value)
    seen = Seen("Video site", "https://video.example/1", timezone.now())
    found = report_sighting(actor=ANONYMOUS, seen=seen, manifest_id=signed.manifest_id)
    # As if it had been shown itself, with its credential inside.
    named = look_at(actor=ANONYMOUS, seen=seen, manifest_id=signed.manifest_id)
    shown = [replace(claim, matched=Matched.MANIFEST) for claim in named.claims]
    record_sighting(actor=ANONYMOUS, report=replace(named, claims=shown))
    flag_sighting(actor=studio, code=found.code, reason="Nobody may publish it.")
    dismiss_sighting(actor=studio, code=found.code, reason="It was our own trailer.")


def audited(studio: Any, deal: Deal) -> None:
    auditor = factories.auditor("Lumen Audit")
    assert auditor.organisation is not None
    code = auditor.organisation.code
    case = open_case(actor=studio, auditor=code, deals=[deal.code], note="For Ada.")
    download(actor=auditor, code=case.code)
    close_case(actor=studio, code=case.code)


def cancel(agency: Any, lab: Any, held: Deal) -> None:
    issue_pending()
    propose_cancellation(actor=agency, code=held.code, reason="Wrong cut.")
    agree_to_cancellation(actor=lab, code=held.code)
    record_bank_refund(
        actor=agency,
        deal_code=held.code,
        amount_minor=held.amount_minor,
        currency=held.currency,
        reference="Wire 1",
        refunded_at=timezone.now(),
    )


def offered_voice(agency: Any) -> Asset:
    likeness = factories.likeness(agency)
    voice = factories.words(agency, likeness)
    Asset.objects.filter(pk=voice.pk).update(kind="audio")
    factories.consent(agency, likeness)
    factories.offer(agency, likeness)
    voice.refresh_from_db()
    return voice


def paid(agency: Any, lab: Any, voice: Asset) -> Deal:
    request = factories.draft(lab, [voice], uses=["generate.likeness"])
    submit_request(actor=lab, code=request.code)
    deal = approve_deal(actor=agency, code=request.deals.get().code)
    record_bank_transfer(
        actor=agency,
        deal_code=deal.code,
        amount_minor=deal.amount_minor,
        currency=deal.currency,
        reference="Wire 1",
        settled_at=timezone.now(),
    )
    return deal


def says(*words: str) -> str:
    """Return what `manage.py ledger verify` prints, also when it finds something."""
    out = StringIO()
    try:
        call_command("ledger", *words, stdout=out, stderr=out)
    except CommandError as error:
        return f"{out.getvalue()}\n{error}"
    return out.getvalue()


def of_the_rooms() -> set[str]:
    """Return the kinds that the rooms register and still write: the newest version of each."""
    folder = Path(__file__).parents[2]
    source = "".join((folder / room / "kinds.py").read_text() for room in ROOMS)
    newest: dict[str, str] = {}
    for kind in sorted(kinds.registered(), key=lambda kind: kind.version):
        base = kind.name.rpartition(".v")[0] if kind.version > 1 else kind.name
        if f'"{base}"' in source:
            newest[base] = kind.name
    return set(newest.values())


def test_the_story_writes_every_kind_and_no_word_of_it_in_clear(told: Grant) -> None:
    events = list(Event.objects.order_by("pk"))
    assert of_the_rooms() - {event.kind for event in events} == set()
    for event in events:
        facts(event)  # each commitment opens
        text = bytes(event.leaf).decode()
        assert not [word for word in SECRETS if word in text], text
        leaf = event.facts()
        assert leaf.actor.partition(":")[0] in {"organisation", "system"}
        assert all(name in {each.stream_id for each in events} for name, _ in leaf.rests_on())
    assert "verif" in says("verify").lower()
    key = proofs.vkey()
    assert key is not None
    assert verify_log(proofs.folder().path, key).ok


def test_a_cause_always_stands_before_its_effect(told: Grant) -> None:
    at = {kind: pk for pk, kind in Event.objects.order_by("-pk").values_list("pk", "kind")}
    way = ["organisation.registered", "title.registered", "asset.registered", "offer.published"]
    way += ["request.submitted.v2", "clearance.decided", "deal.approved", "agreement.made"]
    way += ["settlement.recorded", "grant.issued.v2", "asset.granted.v2", "credential.signed.v2"]
    way += ["delivery.authorised", "grant.revoked"]
    assert [at[kind] for kind in way] == sorted(at[kind] for kind in way)
    rested = Clearance.objects.get(pk=told.granted_assets.get().clearance_id)
    decided = Event.objects.get(stream=rested.stream)
    issued = Event.objects.get(stream=told.stream, kind="grant.issued.v2")
    assert decided.pk < issued.pk
    assert decided.facts().data["verdict"] == "CLEAR"


def _edit(change: Callable[..., object], **given: object) -> None:
    append_only.drop(connection)
    change(**given)
    append_only.create(connection)


def _leaf(kind: str, old: bytes, new: bytes) -> None:
    event = Event.objects.filter(kind=kind).order_by("pk")[0]
    assert old in bytes(event.leaf)
    raw = bytes(event.leaf).replace(old, new)
    _edit(lambda: Event.objects.filter(pk=event.pk).update(leaf=raw))


def _opening(name: str, old: str, new: str) -> None:
    row = Opening.objects.filter(name=name).order_by("pk")[0]
    assert old in row.value
    Opening.objects.filter(pk=row.pk).update(value=row.value.replace(old, new))


MUTATIONS: dict[str, Callable[[], object]] = {
    "a blocked file made clear": lambda: _leaf("clearance.decided", b"CLEAR", b"BLOCKED"),
    "another method of payment": lambda: _leaf("settlement.recorded", b"bank_transfer", b"stripe"),
    "another actor": lambda: _leaf("deal.approved", b'"actor":"organisation', b'"actor":"system'),
    "a lower price": lambda: _opening("approval", "100000", "1000"),
    "a wider scope": lambda: _opening("scope", "train.pretrain", "train"),
    "another consent": lambda: _opening("consent", "voice", "face"),
    "another holder": lambda: _opening("holding", "Peach", "Apple"),
    "a revocation undone": lambda: _edit(
        lambda: Event.objects.filter(kind="grant.revoked").update(kind="grant.issued")
    ),
    "a reason withheld": lambda: Opening.objects.filter(name="reason").delete(),
}


def test_no_fact_of_the_story_can_be_changed_unnoticed(told: Grant) -> None:
    assert "does not verify" not in says("verify")
    events = {row["id"]: row for row in Event.objects.values()}
    openings = list(Opening.objects.all())
    for name, mutate in MUTATIONS.items():
        mutate()
        assert "does not verify" in says("verify"), name
        Opening.objects.all().delete()
        Opening.objects.bulk_create(openings)
        for row in Event.objects.values():
            if (right := events[row["id"]]) != row:
                _edit(Event.objects.filter(pk=row["id"]).update, **right)
    assert "does not verify" not in says("verify")


def test_erasing_a_person_leaves_every_proof(told: Grant) -> None:
    performer = Event.objects.filter(kind="performer.registered").earliest("pk")
    before = bytes(performer.leaf)
    erase(performer.stream_id, actor="system:operator")
    sequencer.advance()
    performer.refresh_from_db()
    assert (bytes(performer.leaf), performer.openings.count()) == (before, 0)
    assert performer.index is not None
    assert proofs.entry(performer.index) == before
    assert "does not verify" not in says("verify")
