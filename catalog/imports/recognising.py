"""What a file is by its first bytes, and whether that is what it was sent as.

People send a PDF named `.xlsx`, a web page that a portal called a spreadsheet, an old workbook.
Each is refused by what it is, not by what is missing in it.
"""

import re
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Final

from catalog.imports.rows import Unreadable

HEAD_BYTES: Final = 4096
MOST_LINE_BYTES: Final = 2**21
_OLD_BYTES: Final = 8 * 2**20  # of an old workbook or a locked one: where its directory may lie
_OLD: Final = bytes.fromhex("d0cf11e0a1b11ae1")
_MAGIC: Final[tuple[tuple[bytes, str], ...]] = (
    (b"PK\x03\x04", "workbook"),
    (b"PK\x05\x06", "workbook"),
    (b"%PDF-", "pdf"),
    (b"{\\rtf", "rtf"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"\x1f\x8b", "archive"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!", "archive"),
    (b"\x1aE\xdf\xa3", "media"),
    (b"ID3", "media"),
)
_PAGE: Final = re.compile(
    r"<(!doctype\s+html|html|head|body|table|meta|script|div)\b", re.IGNORECASE
)
_COMMENTS: Final = re.compile(r"(<\?.*?\?>|<!--.*?-->|\s)+", re.DOTALL)
_READ: Final[Mapping[str, frozenset[str]]] = {
    "avails": frozenset({"workbook", "text", "json"}),
    "table": frozenset({"workbook", "text", "json"}),
    "avails-xml": frozenset({"xml"}),
    "jsonl": frozenset({"json"}),
}
_ENDINGS: Final = {
    "xlsx": "xlsx", "xlsm": "xlsx", "csv": "csv", "tsv": "csv", "txt": "csv",
    "xml": "xml", "jsonl": "jsonl", "ndjson": "jsonl",
}  # fmt: skip
_FORMATS: Final = {"avails": "table", "table": "table", "avails-xml": "xml", "jsonl": "jsonl"}
WANTED: Final = {
    "xlsx": "XLSX workbook",
    "csv": "CSV table",
    "xml": "Avails XML",
    "jsonl": "file of JSON lines",
    "table": "XLSX workbook or CSV table",
}
FOUND: Final = {
    "workbook": "a workbook",
    "zip": "a ZIP archive of something else",
    "xlsb": "a binary workbook, .xlsb: save it as .xlsx",
    "xls": "an old workbook, .xls: save it as .xlsx",
    "locked": "a workbook with a password: save it without",
    "pdf": "a PDF",
    "page": "a web page, HTML",
    "rtf": "a text document, RTF",
    "picture": "a picture",
    "archive": "a compressed archive",
    "media": "a film or a sound",
    "xml": "XML",
    "json": "JSON",
    "list": "one list of JSON: write one object on each line",
    "text": "a text of another kind",
    "binary": "binary data",
}


def ending_of(filename: str) -> str:
    """Return the ending of a file's name, in small letters and without the point."""
    return PurePath(filename).suffix.removeprefix(".").casefold()


def check_kind(path: Path, form: str, ending: str = "") -> None:
    """Raise Unreadable where a file is of a kind that `form`, the format it is read as, is not.

    `ending` is that of the name it was sent by, as `ending_of` gives it; it says what was meant.
    """
    found = kind_of(path)
    if form == "jsonl" and found == "text" and _has_objects(path):
        return  # one bad line is said of that line
    if found not in _READ[form] and found != "old":
        raise other_kind(_ENDINGS.get(ending, _FORMATS[form]), found)


def other_kind(wanted: str, found: str) -> Unreadable:
    """Return the refusal of what was sent as one thing and is another."""
    message = f"This is no {WANTED[wanted]} (it is {FOUND[found]})."
    return Unreadable("other_kind", message, wanted=wanted, found=found)


def kind_of(path: Path) -> str:
    """Return a key of FOUND, or "old" for a workbook that is old or locked, nobody knows which."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        if head.startswith(_OLD):
            return _old_kind(head + file.read(_OLD_BYTES))
    known = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if known is not None:
        return known
    if head[4:8] == b"ftyp" or (head[:4] == b"RIFF" and head[8:12] in {b"WAVE", b"AVI "}):
        return "media"
    return _text_kind(head)


def _old_kind(content: bytes) -> str:
    """The names of a compound file's parts stand in UTF-16."""
    for name, kind in (("EncryptedPackage", "locked"), ("Workbook", "xls"), ("Book", "xls")):
        if name.encode("utf-16-le") in content:
            return kind
    return "old"


def _text_kind(head: bytes) -> str:
    is_wide = head.startswith((b"\xff\xfe", b"\xfe\xff")) or _every_second_is_zero(head)
    if b"\0" in head and not is_wide:
        return "binary"
    text = (head.replace(b"\0", b"") if is_wide else head).decode("latin-1")
    text = text.lstrip("\xef\xbb\xbf\xff\xfe \t\r\n")
    if text.startswith("<"):
        begins = _COMMENTS.sub("", text, count=1) if text.startswith(("<?", "<!--")) else text
        return "page" if _PAGE.match(begins) else "xml"
    if text.startswith("["):
        return "list" if text[1:].lstrip().startswith("{") else "text"
    return "json" if text.startswith("{") else "text"


def _has_objects(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(MOST_LINE_BYTES)
    return any(line.lstrip().startswith(b"{") for line in head.splitlines())


def _every_second_is_zero(head: bytes) -> bool:
    fewer, more = sorted((head[1::2].count(0), head[::2].count(0)))
    return more > len(head) // 8 and fewer * 4 < more
