from collections.abc import Callable
from pathlib import Path

import pytest

from edgecode.audit import web
from edgecode.command import main

type Audit = Callable[..., tuple[int, str]]


@pytest.fixture(autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes what the developer has seen."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The auditor waits for no server longer than a test may last."""
    monkeypatch.setattr(web, "PACE", web.Pace(silence=0.5, answer=1.0, pause=0.01, attempts=3))


@pytest.fixture
def edgecode(capsys: pytest.CaptureFixture[str]) -> Audit:
    """Run the program: exit code, and all that it said."""

    def run(*arguments: str | Path) -> tuple[int, str]:
        capsys.readouterr()
        try:
            code = main([str(each) for each in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out + said.err

    return run
