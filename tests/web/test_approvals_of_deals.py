"""Who has to approve a deal, on its page and on the organisation's."""

import pytest

from accounts.models import Role
from licensing.models import ApprovalPolicy
from tests import factories
from tests.web.reading import signed_in, words

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def test_an_owner_sets_the_policy_and_two_persons_approve_on_the_page() -> None:
    owner, lab = factories.studio("Peach Pictures"), factories.lab()
    first = factories.member(owner, Role.APPROVER)
    deal = factories.deal(lab, [factories.offered_words(owner)])
    mine, theirs, at = signed_in(owner), signed_in(first), f"/deals/{deal.code}/"
    page = "/organisation/approvals/"
    assert "Any one member with the role approver or owner" in words(theirs.get(page))
    assert "Record the policy" not in words(theirs.get(page))
    typed = {"currency": "USD", "two_above_minor": "1,000.00", "replaces": 0}
    refused = mine.post(page, typed | {"role_above_minor": "x"})
    assert (refused.status_code, 'value="1,000.00"' in refused.text) == (422, True)
    assert mine.post(page, typed | {"two_above_minor": "999.99"}).status_code == 303
    assert "above USD 999.99" in words(mine.get(page))
    assert mine.post(page, typed).status_code == 422  # somebody else was first
    assert "others have to approve the deal too" in words(theirs.get(at))
    theirs.post(f"{at}approve/", {"terms": 0})
    shown = words(theirs.get(at))
    assert "Bo Chen · Approver" in shown
    assert "1 approval is missing." in shown
    assert "You have approved this deal; somebody else approves next." in shown
    assert "Approved by you, waiting for others 1" in words(theirs.get("/home/"))
    assert "Deals that await your decision" not in words(theirs.get("/home/"))
    assert "Deals that await your decision 1" in words(mine.get("/home/"))
    assert "Not everybody of Peach Pictures" in words(signed_in(lab).get(at))
    assert "Bo Chen" not in words(signed_in(lab).get(at))
    mine.post(f"{at}approve/", {"terms": 0})
    deal.refresh_from_db()
    assert deal.state == "approved"
    assert "Bo Chen · Approver" in words(mine.get(at))
    assert mine.post(page, typed | {"two_above_minor": "", "replaces": 1}).status_code == 303
    assert "Earlier policies" in words(mine.get(page))
    assert ApprovalPolicy.objects.count() == 2


def test_a_deal_shows_which_consents_ask_to_see_each_use() -> None:
    agency, lab = factories.talent(), factories.lab()
    face = factories.likeness(agency, attributes=("name", "voice"))
    file = factories.words(agency, face)
    rule = {"stages": ["script", "final"], "hours": 48, "silence": "deny"}
    factories.consent(
        agency, face, uses=["generate.likeness"], attributes=["name"], terms={"approvals": rule}
    )
    factories.offer(agency, face, uses=["generate.likeness"])
    request = factories.draft(lab, [file], uses=["generate.likeness"])
    signed_in(lab).post(f"/requests/{request.code}/submit/")
    page = f"/deals/{request.deals.get().code}/"
    for side in (agency, lab):
        shown = words(signed_in(side).get(page))
        assert "Kim Min: Script, Final work. 48 hours to answer. No answer is a refusal." in shown
