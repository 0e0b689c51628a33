"""The clearance board of a request that was submitted: filtered, and as a file."""

from typing import Any

import pytest
from django.test import Client

from licensing.deals.requests import add_assets
from licensing.verdicts.clearances import answers
from tests import factories
from tests.web.reading import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


def test_a_board_says_what_stands_in_the_way_and_is_had_as_a_file() -> None:
    studio, lab = factories.studio(), factories.lab()
    clear = factories.offered_words(studio, name="Clear film")
    banned = factories.offered_words(studio, name="Banned film")
    assert banned.title is not None
    factories.fact(studio, banned.title, "restriction", uses=["train"])
    draft = factories.draft(lab, [clear, banned])
    client = signed_in(lab)
    page = f"/requests/{draft.code}/"
    _filters(client, page)
    client.post(f"{page}submit/")
    _filters(client, page)
    text = client.get(f"{page}board.csv").getvalue().decode("utf-8-sig")
    rows = sorted(line.split(",") for line in text.splitlines()[1:])
    assert {(row[1], row[4], row[5]) for row in rows} == {
        ("Clear film", "CLEAR", "OK"),
        ("Banned film", "BLOCKED", "CONTRACT_PROHIBITION"),
    }
    deal = draft.deals.get()
    assert signed_in(studio).get(f"/deals/{deal.code}/board.csv").getvalue().decode() == (
        "\ufeff" + text
    )
    for stranger in (factories.lab(), factories.studio()):
        for address in (f"{page}board.csv", f"/deals/{deal.code}/board.csv"):
            assert signed_in(stranger).get(address).status_code == 404


def _filters(client: Client, page: str) -> None:
    whole = client.get(page).content.decode()
    assert "Clear film" in whole
    assert "Banned film" in whole
    assert "?reason=CONTRACT_PROHIBITION" in whole
    for query in ("reason=CONTRACT_PROHIBITION", "verdict=BLOCKED", "q=banned"):
        shown = client.get(f"{page}?{query}").content.decode()
        assert "Banned film" in shown
        assert "Clear film" not in shown.partition('id="board"')[2].partition("</section>")[0]
    assert "No file matches." in client.get(f"{page}?q=nothing").content.decode()


def test_a_file_put_in_while_a_draft_is_read_is_judged_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    studio, lab = factories.studio(), factories.lab()
    draft = factories.draft(lab, [factories.offered_words(studio, name="First film")])
    other = factories.offered_words(studio, name="Second film")

    def meanwhile(*args: Any, **named: Any) -> Any:
        found = answers(*args, **named)
        if draft.items.count() == 1:
            add_assets(actor=lab, code=draft.code, assets=[other.code])
        return found

    monkeypatch.setattr("web.boards.answers", meanwhile)
    page = signed_in(lab).get(f"/requests/{draft.code}/").content.decode()
    assert "First film" in page
    assert "Second film" in page
