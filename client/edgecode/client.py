"""A typed way to an Edgecode installation's API, with the standard library alone.

    from edgecode import Client

    client = Client("https://example.org/")  # the key: $EDGECODE_API_KEY, or a file
    files = [hit["asset"]["code"] for hit in client.search("harbour", kind=["picture"])]
    request = client.create_request("Harbours", files, terms, currency="USD")
    board = client.submit(request["code"])["items"]

Lists are iterators that fetch the next page when it is wanted. What the server refuses raises
`Refused`, whose text is one line; a server that cannot be reached for minutes, `Unreachable`.
Calls that change something carry an Idempotency-Key: sent again, they act once.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from edgecode.shapes import (
    Credential,
    Deal,
    DealDetail,
    Estimate,
    Grant,
    GrantDetail,
    Request,
    RequestDetail,
    SearchResult,
    Terms,
    Told,
    Wanted,
)
from edgecode.site import Refused, Site

_PAGE = 200
_KEY = re.compile(r"[!-~]{1,200}")


class NotSetUp(Refused):
    """It was not said where the installation is, or who calls."""


class Client:
    """An installation, as one organisation's program sees it; usable from any thread.

    Without `server` that of $EDGECODE_SERVER. The key is `key`, or stands in `key_file`, in
    $EDGECODE_API_KEY, or in the file that $EDGECODE_API_KEY_FILE names. `tell` hears of long waits
    for a server in trouble. Raises NotSetUp.
    """

    def __init__(
        self,
        server: str | None = None,
        key: str | None = None,
        *,
        key_file: str | os.PathLike[str] | None = None,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        server = server or os.environ.get("EDGECODE_SERVER")
        key = key or _key(key_file)
        if not server or not key:
            raise NotSetUp(
                "set EDGECODE_API_KEY or EDGECODE_API_KEY_FILE, and EDGECODE_SERVER or --server"
            )
        try:
            self.site = Site(server, key, tell)
        except Refused as refusal:
            raise NotSetUp(str(refusal)) from None

    def search(
        self, words: str = "", *, level: str = "asset", **filters: str | Sequence[str]
    ) -> Iterator[SearchResult]:
        """Yield what is found: for a lab, of what is on offer. Filters are the parameters of
        `GET /search/`; the values of a list are alternatives."""
        wanted = {"q": words, "level": level, "limit": _PAGE, **filters}
        return self._listed("search/", wanted)

    def requests(self) -> Iterator[Request]:
        return self._listed("requests/")

    def request(self, code: str) -> RequestDetail:
        """Return a request with the verdict on each file."""
        found: RequestDetail = self.site.call("GET", f"requests/{plain_code(code)}/")
        return found

    def create_request(
        self,
        name: str,
        assets: Iterable[Wanted],
        terms: Terms,
        *,
        currency: str,
        price_minor: int | None = None,
        purpose: str = "",
    ) -> RequestDetail:
        """Draft a request. Without a price for each file, rate cards say it."""
        made: RequestDetail = self.site.call(
            "POST",
            "requests/",
            {
                "name": name,
                "purpose": purpose,
                "currency": currency,
                "price_minor": price_minor,
                "assets": list(assets),
                **terms,
            },
        )
        return made

    def submit(self, code: str) -> RequestDetail:
        """Have every file of a draft cleared, and ask the licensors."""
        done: RequestDetail = self.site.call("POST", f"requests/{plain_code(code)}/submit/", {})
        return done

    def estimate(self, code: str, terms: Terms) -> Estimate:
        """Return what could be had of a draft's files in these terms, and for how much."""
        told: Estimate = self.site.call(
            "POST", f"requests/{plain_code(code)}/estimate/", dict(terms)
        )
        return told

    def deals(self, **filters: str) -> Iterator[Deal]:
        """Yield deals; filters are the parameters of `GET /deals/`, such as request and state."""
        return self._listed("deals/", {"limit": _PAGE, **filters})

    def deal(self, code: str) -> DealDetail:
        found: DealDetail = self.site.call("GET", f"deals/{plain_code(code)}/")
        return found

    def agreement(self, deal: str) -> bytes:
        """Return the PDF that both sides agreed on."""
        return self.site.content("GET", f"deals/{plain_code(deal)}/agreement.pdf")

    def grants(self, **filters: str) -> Iterator[Grant]:
        """Yield grants; filters are the parameters of `GET /grants/`, such as state."""
        return self._listed("grants/", {"limit": _PAGE, **filters})

    def grant(self, code: str) -> GrantDetail:
        found: GrantDetail = self.site.call("GET", f"grants/{plain_code(code)}/")
        return found

    def credentials(self, grant: str) -> Iterator[Credential]:
        """Yield the credentials of a grant's files and parts; one that is not signed yet too."""
        return self._listed(f"grants/{plain_code(grant)}/credentials/")

    def report_sighting(
        self, what: str | Path, *, platform: str, seen_at: datetime, **more: str
    ) -> Told:
        """Tell where and when a file was seen, and return what it is found to be: `what` is its
        path, or as a str the name of the manifest that it carries. `more` are the parameters of
        `POST /sightings/`: link, use, territory, model_kind. The file is sent, and not kept."""
        seen = {"platform": platform, "seen_at": seen_at.isoformat(), **more}
        if isinstance(what, Path):
            told: Told = self.site.send("sightings/file/", what, seen)
        else:
            told = self.site.call("POST", "sightings/", {**seen, "manifest_id": what})
        return told

    def certificate(self, grant: str, language: str = "en") -> bytes:
        """Return your side's certificate of a grant, a sealed PDF, where one was made."""
        path = f"grants/{plain_code(grant)}/certificate.pdf"
        return self.site.content("GET", path, query={"language": language})

    def issue_certificate(self, grant: str) -> None:
        """Make your side's certificate of a grant, if there is none: whoever has the address that
        is printed on it can read what it says."""
        self.site.call("POST", f"grants/{plain_code(grant)}/certificate/", {})

    def _listed(self, path: str, query: dict[str, Any] | None = None) -> Iterator[Any]:
        for page in self.site.pages(path, query or {"limit": _PAGE}):
            yield from page["results"]


def plain_code(printed: str) -> str:
    """Return an edge code as addresses have it, also of the printed form, `EC 7K3F 2Q9D`.
    Raises Refused for what cannot be one: it would be part of another address."""
    code = re.sub(r"^EC\s+", "", printed.strip()).replace(" ", "")
    if not re.fullmatch(r"[0-9A-Za-z]{8}", code):
        raise Refused(f"{printed!r:.40} is no edge code, such as 7K3F2Q9D")
    return code


def _key(file: str | os.PathLike[str] | None) -> str:
    """Return the key that file or environment hold; empty where neither does."""
    if file is None and (key := os.environ.get("EDGECODE_API_KEY", "").strip()):
        return key
    named = file or os.environ.get("EDGECODE_API_KEY_FILE")
    if not named:
        return ""
    try:
        key = Path(named).read_bytes()[:1000].decode().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise NotSetUp(f"{os.fspath(named)}: cannot be read as a key: {error}") from None
    if not _KEY.fullmatch(key):
        # Not said: what stands in the file may be a secret all the same.
        raise NotSetUp(f"{os.fspath(named)}: holds no API key")
    return key
