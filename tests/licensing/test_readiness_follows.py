"""What happens to a title shows in its readiness with the next look, reasons and hours too."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from accounts.access import Actor
from catalog.models import Title
from licensing.grants.issuing import revoke_grant
from licensing.library.readiness import check_readiness_pending
from licensing.models import LibraryReadiness, ReadyUse
from tests import factories

pytestmark = pytest.mark.django_db
HOUR_MS = 3_600_000


@pytest.fixture
def studio(var_dir: Path) -> Actor:
    return factories.studio("Northgate")


def found(title: Title | None, after: timedelta) -> tuple[str, str, int]:
    """Return verdict and reason for training on a title, and the hours of its library, as they are
    counted so long from now."""
    assert title is not None
    with time_machine.travel(datetime.now(UTC) + after):
        while check_readiness_pending():
            pass
    library = LibraryReadiness.objects.get(organisation=title.organisation)
    use = ReadyUse.objects.get(title=title, use="train.pretrain")
    return use.verdict, use.reason, library.runtime_ms // HOUR_MS


def test_a_grant_uses_up_a_cap_until_it_is_revoked(studio: Actor) -> None:
    file = factories.offered_words(studio, runtime_ms=HOUR_MS)
    assert file.title is not None
    factories.fact(studio, file.title, "cap", max_licensees=1, uses=["train"])
    assert found(file.title, timedelta()) == ("CLEAR", "", 1)
    grant = factories.grant(studio, factories.lab(), [file])
    assert found(file.title, timedelta(seconds=20)) == ("BLOCKED", "CAP_REACHED", 1)
    revoke_grant(actor=studio, code=grant.code, reason="Breach")
    assert found(file.title, timedelta(seconds=40)) == ("CLEAR", "", 1)


def test_a_right_that_has_ended_blocks_from_the_next_day_on(studio: Actor) -> None:
    title = factories.title(studio, runtime_ms=HOUR_MS)
    end = datetime.now(UTC) + timedelta(days=1)
    factories.ownership(studio, title, end=end.strftime("%Y-%m-%d"))
    assert found(title, timedelta()) == ("PARTIAL", "NO_RIGHTS_TERM", 1)
    assert found(title, timedelta(days=1)) == ("BLOCKED", "NO_RIGHTS_TERM", 1)


def test_hours_are_counted_once_when_a_part_comes_in_later(studio: Actor) -> None:
    series = factories.title(studio, kind="series", runtime_ms=10 * HOUR_MS)
    factories.ownership(studio, series)
    assert found(series, timedelta())[2] == 10
    assert found(series, timedelta(minutes=3))[2] == 10  # what is new is looked at twice
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=5)):
        episode = factories.title(studio, kind="episode", parent=series.code, runtime_ms=HOUR_MS)
    assert found(episode, timedelta(minutes=5, seconds=20)) == ("CLEAR", "", 1)
