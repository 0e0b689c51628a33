"""The words of `edgecode verify` for what a credential says in codes."""

import pytest
from django.utils import translation

from catalog.facts.shapes import ELEMENTS
from catalog.scope.territory import COUNTRIES
from edgecode.verify.vocabulary import worded
from provenance.models import OutputKind
from web import words
from web.display import GROUPS
from web.label_words import DUTIES

LANGUAGES = ("en", "ko")


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("uses", words.USES),
        ("model_kinds", words.MODEL_KINDS),
        ("exclusivity", words.EXCLUSIVITY),
        ("attributes", words.ATTRIBUTES),
        ("kind", dict(OutputKind.choices)),
    ],
)
def test_a_code_is_called_as_on_the_site(name: str, table: dict[str, object]) -> None:
    for which, language in enumerate(LANGUAGES):
        with translation.override(language):
            for code, said in table.items():
                assert worded(name, code, which).casefold() == str(said).casefold()


def test_every_country_element_and_duty_has_a_name_in_both_languages() -> None:
    korean = {"territory": COUNTRIES | GROUPS.keys(), "passages": ELEMENTS}
    for name, codes in korean.items():
        assert all(not worded(name, code, 1)[0].isascii() for code in codes)
    assert all(worded("territory", code, 0) != code for code in COUNTRIES)
    for code in DUTIES:
        told = f"KR: {code}, AI Basic Act; EU: {code}, AI Act"
        assert all(code not in worded("duties", told, which) for which in (0, 1))


@pytest.mark.parametrize(
    ("name", "value", "english", "korean"),
    [
        ("territory", "WORLD except KR, DE", "the whole world except South Korea, Germany",
         "대한민국, 독일 제외 전 세계"),
        ("territory", "XX, KR", "XX, South Korea", "XX, 대한민국"),
        ("uses", "train.finetune, fly", "fine-tuning; fly", "미세 조정; fly"),
        ("passages", "music 00:00:02-00:00:03.500; voice",
         "music (00:00:02-00:00:03.500); voice (in the sound)",
         "음악 (00:00:02-00:00:03.500); voice (소리)"),
        ("end", "-", "never", "기한 없음"),
        ("end", "2027-06-30T15:00:00Z", "2027-06-30 15:00:00 UTC", "2027-06-30 15:00:00 UTC"),
        ("start", "soon", "soon", "soon"),
        ("licensor", "train", "train", "train"),
    ],
)  # fmt: skip
def test_what_no_table_knows_is_shown_as_it_is(
    name: str, value: str, english: str, korean: str
) -> None:
    assert (worded(name, value, 0), worded(name, value, 1)) == (english, korean)
