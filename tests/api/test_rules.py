"""The rule tables over the API, as a law firm's program keeps them."""

import pytest
from django.test import Client

from accounts.access import Actor
from licensing.clearance import SHIPPED
from licensing.library.readiness import check_readiness_pending
from tests import factories

pytestmark = pytest.mark.django_db
ROW = {"table": "guilds", "key": "DGA/Basic 2026", "source": "Agreement",
       "body": {"effective": "2026-07-01", "duty": "notice"}}  # fmt: skip


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def api(studio: Actor, client: Client) -> Client:
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {factories.api_key(studio)}"
    return client


def post(api: Client, path: str, data: object) -> tuple[int, dict[str, object]]:
    answer = api.post(f"/api/v1/rules/{path}", data, content_type="application/json")
    return answer.status_code, answer.json()


def test_rows_are_added_superseded_and_in_force(api: Client) -> None:
    before = api.get("/api/v1/rules/in-force/").json()
    assert before["version"] == SHIPPED.version
    assert {row["code"] for row in before["rows"]} == {None}
    status, row = post(api, "", ROW)
    assert (status, row["body"], row["supersedes"]) == (201, ROW["body"], None)
    code = row["code"]
    assert post(api, "", ROW)[0] == 409
    status, later = post(api, f"{code}/supersede/", {"body": None, "source": "It lapsed."})
    assert (status, later["supersedes"], later["key"]) == (201, code, ROW["key"])
    assert post(api, f"{code}/supersede/", {"body": None, "source": "Again."})[0] == 409
    found = api.get("/api/v1/rules/").json()["results"]
    assert [each["code"] for each in found] == [later["code"], code]
    assert api.get(f"/api/v1/rules/{code}/").json()["source"] == "Agreement"
    now = api.get("/api/v1/rules/in-force/").json()
    assert ROW["key"] not in {each["key"] for each in now["rows"]}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"key": "DGA"}, "key"),
        ({"table": "shares"}, "table"),
        ({"body": {"effective": None, "duty": "thank"}}, "body.duty"),
        ({"body": {"effective": "2026-02-30", "duty": None}}, "body.effective"),
        ({"valid_from": "2027-01-01", "valid_until": "2027-01-01"}, "valid_until"),
    ],
)
def test_a_mistake_names_its_field(api: Client, change: dict[str, object], field: str) -> None:
    status, said = post(api, "", ROW | change)
    assert status == 422
    assert field in str(said)


def test_the_questions_for_counsel_are_listed_and_an_opinion_settles_one(
    studio: Actor, api: Client
) -> None:
    assert studio.organisation is not None
    film = factories.title(studio)
    deed = factories.fact(
        studio, film, "grant_in", **{"from": "Alder", "to": studio.organisation.name},
        uses=["ALL"], sublicensable=True,
    )  # fmt: skip
    check_readiness_pending()
    (question,) = api.get("/api/v1/counsel/questions/").json()["results"]
    assert (question["title"], question["reason"]) == (film.code, "LEGACY_NEW_USE")
    opinion = {"kind": "counsel_opinion", "document": "Letter", "body": {
        "resolves": "LEGACY_NEW_USE", "about": [deed.code], "by": "R. Ito",
        "signed": "2026-01-20", "uses": ["ALL"]}}  # fmt: skip
    path = f"/api/v1/titles/{film.code}/facts/"
    assert api.post(path, opinion, content_type="application/json").status_code == 201
    assert api.get("/api/v1/counsel/questions/").json()["results"] == []


def test_nobody_else_reads_or_supersedes_it(studio: Actor, api: Client) -> None:
    code = post(api, "", ROW)[1]["code"]
    for other in (factories.studio("Elsewhere"), factories.lab()):
        api.defaults["HTTP_AUTHORIZATION"] = f"Bearer {factories.api_key(other)}"
        assert api.get(f"/api/v1/rules/{code}/").status_code == 404
        assert api.get("/api/v1/rules/").json()["results"] == []
        body = {"body": None, "source": "Mine"}
        assert post(api, f"{code}/supersede/", body)[0] in {403, 404}
