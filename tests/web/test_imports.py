"""Importing at the pages: sent, asked, tried, taken in, reported."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.access import Actor
from catalog.importing.pending import import_pending
from catalog.importing.starting import save_source
from catalog.models import Avail, Import, ImportSource, ImportState, Title
from tests import factories
from tests.api.callers import caller
from tests.catalog.importing.files import EIDR, bring, sheet

pytestmark = pytest.mark.django_db

TABLE = "제목,Year,Running Time,메모\n괴물,2006,119,x\nMother,2009,129,y\n"


@pytest.fixture
def studio(var_dir: Path) -> Actor:
    return factories.studio()


@pytest.fixture
def pages(studio: Actor) -> Client:
    client = Client()
    assert studio.user is not None
    client.force_login(studio.user)
    return client


def post_file(pages: Client, path: Path) -> str:
    with path.open("rb") as file:
        answer = pages.post("/imports/new/", {"format": "", "file": file})
    assert answer.status_code == 303
    return str(answer["Location"])


def text_of(pages: Client, address: str) -> str:
    answer = pages.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_table_is_mapped_tried_and_taken_in(pages: Client, tmp_path: Path) -> None:
    (tmp_path / "films.csv").write_text(TABLE)
    address = post_file(pages, tmp_path / "films.csv")
    asked = text_of(pages, address)
    assert "괴물" in asked
    chosen = (
        '<option value="TitleInternalAlias" selected>Original title · TitleInternalAlias</option>'
    )
    assert chosen in asked
    answers = {
        "sheet": "csv", "column0": "TitleInternalAlias", "column1": "ReleaseYear",
        "column2": "TotalRunTime", "column3": "", "zone": "Asia/Seoul", "language": "ko",
    }  # fmt: skip
    assert pages.post(address, answers | {"dry": "1"}).status_code == 303
    import_pending()
    assert not Title.objects.exists()
    assert "What the file would do" in text_of(pages, address)
    taken = pages.post(address, {"zone": "Asia/Seoul", "language": "ko", "now": "1"})
    import_pending()
    assert Title.objects.get(year=2006).runtime_ms == 119 * 60_000
    report = text_of(pages, taken["Location"])
    assert f"/titles/{Title.objects.get(year=2006).code}/" in report


def test_a_header_that_stands_twice_is_said_before_and_after(
    pages: Client, studio: Actor, tmp_path: Path
) -> None:
    (tmp_path / "films.csv").write_text("제목,Year,제목\n괴물,2006,The Host\n")
    address = post_file(pages, tmp_path / "films.csv")
    assert "This header stands twice: column A is read, this one is not." in text_of(pages, address)
    # An older page sends it all the same: the first column is read.
    answers = {"sheet": "csv", "column0": "TitleInternalAlias", "column1": "ReleaseYear",
               "column2": "NameEnglish", "zone": "UTC", "language": "ko", "now": "1"}  # fmt: skip
    pages.post(address, answers)
    import_pending()
    assert Title.objects.get(year=2006).name == "괴물"
    assert "the column of A1 is read, that of C1 is not" in text_of(pages, address)
    said = io.StringIO()
    call_command(
        "catalog", "import", str(tmp_path / "films.csv"), organisation=organisation_of(studio),
        stdout=said,
    )  # fmt: skip
    assert "csv!C1: The header '제목' stands in A1 and in C1" in said.getvalue()
    told = caller(studio).get("imports/").data["results"][0]["findings"]
    assert [each["code"] for each in told if each["level"] == "warning"] == ["header_twice"]


def test_a_pdf_named_xlsx_is_called_a_pdf_before_anybody_maps_it(
    pages: Client, tmp_path: Path
) -> None:
    (tmp_path / "films.xlsx").write_bytes(b"%PDF-1.7\n1 0 obj\n")
    (tmp_path / "films.xml").write_bytes(b"<html><body>Sign in</body></html>")
    said = "This is no XLSX workbook (it is a PDF)."
    assert said in text_of(pages, post_file(pages, tmp_path / "films.xlsx"))
    said = "This is no Avails XML (it is a web page, HTML)."
    assert said in text_of(pages, post_file(pages, tmp_path / "films.xml"))


def organisation_of(actor: Actor) -> str:
    assert actor.organisation is not None
    return actor.organisation.code


def test_the_report_names_the_cell_and_can_be_narrowed(
    pages: Client, studio: Actor, tmp_path: Path
) -> None:
    job = bring(studio, sheet(tmp_path / "a.xlsx", {}, {"Territory": "QQ", "ALID": "alid:2"}))
    page = f"/imports/{job.code}/"
    assert "Movies!B4" in text_of(pages, page)
    assert "Movies!4" not in text_of(pages, f"{page}?outcome=accepted")
    assert "Movies!B4" in text_of(pages, f"{page}?outcome=rejected&cursor=x")
    csv = b"".join(pages.get(f"{page}report.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert "Movies!B4" in csv


def test_the_progress_ends_with_the_report(pages: Client, studio: Actor, tmp_path: Path) -> None:
    job = bring(studio, sheet(tmp_path / "a.xlsx", {}))
    Import.objects.update(state=ImportState.APPLYING, items=300, cursor=30)
    assert 'hx-trigger="every 1s"' in text_of(pages, f"/imports/{job.code}/")
    Import.objects.update(state=ImportState.DONE)
    answer = pages.get(f"/imports/{job.code}/progress/")
    assert answer["HX-Refresh"] == "true"


def test_a_file_that_cannot_be_read_says_why_in_korean(
    pages: Client, studio: Actor, tmp_path: Path
) -> None:
    (tmp_path / "old.xls").write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600)
    job = bring(studio, tmp_path / "old.xls")
    pages.cookies["django_language"] = "ko"
    assert "XLSX" in text_of(pages, f"/imports/{job.code}/")
    assert "Save it" not in text_of(pages, f"/imports/{job.code}/")


def test_the_report_as_a_file_speaks_the_language_of_the_page(
    pages: Client, studio: Actor, tmp_path: Path
) -> None:
    rows = [{"Territory": "QQ"}, {"TitleID": "10.5240/AAAA-AAAA-AAAA-AAAA-AAAA-A"}]
    job = bring(studio, sheet(tmp_path / "a.xlsx", *rows))
    pages.cookies["django_language"] = "ko"
    answer = pages.get(f"/imports/{job.code}/report.csv")
    csv = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "“QQ”: " in csv
    assert "거절됨" in csv
    assert "ISO 3166" in csv
    assert " is not " not in csv
    assert "check" not in csv


def test_a_source_is_decided_once(pages: Client, studio: Actor, tmp_path: Path) -> None:
    answers = {"name": "Rights desk", "end_policy": "inclusive", "day_order": "", "zone": "UTC"}
    assert pages.post("/imports/sources/", answers).status_code == 303
    assert "Rights desk" in text_of(pages, "/imports/sources/")
    source = ImportSource.objects.get()
    job = bring(studio, sheet(tmp_path / "a.xlsx", {}), source=source.code)
    assert job.end_policy == "inclusive"
    assert Avail.objects.get().terms["ends_at"].startswith("2028-01-01")


def test_what_is_decided_for_a_source_holds_at_the_page(
    pages: Client, studio: Actor, tmp_path: Path
) -> None:
    source = save_source(
        actor=studio, name="Desk", end_policy="inclusive", day_order="dmy", zone="Asia/Seoul"
    )
    address = post_file(pages, sheet(tmp_path / "a.xlsx", {"Start": "03/04/2027"}))
    shown = {"source": source.code, "end_policy": "", "day_order": "", "zone": "", "language": "en"}
    assert pages.post(address, shown | {"dry": "1"}).status_code == 303
    tried = Import.objects.get()
    assert (tried.end_policy, tried.day_order, tried.zone) == ("inclusive", "dmy", "Asia/Seoul")
    import_pending()
    # Said once more on the page of the dry run, and decided otherwise for this file.
    again = {"source": source.code, "end_policy": "exclusive", "day_order": "dmy",
             "zone": "Asia/Seoul", "language": "en", "now": "1"}  # fmt: skip
    pages.post(address, again)
    import_pending()
    terms = Avail.objects.get().terms
    assert terms["starts_at"].startswith("2027-04-02T15:00")
    assert terms["ends_at"].startswith("2027-12-30T15:00")


def test_the_library_goes_out_as_avails_ai_and_comes_back_unchanged(
    pages: Client, studio: Actor, tmp_path: Path
) -> None:
    row = {"LicenseType": "AITrain", "ModelKind": "customer_private", "TitleID": EIDR,
           "PricePerMinute": "1.50", "Currency": "USD"}  # fmt: skip
    bring(studio, sheet(tmp_path / "ai.xlsx", row))
    answer = pages.get("/imports/avails-ai.xlsx")
    (tmp_path / "out.xlsx").write_bytes(answer.content)
    job = bring(studio, tmp_path / "out.xlsx")
    assert (job.state, job.rejected, Title.objects.count()) == (ImportState.DONE, 0, 1)
    avail = Avail.objects.standing().get()
    assert avail.ai is not None
    assert avail.ai["price_per_minute_minor"] == 150


def test_imports_of_others_are_not_there(studio: Actor, tmp_path: Path) -> None:
    job = bring(studio, sheet(tmp_path / "a.xlsx", {}))
    outsider = Client()
    other = factories.studio()
    assert other.user is not None
    outsider.force_login(other.user)
    for place in ("", "progress/", "report.csv"):
        assert outsider.get(f"/imports/{job.code}/{place}").status_code == 404
    assert outsider.post(f"/imports/{job.code}/cancel/").status_code == 404
    assert outsider.get("/imports/nothing/").status_code == 404


def test_the_lists_are_there_with_nothing_in_them(pages: Client) -> None:
    assert "Nothing has been imported yet" in text_of(pages, "/imports/")
    assert "Name of the source" in text_of(pages, "/imports/sources/")


def test_nothing_is_asked_of_a_draft_that_cannot_be_read(pages: Client, tmp_path: Path) -> None:
    (tmp_path / "noise.csv").write_bytes(bytes(range(256)) * 8)
    address = post_file(pages, tmp_path / "noise.csv")
    assert "Dry run" in text_of(pages, address)
