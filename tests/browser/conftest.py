"""A real Chromium for the tests of the pages, and what every page must pass in it.

A page that logs an error, breaks the content security policy or throws fails its test.
Without a browser these tests are skipped with the reason; with CI=true that is a failure.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
from axe_core_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.catalog.conftest import bucket, s3, small_parts  # noqa: F401 - a real S3 server too

HERE = Path(__file__).parent
NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
PLACES = [
    (Path.home() / ".cache" / "ms-playwright", "chromium-*/chrome-linux*/chrome"),
    (Path("/opt/google/chrome"), "chrome"),
    (Path.home() / "Library/Caches/ms-playwright", "chromium-*/chrome-mac*/*/Contents/MacOS/*"),
    (Path("/Applications"), "Google Chrome.app/Contents/MacOS/Google Chrome"),
    (Path("/Applications"), "Chromium.app/Contents/MacOS/Chromium"),
]
ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
]
TIMEOUT_MS = 30_000

EXAMINE = """async options => {
  // For each piece of text axe asks for the sizes of all that it stands in, again and again: that
  // is half of its time. They do not change while it looks.
  const names = ["scrollWidth", "scrollHeight", "clientWidth", "clientHeight"];
  const own = names.map(name => [name, Object.getOwnPropertyDescriptor(Element.prototype, name)]);
  for (const [name, descriptor] of own) {
    const known = new WeakMap();
    Object.defineProperty(Element.prototype, name, {
      configurable: true,
      get() {
        if (!known.has(this)) known.set(this, descriptor.get.call(this));
        return known.get(this);
      },
    });
  }
  try {
    return (await axe.run(options)).violations;
  } finally {
    own.forEach(([name, of]) => Object.defineProperty(Element.prototype, name, of));
  }
}"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker("browser")


def find_browser() -> str | None:
    """Return the path of a Chromium or Chrome of this machine, or None."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    for folder, pattern in PLACES:
        if found := sorted(folder.glob(pattern)):
            return str(found[-1])
    return None


class Console:
    """What the pages of one test complained about. `expect` names what the test provokes."""

    def __init__(self) -> None:
        self.complaints: list[str] = []
        self._expected: list[str] = []

    def expect(self, *fragments: str) -> None:
        """Pass over complaints that contain one of these (`"status of 404"`)."""
        self._expected += fragments

    def hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            where = message.location.get("url", "")
            self.complaints.append(f"{message.text} ({where})")

    def unexpected(self) -> list[str]:
        return [
            complaint
            for complaint in self.complaints
            if not any(fragment in complaint for fragment in self._expected)
        ]


class NewPage(Protocol):
    """Opens a page in a context of its own: `new_page(locale="ko-KR", color_scheme="dark",
    viewport={"width": 390, "height": 844})`; the options are Playwright's for a context."""

    def __call__(self, **options: Any) -> Page: ...


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = find_browser()
    if path is None:
        reason = "no Chromium or Chrome found (Debian: apt install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    # Playwright keeps an event loop in this thread, which Django takes for an async caller.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    # Chromium's sandbox does not work for root; only our own pages are opened here.
    sandbox = os.geteuid() != 0
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=path, args=ARGUMENTS, chromium_sandbox=sandbox, timeout=60_000
        )
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def console() -> Iterator[Console]:
    heard = Console()
    yield heard
    if complaints := heard.unexpected():
        pytest.fail("the browser complained:\n  " + "\n  ".join(complaints), pytrace=False)


@pytest.fixture
def new_page(
    browser: Browser, console: Console, live_server: LiveServer, settings: Settings
) -> Iterator[NewPage]:
    settings.BASE_URL = live_server.url
    contexts: list[BrowserContext] = []

    def open_page(**options: Any) -> Page:
        options = {"locale": "en-US", "timezone_id": "UTC", "reduced_motion": "reduce"} | options
        context = browser.new_context(base_url=live_server.url, **options)
        contexts.append(context)
        context.set_default_timeout(TIMEOUT_MS)
        page = context.new_page()
        page.on("console", console.hear)
        page.on("pageerror", lambda error: console.complaints.append(f"script error: {error}"))
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: NewPage) -> Page:
    """A page at 1440 by 900 pixels, in English; addresses are relative to the live server."""
    return new_page(viewport={"width": 1440, "height": 900})


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], None]:
    """`axe(page)` fails with a readable list of what breaks WCAG 2.2 AA on the page."""
    rules = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
    # `preload` fetches all style sheets anew, for rules that are not among these.
    options = {"runOnly": rules, "resultTypes": ["violations"], "preload": False}

    def check(page: Page) -> None:
        page.wait_for_load_state()  # of a page that is half there the names are not, either
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        lines = []
        for violation in page.evaluate(EXAMINE, options):
            lines.append(f"{violation['id']} ({violation['impact']}): {violation['help']}")
            for node in violation["nodes"][:5]:
                detail = str(node.get("failureSummary", "")).replace("\n", " ")
                lines.append(f"    {' '.join(map(str, node['target']))}: {detail}")
        if lines:
            pytest.fail(f"accessibility of {page.url}:\n  " + "\n  ".join(lines), pytrace=False)

    return check
