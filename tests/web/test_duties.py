"""Duties and reported use, as the two sides of a licence see them and act on them."""

from datetime import timedelta
from typing import NamedTuple

import pytest
import time_machine
from django.utils import timezone

from accounts.access import Actor
from accounts.models import Role
from ledger.models import Event
from ledger.sequencer import advance
from licensing.grants.issuing import issue_pending, revoke_grant
from licensing.models import Duty, Grant, Usage
from tests import factories
from tests.licensing.law import american_law, held_for_a_condition
from tests.web.reading import signed_in, words
from tests.worlds import kept

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


class Granted(NamedTuple):
    studio: Actor
    lab: Actor
    grant: Grant


@kept
def granted() -> Granted:
    studio, lab = factories.studio("Peach Pictures"), factories.lab("Lumen Lab")
    grant = factories.grant(studio, lab, [factories.offered_words(studio)])
    return Granted(studio, lab, grant)


@pytest.fixture
def studio(granted: Granted) -> Actor:
    return granted.studio


@pytest.fixture
def lab(granted: Granted) -> Actor:
    return granted.lab


@pytest.fixture
def grant(granted: Granted) -> Grant:
    return granted.grant


def test_a_revocation_is_demanded_acknowledged_and_attested_in_the_browser(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    mine, theirs = signed_in(studio), signed_in(lab)
    assert "Nobody owes you anything" in words(mine.get("/duties/?side=theirs"))
    given = {"ground": "breach", "reason": "Resold.", "stop": "7", "typed": grant.code}
    done = mine.post(f"/grants/{grant.code}/revoke/", given | {"destroy": "0"})
    assert done.status_code == 422
    assert not Duty.objects.exists()
    done = mine.post(f"/grants/{grant.code}/revoke/", given | {"destroy": "30"})
    assert done.status_code == 303
    stop, destroy = Duty.objects.order_by("due_at")
    page = words(mine.get(f"/grants/{grant.code}/"))
    assert "Destroy every copy of the files" in page
    assert "notice not yet acknowledged" in page
    assert "Owed by you 2" in words(theirs.get("/duties/"))
    page = words(mine.get("/duties/"))  # it opens where something is owed
    assert "Owed to you 2" in page
    assert "What others owe you" in page
    assert "What you owe others" in words(mine.get("/duties/?side=ours"))
    assert "No duty is in this state." in words(mine.get("/duties/?side=theirs&state=met"))
    home = words(theirs.get("/home/"))
    assert "What you owe under licences" in home
    assert "Peach Pictures" in home
    assert "Owed to you" in words(mine.get("/home/"))
    address = f"/duties/{destroy.code}/"
    assert "What was done under the licence before this notice stays lawful." in words(
        theirs.get(address)
    )
    assert mine.post(f"{address}acknowledge/").status_code == 404
    theirs.post(f"{address}acknowledge/")
    assert "Attest" not in words(mine.get(address))
    attested = {"done_on": "2026-01-02", "done_by": "Bo Chen", "statement": "Wiped."}
    assert theirs.post(f"{address}meet/", attested).status_code == 422
    theirs.post(f"{address}meet/", attested | {"evidence_sha256": "ab" * 32})
    page = words(mine.get(address))
    assert "Wiped." in page
    assert "Bo Chen" in page
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        again = signed_in(studio)
        page = words(again.get("/duties/?side=theirs&state=overdue"))
        assert "Train nothing new on the files" in page
        assert "Destroy every copy" not in page
    mine.post(f"/duties/{stop.code}/waive/", {"reason": "The model is gone."})
    page = words(theirs.get(f"/duties/{stop.code}/"))
    assert "Peach Pictures waived this." in page
    more = {"ground": "misuse", "reason": "x", "retrain": "180"}
    # Only after a use outside the licence, and not sooner than the agreement says.
    for other in ({"ground": "other"}, {"retrain": "179"}):
        refused = mine.post(f"/grants/{grant.code}/demand/", more | other)
        assert refused.status_code == 422
        # The error leads to its own field, where the form to revoke stands beside it as well.
        assert 'href="#demand_' in refused.text
    assert mine.post(f"/grants/{grant.code}/demand/", more).status_code == 303
    assert Duty.objects.get(kind="retrain").standing == "owed"
    assert signed_in(factories.lab()).get(address).status_code == 404
    viewer = signed_in(factories.member(lab, Role.VIEWER))
    retrain = Duty.objects.get(kind="retrain")
    assert "A member with the role approver or owner answers." in words(
        viewer.get(f"/duties/{retrain.code}/")
    )


def test_the_lab_does_not_read_whom_the_licensor_owes(studio: Actor, lab: Actor) -> None:
    with american_law():
        deal = held_for_a_condition(studio, lab)
        mine = signed_in(studio)
        [clearance] = deal.items.get().clearances.order_by("-pk")[:1]
        mine.post(f"/deals/{deal.code}/confirm/", {"confirmed": "on", "clearance": clearance.code})
        issue_pending()
    duty = Duty.objects.get()
    assert "Heir" in words(mine.get(f"/duties/{duty.code}/"))
    theirs = signed_in(lab)
    assert "Heir" not in words(theirs.get(f"/duties/{duty.code}/"))
    advance()
    entry = f"/ledger/entries/{Event.objects.get(kind='duty.imposed').index}/"
    assert "Heir" in words(mine.get(entry))
    assert "Heir" not in words(theirs.get(entry))
    assert "Pay a co-owner its share" in words(theirs.get(f"/deals/{deal.code}/"))
    assert theirs.post(f"/duties/{duty.code}/waive/", {"reason": "x"}).status_code in {403, 404}
    given = {"by": "Heir", "reason": "Settled."}
    assert mine.post(f"/duties/{duty.code}/waive/", given).status_code == 303
    assert "Heir waived this." in words(theirs.get(f"/duties/{duty.code}/"))


def test_money_that_goes_back_is_read_by_both_and_let_off_by_the_lab(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    mine, theirs = signed_in(studio), signed_in(lab)
    given = {"ground": "right", "reason": "Sold.", "stop": "7", "typed": grant.code}
    assert mine.post(f"/grants/{grant.code}/revoke/", given).status_code == 303
    refund = Duty.objects.get(kind="refund")
    address = f"/duties/{refund.code}/"
    for page in (mine.get(address), theirs.get(address), theirs.get(f"/grants/{grant.code}/")):
        assert "Return the part of the fee that falls on the rest of the term" in words(page)
    assert refund.detail in words(theirs.get(address))
    assert "Waive it" not in words(mine.get(address))
    assert mine.post(f"{address}waive/", {"by": "They", "reason": "x"}).status_code == 404
    assert theirs.post(f"{address}waive/", {"reason": "Settled."}).status_code == 303
    assert "Lumen Lab waived this." in words(mine.get(address))


def test_a_lab_reports_use_and_both_sides_see_what_went_too_far(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    theirs, mine = signed_in(lab), signed_in(studio)
    address = f"/grants/{grant.code}/usage/"
    code = grant.granted_assets.get().asset.code
    assert code in words(theirs.get(address))
    given = {
        "run": "Orion 2, run 7",
        "use": "train.pretrain",
        "model_kind": "foundation",
        "territory": "KR",
        "started_at": "2026-02-01",
        "ended_at": "2026-02-03",
        "codes": code,
    }
    assert theirs.post(address, given | {"started_at": "2999-01-01"}).status_code == 422
    assert theirs.post(address, given | {"ended_at": "9999-12-31"}).status_code == 422
    assert not Usage.objects.exists()
    page = words(theirs.post(address, given, follow=True))
    assert "The use is recorded. It is within the grant." in page
    assert "Files used 1 of 1" in page
    assert mine.post(address, given).status_code == 403
    page = words(theirs.post(address, given | {"use": "generate.output"}, follow=True))
    assert "It goes beyond the grant, and the licensor sees that." in page
    page = words(mine.get(f"{address}?state=beyond"))
    assert "a use that is not licensed" in page
    assert "1 reported use goes beyond the grant." in words(mine.get(f"/grants/{grant.code}/"))
    assert signed_in(factories.lab()).get(address).status_code == 404
    revoke_grant(actor=studio, code=grant.code, reason="x")
    usage = Usage.objects.first()
    assert usage is not None
    assert usage.ended_at is not None
    assert (usage.ended_at - usage.started_at) == timedelta(days=3)
