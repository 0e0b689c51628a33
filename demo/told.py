"""What has been played so far, and waiting for what the worker does next."""

import json
import time
from collections.abc import Callable
from typing import Any

from demo.calls import Caller
from demo.site import Site, SiteError

_WAIT_SECONDS = 120


class Story:
    """What has been played so far, on disk as story.json."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.path = site.folder / "story.json"
        self.facts: dict[str, Any] = {"url": site.url, "organisations": {}}
        if self.path.exists():
            self.facts = {**json.loads(self.path.read_text()), "url": site.url}

    def save(self) -> None:
        draft = self.path.with_suffix(".part")
        draft.touch(mode=0o600)  # it holds log-ins
        draft.write_text(json.dumps(self.facts, ensure_ascii=False, indent=2))
        draft.replace(self.path)

    def once(self, name: str, act: Callable[[], Any]) -> Any:
        """Return the result of `act`, played now or in an earlier run."""
        if name not in self.facts:
            self.facts[name] = act()
            self.save()
        return self.facts[name]

    def caller(self, role: str) -> Caller:
        return Caller(self.site, self.facts["organisations"][role]["api_key"])

    def start_again_if_foreign(self) -> None:
        """Forget a story that belongs to another database."""
        known = self.facts["organisations"].get("studio", {}).get("api_key")
        if not known:
            return
        try:
            Caller(self.site, known).get("me/")
        except SiteError:
            self.facts = {"url": self.site.url, "organisations": {}}

    def summary(self) -> str:
        """Return what to open, and with which log-in."""
        url, facts = self.site.url, self.facts
        pages = [
            ("What this is", "/"),
            ("The film, as its studio sees it", f"/titles/{facts['film']['title']}/"),
            ("The lab's request, with a verdict for each file", f"/requests/{facts['request']}/"),
            ("The deal, from both sides", f"/deals/{facts['deals']['studio']}/"),
            ("The licence and its signed files", f"/grants/{facts['grants']['studio']}/"),
            ("Check any file (try those in var/demo/)", "/verify/"),
            ("The public log", "/ledger/"),
            ("The API", "/api/v1/docs/"),
        ]
        lines = ["", *(f"  {text:<50} {url}{path}" for text, path in pages), "", "  Log in as"]
        lines += [
            f"    {role:<8} {known['email']:<26} {known['password']}"
            for role, known in facts["organisations"].items()
        ]
        return "\n".join([*lines, "", f"  Files, sidecars and ids: {self.site.folder}", ""])


def wait[T](what: str, ask: Callable[[], T | None]) -> T:
    """Ask until there is an answer, and return it. Raises SiteError naming `what`."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        if found := ask():
            return found
        time.sleep(0.3)
    raise SiteError(f"waited {_WAIT_SECONDS} s in vain for {what}")
