"""Several persons approve a deal: the policy that says so, and what keeps to it."""

from typing import Any, NamedTuple

import pytest
from django.utils import timezone

from accounts.access import Actor, Permission, for_membership
from accounts.errors import Conflict, Invalid
from accounts.models import Membership, Role
from catalog.models import Asset
from ledger.models import Event
from licensing.deals.approval_policies import policy_of, set_approval_policy
from licensing.deals.assents import left_to_others, panel_to_show
from licensing.deals.counter_offers import accept_terms
from licensing.deals.transitions import approve_deal, approve_prepared, prepare_approval
from licensing.grants.issuing import issue_pending
from licensing.models import Deal, Grant
from licensing.payments.settlements import record_bank_transfer
from tests import factories
from tests.accounts.witness import at_once, facts, last, only_with, refs, refused
from tests.licensing.test_amendments import asked, granted
from tests.web.reading import signed_in, words
from tests.worlds import kept

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


class Asked(NamedTuple):
    owner: Actor
    first: Actor
    second: Actor
    lab: Actor
    file: Asset
    deal: Deal


@kept
def asked_for() -> Asked:
    """A deal over 1,000 dollars, and two of the studio who may approve it."""
    owner, lab = factories.studio(), factories.lab()
    first, second = (factories.member(owner, Role.APPROVER) for _ in range(2))
    file = factories.offered_words(owner)
    return Asked(owner, first, second, lab, file, factories.deal(lab, [file]))


@pytest.fixture
def owner(asked_for: Asked) -> Actor:
    return asked_for.owner


@pytest.fixture
def first(asked_for: Asked) -> Actor:
    return asked_for.first


@pytest.fixture
def second(asked_for: Asked) -> Actor:
    return asked_for.second


@pytest.fixture
def lab(asked_for: Asked) -> Actor:
    return asked_for.lab


@pytest.fixture
def file(asked_for: Asked) -> Asset:
    return asked_for.file


@pytest.fixture
def deal(asked_for: Asked) -> Deal:
    return asked_for.deal


def asks(owner: Actor, **changes: Any) -> None:
    before = policy_of(owner.organisation)  # type: ignore[arg-type]
    given = {"currency": "USD", "replaces": before.number if before else 0}
    set_approval_policy(actor=owner, **(given | changes))


def test_above_the_limit_two_different_persons_approve(
    owner: Actor, first: Actor, second: Actor, deal: Deal
) -> None:
    asks(owner, two_above_minor=99_999)
    waiting = approve_deal(actor=first, code=deal.code)
    assert waiting.state == "open"
    assert not hasattr(waiting, "agreement")
    event = last("deal.assented")
    assert refs(event) == {"request": deal.request.stream}
    assert facts(event)["assent"]["policy"] == 1
    with refused(Conflict):
        approve_deal(actor=first, code=deal.code)
    agreed = approve_deal(actor=second, code=deal.code)
    assert (agreed.state, agreed.decided_by) == ("approved", second.user)
    assert [each.person for each in agreed.assents.order_by("pk")] == [first.user, second.user]
    assert Event.objects.filter(kind="deal.assented").count() == 1


def test_of_many_files_a_page_says_what_is_on_record(
    owner: Actor, first: Actor, deal: Deal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And clears none of them: its panel is the same, as long as nothing has changed."""
    asks(owner, two_above_minor=99_999)
    live = panel_to_show(deal)
    monkeypatch.setattr("licensing.deals.assents.LIVE_LIMIT", 0)
    monkeypatch.delattr("licensing.deals.assents.answers")
    assert panel_to_show(deal) == live
    assert (live[0].needed, live[1]) == (2, 100_000)


def test_up_to_the_limit_one_person_is_enough(owner: Actor, first: Actor, deal: Deal) -> None:
    asks(owner, two_above_minor=100_000)
    assert approve_deal(actor=first, code=deal.code).state == "approved"


def test_another_currency_counts_as_above_every_limit(
    owner: Actor, first: Actor, deal: Deal
) -> None:
    asks(owner, currency="EUR", two_above_minor=10**9)
    assert approve_deal(actor=first, code=deal.code).state == "open"


def test_above_a_limit_one_of_them_has_the_role(
    owner: Actor, first: Actor, second: Actor, deal: Deal
) -> None:
    asks(owner, two_above_minor=0, role_above_minor=0, role=Role.OWNER)
    approve_deal(actor=first, code=deal.code)
    with refused(Conflict):
        approve_deal(actor=second, code=deal.code)
    assert approve_deal(actor=owner, code=deal.code).state == "approved"


def test_who_published_the_offer_and_a_key_do_not_approve(
    owner: Actor, first: Actor, deal: Deal
) -> None:
    asks(owner, not_publisher=True)
    for actor in (owner, factories.key_actor(owner)):
        with refused(Conflict):
            approve_deal(actor=actor, code=deal.code)
    assert approve_deal(actor=first, code=deal.code).state == "approved"


def test_whoever_made_the_key_that_published_the_offer_does_not_approve(
    owner: Actor, first: Actor, lab: Actor
) -> None:
    film = factories.title(owner)
    file = factories.words(owner, film)
    factories.ownership(owner, film)
    factories.offer(factories.key_actor(owner), film)
    deal = factories.deal(lab, [file])
    asks(owner, not_publisher=True)
    with refused(Conflict):
        approve_deal(actor=owner, code=deal.code)
    assert approve_deal(actor=first, code=deal.code).state == "approved"


def test_an_approval_of_other_terms_does_not_count(
    owner: Actor, first: Actor, second: Actor, lab: Actor, deal: Deal
) -> None:
    asks(owner, two_above_minor=0)
    approve_deal(actor=first, code=deal.code)
    factories.counter_offer(owner, deal, price_minor=70_000)
    accept_terms(actor=lab, code=deal.code, number=1)
    assert approve_deal(actor=second, code=deal.code).state == "open"
    assert approve_deal(actor=first, code=deal.code).state == "approved"


def test_an_approval_without_a_condition_does_not_count_for_one_that_has_it(
    owner: Actor, first: Actor, second: Actor, lab: Actor
) -> None:
    film = factories.title(owner)
    file = factories.words(owner, film)
    factories.ownership(owner, film)
    factories.offer(owner, film)
    deal = factories.deal(lab, [file])
    asks(owner, two_above_minor=0)
    approve_deal(actor=first, code=deal.code)
    assert left_to_others(Deal.objects.all(), first).get() == deal
    assert not left_to_others(Deal.objects.all(), second)
    factories.fact(owner, film, "guild", guild="WGA", agreement="MBA 2026")
    assert not left_to_others(Deal.objects.all(), first)
    assert panel_to_show(deal)[0].missing == 2
    approve_deal(actor=second, code=deal.code, conditions_met=True)
    deal.refresh_from_db()
    assert deal.state == "open"
    assert approve_deal(actor=first, code=deal.code, conditions_met=True).state == "approved"


def test_an_approval_prepared_as_the_last_is_refused_under_a_stricter_policy(
    owner: Actor, first: Actor, second: Actor, deal: Deal
) -> None:
    prepared = prepare_approval(actor=first, code=deal.code)
    asks(owner, two_above_minor=0)
    with refused(Conflict):
        approve_prepared(actor=first, code=deal.code, approval=prepared)
    assert approve_deal(actor=second, code=deal.code).state == "open"


def test_whoever_has_approved_agrees_alone_once_the_policy_asks_for_one(
    owner: Actor, first: Actor, deal: Deal
) -> None:
    asks(owner, two_above_minor=0)
    approve_deal(actor=first, code=deal.code)
    asks(owner)
    assert approve_deal(actor=first, code=deal.code).state == "approved"
    assert [each.person for each in deal.assents.all()] == [first.user]


def test_the_approval_of_who_published_the_offer_counts_no_more_where_the_policy_says_so(
    owner: Actor, first: Actor, second: Actor, deal: Deal
) -> None:
    asks(owner, two_above_minor=0)
    approve_deal(actor=owner, code=deal.code)  # who published the offer
    asks(owner, two_above_minor=0, not_publisher=True)
    assert approve_deal(actor=first, code=deal.code).state == "open"
    asks(owner, not_publisher=True)
    # One is enough now, and has approved: either may conclude it.
    assert approve_deal(actor=first, code=deal.code).state == "approved"


@pytest.mark.django_db(transaction=True)
def test_one_person_at_two_windows_approves_once(owner: Actor, first: Actor, deal: Deal) -> None:
    asks(owner, two_above_minor=0)
    raised = at_once(*[lambda: approve_deal(actor=first, code=deal.code)] * 2)
    assert sorted(type(each).__name__ for each in raised) == ["Conflict", "NoneType"]
    deal.refresh_from_db()
    assert (deal.state, deal.assents.count()) == ("open", 1)


@pytest.mark.parametrize("becomes", [None, Role.VIEWER])
def test_an_approval_counts_while_its_giver_may_approve(
    owner: Actor, first: Actor, second: Actor, deal: Deal, becomes: str | None
) -> None:
    asks(owner, two_above_minor=0)
    approve_deal(actor=first, code=deal.code)
    of_first = Membership.objects.filter(user=first.user)
    if becomes:
        of_first.update(role=becomes)
    else:
        of_first.delete()
    assert approve_deal(actor=second, code=deal.code).state == "open"
    assert approve_deal(actor=owner, code=deal.code).state == "approved"


def test_an_approval_has_the_role_that_its_giver_has_now(
    owner: Actor, first: Actor, second: Actor, deal: Deal
) -> None:
    asks(owner, role_above_minor=0, role=Role.OWNER, two_above_minor=0)
    promoted = Membership.objects.filter(user=first.user)
    promoted.update(role=Role.OWNER)
    was_owner = for_membership(promoted.get())
    approve_deal(actor=was_owner, code=deal.code)
    promoted.update(role=Role.APPROVER)
    with refused(Conflict):
        approve_deal(actor=second, code=deal.code)
    assert approve_deal(actor=owner, code=deal.code).state == "approved"


def test_each_policy_is_kept_and_what_could_never_be_met_is_refused() -> None:
    owner = factories.studio()
    with refused(Conflict):
        asks(owner, two_above_minor=5)  # there is one person
    factories.member(owner, Role.APPROVER)
    asks(owner, two_above_minor=5)
    event = last("approval_policy.set")
    assert event.facts().data == {"number": 1}
    assert facts(event)["policy"]["two_above_minor"] == 5
    with refused(Conflict):
        asks(owner, two_above_minor=5)
    with refused(Conflict):
        asks(owner, two_above_minor=6, replaces=0)
    with refused(Conflict):
        asks(owner, two_above_minor=5, not_publisher=True)
    with refused(Invalid, "role"):
        asks(owner, role_above_minor=5, role=Role.FINANCE)
    with refused(Invalid, "role_above_minor"):
        asks(owner, role=Role.OWNER)
    with refused(Invalid, "two_above_minor"):
        asks(owner, two_above_minor=-1)
    asks(owner)
    kept = owner.organisation.approval_policies  # type: ignore[union-attr]
    assert list(kept.order_by("number").values_list("two_above_minor", flat=True)) == [5, None]
    only_with(Permission.SET_APPROVALS, owner, lambda who: asks(who, two_above_minor=9))


def test_an_amendment_is_weighed_with_what_was_paid_before(
    owner: Actor, first: Actor, second: Actor, lab: Actor, file: Asset
) -> None:
    """A large licence is not given piece by piece, each below the limit."""
    grant = granted(owner, lab, [file], price_minor=60_000)
    asks(owner, two_above_minor=100_000)

    def amend(before: Grant, **changes: Any) -> Deal:
        deal = asked(lab, before, **changes)
        return approve_deal(actor=first, code=deal.code)

    widened = amend(grant, territory=["JP", "KR"], price_minor=40_000)
    assert widened.state == "approved"  # 1,000.00 in all
    pay(owner, widened)
    newer = Grant.objects.get(deal=widened)
    waiting = amend(newer, exclusivity="exclusive", price_minor=1)
    assert waiting.state == "open"
    panel, amount = panel_to_show(waiting)
    assert (panel.needed, panel.weighed_minor, amount) == (2, 100_001, 1)
    page = words(signed_in(second).get(f"/deals/{waiting.code}/"))
    assert "counts with it: USD 1,000.01 in all" in page
    assert approve_deal(actor=second, code=waiting.code).state == "approved"


def pay(studio: Actor, deal: Deal) -> None:
    record_bank_transfer(
        actor=studio,
        deal_code=deal.code,
        amount_minor=deal.amount_minor,
        currency=deal.currency,
        reference="Wire",
        settled_at=timezone.now(),
    )
    issue_pending()
