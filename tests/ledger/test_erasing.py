"""What a person may ask to be forgotten is erased by one command; the log stays as it is."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.access import Actor
from edgecode.audit.rules.log import PROOFS
from ledger import kinds, sequencer
from ledger.models import Event, Opening
from licensing.models import Grant
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def run(*words: str) -> str:
    out = StringIO()
    call_command("ledger", *words, stdout=out)
    return out.getvalue()


def refusal(*words: str) -> str:
    out = StringIO()
    with pytest.raises(CommandError) as caught:
        call_command("ledger", *words, stdout=out)
    return out.getvalue() + str(caught.value)


@pytest.fixture
def agency() -> Actor:
    return factories.talent("Hanbit Talent")


def openings(stream: str) -> int:
    return Opening.objects.filter(event__stream=stream).count()


def test_a_person_is_forgotten_and_the_log_still_verifies(agency: Actor) -> None:
    likeness = factories.likeness(agency)
    consent = factories.consent(agency, likeness)
    sequencer.advance()
    assert agency.organisation is not None
    performer, organisation = likeness.performer, agency.organisation
    for stream in (performer.stream, likeness.stream, consent.stream, organisation.stream):
        assert openings(stream) > 0
        assert "facts erased" in run("erase", stream, "--yes")
        assert openings(stream) == 0
        told = Event.objects.filter(stream=stream).latest("version").facts()
        assert (told.kind, told.actor) == ("subject.erased", "system:operator")
    sequencer.advance()
    assert "Verified" in run("verify")


def test_without_a_yes_it_only_says_what_would_go(agency: Actor) -> None:
    performer = factories.likeness(agency).performer
    said = refusal("erase", performer.stream)
    assert "step 1, performer.registered: person" in said
    assert "nothing was erased" in said
    assert openings(performer.stream) == 1


def test_it_says_when_there_is_nothing_to_erase(agency: Actor) -> None:
    performer = factories.likeness(agency).performer
    run("erase", performer.stream, "--yes")
    assert "nothing to erase" in refusal("erase", performer.stream, "--yes")
    assert "nothing to erase" in refusal("erase", "performer:7K3F2Q9D", "--yes")
    assert "nothing to erase" in refusal("erase", "nonsense", "--yes")


def test_what_parties_prove_to_each_other_is_kept() -> None:
    studio, lab = factories.studio(), factories.lab()
    grant: Grant = factories.grant(studio, lab, [factories.offered_words(studio)])
    deal = grant.deal
    for stream in (grant.stream, deal.stream, deal.request.stream, deal.agreement.stream):
        before = openings(stream)
        assert "evidence between parties" in refusal("erase", stream, "--yes")
        assert openings(stream) == before > 0


def test_the_auditors_program_knows_what_is_evidence() -> None:
    types = {kind.subject for kind in kinds.registered()}
    assert {name for name in types if kinds.is_evidence(f"{name}:A")} == PROOFS
