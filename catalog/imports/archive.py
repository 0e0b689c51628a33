"""An XLSX file as a ZIP that may lie: limits first, then members read as streams."""

import re
import zipfile
import zlib
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from pyexpat import ExpatError, ParserCreate, XMLParserType
from types import TracebackType

from catalog.imports.rows import Unreadable

MAX_ENTRIES = 2_000
MAX_RATIO = 400  # sheets of one repeated row reach about 150
RATIO_FREE_BYTES = 16 * 2**20
MAX_TOTAL_BYTES = 6 * 2**30
MAX_DEPTH = 64
CHUNK_BYTES = 2**18
_NAME = re.compile(r"[^\\\0]{1,300}")


class Archive:
    """The members of an XLSX file. Refuses, before reading, what claims too much, and stops
    reading when a member turns out longer than it claims."""

    def __init__(self, path: Path) -> None:
        self._refuse_others(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
            raise Unreadable("zip", f"This is not a whole XLSX file: {error}.") from None
        try:
            self._members = self._check(self._zip.infolist())
        except Unreadable:
            self._zip.close()
            raise

    def __enter__(self) -> "Archive":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._zip.close()

    @staticmethod
    def _refuse_others(path: Path) -> None:
        with path.open("rb") as file:
            head = file.read(8)
        if head == bytes.fromhex("d0cf11e0a1b11ae1"):
            raise Unreadable(
                "old_or_locked",
                "This is an old workbook (.xls) or one with a password."
                " Save it as .xlsx without a password.",
            )

    @staticmethod
    def _check(members: list[zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
        if len(members) > MAX_ENTRIES:
            raise Unreadable("zip_entries", f"The file has more than {MAX_ENTRIES} parts.")
        total = 0
        for member in members:
            total += member.file_size
            ratio = member.file_size / max(1, member.compress_size)
            if total > MAX_TOTAL_BYTES or (
                member.file_size > RATIO_FREE_BYTES and ratio > MAX_RATIO
            ):
                raise Unreadable("zip_bomb", "The file unpacks to far too much; it is not read.")
            if member.flag_bits & 1:
                raise Unreadable("zip_locked", "The file is locked with a password.")
            if not _NAME.fullmatch(member.filename) or ".." in member.filename.split("/"):
                raise Unreadable("zip_name", "The file has parts with impossible names.")
        names = {member.filename.lstrip("/").casefold(): member for member in members}
        if len(names) < len(members):
            raise Unreadable("zip_twice", "The file has two parts of one name.")
        return names

    def has(self, name: str) -> bool:
        return name.casefold() in self._members

    def any_endswith(self, ending: str) -> bool:
        return any(name.endswith(ending) for name in self._members)

    def chunks(self, name: str) -> Generator[bytes]:
        """Yield a member's content; raise Unreadable if it is missing, damaged or too long."""
        member = self._members.get(name.casefold())
        if member is None:
            raise Unreadable("zip_part", f"The file lacks its part {name[:80]!r}.")
        left = member.file_size
        try:
            with self._zip.open(member) as stream:
                while chunk := stream.read(CHUNK_BYTES):
                    left -= len(chunk)
                    if left < 0:
                        raise Unreadable("zip_bomb", "A part of the file is longer than it says.")
                    yield chunk
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
            raise Unreadable("zip", f"A part of the file is damaged: {error}.") from None


def parser() -> XMLParserType:
    """Return a parser that refuses document types, so no entity is ever declared or expanded."""

    def refuse(*_: object) -> None:
        raise Unreadable(
            "xml_doctype", "The file declares a document type, which no such file needs."
        )

    made = ParserCreate()
    made.buffer_text = True
    made.buffer_size = 2**16
    made.StartDoctypeDeclHandler = refuse
    made.EntityDeclHandler = refuse
    made.ExternalEntityRefHandler = refuse  # type: ignore[assignment]
    return made


def feed(
    made: XMLParserType, chunks: Generator[bytes], after: Callable[[], bool]
) -> Iterator[None]:
    """Parse chunks; yield whenever `after` says that something is ready."""
    try:
        with closing(chunks):
            for chunk in chunks:
                made.Parse(chunk, False)
                if after():
                    yield
            made.Parse(b"", True)
    except ExpatError as error:
        raise Unreadable("xml", f"The file's XML is broken: {error}.") from None
    if after():
        yield


def local(name: str) -> str:
    """Return an element's name without its prefix."""
    return name.rpartition(":")[2]
