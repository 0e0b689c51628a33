"""Avails-AI sheets of invented films, taken in as a worker does, with the drafts that follow."""

from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock

from accounts.access import Actor
from catalog.imports import child, limited
from catalog.imports.ai_columns import USES
from catalog.imports.ai_sheet import SHEET, write_ai_sheet
from catalog.imports.rows import AiTerms, AvailTerms, Row, TitleFields
from catalog.models import Import, Title
from licensing.models import OfferDraft
from licensing.offers.drafting import draft_pending
from licensing.offers.drafts import Chosen
from tests import factories
from tests.catalog.importing.files import bring

START, END = datetime(2027, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)
FINETUNE, TRAIN = "AIFineTune", "AITrain"


def row(film: str, use: str, price: int | None = 150, **said: Any) -> Row:
    """Return a row of an invented film: what is not said is as in most rows."""
    of_avail = {name: said.pop(name) for name in list(said) if name in AvailTerms.__slots__}
    avail = AvailTerms(
        license_type=use, licensor="Example Pictures", alid=f"alid:{film}",
        avail_id=f"{film}-{use}", territory=["WORLD"], territory_excluded=["CN"],
        starts_at=START, ends_at=END, exclusive=False,
    )  # fmt: skip
    ai = AiTerms(
        uses=[USES[use]], model_kinds=["customer_private"], currency="USD" if price else "",
        price_per_minute_minor=price,
    )  # fmt: skip
    title = TitleFields(kind="film", name=film, display_name=film, year=2019, run_time_ms=5_760_000)
    return Row(SHEET, 4, "full_extract", title, replace(avail, **of_avail), replace(ai, **said))


def sheet(path: Path, *rows: Row) -> Path:
    write_ai_sheet(path, rows)
    return path


def take_in(actor: Actor, path: Path) -> Import:
    """Import a sheet and let the drafts follow, as the worker does."""
    with mock.patch.object(limited, "_run", _read):
        job = bring(actor, path)
    while draft_pending():
        pass
    return job


def _read(task: str, path: Path, folder: Path, *rest: str) -> bytes:
    """Read a sheet in this process: a sandbox takes half a second to begin. What it says of files,
    and how it may fail, is for the tests that bring their own (catalog/importing)."""
    with mock.patch("zoneinfo.reset_tzpath"), redirect_stdout(StringIO()) as said:
        child.main(task, path, folder, *rest)
    return said.getvalue().encode()


def with_films(actor: Actor) -> None:
    """Give every title a file that lasts."""
    for title in Title.objects.visible_to(actor).filter(assets__isnull=True):
        factories.asset(actor, title)


def seen(draft: OfferDraft, replaces: str | None = None) -> Chosen:
    return Chosen(draft.code, draft.revision, replaces)
