"""What every test stands on: fixed settings, a folder of its own, no network but loopback.

The environment is set here, at import, before pytest-django starts Django in pytest_configure.
The settings module is named here too: named in pyproject.toml, it would be loaded before this.
"""

import atexit
import gc
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from pytest_django import Settings

# Of the developer's own settings only DATABASE_URL counts: it chooses the database.
for _name in [name for name in os.environ if name.startswith("EDGECODE_")]:
    del os.environ[_name]
# One folder per process, so that parallel workers never meet.
_VAR_DIR = tempfile.mkdtemp(prefix="edgecode-tests-")
atexit.register(shutil.rmtree, _VAR_DIR, ignore_errors=True)
os.environ.update(
    DJANGO_SETTINGS_MODULE="config.settings",
    EDGECODE_DEBUG="true",
    EDGECODE_VAR_DIR=_VAR_DIR,
    EDGECODE_THROTTLE_ANONYMOUS_PER_MINUTE="1000000",
    EDGECODE_THROTTLE_ACTOR_PER_MINUTE="1000000",
    DJANGO_LIVE_TEST_SERVER_ADDRESS="127.0.0.1",
)

# A slow machine is not a failure. In CI the same examples every time, so that red means a change.
hypothesis.settings.register_profile("here", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" else "here")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database-only",
        action="store_true",
        help="leave out the tests that use no database: another one changes nothing for them",
    )
    parser.addoption("--note-statements", type=Path, help="write down which test sends which SQL")
    parser.addoption(
        "--for-statements-of",
        type=Path,
        help="leave out the tests that, by what was noted there, send no SQL that others do not",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # As the last, one worker would play a long one while the others have nothing to do.
    items.sort(key=lambda item: item.get_closest_marker("long") is None)
    if config.getoption("--database-only"):
        _keep(config, items, {item.nodeid for item in items if _uses_database(item)})
    if folder := config.getoption("--for-statements-of"):
        from tests.statements import telling

        _keep(config, items, telling(items, folder))


def _keep(config: pytest.Config, items: list[pytest.Item], names: set[str]) -> None:
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in names])
    items[:] = [item for item in items if item.nodeid in names]


def pytest_collection_finish() -> None:
    # What is loaded now stays: to look through it again and again takes a twentieth of the run.
    gc.freeze()
    gc.set_threshold(50_000, 20)


def _uses_database(item: pytest.Item) -> bool:
    # pytest-django refuses a query to every other test.
    fixtures = {"db", "transactional_db", "django_db_setup", "live_server"}
    marked = item.get_closest_marker("django_db") is not None
    return marked or not fixtures.isdisjoint(getattr(item, "fixturenames", ()))


# First: pytest-socket reads its options in its own pytest_configure.
@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    config.option.allow_hosts = config.option.allow_hosts or "127.0.0.1,::1,localhost"
    config.option.allow_unix_socket = True

    from django.conf import settings

    # Real password hashing is slow on purpose; here it would be most of the run.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Static files are looked up when asked for, not listed anew for every test client.
    settings.WHITENOISE_AUTOREFRESH = True


def pytest_sessionstart(session: pytest.Session) -> None:
    folder = session.config.getoption("--note-statements")
    if folder is None:
        return
    from tests.statements import Notes, clear

    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker is None:
        clear(folder)
    session.config.pluginmanager.register(Notes(folder / f"{worker or 'alone'}.jsonl"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Before parallel workers start: they inherit this environment, and shall not find Django's
    settings named in it, which would load them before the worker has its own folder."""
    del os.environ["DJANGO_SETTINGS_MODULE"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """SQLite in a file, as in production: threads and the live server have own connections."""
    from django.db import connection

    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(Path(_VAR_DIR) / "test.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def _emptied_quickly() -> None:
    from tests.emptying import empty_quickly

    empty_quickly()


@pytest.fixture(autouse=True)
def _language_of_the_house() -> None:
    """A request leaves its language behind in its thread, which is the one of the next test."""
    from django.utils import translation

    translation.deactivate()


@pytest.fixture(autouse=True)
def _tokens_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's client posts as a browser does: with a token, which is checked. Django's own leaves
    the check out, and with it that the check reads a form before the view does. A client made with
    `enforce_csrf_checks=True` sends no token of its own."""
    from django.conf import settings
    from django.test import Client

    begin, request = Client.__init__, Client.request
    secret = "a" * 32

    def begin_checked(self: Client, *args: Any, **kwargs: Any) -> None:
        begin(self, *args, **kwargs)
        self.sends_token = not self.handler.enforce_csrf_checks
        self.handler.enforce_csrf_checks = True

    def request_with_token(self: Client, **asked: Any) -> Any:
        if self.sends_token and asked.get("REQUEST_METHOD") == "POST":
            self.cookies[settings.CSRF_COOKIE_NAME] = secret
            asked = {"HTTP_X_CSRFTOKEN": secret} | asked
        return request(self, **asked)

    monkeypatch.setattr(Client, "__init__", begin_checked)
    monkeypatch.setattr(Client, "request", request_with_token)


@pytest.fixture(autouse=True)
def _nothing_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    """What estimates keep for minutes is of another test's rows: their keys come again."""
    monkeypatch.setattr("licensing.library.estimates._kept", {})


@pytest.fixture
def var_dir(settings: Settings, tmp_path: Path) -> Path:
    """An empty folder in place of `settings.VAR_DIR`, for a test that writes files."""
    folder = tmp_path / "var"
    folder.mkdir()
    settings.VAR_DIR = folder
    return folder
