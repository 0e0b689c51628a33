"""The double's webhook sender: signed like Stripe's, at least once, in no promised order."""

import hashlib
import hmac
import json
import random
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from queue import Queue
from typing import Any

RETRY_SECONDS = (0.05, 0.2, 1.0)


def signature(body: bytes, secret: str, at: int) -> str:
    """Return the `Stripe-Signature` header for a body sent at Unix second `at`."""
    digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


@dataclass
class Sender:
    """Sends events to one endpoint from a thread of its own; without a URL it only keeps them.

    `copies` sends each event that often; `held=True` collects events until `release`.
    `sent` lists every attempt: event id, type, try number and the status answered (0: none).
    """

    url: str | None = None
    secret: str = "whsec_double"
    copies: int = 1
    held: bool = False
    waiting: list[dict[str, Any]] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    _queue: Queue[dict[str, Any] | None] = field(default_factory=Queue)

    def start(self) -> None:
        """Begin sending."""
        self._thread = threading.Thread(target=self._run, daemon=True, name="stripe-webhooks")
        self._thread.start()

    def stop(self) -> None:
        """Send what is queued, then end."""
        self._queue.put(None)
        self._thread.join(timeout=10)

    def offer(self, event: dict[str, Any]) -> None:
        """Take an event for sending."""
        if self.held:
            self.waiting.append(event)
        else:
            self._enqueue([event])

    def release(self, seed: int) -> int:
        """Send the held events and their copies in an order drawn by `seed`; returns how many."""
        events, self.waiting = self.waiting * self.copies, []
        random.Random(seed).shuffle(events)
        for event in events:
            self._queue.put(event)
        return len(events)

    def drain(self) -> None:
        """Wait until everything queued so far has been sent or given up."""
        self._queue.join()

    def _enqueue(self, events: list[dict[str, Any]]) -> None:
        for event in events * self.copies:
            self._queue.put(event)

    def _run(self) -> None:
        while True:
            event = self._queue.get()
            try:
                if event is None:
                    return
                self._deliver(event)
            finally:
                self._queue.task_done()

    def _deliver(self, event: dict[str, Any]) -> None:
        body = json.dumps(event, indent=2).encode()
        for number, pause in enumerate((0.0, *RETRY_SECONDS), start=1):
            time.sleep(pause)
            status = self._post(body)
            self.sent.append(
                {"event": event["id"], "type": event["type"], "try": number, "status": status}
            )
            if 200 <= status < 300:
                return

    def _post(self, body: bytes) -> int:
        if self.url is None:
            return 204
        request = urllib.request.Request(  # noqa: S310 - the address a test or the demo gave
            self.url,
            data=body,
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "Stripe-Signature": signature(body, self.secret, int(time.time())),
                "User-Agent": "Stripe/1.0 (double)",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return int(answer.status)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code
        except OSError:
            return 0
