"""Korean particles after what is filled in: right whatever name, word or number stands there."""

import re
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

PO = Path("web/locale/ko/LC_MESSAGES/django.po")
# After a final consonant, and without one. Of ㄹ, which is like a vowel before 로, there is a case.
PAIRS = {
    "을": "를",
    "은": "는",
    "이": "가",
    "과": "와",
    "으로": "로",
    "이며": "며",
    "이므로": "므로",
}
PAIRS |= {"이라고": "라고", "이라는": "라는", "이지만": "지만", "이고": "고", "아": "야"}
BARE = "|".join(sorted({*PAIRS, *PAIRS.values()}, key=len, reverse=True))
FILLED = re.compile(rf"(%\((\w+)\)s)((?:</\w+>|[”’\"'])*)({BARE})(?=[\s.,:;!?]|$)")
NAMES = ["나문희", "고은", "서울", "Ada", "Lumen Lab", "7", "8", "EC 7K3F 2Q9D"]


def ends_in_consonant(name: str) -> bool | None:
    """Return whether a name ends in a final consonant; None where that is not to be seen, as of
    Latin letters and digits, which people read in more ways than one."""
    last = name[-1]
    return (ord(last) - 0xAC00) % 28 > 0 if "가" <= last <= "힣" else None


def is_right(name: str, particle: str) -> bool:
    closed = ends_in_consonant(name)
    if name[-1] == "울" and particle in {"으로", "로"}:
        return particle == "로"
    return closed is not None and particle in (PAIRS if closed else PAIRS.values())


def translations() -> list[str]:
    with PO.open("rb") as file:
        catalog = read_po(file, locale="ko")
    texts: list[str] = []
    for message in catalog:
        if message.id:
            texts += [message.string] if isinstance(message.string, str) else message.string
    return texts


@pytest.mark.parametrize("name", NAMES)
def test_no_text_has_a_particle_that_a_name_makes_wrong(name: str) -> None:
    wrong = [
        text
        for text in translations()
        for found in FILLED.finditer(text)
        if not is_right(name, found[4])
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("name", "particle", "right"),
    [
        ("나문희", "를", True),
        ("나문희", "을", False),
        ("고은", "을", True),
        ("서울", "로", True),
        ("서울", "으로", False),
        ("Ada", "를", False),
        ("7", "을", False),
    ],
)
def test_what_is_right_after_a_name(name: str, particle: str, right: bool) -> None:
    assert is_right(name, particle) is right


def test_a_bare_particle_would_be_found() -> None:
    (found,) = FILLED.finditer("%(name)s으로 로그인")
    assert found[4] == "으로"
    assert not FILLED.search("%(name)s(으)로 로그인")
