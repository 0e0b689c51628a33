"""The licensed files as a table: what the PDF carries where they are too many to print.

It is a file inside the PDF, so the PDF's hash covers it, and the schedule names its own.
"""

import csv
import hashlib
from collections import Counter
from io import BytesIO, StringIO

from catalog.scope.ranges import clock
from licensing.agreement.terms import AgreementTerms, LicensedFile, spaced

NAME = "schedule-a.csv"
# More are not printed: 10,000 would be 428 pages and take a gigabyte of memory.
PRINTED_MOST = 500
_HEADER = ("edge code", "material", "other names", "kind", "sha256", "parts", "left out")
_FORMULA = tuple("=+-@＝＋－＠\t\r\n")


def annex(terms: AgreementTerms) -> str:
    """Return the table as CSV (RFC 4180), "" where the files are printed.

    The same terms give the same text; a cell that a spreadsheet would take for a formula stands
    behind an apostrophe.
    """
    if len(terms.files) <= PRINTED_MOST:
        return ""
    target = StringIO()
    writer = csv.writer(target)
    writer.writerow(_HEADER)
    writer.writerows([_harmless(cell) for cell in _row(file)] for file in terms.sorted_files)
    return target.getvalue()


def read_annex(pdf: bytes) -> bytes | None:
    """Return the table that an agreement's PDF carries; None where the files are printed."""
    # It takes a second to load, and only who takes a table out needs it.
    from pyhanko.pdf_utils.reader import PdfFileReader

    names = PdfFileReader(BytesIO(pdf)).root.get("/Names", {})
    found = names.get("/EmbeddedFiles", {}).get("/Names", [])
    for at in range(0, len(found), 2):  # names and files in turn
        if found[at] == NAME:
            return bytes(found[at + 1]["/EF"]["/F"].data)
    return None


def sha256(text: str) -> str:
    """Return the SHA-256 of a table's bytes, as the schedule names it."""
    return hashlib.sha256(text.encode()).hexdigest()


def by_material(terms: AgreementTerms) -> list[tuple[str, str, int]]:
    """Return the files counted by what they belong to: its edge code, its name, how many."""
    counts = Counter((file.code.partition("+")[0], file.name) for file in terms.files)
    return [(spaced(code), name, count) for (code, name), count in sorted(counts.items())]


def _row(file: LicensedFile) -> tuple[str, ...]:
    return (
        file.code,
        file.name,
        "; ".join(file.other_names),
        file.kind,
        file.sha256,
        "; ".join(f"{clock(start)}-{clock(end)}" for start, end in file.ranges),
        "; ".join(file.left_out),
    )


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
