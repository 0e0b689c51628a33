"""An example of an Avails-AI sheet: `python -m catalog.imports.ai_example avails-ai.xlsx`."""

import sys
from datetime import UTC, datetime
from pathlib import Path

from catalog.imports.ai_columns import USES
from catalog.imports.ai_sheet import SHEET, write_ai_sheet
from catalog.imports.rows import (
    AiTerms,
    AvailTerms,
    ElementException,
    Identifier,
    Row,
    TitleFields,
)


def example_rows() -> list[Row]:
    """Return one row for each AI use, of an invented film."""
    return [
        Row(SHEET, number, "full_extract", _title(), _avail(name, number), _terms(name))
        for number, name in enumerate(USES, 4)
    ]


def _title() -> TitleFields:
    return TitleFields(
        kind="film",
        name="Lighthouse Keeper, The",
        display_name="The Lighthouse Keeper",
        year=2019,
        run_time_ms=96 * 60_000,
        # An id of the example's own: the check character is right, the work does not exist.
        ids=[
            Identifier("eidr", "10.5240/AAAA-AAAA-AAAA-AAAA-AAAA-Y", verified=True),
            Identifier("alt", "LK-2019"),
        ],
    )


def _avail(license_type: str, number: int) -> AvailTerms:
    return AvailTerms(
        license_type=license_type,
        licensor="Example Pictures",
        alid="md:alid:org:example.org:lk-2019",
        avail_id=f"lk-2019-ai-{number - 3}",
        territory=["WORLD"],
        territory_excluded=["CN"],
        starts_at=datetime(2027, 1, 1, tzinfo=UTC),
        ends_at=datetime(2030, 1, 1, tzinfo=UTC),
        exclusive=False,
    )


def _terms(license_type: str) -> AiTerms:
    return AiTerms(
        uses=[USES[license_type]],
        model_kinds=["evaluation_only"] if license_type == "AIEval" else ["customer_private"],
        modalities=["video", "audio"],
        max_licensees=3,
        delivery_forms=["files", "segments"],
        available_ms=94 * 60_000,
        price_per_minute_minor=150,
        currency="USD",
        nilv_status="cleared",
        guild_flags=["SAG-AFTRA", "DGA"],
        element_exceptions=[ElementException("music", 61_000, 152_500)],
    )


if __name__ == "__main__":
    write_ai_sheet(Path(sys.argv[1]), example_rows())
