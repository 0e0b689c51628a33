"""What a lab could get and what it would cost, as it changes the terms of a draft."""

import pytest

from licensing.deals.requests import withdraw_request
from licensing.models import RequestState
from tests import factories
from tests.web.reading import signed_in, words

pytestmark = pytest.mark.django_db
SCOPE = {
    "uses": ["train.pretrain"],
    "model_kinds": ["foundation"],
    "territory": "World",
    "starts_at": "2026-01-01",
    "ends_at": "2036-01-01",
    "exclusivity": "non_exclusive",
}
LIVE = {"HX-Request": "true"}


def test_a_lab_tries_terms_and_then_asks_for_them() -> None:
    pine, larch, lab = factories.studio("Pine"), factories.studio("Larch"), factories.lab()
    free = factories.offered_words(pine, name="Free")
    bound = factories.offered_words(larch, name="Bound")
    assert bound.title is not None
    factories.fact(
        larch, bound.title, "restriction", uses=["train"], territory=["JP"],
        start="2025-01-01", document="Sealed paper",
    )  # fmt: skip
    asked = factories.draft(lab, [free, bound])
    client = signed_in(lab)
    path = f"/requests/{asked.code}/terms/"
    assert f'href="{path}"' in client.get(f"/requests/{asked.code}/").content.decode()
    seen = words(client.get(path))
    assert "1 of 2 files could be licensed" in seen
    assert "Comes to, as offered USD 1,000.00" in seen
    assert "Obtain a waiver." in seen
    assert "Licensor 6 of 9 1" in seen
    # What the studio alone knows of its title is not in it.
    assert "Sealed paper" not in seen
    # The answer alone, as the form changes; the draft stays what it was.
    tried = client.post(path, SCOPE | {"territory": "US", "check": "1"}, headers=LIVE)
    assert "2 of 2 files could be licensed" in words(tried)
    assert "Comes to, as offered USD 2,000.00" in words(tried)
    assert "<form" not in tried.content.decode()
    assert "The whole world \N{MINUS SIGN}1" in words(tried)
    wrong = client.post(path, SCOPE | {"ends_at": "2020-01-01", "check": "1"}, headers=LIVE)
    assert "could be licensed" not in words(wrong)
    assert words(wrong) == "The end must lie after the start."
    asked.refresh_from_db()
    assert asked.territory == "WORLD"
    assert client.post(path, SCOPE | {"territory": "US"}).status_code == 303
    asked.refresh_from_db()
    assert asked.territory == ["US"]
    assert (asked.starts_at, asked.ends_at) == (factories.STARTS, factories.ENDS)


def test_terms_are_tried_by_who_may_change_the_draft_only() -> None:
    studio, lab = factories.studio(), factories.lab()
    asked = factories.draft(lab, [factories.offered_words(studio)])
    path = f"/requests/{asked.code}/terms/"
    assert signed_in(studio).get(path).status_code == 404
    assert signed_in(factories.lab()).get(path).status_code == 404
    assert signed_in(factories.member(lab)).post(path, SCOPE).status_code == 403
    empty = factories.draft(lab, [])
    assert "no files yet" in words(signed_in(lab).get(f"/requests/{empty.code}/terms/"))
    withdraw_request(actor=lab, code=asked.code)
    asked.refresh_from_db()
    assert asked.state == RequestState.WITHDRAWN
    assert signed_in(lab).get(path).status_code == 303


def test_a_studio_sees_what_it_could_license_in_any_terms() -> None:
    studio = factories.studio()
    path = "/readiness/terms/"
    client = signed_in(studio)
    assert f'href="{path}"' in client.get("/readiness/").content.decode()
    assert "No title has a file yet" in words(client.get(path))
    factories.offered_words(studio, name="Free")
    bound = factories.offered_words(studio, name="Bound")
    factories.offered_words(factories.studio(), name="Of somebody else")
    assert bound.title is not None
    factories.fact(
        studio, bound.title, "grant_out", to="Some broadcaster", uses=["train"],
        exclusivity="exclusive", territory=["JP"], start="2025-01-01", document="Deed",
    )  # fmt: skip
    seen = words(client.get(path))
    assert "1 of 2 files could be licensed" in seen
    assert "Comes to, as offered USD 1,000.00" in seen
    tried = words(client.post(path, SCOPE | {"territory": "US"}, headers=LIVE))
    assert "2 of 2 files could be licensed" in tried
    assert "By licensor" not in tried
    wrong = client.post(path, SCOPE | {"territory": "Atlantis"}, headers=LIVE)
    assert "could be licensed" not in words(wrong)
    assert client.post(path, SCOPE | {"territory": "Atlantis"}).status_code == 422
    assert signed_in(factories.lab()).get(path).status_code == 404
