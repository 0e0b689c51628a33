"""One Korean word for one term: the variants that `docs/korean-terms.md` names stand nowhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.test_translation import korean

TABLE = Path(__file__).resolve().parents[2] / "docs" / "korean-terms.md"


def terms() -> Iterator[tuple[str, list[str], list[str]]]:
    for line in TABLE.read_text().splitlines()[9:]:
        english, said, _why, variants = (each.strip() for each in line.strip("|").split("|"))
        yield english, said.split(", "), variants.split(", ")


def translations() -> list[str]:
    return [
        text
        for message in korean()
        if message.id
        for text in (message.string if isinstance(message.string, tuple) else [message.string])
    ]


@pytest.mark.parametrize(("english", "said", "variants"), list(terms()))
def test_a_term_is_said_in_one_word(english: str, said: list[str], variants: list[str]) -> None:
    every = translations()
    wrong = re.compile("|".join(map(re.escape, variants)))
    assert [text for text in every if wrong.search(text)] == []
    for word in said:
        assert any(word in text for text in every), f"{english}: nothing says {word}"
