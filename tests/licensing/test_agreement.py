"""The agreement people read: what it says, that it never varies, and what it refuses."""

import csv
import hashlib
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from catalog import typesetting
from catalog.scope.uses import LEAVES, MODEL_KINDS
from licensing.agreement.annex import PRINTED_MOST, read_annex
from licensing.agreement.render import LicensedFile, Party, render_pdf
from licensing.agreement.terms import (
    MODEL_KIND_WORDS,
    USE_WORDS,
    Promise,
    moment,
    territory_words,
)
from tests.licensing.agreement_terms import AMENDS, CONSENT, TERMS, WORLD, terms

FONTS = typesetting.FONTS
needs_poppler = pytest.mark.skipif(
    shutil.which("pdftotext") is None, reason="reads the PDF with poppler's pdftotext"
)


def text_of(pdf: bytes) -> str:
    """The words of a PDF as another program reads them, with single spaces."""
    found = subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True
    )
    return " ".join(found.stdout.decode().split())


def test_the_same_terms_give_the_same_bytes_in_whatever_order_they_come() -> None:
    first = render_pdf(TERMS)
    assert first.startswith(b"%PDF-")
    assert render_pdf(terms()) == first
    shuffled = terms(
        files=TERMS.files[::-1],
        uses=("evaluate", "train.finetune", "train.pretrain"),
        model_kinds=TERMS.model_kinds[::-1],
        territory=TERMS.territory[::-1],
        agreed_at=TERMS.agreed_at.astimezone(timezone(timedelta(hours=9))),
    )
    assert render_pdf(shuffled) == first


@pytest.mark.parametrize(
    "changes",
    [
        {"fee_minor": 1_250_001},
        {"territory": ("US",)},
        {"exclusivity": "sole"},
        {"ends_at": None},
        {"uses": ("evaluate",)},
        {"licensee": Party("9PQ3W8KA", "Quill Intelligence, Inc")},
        {"consents": (CONSENT,)},
        {"agreed_at": datetime(2026, 11, 21, 9, 31, tzinfo=UTC)},
    ],
)
def test_other_terms_give_another_document(changes: dict[str, Any]) -> None:
    assert render_pdf(terms(**changes)) != render_pdf(TERMS)


@needs_poppler
@pytest.mark.parametrize("fee_minor", [0, 1_250_000])
def test_an_amendment_says_what_it_replaces_what_stays_and_what_it_costs(fee_minor: int) -> None:
    said = text_of(render_pdf(terms(amends=AMENDS, fee_minor=fee_minor)))
    assert said.startswith("Amendment no. 2 to agreement EC 3WQ7 GD9K")
    assert AMENDS.pdf_sha256 in said
    assert "takes the place of licence EC 9WQ2 XHVK" in said
    assert "2, without EC 5DJ2 N7RC+003" in said
    for line in (
        "Territory South Korea (KR) South Korea (KR), United States (US)",
        "Exclusivity sole non-exclusive",
    ):
        assert line in said
    assert ("Nothing is due for this amendment" in said) is (fee_minor == 0)
    assert ("in addition to what was paid under agreement EC 4M9X T2B7" in said) is (fee_minor > 0)
    assert ("0.00" in said) is (fee_minor > 0)
    assert "mendment no." not in text_of(render_pdf(TERMS))


@needs_poppler
def test_what_is_excised_is_said_to_be_the_licensors_word() -> None:
    plain = text_of(render_pdf(TERMS))
    assert "declares that it is excised" not in plain
    assert "nobody else has examined the file" not in plain
    first = replace(TERMS.files[0], left_out=("music at 00:01:00:00-00:02:30:00",))
    text = " ".join(text_of(render_pdf(terms(files=(first, *TERMS.files[1:])))).split())
    assert "The Licensor declares that it is excised: music at" in text
    assert "alone: nobody else has examined the file" in text


@needs_poppler
def test_a_promise_of_the_lowest_price_is_read_with_the_price() -> None:
    assert "lowest price" not in text_of(render_pdf(TERMS))
    promise = Promise("5DJ2N7RC", "Winter Light", 1000, "minute", "3/2")
    text = " ".join(text_of(render_pdf(terms(promises=(promise,)))).split())
    assert "promises the Licensee the lowest price" in text
    assert "EC 5DJ2 N7RC Winter Light USD 10.00 per minute × 3/2" in text


@needs_poppler
def test_a_reader_finds_every_term() -> None:
    text = text_of(render_pdf(terms(consents=(CONSENT,))))
    for phrase in (
        "한강픽처스 Hangang Pictures",
        "Quill Intelligence, Inc.",
        "EC 4M9X T2B7",
        "agreed on 21 November 2026, 09:30 UTC",
        "Training a model from its beginning train.pretrain",
        "Measuring a model, without training on the material evaluate",
        "foundation",
        "customer_private",
        "South Korea (KR), United States (US)",
        "1 January 2027, 00:00 UTC until, and not including, 1 January 2030",
        "$12,500.00 (USD)",
        "must not remove, alter, obscure or defeat the credential",
        "1 · Stop",
        "4 · Retrain",
        "EC 5DJ2 N7RC+001 Winter Light (겨울빛, 뷁)",
        "ab" * 32,
        "이서연",
        "at most 500 outputs",
        "Governing law",
        "a member with the role “approver”",
        "21 November 2026, 09:30 UTC",
        "deal.approved of deal:7K3F2Q9D",
        "a member with the role “owner”",
        "20 November 2026, 08:05 UTC",
        "request.submitted of",  # the code in the margin may stand between, as a reader reads
        "request:2BC7Y7Q1",
    ):
        assert phrase in text, phrase
    assert "train.discriminative" not in text
    assert "Signature" not in text
    assert text.index("EC 5DJ2 N7RC+001") < text.index("EC 5DJ2 N7RC+002")


@needs_poppler
def test_where_no_role_was_recorded_none_is_claimed() -> None:
    approval = replace(TERMS.licensee_approval, role="")
    text = text_of(render_pdf(terms(licensee_approval=approval)))
    assert "a member who may bind it" in text


@needs_poppler
def test_without_consents_no_likeness_is_licensed() -> None:
    text = text_of(render_pdf(TERMS))
    assert "This Agreement licenses no likeness" in text
    assert "Schedule B" not in text


@needs_poppler
def test_names_are_printed_and_never_obeyed() -> None:
    name = '#panic("x") *bold* $x$ \\ <b> @ref // [Ltd] "quoted" _& Co_'
    text = text_of(render_pdf(terms(licensee=Party("9PQ3W8KA", name))))
    assert name in text


@needs_poppler
def test_letters_the_fonts_lack_are_printed_as_code_points() -> None:
    file = replace(TERMS.files[0], name="แสง 🎬", other_names=("한글",))
    text = text_of(render_pdf(terms(files=(file,))))
    assert "[U+0E41][U+0E2A][U+0E07] [U+1F3AC]" in text
    assert "한글" in text  # decomposed Hangul is composed first


def test_the_fonts_have_every_letter_that_is_printed_as_itself() -> None:
    letters = [chr(n) for n in range(32, 0x10000) if typesetting.has_glyph(chr(n))]
    assert len(letters) > 16_000
    lines = tuple(
        LicensedFile(f"5DJ2N7RC+{at:03}", "".join(letters[at : at + 100]), "x", "ab" * 32)
        for at in range(0, len(letters), 100)
    )
    render_pdf(terms(files=lines))  # PDF/A refuses a letter without a glyph


def test_a_large_agreement_is_set_in_a_moment() -> None:
    files = tuple(
        LicensedFile(f"5DJ2N7RC+{n:03}", f"Episode {n}", "picture", f"{n:064x}")
        for n in range(1, 1001)
    )
    assert len(render_pdf(terms(files=files))) > 100_000


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"files": ()}, "files: an agreement needs"),
        ({"files": (TERMS.files[0], TERMS.files[0])}, "files: a file is named twice"),
        ({"uses": ()}, "uses: an agreement needs"),
        ({"uses": ("train.everything",)}, "unknown use"),
        ({"model_kinds": ()}, "model_kinds: one or more of"),
        ({"model_kinds": ("robots",)}, "model_kinds: one or more of"),
        ({"territory": ()}, "territory: "),
        ({"territory": ("UK",)}, "territory: "),
        ({"exclusivity": "very"}, "exclusivity: one of"),
        ({"fee_minor": -1}, "fee_minor: zero or more"),
        ({"currency": "XYZ"}, "unknown currency"),
        ({"starts_at": datetime(2027, 1, 1)}, "starts_at: the time needs its zone"),  # noqa: DTZ001
        ({"ends_at": TERMS.starts_at}, "ends_at: the term must end after it starts"),
    ],
)
def test_terms_that_cannot_be_agreed_are_refused(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        terms(**changes)


def test_every_code_has_its_words() -> None:
    assert set(USE_WORDS) == set(LEAVES)
    assert set(MODEL_KIND_WORDS) == set(MODEL_KINDS)


def test_a_territory_is_named_by_the_shorter_way() -> None:
    assert territory_words(WORLD) == "the world"
    without = tuple(code for code in WORLD if code not in {"KP", "SY"})
    assert territory_words(without) == "the world without North Korea (KP), Syria (SY)"
    assert territory_words(("JP",)) == "Japan (JP)"


def test_a_time_is_written_in_utc_with_seconds_only_where_it_has_some() -> None:
    seoul = timezone(timedelta(hours=9))
    assert moment(datetime(2027, 1, 1, tzinfo=seoul)) == "31 December 2026, 15:00 UTC"
    assert moment(datetime(2027, 1, 1, 0, 0, 5, tzinfo=UTC)) == "1 January 2027, 00:00:05 UTC"


def test_no_font_is_too_large_to_keep_and_their_licence_lies_beside_them() -> None:
    fonts = list(FONTS.glob("*.otf"))
    assert len(fonts) == 4
    assert all(font.stat().st_size < 1_000_000 for font in fonts)
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / "OFL.txt").read_text()


@needs_poppler
def test_many_files_stand_in_a_table_that_the_pdf_carries(tmp_path: Path) -> None:
    files = tuple(
        LicensedFile(f"5DJ2N7RC+{number:03}", '=SUM("겨울빛")', "picture", f"{number:064x}")
        for number in range(1, PRINTED_MOST + 2)
    )
    pdf = render_pdf(terms(files=files))
    (tmp_path / "agreement.pdf").write_bytes(pdf)
    command = ["pdfdetach", "-save", "1", "-o", "files.csv", "agreement.pdf"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    carried = (tmp_path / "files.csv").read_bytes()
    assert read_annex(pdf) == carried
    assert read_annex(render_pdf(TERMS)) is None
    lines = list(csv.reader(carried.decode().splitlines()))
    assert len(lines) == 1 + len(files)
    assert lines[-1][0] == files[-1].code
    assert lines[-1][1] == '\'=SUM("겨울빛")'  # no formula to a spreadsheet
    said = text_of(pdf)
    assert hashlib.sha256(carried).hexdigest() in said
    assert f"{len(files)} files" in said
    assert files[-1].sha256 not in said
    assert pdf == render_pdf(terms(files=files[::-1]))
