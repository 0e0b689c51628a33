"""Avails XML 2.2 to 2.7 as a stream of records, in the column names of the sheets.

An Avail with n Assets and m Transactions gives n × m records. Their elements' values become the
columns that a sheet would have; elements that no column has are kept under their path.
"""

import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from catalog.imports.archive import CHUNK_BYTES, MAX_DEPTH, feed, local, parser
from catalog.imports.cells import MAX_CELL_CHARS, Bad, Cell, Record
from catalog.imports.rows import Unreadable
from catalog.imports.tables import Tally
from catalog.imports.words import BETWEEN

VERSIONS = ("2.2", "2.3", "2.4", "2.5", "2.6", "2.7")
MAX_NODES = 100_000  # in one Avail
MAX_PRODUCT = 10_000  # records of one Avail
_NAMESPACE = re.compile(r"http://www\.movielabs\.com/schema/avails/v(\d\.\d+)(?:\.\d+)?/avails")
_LEVELS = {"EpisodeMetadata": "Episode", "SeasonMetadata": "Season", "SeriesMetadata": "Series",
           "VolumeMetadata": "Volume"}  # fmt: skip

# Path below Avail, Asset or Transaction -> column.
_AVAIL = {
    "ALID": "ALID",
    "Disposition/EntryType": "EntryType",
    "Licensor/DisplayName": "DisplayName",
    "ServiceProvider/DisplayName": "ServiceProvider",
    "ExceptionFlag": "ExceptionFlag",
}
_WORK = {
    "TitleInternalAlias": "TitleInternalAlias",
    "TitleDisplayUnlimited": "TitleDisplayUnlimited",
    "TitleEIDR-URN": "TitleID",
    "EditEIDR-URN": "EditID",
    "AltIdentifier/Identifier": "AltID",
    "ReleaseDate": "ReleaseYear",
    "RunLength": "TotalRunTime",
    "LocalizationOffering": "LocalizationType",
    "USACaptionsExemptionReason": "CaptionExemption",
    "Ratings/Rating/System": "RatingSystem",
    "Ratings/Rating/Value": "RatingValue",
    "Ratings/Rating/Reason": "RatingReason",
    "CompanyDisplayCredit/DisplayString": "CompanyDisplayCredit",
}
_LEVEL_WORK = {
    "EIDR-URN": "ID",
    "ContentID": "ContentID",
    "TitleInternalAlias": "TitleInternalAlias",
    "TitleDisplayUnlimited": "TitleDisplayUnlimited",
    "AltIdentifier/Identifier": "AltID",
    "Number/Number": "Number",
    "Number": "Number",
}
_TRANSACTION = {
    "@TransactionID": "AvailID",
    "Licensee/DisplayName": "Licensee",
    "LicenseType": "LicenseType",
    "Description": "Description",
    "Territory/country": "Territory",
    "TerritoryExcluded/country": "TerritoryExclusion",
    "Territory/countryRegion": "Territory",
    "TerritoryExcluded/countryRegion": "TerritoryExclusion",
    "Start": "Start",
    "StartCondition": "Start",
    "StartCondition/@lag": "StartLag",
    "End": "End",
    "EndCondition": "End",
    "EndCondition/@lag": "EndLag",
    "WindowDuration": "WindowDuration",
    "AllowedLanguage": "AllowedLanguages",
    "AssetLanguage": "AssetLanguage",
    "HoldbackLanguage": "HoldbackLanguage",
    "LicenseRightsDescription": "LicenseRightsDescription",
    "FormatProfile": "FormatProfile",
    "FormatProfile/@HDR": "HDR",
    "FormatProfile/@WCG": "WCG",
    "FormatProfile/@HFR": "HFR",
    "FormatProfile/@NGAudio": "NGAudio",
    "ContractID": "ContractID",
    "ReportingID": "ReportingID",
    "OtherInstructions": "OtherInstructions",
}
_JOBS = {"director": "Director", "writer": "Writer", "screenwriter": "Writer", "actor": "Cast"}
_LISTS = {"Territory", "TerritoryExclusion", "AllowedLanguages", "AssetLanguage",
          "HoldbackLanguage", "RequiredFulfillmentLanguages", "BundledALIDs"}  # fmt: skip
_MONEY_TERMS = {"WSP", "DMRP", "SMRP", "LicenseFee", "price", "TPR-WSP", "TPR-SRP"}
_PLAIN_TERMS = {
    "Tier": "PriceValue",
    "Category": "PriceValue",
    "AnnounceDate": "AnnounceDate",
    "SuppressionLiftDate": "SuppressionLiftDate",
    "SpecialPreOrderFulfillDate": "SpecialPreOrderFulfillDate",
    "RentalDuration": "RentalDuration",
    "WatchDuration": "WatchDuration",
    "Download": "Download",
    "CampaignID": "CampaignID",
    "TPRType": "TPRType",
    "Exclusive": "Exclusive",
    "TitleStatus": "TitleStatus",
    "HoldbackExclusionLanguage": "RequiredFulfillmentLanguages",
    "FixedEndDate": "FixedEndDate",
    "BrandingRights": "BrandingRights",
}


@dataclass(slots=True)
class Node:
    """An element of an Avail; `line` is where it begins."""

    name: str
    attributes: dict[str, str]
    line: int
    text: list[str] = field(default_factory=list)
    children: "list[Node]" = field(default_factory=list)


@dataclass(slots=True)
class Part:
    """The columns that one Asset or Transaction gives, and their lines."""

    cells: dict[str, Cell] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    other: dict[str, Cell] = field(default_factory=dict)
    problems: list[tuple[str, Bad]] = field(default_factory=list)

    def put(self, column: str, text: str, line: int) -> None:
        """Add a value; a second one is added to a list, or goes beside it if it is no list."""
        text = " ".join(text.split())
        if not text:
            return
        if column not in self.cells:
            self.cells[column] = Cell(text)
            self.lines[column] = line
        elif column in _LISTS:
            joined = f"{self.cells[column].text}, {text}"
            self.cells[column] = Cell(joined)
        elif self.cells[column].text != text:
            self.keep(column, text)

    def add_name(self, column: str, name: str, line: int) -> None:
        """Add a name to a list of names, which may hold commas."""
        if name:
            before = self.cells[column].text if column in self.cells else ""
            self.cells[column] = Cell(before + name + BETWEEN)
            self.lines.setdefault(column, line)

    def keep(self, name: str, text: str) -> None:
        """Keep a value that has no column of its own."""
        text = " ".join(text.split())
        if text and len(self.other) < 200:
            before = self.other[name].text + "; " if name in self.other else ""
            self.other[name] = Cell((before + text)[:MAX_CELL_CHARS])


def xml_records(path: Path, tally: Tally) -> Iterator[Record]:
    """Yield the records of an Avails XML file; raise Unreadable if it is none."""
    tally.sheets.append("AvailList")
    number = 0
    for avail in _avails(path, tally):
        for record in _records(avail, number):
            number = record.number
            yield record


def _avails(path: Path, tally: Tally) -> Iterator[Node]:
    ready: list[Node] = []
    stack: list[Node] = []
    depth, nodes, length = 0, 0, 0
    made = parser()

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, nodes, length
        depth += 1
        if depth == 1:
            _check_root(name, attributes, tally)
        elif stack or (depth == 2 and local(name) == "Avail"):
            node = Node(local(name), attributes, made.CurrentLineNumber)
            if stack:
                stack[-1].children.append(node)
            stack.append(node)
            nodes += 1
        length = 0
        _check_size(depth, nodes)

    def characters(data: str) -> None:
        nonlocal length
        length += len(data)
        if length > MAX_CELL_CHARS:
            raise Unreadable("cell_long", f"A text at line {made.CurrentLineNumber} is too long.")
        if stack:
            stack[-1].text.append(data)

    def end(_: str) -> None:
        nonlocal depth, nodes
        depth -= 1
        if len(stack) == 1:
            ready.append(stack[0])
            nodes = 0
        del stack[-1:]

    made.StartElementHandler = start
    made.CharacterDataHandler = characters
    made.EndElementHandler = end
    for _ in feed(made, _chunks(path), lambda: bool(ready)):
        yield from ready
        ready.clear()


def _chunks(path: Path) -> Generator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _check_size(depth: int, nodes: int) -> None:
    if depth > MAX_DEPTH or nodes > MAX_NODES:
        raise Unreadable("xml_large", "An Avail is nested too deeply, or has too many parts.")


def _check_root(name: str, attributes: dict[str, str], tally: Tally) -> None:
    prefix = name.rpartition(":")[0]
    namespace = attributes.get(f"xmlns:{prefix}" if prefix else "xmlns", "")
    match = _NAMESPACE.fullmatch(namespace)
    if local(name) != "AvailList" or match is None:
        raise Unreadable("xml_root", "This is no Avails XML: its root is not an AvailList.")
    tally.version = match[1]
    if tally.version not in VERSIONS:
        raise Unreadable(
            "version", f"Avails XML {tally.version} is not read; 2.2 to 2.7 are.",
            version=tally.version,
        )  # fmt: skip


def _records(avail: Node, number: int) -> Iterator[Record]:
    shared = Part()
    assets: list[Part] = []
    transactions: list[Part] = []
    for child in avail.children:
        if child.name == "Asset":
            assets.append(_asset(child))
        elif child.name == "Transaction":
            transactions.append(_transaction(child))
        else:
            _walk(child, child.name, _AVAIL, shared)
    if len(assets) * len(transactions) > MAX_PRODUCT:
        raise Unreadable("xml_large", f"The Avail at line {avail.line} has too many combinations.")
    for asset in assets or [Part()]:
        for transaction in transactions or [Part()]:
            number += 1
            parts = (shared, asset, transaction)
            yield Record(
                "AvailList",
                number,
                {name: cell for part in parts for name, cell in part.cells.items()},
                _address(avail.line, parts),
                {name: cell for part in parts for name, cell in part.other.items()},
                tuple(problem for part in parts for problem in part.problems),
            )


def _address(line: int, parts: tuple[Part, ...]) -> Callable[[str], str]:
    def find(column: str) -> str:
        lines = [part.lines[column] for part in parts if column in part.lines]
        return f"line {lines[-1] if lines else line}"

    return find


def _walk(node: Node, path: str, columns: dict[str, str], part: Part) -> None:
    """Put an element, its attributes and what is in it into the columns of their paths."""
    _put(part, columns.get(path), path, "".join(node.text), node.line)
    for name, value in node.attributes.items():
        _put(part, columns.get(f"{path}/@{name}"), f"{path}/@{name}", value, node.line)
    for child in node.children:
        _walk(child, f"{path}/{child.name}", columns, part)


def _put(part: Part, column: str | None, path: str, text: str, line: int) -> None:
    if column:
        part.put(column, text, line)
    else:
        part.keep(path, text)


def _asset(node: Node) -> Part:
    part = Part()
    content = node.attributes.get("contentID", "")
    for child in node.children:
        if child.name in ("WorkType", "WorkTypeDetail"):
            column = "WorkType" if child.name == "WorkType" else None
            _put(part, column, child.name, "".join(child.text), child.line)
        elif child.name == "BundledAsset":
            _walk(child, child.name, {"BundledAsset/BundledALID": "BundledALIDs"}, part)
        elif child.name == "Metadata" or child.name in _LEVELS:
            _metadata(child, _LEVELS.get(child.name, ""), part)
        else:
            _walk(child, child.name, {}, part)
    level = next((_LEVELS[each.name] for each in node.children if each.name in _LEVELS), "")
    part.put(f"{level}ContentID", content, node.line)
    return part


def _metadata(node: Node, level: str, part: Part) -> None:
    """Read a work's metadata; those of the works above it are nested inside."""
    columns = dict(_WORK)
    if level:
        columns |= {
            f"{level}{path}": f"{level}{column}" for path, column in _LEVEL_WORK.items()
        } | {path: f"{level}{column}" for path, column in _LEVEL_WORK.items() if path in _WORK}
        columns["NumberOfEpisodes"] = "EpisodeCount"
        columns["NumberOfSeasons"] = "SeasonCount"
    if level == "Episode":
        columns |= {"TitleEIDR-URN": "EpisodeTitleID", "EditEIDR-URN": "EpisodeID"}
    for child in node.children:
        if child.name in _LEVELS:
            _metadata(child, _LEVELS[child.name], part)
        elif child.name == "ReleaseHistory":
            _release(child, part)
        elif child.name == "People":
            _person(child, part)
        else:
            _walk(child, child.name, columns, part)


def _release(node: Node, part: Part) -> None:
    values = {child.name: "".join(child.text).strip() for child in node.children}
    kind = values.get("ReleaseType", "")
    if kind.casefold() == "original":
        part.put("ReleaseHistoryOriginal", values.get("Date", ""), node.line)
    else:
        part.keep(f"ReleaseHistory/{kind}", values.get("Date", ""))


def _person(node: Node, part: Part) -> None:
    found: dict[str, str] = {}
    _flatten(node, "", found)
    job = next((text for path, text in found.items() if path.endswith("JobFunction")), "")
    name = next((text for path, text in found.items() if path.endswith("DisplayName")), "")
    if column := _JOBS.get(job.casefold()):
        part.add_name(column, name, node.line)
    else:
        part.keep(f"People/{job}", name)


def _flatten(node: Node, path: str, found: dict[str, str]) -> None:
    found[f"{path}/{node.name}"] = " ".join("".join(node.text).split())
    for child in node.children:
        _flatten(child, f"{path}/{node.name}", found)


def _transaction(node: Node) -> Part:
    part = Part()
    _put(part, "AvailID", "", node.attributes.get("TransactionID", ""), node.line)
    for child in node.children:
        if child.name == "Term":
            _term(child, part)
        else:
            _walk(child, child.name, _TRANSACTION, part)
    return part


def _term(node: Node, part: Part) -> None:
    name = node.attributes.get("termName", "")
    value = node.children[0] if node.children else node
    text = "".join(value.text).strip()
    if value.name == "Region":
        text = ", ".join("".join(child.text).strip() for child in value.children)
    currency = value.attributes.get("currency", "")
    if value.name == "Money" and name == "SRP":
        part.put("SRP", text, node.line)
        part.put("PriceCurrency", currency, node.line)
    elif value.name == "Money" and name in _MONEY_TERMS and "PriceType" not in part.cells:
        part.put("PriceType", name, node.line)
        part.put("PriceValue", text, node.line)
        part.put("PriceCurrency", currency, node.line)
    elif name in ("Tier", "Category") and "PriceType" not in part.cells:
        part.put("PriceType", name, node.line)
        part.put("PriceValue", text, node.line)
    elif name in _PLAIN_TERMS and name not in ("Tier", "Category"):
        part.put(_PLAIN_TERMS[name], text, node.line)
    else:
        part.keep(f"Term/{name}"[:100], f"{text} {currency}")
