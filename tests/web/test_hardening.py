"""What strangers and members may send to any page without breaking it or anybody else."""

import re

import pytest
from django.test import Client

from accounts.models import Membership, User
from tests import factories
from tests.web.reading import words
from web import urls

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture(params=["studio", "talent", "lab"])
def member(request: pytest.FixtureRequest, client: Client) -> Client:
    actor = getattr(factories, request.param)()
    client.raise_request_exception = False
    client.force_login(Membership.objects.get(organisation=actor.organisation).user)
    return client


def test_a_nul_anywhere_is_no_failure(member: Client) -> None:
    """PostgreSQL refuses even to look for one."""
    patterns = [str(one.pattern) for one in urls.urlpatterns]
    asked = [f"/{re.sub('<[^>]*>', '%00', one)}" for one in patterns if "<str:" in one]
    assert len(asked) > 20
    names = ("q", "kind", "state", "use", "sort", "offer", "rights", "cursor", "of", "asset")
    lists = ["titles", "likenesses", "search", "deals", "requests", "grants", "find"]
    # What is no page of this member reads none of it.
    lists = [f"/{page}/" for page in lists if member.get(f"/{page}/").status_code != 404]
    assert len(lists) > 3
    if "/titles/" in lists:
        lists.append("/titles/library.csv")
    asked += [f"{page}?{name}=%00" for page in lists for name in names]
    sent = {"name": "\0", "email": "\0@x.example", "organisation": "\0", "of": "\0", "asset": "\0"}
    posts = ["/organisation/switch/", "/requests/new/", "/titles/new/", "/organisation/members/"]
    failed = [address for address in asked if member.get(address).status_code >= 500]
    failed += [address for address in posts if member.post(address, sent).status_code >= 500]
    assert failed == []


def test_what_a_member_was_shown_is_kept_in_no_cache(member: Client) -> None:
    for address in ("/home/", "/organisation/", "/deals/", "/api/v1/me/"):
        assert member.get(address)["Cache-Control"] == "private, no-store", address


def test_a_number_too_long_to_write_out_is_no_entry(client: Client) -> None:
    assert client.get(f"/ledger/entries/{'9' * 40}/").status_code == 404


def test_whoever_was_signed_out_comes_back_to_the_page_of_the_form(client: Client) -> None:
    page = "http://testserver/deals/ABCD2345/?state=open"
    for referer, back in ((page, "/deals/ABCD2345/%3Fstate%3Dopen"), ("http://x.test/", "/home/")):
        sent = client.post("/deals/ABCD2345/approve/", headers={"Referer": referer})
        assert sent.headers["Location"] == f"/accounts/login/?next={back}"
    loaded = client.get("/deals/ABCD2345/approve/", headers={"Accept": "text/html"})
    assert (loaded.status_code, loaded.headers["Allow"]) == (405, "POST")
    assert "This address takes only a form" in words(loaded)
    assert client.get("/deals/ABCD2345/approve/").content == b""


def test_nobody_takes_the_address_of_somebody_else(client: Client) -> None:
    victim, thief = factories.studio(), factories.lab()
    client.force_login(Membership.objects.get(organisation=thief.organisation).user)
    address = Membership.objects.get(organisation=victim.organisation).user.email
    for verb in ("action_add", "action_primary"):
        sent = client.post("/accounts/email/", {verb: "", "email": address})
        assert sent.status_code == 404
    assert User.objects.filter(email=address).count() == 1


def test_nobody_learns_here_who_has_an_account(client: Client) -> None:
    known = factories.studio().user
    assert known is not None

    def said(address: str, field: str, email: str) -> str:
        sent = {field: email, "password": "wrong"}
        page = words(client.post(address, sent, follow=True))
        return re.sub(r"[0-9-]+ [0-9]{2}:[0-9]{2} UTC", "", page)  # a minute may pass between

    for address, field in (("/accounts/login/", "login"), ("/accounts/password/reset/", "email")):
        assert said(address, field, known.email) == said(address, field, "nobody@x.example")
    half = {"kind": "lab", "email": known.email, "password": "short"}
    assert "Somebody already" not in words(client.post("/signup/", half))
