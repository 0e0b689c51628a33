"""The way to an installation: waits, repeats, and what it makes of refusals."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple, override

import pytest

from edgecode import Client, NotSetUp, Refused, Unreachable, shapes
from edgecode import site as transport

type Said = tuple[int, dict[str, str], Any]


class Stand(NamedTuple):
    """A server that answers what it is told to, once each, and keeps what it was asked."""

    url: str
    answers: list[Said]
    asked: list[dict[str, str]]

    @property
    def client(self) -> Client:
        return Client(self.url, "eck_secret")


@pytest.fixture
def stand() -> Iterator[Stand]:
    answers: list[Said] = []
    asked: list[dict[str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append({"path": self.path, **{k.lower(): v for k, v in self.headers.items()}})
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, headers, body = answers.pop(0)
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815 - the name that http.server calls

        @override
        def log_message(self, *_given: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield Stand(f"http://127.0.0.1:{server.server_port}", answers, asked)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    pauses: list[float] = []
    monkeypatch.setattr(transport, "sleep", pauses.append)
    return pauses


def test_it_waits_as_long_as_it_is_asked_to_and_repeats_the_same_call(
    stand: Stand, slept: list[float]
) -> None:
    stand.answers.extend([(429, {"Retry-After": "7"}, {}), (503, {}, {}), (200, {}, {"code": "A"})])
    assert stand.client.submit("7K3F2Q9D")["code"] == "A"
    assert slept == [7, 1.0]
    assert len({each["idempotency-key"] for each in stand.asked}) == 1
    stand.answers.append((200, {}, {}))
    stand.client.submit("7K3F2Q9D")
    assert stand.asked[-1]["idempotency-key"] != stand.asked[0]["idempotency-key"]


def test_whoever_asks_for_hours_is_left_alone(stand: Stand, slept: list[float]) -> None:
    stand.answers.append((429, {"Retry-After": "7200"}, {}))
    with pytest.raises(Unreachable, match="7200 seconds"):
        stand.client.grant("7K3F2Q9D")
    assert slept == []


def test_a_problem_is_one_line_with_its_fields(stand: Stand) -> None:
    errors = [{"field": "uses[0]", "message": "Unknown."}]
    told = {"detail": "uses[0]: Unknown.", "errors": errors}
    stand.answers.append((422, {}, told))
    with pytest.raises(Refused) as refused:
        stand.client.submit("7K3F2Q9D")
    assert (str(refused.value), refused.value.status) == ("uses[0]: Unknown.", 422)
    assert refused.value.errors == errors


@pytest.mark.parametrize("said", [b"<html>", b"[]", b"{}", b"\xff"])
def test_what_is_no_problem_document_is_told_by_its_status(stand: Stand, said: bytes) -> None:
    stand.answers.append((404, {}, said))
    with pytest.raises(Refused, match="the server answers 404"):
        stand.client.submit("7K3F2Q9D")


def test_a_failure_of_the_server_is_no_refusal(stand: Stand, slept: list[float]) -> None:
    stand.answers.append((500, {}, {"detail": "Something failed."}))
    with pytest.raises(Unreachable, match="Something failed"):
        stand.client.submit("7K3F2Q9D")
    assert slept == []


def test_pages_follow_the_cursor_and_no_address(stand: Stand) -> None:
    theirs = "https://elsewhere.example/?cursor=abc&limit=1"
    stand.answers.append((200, {}, {"next": theirs, "results": [{"code": "A"}]}))
    stand.answers.append((200, {}, {"next": None, "results": [{"code": "B"}]}))
    assert [deal["code"] for deal in stand.client.deals()] == ["A", "B"]
    assert stand.asked[1]["path"] == "/api/v1/deals/?limit=200&cursor=abc"


def test_the_key_follows_no_redirect(stand: Stand) -> None:
    stand.answers.append((302, {"Location": f"{stand.url}/elsewhere"}, {}))
    with pytest.raises(Refused, match="302"):
        stand.client.grant("7K3F2Q9D")
    assert len(stand.asked) == 1


def test_what_is_no_code_is_no_part_of_an_address(stand: Stand) -> None:
    for code in ("../keys", "7K3F2Q9D/submit", "", "7K3F?2Q9"):
        with pytest.raises(Refused, match="is no edge code"):
            stand.client.request(code)
    assert stand.asked == []


def test_the_key_comes_from_a_file_and_is_told_to_nobody(
    stand: Stand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EDGECODE_API_KEY", raising=False)
    file = tmp_path / "key"
    file.write_text("eck_of_file\n")
    monkeypatch.setenv("EDGECODE_API_KEY_FILE", str(file))
    stand.answers.append((200, {}, {}))
    client = Client(stand.url)
    client.grant("7K3F2Q9D")
    assert stand.asked[0]["authorization"] == "Bearer eck_of_file"
    assert "eck_" not in repr(vars(client))
    file.write_text("eck_one\nX-Injected: 1")
    with pytest.raises(NotSetUp) as refused:
        Client(stand.url)
    assert "eck_one" not in str(refused.value)
    monkeypatch.delenv("EDGECODE_API_KEY_FILE")
    with pytest.raises(NotSetUp, match="set EDGECODE_API_KEY"):
        Client(stand.url)


def test_the_shapes_are_those_of_the_api() -> None:
    """Whatever the client's types name is named so in the API's description."""
    described = json.loads(Path("api/schema.json").read_text())["components"]["schemas"]
    known = {name: each for name, each in vars(shapes).items() if hasattr(each, "__total__")}
    apart = {"Parts", "Had"}  # what is sent; what others are made of
    assert len(known) > 20
    for name in known.keys() - apart:
        said = described[name]["properties"]
        assert known[name].__annotations__.keys() <= said.keys(), name
    for sent in ("TermsRequest", "NewRequestRequest"):
        assert shapes.Terms.__annotations__.keys() <= described[sent]["properties"].keys()
