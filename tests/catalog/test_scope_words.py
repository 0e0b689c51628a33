"""What is wrong with a scope is said in whole sentences, in the reader's language."""

import ast
import re
from pathlib import Path

import pytest
from django.utils import translation

from accounts.errors import Invalid
from catalog import scope
from catalog.checks import check_territory, check_uses
from catalog.scope.errors import CaseError
from catalog.scope_words import sentence_of


def messages() -> set[str]:
    """Every message that the reader of scopes has, with something for what it names."""
    found = set()
    for path in Path(str(scope.__file__)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "CaseError":
                said = node.args[1]
                parts = said.values if isinstance(said, ast.JoinedStr) else [said]
                found.add("".join(str(getattr(part, "value", "")) if isinstance(part, ast.Constant)
                                  else "'7'" for part in parts))  # fmt: skip
    return found


def test_every_refusal_of_the_reader_is_a_sentence() -> None:
    assert len(messages()) > 20
    for message in messages():
        said = str(sentence_of(CaseError("$", message)))
        assert re.fullmatch(r"[A-Z“7].*[.]", said), message


@pytest.mark.parametrize(
    ("language", "use", "country"),
    [
        ("en", "“zzz” is no use that can be licensed.", "“ZZ” is no country or group of"),
        ("ko", "“zzz”은(는) 허락할 수 있는 이용이 아닙니다.", "“ZZ”"),
    ],
)
def test_a_use_and_a_country_that_are_none(language: str, use: str, country: str) -> None:
    with translation.override(language):
        for check, value, said in ((check_uses, ["zzz"], use), (check_territory, ["ZZ"], country)):
            with pytest.raises(Invalid) as refusal:
                check("field", value)  # type: ignore[arg-type]
            message = str(refusal.value.message)
            assert message.startswith(said)
            assert (re.search("[가-힣]", message) is not None) is (language == "ko")
