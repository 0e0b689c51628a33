"""The worker, as it starts: what the log says of itself is there before anything else."""

import shutil
from pathlib import Path

import pytest

from api.management.commands.work import publish_once
from ledger.models import Event
from ledger.sequencer import advance

pytestmark = pytest.mark.django_db


def recorded() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def test_the_worker_begins_a_new_log(var_dir: Path) -> None:
    assert publish_once()
    assert recorded() == [
        "log.opened",
        "kinds.published",
        "key.published",
        "policy.published",
        "engine.published",
    ]
    assert publish_once()
    assert len(recorded()) == 5


def test_what_fails_is_logged_and_tried_again(
    var_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert publish_once()
    advance()
    shutil.move(var_dir / "keys", var_dir / "elsewhere")
    assert not publish_once()
    assert "its key" in caplog.text
    shutil.move(var_dir / "elsewhere", var_dir / "keys")
    assert publish_once()
