"""What is said when: SubRip and WebVTT into cues. Pure; made for files that nobody vouches for.

A cue that cannot be read is left out and reported by its line; a file that is neither is refused.
Times are whole milliseconds, which is what both formats can say. Markup, positions and styles
are dropped: the text is kept to be searched, and is escaped where it is shown, like any other.
What stands between "<" and ">" is markup only where it is a tag of these formats, or is closed by
one of the same name: "a < b > c" is said, not marked.
"""

import codecs
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MAX_BYTES = 32 * 2**20
MAX_CUES = 100_000
MAX_CUE_CHARACTERS = 5_000
MAX_REPORTED = 100
_MAX_MS = 48 * 3600 * 1000

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[,.](\d{1,3})"
# Possessive and anchored: no line makes the search go back.
_SPAN = re.compile(rf"\s*+{_TIME}\s*+-->\s*+{_TIME}(?:\s.*)?", re.ASCII)
_VOICE = re.compile(r"<v(?:\.[^\s>]*+)?\s([^<>]++)>")
_POSITION = re.compile(r"\{\\[^{}]*+\}")
# A name, its classes (.loud), and an annotation or attributes.
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*+|[0-9:]*+\.[0-9]{3})((?:\.[^\s<>]*+)?)([^<>]*+)>")
_BARE_TAGS = frozenset({"b", "i", "u", "s", "c", "ruby", "rt", "rp"})
_TAGS_WITH_WORDS = frozenset({"v", "lang", "font"})
# With its semicolon, or "salt &not pepper" would lose a word.
_CHARACTER = re.compile(r"&#?\w{1,31}+;", re.ASCII)
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_NOT_CUES = ("NOTE", "STYLE", "REGION")
# Files without a mark, tried in this order. Chinese and Japanese in their own old encodings often
# pass for CP949 and would come out as nonsense.
_ENCODINGS = ("utf-8", "cp949")
_NEVER_CP949 = frozenset({"zh", "yue", "cmn", "nan", "wuu", "hak", "ja"})


class NotATranscript(Exception):
    """The file is neither SubRip nor WebVTT, or larger than any; says which in one line."""


@dataclass(frozen=True)
class Cue:
    """Words and when they are heard; `speaker` where the file names one."""

    start_ms: int
    end_ms: int
    text: str
    speaker: str | None = None


@dataclass
class Transcript:
    """The cues by time, and of what was left out: how much, and the first lines with reasons."""

    cues: list[Cue] = field(default_factory=list)
    left_out: int = 0
    reasons: list[tuple[int, str]] = field(default_factory=list)

    def leave_out(self, line: int, reason: str) -> None:
        """Report a cue that is not taken."""
        self.left_out += 1
        if len(self.reasons) < MAX_REPORTED:
            self.reasons.append((line, reason))


def parse(content: bytes, ends_at_ms: int | None = None, language: str = "") -> Transcript:
    """Return the cues of a SubRip or WebVTT file that begin before `ends_at_ms`, the end of what
    it belongs to where that is known. `language`, the tag of what it is said to be in, helps to
    tell its encoding: UTF-8, UTF-16 or CP949. Raises NotATranscript.
    """
    if len(content) > MAX_BYTES:
        raise NotATranscript(f"more than {MAX_BYTES // 2**20} MiB")
    transcript, seen = Transcript(), 0
    latest = _MAX_MS if ends_at_ms is None else min(ends_at_ms, _MAX_MS)
    for line, block in _blocks(_decoded(content, language)):
        if block[0].startswith(_NOT_CUES) and not any("-->" in each for each in block):
            continue
        seen += _take(transcript, line, block, latest)
    if not seen:
        raise NotATranscript("no line says 00:00:00,000 --> 00:00:00,000")
    transcript.cues.sort(key=lambda cue: (cue.start_ms, cue.end_ms))
    return transcript


def _decoded(content: bytes, language: str) -> str:
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        tried: tuple[str, ...] = ("utf-16",)
    elif content.startswith(codecs.BOM_UTF8):
        tried = ("utf-8-sig",)
    else:
        is_other = language.partition("-")[0].lower() in _NEVER_CP949
        tried = _ENCODINGS[:1] if is_other else _ENCODINGS
    for encoding in tried:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NotATranscript("the text is neither UTF-8 nor CP949; save it as UTF-8")


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield what stands between blank lines, and the number of its first line."""
    block: list[str] = []
    lines = re.split(r"\r\n|\r|\n", text)
    for number, line in enumerate([*lines, ""], start=1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _take(transcript: Transcript, line: int, block: list[str], latest: int) -> bool:
    """Add the block's cue if it begins before `latest`, or say why not; return whether it looked
    like one."""
    at = next((n for n, each in enumerate(block[:2]) if "-->" in each), None)
    if at is None:
        if not block[0].startswith("WEBVTT"):
            transcript.leave_out(line, "no time")
        return False
    span = _span(block[at])
    if span is None:
        transcript.leave_out(line + at, "the times cannot be read")
    elif span[1] <= span[0]:
        transcript.leave_out(line + at, "it ends before it begins")
    elif span[1] > _MAX_MS:
        transcript.leave_out(line + at, "later than 48 hours")
    elif span[0] >= latest:
        transcript.leave_out(line + at, "it begins after the end of the file")
    elif len(transcript.cues) >= MAX_CUES:
        transcript.leave_out(line + at, f"more than {MAX_CUES:,} cues")
    else:
        raw = "\n".join(block[at + 1 :])[: 4 * MAX_CUE_CHARACTERS]
        text = _plain(raw)
        if text:
            voice = _VOICE.search(raw)
            speaker = _plain(voice.group(1))[:200] if voice else None
            transcript.cues.append(Cue(*span, text[:MAX_CUE_CHARACTERS], speaker or None))
        else:
            transcript.leave_out(line + at, "no text")
    return span is not None


def _span(line: str) -> tuple[int, int] | None:
    match = _SPAN.fullmatch(line)
    if match is None:
        return None
    parts = match.groups()
    start, end = _ms(parts[:4]), _ms(parts[4:])
    return None if start is None or end is None else (start, end)


def _ms(parts: tuple[str | None, ...]) -> int | None:
    hours, minutes, seconds = (int(part or 0) for part in parts[:3])
    if minutes > 59 or seconds > 59:
        return None
    # "1,5" is a half: digits after the point count from the left.
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + int((parts[3] or "").ljust(3, "0"))


def _plain(text: str) -> str:
    text = _without_tags(_POSITION.sub("", text))
    # Twice unescaped would turn "&amp;lt;b&amp;gt;" into markup; once, after the markup went.
    text = _CHARACTER.sub(lambda found: html.unescape(found[0]), text)
    return " ".join(_UNSEEN.sub("", text).split())


def _without_tags(text: str) -> str:
    closed = {tag[2].lower() for tag in _TAG.finditer(text) if tag[1]}

    def left(tag: re.Match[str]) -> str:
        name, rest = tag[2].lower(), tag[4].strip(" /")
        if name == "br":
            return " "
        is_tag = (
            name in closed
            or not name[0].isalpha()  # a time inside of a cue
            or (name in _BARE_TAGS and not rest)
            or name in _TAGS_WITH_WORDS
        )
        return "" if is_tag else tag[0]

    return _TAG.sub(left, text)
