"""Documents as people read them: PDF, typeset by Typst from plain values.

The template holds the words and the looks; everything that differs is one JSON value that it
reads, so nothing that anybody typed is ever read as markup.
"""

import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

FONTS = Path(__file__).resolve().parent / "fonts"
# What the fonts are sure to have, besides the common Han: Latin, Greek, Cyrillic, punctuation,
# kana, Hangul, full-width forms.
_LETTERS = re.compile(
    r"[ -~\u00a1-\u00ac\u00ae-\u017f\u0386\u0388-\u038a\u038c\u038e-\u03a1\u03a3-\u03ce"
    r"\u0400-\u045f\u1e80-\u1e85\u2013\u2014\u2018-\u201e\u2020-\u2022\u2026\u2032\u2033\u20a9\u20ac\u2122"
    r"\u3001-\u3003\u3005-\u3011\u3041-\u3096\u3099-\u30ff\uac00-\ud7a3\uff01-\uff5e]*"
)


def typeset(
    template: Path, terms: Mapping[str, Any], *, dated: datetime, attached: str = ""
) -> bytes:
    """Return the template filled with `terms` as an archivable, tagged PDF: PDF/A-2a, or PDF/A-3a
    with the text that the template attaches as a file.

    The same terms give the same bytes: only the fonts beside this file and Typst's own are used,
    and the document's date is `dated`. Names may be in Latin, Greek, Cyrillic, Hangul, kana and
    the common Han characters; any other character is printed as its code point, `[U+0E01]`, so
    that no name has a gap in it.
    """
    document: bytes = typst.compile(
        template,
        root=template.parent,
        font_paths=_fonts(),
        format="pdf",
        pdf_standards=["a-3a" if attached else "a-2a"],
        timestamp=int(dated.timestamp()),
        sys_inputs={
            "terms": json.dumps(printable(dict(terms)), ensure_ascii=False),
            "attached": attached,
        },
    )
    return document


@cache
def _fonts() -> typst.Fonts:
    """Read once for each process: to look through the folder takes longer than a short page."""
    return typst.Fonts(include_system_fonts=False, font_paths=[FONTS])


def printable(value: Any) -> Any:
    """Return the same value with every character the fonts may lack written as its code point."""
    if isinstance(value, dict):
        return {name: printable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [printable(item) for item in value]
    if isinstance(value, str):
        text = unicodedata.normalize("NFC", value)
        if _LETTERS.fullmatch(text):
            return text
        return "".join(char if has_glyph(char) else f"[U+{ord(char):04X}]" for char in text)
    return value


def has_glyph(char: str) -> bool:
    """Return whether the fonts are sure to have this character."""
    if _LETTERS.fullmatch(char):
        return True
    for codec, last_row in (("euc_jp", 0xCF), ("gb2312", 0xD7)):
        try:
            row = char.encode(codec)
        except UnicodeEncodeError:
            continue
        if len(row) == 2 and 0xB0 <= row[0] <= last_row:
            return True
    return False
