"""Every string of the pages exists in Korean, and no template holds a string of its own."""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.utils.translation.template import templatize

WEB = Path(__file__).resolve().parents[2] / "web"
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
FOLDER = WEB / "locale" / "ko" / "LC_MESSAGES"
_CALLS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}
# Names and marks that are the same in every language.
_SAME_EVERYWHERE = {
    "Edgecode", "English", "한국어", "Harbour Lights", "Lumen Lab", "Northgate Pictures",
    "harbour-lights-reel-3.mp4", "Enter", "g", "j", "k", "EIDR", "ISNI", "Hz", "SHA-256", "eck_…",
}  # fmt: skip


def korean() -> Catalog:
    with (FOLDER / "django.po").open("rb") as file:
        return read_po(file, locale="ko", domain="django")


def strings_of_python(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in _CALLS
        ):
            first = node.args[1 if node.func.id.startswith("pgettext") else 0]
            assert isinstance(first, ast.Constant), f"{path}:{node.lineno}: not a plain string"
            yield str(first.value)


def strings_of_template(path: Path) -> Iterator[str]:
    code = templatize(path.read_text(), origin=str(path))
    literal = r"u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    for found in re.finditer(rf"\bn?gettext\({literal}", code):
        yield str(ast.literal_eval(found[1]))


def test_the_korean_catalogue_is_complete() -> None:
    unfinished = [m.id for m in korean() if m.id and (m.fuzzy or not _is_translated(m.string))]
    assert unfinished == []


def _is_translated(string: object) -> bool:
    return all(string) if isinstance(string, tuple) else bool(string)


def test_every_string_of_the_pages_is_in_the_catalogue() -> None:
    known = {m.id[0] if isinstance(m.id, tuple) else m.id for m in korean()}
    used = {s for path in WEB.rglob("*.py") for s in strings_of_python(path)}
    used |= {s for path in TEMPLATES for s in strings_of_template(path)}
    assert len(used) > 100
    assert used - known == set()


class Literals(HTMLParser):
    """Collects what a reader would see or hear that no translation tag made."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"code", "pre", "script", "svg"}:  # formulas, commands, drawings
            self.inside.append(tag)
        for name, value in attrs:
            if name in {"aria-label", "placeholder", "title", "alt"}:
                self.handle_data(value or "")

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        text = data.strip(" \n\t.,;:·()/?!%&")
        if not self.inside and re.search(r"[^\W\d_]", text) and text not in _SAME_EVERYWHERE:
            self.found.append(text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_no_words_of_their_own(path: Path) -> None:
    source = re.sub(r"\{#.*?#\}", "", path.read_text())
    source = re.sub(r"\{% blocktranslate.*?endblocktranslate %\}", "", source, flags=re.DOTALL)
    source = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", source, flags=re.DOTALL)
    literals = Literals()
    literals.feed(source)
    assert literals.found == []
