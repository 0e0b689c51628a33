"""Lists of files that a request is drafted from."""

import io
import sys
from pathlib import Path

import pytest

from edgecode import Refused
from edgecode.shapes import Wanted
from edgecode.wanted import FILES_MAX, read_wanted

A, B = "7K3F2Q9D+001", "7K3F2Q9D+002"
PARTS: list[Wanted] = [{"asset": A, "ranges": [[0, 1000], [2000, 3000]]}, B]


def read(tmp_path: Path, text: str | bytes) -> list[Wanted]:
    path = tmp_path / "files"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_wanted(path)


@pytest.mark.parametrize(
    "text",
    [
        f"{A}\n\n# of the second reel\n{B}  # English\n{A}\n",
        f'asset,name\n{A},"The\u2028Host\nin two lines"\n{B},\n',
        f"\ufefftitle,asset\r\n7K3F2Q9D,{A}\r\n7K3F2Q9D,{B}\r\n",
        f'["{A}", "{B}"]',
        f'{{"asset": {{"code": "{A}"}}, "shot": null}}\n{{"asset": {{"code": "{B}"}}}}\n',
    ],
)
def test_files_are_named_in_many_forms(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == [A, B]


@pytest.mark.parametrize(
    "text",
    [
        f"asset,from_ms,to_ms\n{A},0,1000\n{A},2000,3000\n{B},,\n{B},5,6\n",
        f'[{{"asset": "{A}", "ranges": [[0, 1000], [2000, 3000]]}}, "{B}"]',
        f"""{{"asset": {{"code": "{A}"}}, "shot": {{"start_ms": 0, "end_ms": 1000}}}}
        {{"asset": {{"code": "{A}"}}, "line": {{"start_ms": 2000, "end_ms": 3000}}}}
        {{"asset": "{B}", "ranges": []}}""",
    ],
)
def test_parts_of_a_file_are_joined(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == PARTS


def test_a_list_is_read_from_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{A}\n".encode())))
    assert read_wanted(Path("-")) == [A]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names no file"),
        ("# nothing\n", "names no file"),
        ("asset,from_ms,to_ms\n,1,2\n", "line 2: names no file"),
        (f"asset,from_ms,to_ms\n{A},1,\n", "line 2: from_ms and to_ms"),
        (f"asset,from_ms,to_ms\n{A},-1,2\n", "line 2: from_ms and to_ms"),
        (f"asset,from_ms,to_ms\n{A},\u0661,2\n", "line 2: from_ms and to_ms"),
        ('{"asset": null, "title": {"code": "7K3F2Q9D"}}', "entry 1: names no file; search for"),
        ("[1]", "entry 1: names no file"),
        (f'[{{"asset": "{A}", "ranges": [[1]]}}]', "entry 1: a range is two numbers"),
        (f'[{{"asset": "{A}", "ranges": [[true, 1.5]]}}]', "entry 1: from_ms and to_ms"),
        ("{", "is no JSON"),
        (b"\xff\xfe", "is not UTF-8"),
        ("".join(f"A{n}\n" for n in range(FILES_MAX + 1)), "a request has 10000 at most"),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(
    tmp_path: Path, text: str | bytes, said: str
) -> None:
    with pytest.raises(Refused) as refused:
        read(tmp_path, text)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
