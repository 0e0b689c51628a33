"""Importing through the API: sent, followed, cancelled, reported."""

import json
from urllib.parse import urlencode

import pytest

from catalog.importing.pending import import_pending
from catalog.models import Title
from catalog.objects import object_store
from tests.api.callers import Answer, Caller

pytestmark = pytest.mark.usefixtures("var_dir")

LINES = [
    {"TitleInternalAlias": "괴물", "OriginalLanguage": "ko", "ReleaseYear": 2006},
    {"TitleInternalAlias": "Mother", "IMDbID": "tt1216496"},
    {"ReleaseYear": 2006},
]


def send(caller: Caller, query: str = "", **headers: str) -> Answer:
    content = "\n".join(map(json.dumps, LINES)).encode()
    address = f"imports/?filename=titles.jsonl{query}"
    return caller.send("POST", address, content, "application/x-ndjson", **headers)


def test_a_table_says_in_the_address_what_its_headers_mean(studio: Caller) -> None:
    def take(*columns: str) -> Answer:
        said = urlencode([("filename", "a.csv"), *(("column", each) for each in columns)])
        content = b"Obra,Year,Ano\nMar,1995,1996\n"
        return studio.send("POST", f"imports/?{said}", content, "application/octet-stream")

    assert take("Obra=TitleInternalAlias", "Ano=ReleaseYear").status == 201
    import_pending()
    assert Title.objects.values_list("name", "year").get() == ("Mar", 1996)
    refused = take("Obra=Work")
    assert (refused.status, refused.data["errors"][0]["field"]) == (422, "column")


def test_lines_of_titles_come_in_and_are_reported(studio: Caller) -> None:
    sent = send(studio)
    assert (sent.status, sent.data["state"], sent.data["format"]) == (201, "due", "jsonl")
    import_pending()
    code = sent.data["code"]
    done = studio.get(f"imports/{code}/").data
    assert (done["state"], done["accepted"], done["rejected"]) == ("done", 2, 1)
    assert done["progress"]["done"] == done["progress"]["total"] == 3
    rows = studio.get(f"imports/{code}/rows/").data["results"]
    assert [row["outcome"] for row in rows] == ["accepted", "accepted", "rejected"]
    (bad,) = studio.get(f"imports/{code}/rows/?outcome=rejected").data["results"]
    assert (bad["number"], bad["findings"][0]["code"]) == (3, "required")
    assert {row["title"] for row in rows[:2]} == set(Title.objects.values_list("code", flat=True))


def test_a_line_that_is_no_row_is_told_in_its_place(studio: Caller) -> None:
    lines = [json.dumps(LINES[0]), "{no JSON", json.dumps(LINES[1]), "[]", json.dumps(LINES[2])]
    sent = studio.send(
        "POST", "imports/?filename=titles.jsonl", "\n".join(lines).encode(), "application/x-ndjson"
    )
    import_pending()
    rows = studio.get(f"imports/{sent.data['code']}/rows/").data["results"]
    assert [(row["number"], row["outcome"]) for row in rows] == [
        (1, "accepted"), (2, "rejected"), (3, "accepted"), (4, "rejected"), (5, "rejected"),
    ]  # fmt: skip


def test_findings_come_in_the_language_that_was_asked_for(studio: Caller) -> None:
    code = send(studio).data["code"]
    import_pending()
    rows = f"imports/{code}/rows/?outcome=rejected"
    (bad,) = studio.get(rows, Accept_Language="ko").data["results"]
    (same,) = studio.get(rows).data["results"]
    assert bad["findings"][0]["code"] == same["findings"][0]["code"] == "required"
    assert "required" in same["findings"][0]["message"]
    assert "required" not in bad["findings"][0]["message"]


def test_a_repeated_call_imports_once(studio: Caller) -> None:
    first = send(studio, Idempotency_Key="one")
    assert send(studio, Idempotency_Key="one").data == first.data
    assert len(studio.get("imports/").data["results"]) == 1


def test_a_dry_run_keeps_nothing(studio: Caller) -> None:
    sent = send(studio, "&dry_run=true")
    import_pending()
    assert studio.get(f"imports/{sent.data['code']}/").data["accepted"] == 2
    assert not Title.objects.exists()


def test_a_waiting_import_can_be_cancelled_once(studio: Caller) -> None:
    code = send(studio).data["code"]
    assert studio.post(f"imports/{code}/cancel/").data["state"] == "cancelled"
    assert studio.post(f"imports/{code}/cancel/").status == 409
    assert import_pending() == 0


def test_a_source_holds_for_its_files(studio: Caller, outsider: Caller) -> None:
    decided = {"name": "Desk", "end_policy": "inclusive", "zone": "Asia/Seoul"}
    made = studio.post("import-sources/", decided)
    assert made.status == 201
    assert studio.post("import-sources/", decided).data["code"] == made.data["code"]
    assert len(studio.get("import-sources/").data["results"]) == 1
    sent = send(studio, f"&source={made.data['code']}").data
    assert (sent["end_policy"], sent["zone"]) == ("inclusive", "Asia/Seoul")
    assert send(outsider, f"&source={made.data['code']}").fields == ["source"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("&format=pdf", "format"),
        ("&zone=Mars/Olympus", "zone"),
        ("&day_order=ymd", "day_order"),
        ("&language=xx-yy-zz", "language"),
        ("&source=NOPE", "source"),
        ("&colour=red", "colour"),
    ],
)
def test_what_makes_no_sense_is_named(studio: Caller, query: str, field: str) -> None:
    answer = send(studio, query)
    assert answer.status in (400, 422)
    assert answer.fields == [field]
    assert studio.get("imports/").data["results"] == []
    assert list(object_store().keys("imports/")) == []


def test_others_find_nothing_and_labs_send_nothing(
    studio: Caller, outsider: Caller, lab: Caller, anybody: Caller
) -> None:
    code = send(studio).data["code"]
    for address in (f"imports/{code}/", f"imports/{code}/rows/"):
        assert outsider.get(address).status == 404
    assert outsider.post(f"imports/{code}/cancel/").status == 404
    assert outsider.get("imports/").data["results"] == []
    assert send(lab).status == 403
    assert send(anybody).status == 401


@pytest.mark.parametrize("content", [b"\0\1\2", b"{not json\n", b"[]\n", b"PK\x03\x04zip", b"<a"])
def test_hostile_bodies_end_in_a_report(studio: Caller, content: bytes) -> None:
    sent = studio.upload("imports/?filename=x", content)
    assert sent.status == 201
    import_pending()
    ended = studio.get(f"imports/{sent.data['code']}/").data
    assert ended["state"] == "failed" or ended["rejected"] > 0


def test_an_empty_body_is_no_file(studio: Caller) -> None:
    assert studio.upload("imports/?filename=x", b"").fields == ["file"]
