"""A large file through the API: begun, sent in parts, resumed, completed, cancelled."""

import hashlib
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from catalog.models import Upload
from catalog.object_interface import Link
from catalog.object_links import read_link
from catalog.objects import object_store
from catalog.upload_checks import check_uploads_pending
from tests import factories
from tests.api.callers import Answer, Caller

pytestmark = pytest.mark.usefixtures("var_dir")

SRT = b"1\n00:00:01,000 --> 00:00:02,000\nHello\n"


def begin(caller: Caller, code: str, **changes: Any) -> Answer:
    given = {
        "of": code,
        "filename": "words.srt",
        "size_bytes": len(SRT),
        "source_type": "digitalCreation",
    }
    return caller.post("uploads/", given | changes)


def put(caller: Caller, link: dict[str, Any], content: bytes) -> Answer:
    return caller.send(link["method"], link["url"], content, "application/octet-stream")


def ask(caller: Caller, code: str, content: bytes = SRT, number: int = 1) -> Answer:
    sha256 = hashlib.sha256(content).hexdigest()
    return caller.post(f"uploads/{code}/parts/", {"parts": [{"number": number, "sha256": sha256}]})


@pytest.fixture
def title(studio: Caller) -> str:
    return factories.title(studio.actor).code


def test_a_file_is_sent_resumed_completed_and_becomes_an_asset(
    studio: Caller, anybody: Caller, title: str
) -> None:
    begun = begin(studio, title)
    assert begun.status == 201
    assert (begun.data["state"], begun.data["part_count"], begun.data["parts"]) == ("open", 1, [])
    code = begun.data["code"]
    [link] = ask(studio, code).data["parts"]
    assert link["method"] == "PUT"
    assert link["url"].startswith("http://testserver/objects/parts/")
    there = studio.get(f"uploads/{code}/").data["parts"]
    sha256 = hashlib.sha256(SRT).hexdigest()
    assert there == [{"number": 1, "sha256": sha256, "is_in": False}]
    early = studio.post(f"uploads/{code}/complete/")
    assert early.status == 409
    assert "1 of 1 parts are missing" in early.data["detail"]
    # The link is the permission: a browser sends it without a key.
    assert put(anybody, link, SRT).status == 200
    assert studio.get(f"uploads/{code}/").data["parts"][0]["is_in"]
    for _twice in range(2):
        assert studio.post(f"uploads/{code}/complete/").data["state"] == "checking"
    check_uploads_pending()
    done = studio.get(f"uploads/{code}/").data
    assert (done["state"], done["asset"]) == ("done", f"{title}+001")
    assert studio.get(f"assets/{done['asset']}/").data["sha256"] == sha256
    assert studio.delete(f"uploads/{code}/").status == 409
    listed = studio.get(f"uploads/?of={title}&state=done").data["results"]
    assert [one["code"] for one in listed] == [code]
    assert studio.get("uploads/?state=open").data["results"] == []


def test_a_hash_may_be_written_in_capitals(studio: Caller, title: str) -> None:
    sha256 = hashlib.sha256(SRT).hexdigest()
    code = begin(studio, title, sha256=sha256.upper()).data["code"]
    for written in (sha256.upper(), sha256):  # the same part, announced twice
        asked = {"parts": [{"number": 1, "sha256": written}]}
        answer = studio.post(f"uploads/{code}/parts/", asked)
        assert answer.status == 200
        assert put(studio, answer.data["parts"][0], SRT).status == 200
    assert studio.get(f"uploads/{code}/").data["parts"][0]["sha256"] == sha256
    studio.post(f"uploads/{code}/complete/")
    check_uploads_pending()
    assert studio.get(f"uploads/{code}/").data["state"] == "done"


def test_a_part_that_is_not_what_was_announced_is_refused_with_the_reason(
    studio: Caller, title: str
) -> None:
    code = begin(studio, title).data["code"]
    [link] = ask(studio, code).data["parts"]
    wrong = put(studio, link, SRT.replace(b"Hello", b"Howdy"))
    assert wrong.status == 422
    assert "SHA-256" in wrong.data["detail"]
    assert put(studio, link, SRT + b"x").status == 422
    assert put(studio, link, SRT[:-1]).status == 422
    assert put(studio, link | {"url": link["url"][:-3] + "abc"}, SRT).status == 404
    assert ask(studio, code, b"something else").status == 409
    assert put(studio, link, SRT).status == 200
    assert put(studio, link, SRT).status == 200


def test_parts_are_refused_in_the_readers_language(
    studio: Caller, anybody: Caller, title: str
) -> None:
    code = begin(studio, title).data["code"]
    [link] = ask(studio, code).data["parts"]
    asked = {"parts": [{"number": 2, "sha256": "0" * 64}]}

    def said(answer: Answer) -> str:
        return str(answer.data["detail"])

    def sent(content: bytes, url: str = link["url"]) -> str:
        body = "application/octet-stream"
        return said(anybody.send("PUT", url, content, body, Accept_Language="ko"))

    told = [
        said(studio.post(f"uploads/{code}/parts/", asked, Accept_Language="ko")),
        said(studio.post(f"uploads/{code}/complete/", Accept_Language="ko")),
        sent(SRT + b"x"),
        sent(SRT.replace(b"Hello", b"Howdy")),
        sent(SRT, link["url"][:-3] + "abc"),
    ]
    with time_machine.travel(timezone.now() + timedelta(days=1)):
        told.append(sent(SRT))
    studio.delete(f"uploads/{code}/")
    told += [sent(SRT), said(studio.post(f"uploads/{code}/parts/", asked, Accept_Language="ko"))]
    for detail in told:
        assert re.search("[가-힣]", detail), detail


def test_a_cancelled_upload_takes_nothing_more(studio: Caller, title: str) -> None:
    code = begin(studio, title).data["code"]
    [link] = ask(studio, code).data["parts"]
    for _twice in range(2):
        assert studio.delete(f"uploads/{code}/").status == 204
    assert put(studio, link, SRT).status == 404
    assert ask(studio, code).status == 409
    assert studio.post(f"uploads/{code}/complete/").status == 409
    assert studio.get(f"uploads/{code}/").data["state"] == "aborted"


def test_uploads_of_others_do_not_exist(
    studio: Caller, outsider: Caller, lab: Caller, anybody: Caller, title: str
) -> None:
    code = begin(studio, title).data["code"]
    for stranger in (outsider, lab):
        assert begin(stranger, title).status == 404
        assert stranger.get(f"uploads/{code}/").status == 404
        assert stranger.delete(f"uploads/{code}/").status == 404
        assert stranger.post(f"uploads/{code}/complete/").status == 404
        assert ask(stranger, code).status == 404
        assert stranger.get("uploads/").data["results"] == []
        assert stranger.get(f"uploads/?of={title}").status == 404
    assert anybody.get(f"uploads/{code}/").status == 401
    reader = Caller(secret=factories.api_key(studio.actor, scopes=["read"]))
    assert reader.get(f"uploads/{code}/").status == 200
    assert ask(reader, code).status == 403
    assert reader.delete(f"uploads/{code}/").status == 403
    assert Upload.objects.get().state == "open"


def test_an_empty_file_is_called_empty(studio: Caller, title: str) -> None:
    given = {"of": title, "filename": "a.srt", "size_bytes": 0, "source_type": "digitalCreation"}
    for language, said in (("en", "The file is empty."), ("ko", "빈 파일입니다.")):
        answer = studio.post("uploads/", given, Accept_Language=language)
        assert (answer.status, answer.fields) == (422, ["size_bytes"])
        assert answer.data["errors"][0]["message"].startswith(said)


@pytest.mark.parametrize(
    ("changes", "status", "fields"),
    [
        ({"filename": "words.exe"}, 422, ["filename"]),
        ({"size_bytes": 0}, 422, ["size_bytes"]),
        ({"size_bytes": 2**62}, 413, ["size_bytes"]),
        ({"size_bytes": "7"}, 422, ["size_bytes"]),
        ({"source_type": "dreamt"}, 422, ["source_type"]),
        ({"kind": "opera"}, 422, ["kind"]),
        ({"sha256": "abc"}, 422, ["sha256"]),
        ({"part_bytes": 7}, 422, ["part_bytes"]),
        ({"of": "7K3F2Q9D"}, 404, []),
    ],
)
def test_what_cannot_be_a_file_is_named_before_a_byte_is_sent(
    studio: Caller, title: str, changes: dict[str, Any], status: int, fields: list[str]
) -> None:
    refused = begin(studio, title, **changes)
    assert (refused.status, refused.fields) == (status, fields)
    assert not Upload.objects.exists()


def test_a_link_gives_an_object_out_whole_and_by_range(anybody: Caller, db: None) -> None:
    store = object_store()
    store.put_bytes("evidence/one", b"0123456789")

    def fetch(link: Link, **headers: str) -> Answer:
        return anybody.send("GET", link.url, **headers)

    link = store.read_link("evidence/one", seconds=60, filename="one — 하나.bin")
    whole = fetch(link)
    assert (whole.status, whole.content) == (200, b"0123456789")
    assert "%ED%95%98%EB%82%98" in whole.headers["Content-Disposition"]
    part = fetch(link, Range="bytes=2-4")
    assert (part.status, part.content) == (206, b"234")
    assert part.headers["Content-Range"] == "bytes 2-4/10"
    assert fetch(link, Range="bytes=10-").status == 416
    other = fetch(link, Range="bytes=2-4", If_Range='"older"')
    assert (other.status, other.content) == (200, b"0123456789")
    head = anybody.send("HEAD", link.url)
    assert (head.status, head.headers["Content-Length"], head.content) == (200, "10", b"")
    assert anybody.send("GET", link.url.replace("objects/", "objects/x")).status == 404
    store.delete("evidence/one")
    assert fetch(link).status == 404
    assert read_link("evidence/one", seconds=60, filename="a").url != link.url


def test_a_bucket_that_is_not_set_up_cannot_be_referred_to(
    studio: Caller, outsider: Caller, title: str
) -> None:
    given = {"title": title, "bucket": "theirs", "key": "a.mov", "source_type": "digitalCapture"}
    refused = studio.post("references/", given)
    assert (refused.status, refused.fields) == (422, ["bucket"])
    assert outsider.post("references/", given).status == 404
    assert not Upload.objects.exists()
