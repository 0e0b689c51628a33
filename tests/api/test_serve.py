"""`manage.py serve`: what it does before it starts its children."""

import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command


class Ended:
    """A child that ends at once."""

    def __init__(self, *_args: object, **_options: object) -> None:
        self.terminate = self.kill = lambda: None

    def poll(self) -> int:
        return 0

    def wait(self, _seconds: float | None = None) -> int:
        return 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_port_in_use_is_refused_instead_of_shared() -> None:
    refused = pytest.raises(CommandError, match="cannot be served on")
    with socket.create_server(("127.0.0.1", 0)) as other, refused:
        call_command("serve", port=other.getsockname()[1])


def test_outside_of_development_the_static_files_are_gathered(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.DEBUG = False
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    }
    monkeypatch.setattr(subprocess, "Popen", Ended)

    with pytest.raises(CommandError, match="ended by itself"):
        call_command("serve", port=_free_port())

    assert (tmp_path / "staticfiles.json").is_file()
    assert list(tmp_path.glob("web/base.*.css"))
