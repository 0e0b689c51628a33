"""A stateful stand-in for Stripe's API on loopback, for tests and the demo. No real money.

    python -m tests.doubles.stripe_server --port 0 --webhook-url URL --webhook-secret whsec_…

prints its address, to be set as EDGECODE_STRIPE_API_BASE. Every request is checked against the
SDK's own parameter types and every answer against its resource classes. Besides the API it has
the payer's page (`/pay/SESSION`) and, for tests, `/_double/…`.
"""

import argparse
import html
import json
import re
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import stripe

from tests.doubles import stripe_refunds as refunds
from tests.doubles import stripe_types as contract
from tests.doubles.stripe_state import Books, Json, Refusal, invalid, read_params, shown_amount
from tests.doubles.stripe_webhooks import Sender

MAX_BODY = 1_000_000
_RESOURCES = {
    "checkout.session": stripe.checkout.Session,
    "payment_intent": stripe.PaymentIntent,
    "refund": stripe.Refund,
    "event": stripe.Event,
}


class StripeDouble:
    """One running double: `with StripeDouble() as double: double.url`."""

    def __init__(self, *, port: int = 0, webhook_url: str | None = None, secret: str = "") -> None:
        self.sender = Sender(url=webhook_url, secret=secret or "whsec_double")
        self.books = Books(on_event=self.sender.offer)
        self.failures: list[tuple[int, bool]] = []
        self.requests: list[tuple[str, str]] = []
        handler = type("Handler", (_Handler,), {"double": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        self._server.daemon_threads = True
        self.url = self.books.base_url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self.sender.start()
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self.sender.stop()

    def fail_next(self, times: int, *, status: int = 500, after: bool = False) -> None:
        """Let the next API requests fail: before they are carried out, or `after` it, the
        answer lost on its way back."""
        self.failures += [(status, after)] * times


class _Handler(BaseHTTPRequestHandler):
    double: StripeDouble
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._handle("GET")

    def do_POST(self) -> None:
        self._handle("POST")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Stay silent: tests read `double.requests`."""

    def _handle(self, method: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, MAX_BODY)).decode()
        split = urlsplit(self.path)
        path, text = split.path, body if method == "POST" else split.query
        self.double.requests.append((method, path))
        try:
            self._dispatch(method, path, text)
        except Refusal as refusal:
            self._send(refusal.status, refusal.body)

    def _dispatch(self, method: str, path: str, text: str) -> None:
        if path.startswith("/v1/"):
            self._api(method, path, text)
        elif path.startswith("/pay/"):
            self._pay_page(method, path.removeprefix("/pay/"), dict(parse_qsl(text)))
        elif path.startswith("/_double/") and method == "POST":
            self._send(200, self._control(path.removeprefix("/_double/"), text))
        else:
            raise Refusal(404, "invalid_request_error", f"Unrecognized request URL ({path})")

    def _api(self, method: str, path: str, text: str) -> None:
        self._authorise()
        failure = self.double.failures.pop(0) if self.double.failures else None
        if failure and not failure[1]:
            raise Refusal(failure[0], "api_error", "An unknown error occurred")
        answer = self._route(method, path, decode_form(text))
        key = self.headers.get("Idempotency-Key") if method == "POST" else None
        books = self.double.books
        with books.lock:
            status, body, replayed = books.once(key, f"{method} {path}\n{text}", answer)
        _check_answer(body)
        if failure:
            self.close_connection = True  # carried out, and the answer lost
            return
        self._send(status, body, {"Idempotent-Replayed": "true"} if replayed else {})

    def _route(self, method: str, path: str, form: Json) -> Callable[[], Json]:
        books = self.double.books
        routes: dict[str, Callable[[str], Json]] = {
            r"POST /v1/checkout/sessions": lambda _: books.create_session(form),
            r"GET /v1/checkout/sessions/(\w+)": lambda i: books.session(i, _expand(form)),
            r"POST /v1/checkout/sessions/(\w+)/expire": lambda i: books.expire_session(i, form),
            r"GET /v1/payment_intents/(\w+)": books.intent,
            r"POST /v1/refunds": lambda _: refunds.create_refund(books, form),
            r"GET /v1/refunds": lambda _: refunds.list_refunds(books, form),
            r"GET /v1/refunds/(\w+)": lambda i: refunds.read_refund(books, i),
            r"GET /v1/events": lambda _: books.list_events(form),
        }
        for pattern, call in routes.items():
            match = re.fullmatch(pattern, f"{method} {path}")
            if match:
                argument = match.group(1) if match.groups() else ""
                return lambda call=call: call(argument)  # type: ignore[misc]
        message = f"Unrecognized request URL ({method}: {path})."
        raise Refusal(404, "invalid_request_error", message)

    def _authorise(self) -> None:
        scheme, _, key = (self.headers.get("Authorization") or "").partition(" ")
        if scheme != "Bearer" or not key:
            raise Refusal(401, "invalid_request_error", "You did not provide an API key.")
        if not re.fullmatch(r"sk_test_\w{8,}", key):
            shown = f"{key[:8]}{'*' * 8}{key[-4:]}"
            raise Refusal(401, "invalid_request_error", f"Invalid API Key provided: {shown}")

    def _control(self, verb: str, text: str) -> Json:
        """For tests and the demo: change the sender, let requests fail, answer a bank debit."""
        form, double = dict(parse_qsl(text)), self.double
        if verb == "webhooks":
            double.sender.copies = int(form.get("copies", double.sender.copies))
            double.sender.held = form.get("held", "false") == "true"
            return {"waiting": len(double.sender.waiting)}
        if verb == "release":
            return {"released": double.sender.release(int(form.get("seed", 0)))}
        if verb == "fail":
            double.fail_next(int(form.get("times", 1)), after=form.get("after") == "true")
            return {"failures": len(double.failures)}
        with double.books.lock:
            if verb == "pay":
                return double.books.pay(form["session"], form["means"])  # type: ignore[arg-type]
            if verb == "settle":
                succeeds = form.get("succeeds", "true") == "true"
                return double.books.settle(form["session"], succeeds=succeeds)
            if verb == "settle-refund":
                succeeds = form.get("succeeds", "true") == "true"
                return refunds.settle_refund(double.books, form["refund"], succeeds=succeeds)
        raise invalid(f"Unknown control: {verb}")

    def _pay_page(self, method: str, session_id: str, form: dict[str, str]) -> None:
        books = self.double.books
        with books.lock:
            session = books.session(session_id)
            if method == "POST" and form.get("means") in {"card", "declined", "bank"}:
                session = books.pay(session_id, form["means"])  # type: ignore[arg-type]
                if session["status"] == "complete":
                    target = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session_id)
                    self._send(303, None, {"Location": target})
                    return
            shown = books.sessions[session_id]["_shown"]
        declined = form.get("means") == "declined"
        self._send_html(_page(session, shown, declined=declined))

    def _send(self, status: int, body: Json | None, headers: dict[str, str] | None = None) -> None:
        data = b"" if body is None else json.dumps(body, indent=2).encode()
        self._write(status, data, {"Content-Type": "application/json", **(headers or {})})

    def _send_html(self, page: str) -> None:
        self._write(200, page.encode(), {"Content-Type": "text/html; charset=utf-8"})

    def _write(self, status: int, data: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Request-Id": f"req_{time.time_ns():x}", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def decode_form(text: str) -> Json:
    """Return `a[b]=1&c[0][d]=2` as nested mappings and lists of text, as Stripe reads it."""
    result: Json = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        keys = re.findall(r"[^\[\]]+", name)
        if name.endswith("[]"):
            result.setdefault(keys[0], []).append(value)
            continue
        place = result
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        place[keys[-1]] = value
    return {name: _lists(value) for name, value in result.items()}


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {name: _lists(item) for name, item in value.items()}
    if inner and all(name.isdecimal() for name in inner):
        return [inner[name] for name in sorted(inner, key=int)]
    return inner


def _expand(form: Json) -> tuple[str, ...]:
    return tuple(read_params(contract.SESSION_RETRIEVE, form).get("expand", ()))


def _check_answer(body: Json) -> None:
    """Refuse to answer what the SDK's types do not describe: a fault of the double itself."""
    for item in body["data"] if body["object"] == "list" else [body]:
        problems = contract.response_problems(_RESOURCES[item["object"]], item)
        if problems:
            raise Refusal(500, "api_error", f"The double broke the contract: {problems[:3]}")


def _page(session: Json, shown: Json, *, declined: bool) -> str:
    name = html.escape(shown["name"])
    amount = shown_amount(session["amount_total"], session["currency"])
    note = "<p role=alert>The card was declined. Try another one.</p>" if declined else ""
    back = html.escape(session["cancel_url"] or "", quote=True)
    buttons = "".join(
        f"<button name=means value={means}>{label}</button> "
        for means, label in (
            ("card", "Pay with the test card"),
            ("declined", "Try a card that is declined"),
            ("bank", "Pay by bank debit"),
        )
    )
    form = f"<form method=post>{buttons}</form>" if session["status"] == "open" else ""
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><title>Test payment</title>"
        '<meta name=viewport content="width=device-width">'
        "<style>body{font:16px/1.5 system-ui;max-width:34rem;margin:4rem auto;padding:0 1rem}"
        "button{font:inherit;padding:.6rem 1rem;margin:.25rem 0}</style>"
        f"<p><strong>Stand-in for Stripe. No real money moves.</strong></p><h1>{name}</h1>"
        f"<p>{amount}, session {session['status']}.</p>{note}{form}"
        f'<p><a href="{back}">Back without paying</a></p>'
    )


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(description="A stand-in for Stripe's API on loopback.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--webhook-url")
    parser.add_argument("--webhook-secret", default="")
    options = parser.parse_args()
    sys.stderr.write("A stand-in for Stripe: no real money moves.\n")
    with StripeDouble(
        port=options.port, webhook_url=options.webhook_url, secret=options.webhook_secret
    ) as double:
        sys.stdout.write(f"{double.url}\n")
        sys.stdout.flush()
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
