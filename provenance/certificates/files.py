"""The files of a grant as a certificate names them: one line each, and one root over them all.

The root is that of a Merkle tree (RFC 9162) whose leaves are the lines, without their line ends
and in the order of the table: with it, one line proves that its file is among ten thousand.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from catalog.scope.ranges import clock
from edgecode.log import merkle
from licensing.deals.conditions import LeftOut, left_out
from licensing.models import Grant, GrantedAsset, Verdict
from licensing.verdicts.decisions import conditions_of

HEADER = "edge code,kind,sha256,parts,left out"
_READ_AT_ONCE = 2000


@dataclass(frozen=True)
class CertifiedFile:
    """A file as it was registered, before any credential went in. `parts` are those licensed,
    [from, to) in milliseconds, none: all of it; `left_out` is so on the licensor's word."""

    code: str
    kind: str
    sha256: str
    parts: tuple[tuple[int, int], ...]
    left_out: tuple[LeftOut, ...]

    @property
    def line(self) -> str:
        """Its line in the table: no value in it holds a comma or a line end."""
        parts = ";".join(f"{clock(start)}-{clock(end)}" for start, end in self.parts)
        without = ";".join(str(each).replace(",", " ") for each in self.left_out)
        return f"{self.code},{self.kind},{self.sha256},{parts},{without}"


def files_of(grant: Grant) -> Iterator[CertifiedFile]:
    """Return the files of a grant in the order of their codes."""
    rows = grant.granted_assets.order_by("asset__code").select_related("asset", "clearance")
    shown = rows.only(
        "ranges", "asset__code", "asset__kind", "asset__sha256",
        "clearance__decision_id", "clearance__verdict",
    )  # fmt: skip
    conditions = conditions_of(
        rows.filter(clearance__verdict=Verdict.CONDITIONAL)
        .order_by()
        .values_list("clearance__decision_id", flat=True)
        .distinct()
    )
    for row in shown.iterator(_READ_AT_ONCE):
        yield _file(row, conditions.get(row.clearance.decision_id, []))


def _file(row: GrantedAsset, conditions: list[dict[str, str]]) -> CertifiedFile:
    asset = row.asset
    parts = tuple((start, end) for start, end in row.ranges)
    without = left_out({"conditions": conditions})
    return CertifiedFile(asset.code, asset.kind, asset.sha256, parts, without)


def table_of(files: Sequence[CertifiedFile]) -> str:
    """Return the table of the files, one a line below a header."""
    return "".join(f"{line}\n" for line in (HEADER, *(file.line for file in files)))


def root_of(files: Sequence[CertifiedFile]) -> str:
    """Return the root over the lines of the files, in hexadecimal."""
    hashes = merkle.leaf_hashes([file.line.encode() for file in files])
    return merkle.root_of(hashes).hex()
