"""Who approves deals, over the API."""

import pytest

from accounts.models import Role
from licensing.deals.transitions import approve_deal
from tests import factories
from tests.api.callers import caller

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def test_a_policy_is_set_and_a_deal_says_who_approved_it() -> None:
    owner, lab = factories.studio(), factories.lab()
    first = factories.member(owner, Role.APPROVER)
    api, theirs = caller(owner), caller(lab)
    wanted = {"currency": "USD", "two_above_minor": 0, "replaces": 0}
    assert api.post("approval-policies/", wanted).status == 201
    assert api.post("approval-policies/", wanted).status == 409
    assert theirs.post("approval-policies/", wanted).status == 403
    (policy,) = api.get("approval-policies/").data["results"]
    assert (policy["number"], policy["two_above_minor"], policy["role"]) == (1, 0, "")
    deal = factories.deal(lab, [factories.offered_words(owner)])
    # A key is nobody, and the policy asks for persons.
    assert api.post(f"deals/{deal.code}/approve/", {}).status == 409
    approve_deal(actor=first, code=deal.code)
    told = api.get(f"deals/{deal.code}/").data["approvals"]
    assert (told["needed"], told["missing"]) == (2, 1)
    assert [each["role"] for each in told["given"]] == ["approver"]
    assert theirs.get(f"deals/{deal.code}/").data["approvals"] is None
