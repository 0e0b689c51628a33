"""SubRip and WebVTT as they come: sloppy, broken, hostile."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.shots.transcripts import (
    MAX_BYTES,
    MAX_CUE_CHARACTERS,
    MAX_CUES,
    MAX_REPORTED,
    Cue,
    NotATranscript,
    parse,
)
from catalog.spoken import REASONS

SRT = """1
00:00:00,000 --> 00:00:02,400
(wind in the <i>meadow</i>)

2
00:00:02,400 --> 01:00:05,200
메밀꽃 필
무렵
"""
VTT = """WEBVTT - made by hand
Kind: captions

NOTE nobody
sees this

STYLE
::cue { color: red }

intro
00:01.500 --> 00:03.000 align:start position:10%
<v.loud Ada Lee>Hello &amp; welcome</v>

01:00:00.000 --> 01:00:01.000
<c.yellow>a</c> <00:00:01.000>b
"""


def test_subrip() -> None:
    found = parse(SRT.encode())
    assert found.cues == [
        Cue(0, 2400, "(wind in the meadow)"),
        Cue(2400, 3_605_200, "메밀꽃 필 무렵"),
    ]
    assert (found.left_out, found.reasons) == (0, [])


def test_webvtt() -> None:
    found = parse(VTT.encode())
    assert found.cues == [
        Cue(1500, 3000, "Hello & welcome", "Ada Lee"),
        Cue(3_600_000, 3_601_000, "a b"),
    ]
    assert found.left_out == 0


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp949"])
def test_line_ends_and_encodings(end: str, encoding: str) -> None:
    assert parse(SRT.replace("\n", end).encode(encoding)).cues == parse(SRT.encode()).cues


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("0:0:1,5 --> 0:0:2,25", (1500, 2250)),
        ("00:00:01.000-->00:00:02.000", (1000, 2000)),
        ("  00:00:01,000   -->   00:00:02,000  X1:100 X2:200", (1000, 2000)),
        ("47:59:59,999 --> 48:00:00,000", (172_799_999, 172_800_000)),
    ],
)
def test_times_as_people_write_them(line: str, expected: tuple[int, int]) -> None:
    [cue] = parse(f"1\n{line}\nx\n".encode()).cues
    assert (cue.start_ms, cue.end_ms) == expected


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ("00:00:02,000 --> 00:00:01,000\nx", "ends before"),
        ("00:00:02,000 --> 00:00:02,000\nx", "ends before"),
        ("00:61:02,000 --> 00:62:01,000\nx", "cannot be read"),
        ("00:00:02,000 --> later\nx", "cannot be read"),
        ("-1:00:02,000 --> 00:00:03,000\nx", "cannot be read"),
        ("٠٠:00:02,000 --> 00:00:03,000\nx", "cannot be read"),
        ("99:00:02,000 --> 99:00:03,000\nx", "48 hours"),
        ("00:00:02,000 --> 00:00:03,000", "no text"),
        ("00:00:02,000 --> 00:00:03,000\n<i></i> \u200b", "no text"),
        ("lost words", "no time"),
    ],
)
def test_a_bad_cue_is_left_out_and_reported(block: str, reason: str) -> None:
    found = parse(f"{SRT}\n\n{block}\n".encode())
    assert len(found.cues) == 2
    assert found.left_out == 1
    [(line, why)] = found.reasons
    assert line == 11
    assert reason in why
    assert why in REASONS  # told in the reader's language


def test_cues_come_by_time() -> None:
    text = "".join(f"00:00:0{n},000 --> 00:00:0{n},900\n{n}\n\n" for n in (3, 1, 2))
    assert [cue.text for cue in parse(text.encode()).cues] == ["1", "2", "3"]


def test_markup_never_comes_back() -> None:
    [cue] = parse(
        b"00:01.000 --> 00:02.000\n{\\an8}&lt;script&gt; <script>x</script> &amp;lt;b\n"
    ).cues
    # As text: pages escape it.
    assert cue.text == "<script> x &lt;b"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("a < b > c, so a <b and c> d", "a < b > c, so a <b and c> d"),
        ("I <3 you, x<y>z", "I <3 you, x<y>z"),
        ("- <김민수> 나 &nothing 몰라", "- <김민수> 나 &nothing 몰라"),
        ("one<br>two <I>three</I> <font color='#fff'>four</font>", "one two three four"),
        ("<c.yellow>a</c> <00:00:01.000>b <lang en>c", "a b c"),
    ],
)
def test_only_tags_are_markup(said: str, kept: str) -> None:
    [cue] = parse(f"00:01.000 --> 00:02.000\n{said}\n".encode()).cues
    assert cue.text == kept


def test_chinese_and_japanese_never_come_out_as_korean() -> None:
    words = "00:01.000 --> 00:02.000\n我们在这里见面，好吗\n".encode("gb2312")
    assert words.decode("cp949")  # it passes for Korean
    with pytest.raises(NotATranscript, match="save it as UTF-8"):
        parse(words, language="zh-Hans")


def test_nothing_turns_the_text_around() -> None:
    [cue] = parse("00:01.000 --> 00:02.000\nab\u202edc\u2066\x07\n".encode()).cues
    assert cue.text == "abdc"


@pytest.mark.parametrize(
    "content",
    [b"", b"WEBVTT\n", b"\x00\xff\x00\xff", b"\xff\xfea", b"{}", b"caf\xe9", b"\n" * 100, b"-->"],
)
def test_what_is_no_transcript_is_refused(content: bytes) -> None:
    with pytest.raises(NotATranscript):
        parse(content)


def test_limits() -> None:
    with pytest.raises(NotATranscript, match="32 MiB"):
        parse(bytes(MAX_BYTES + 1))
    many = b"00:01.000 --> 00:02.000\nx\n\n" * (MAX_CUES + 150)
    found = parse(many)
    assert (len(found.cues), found.left_out, len(found.reasons)) == (MAX_CUES, 150, MAX_REPORTED)
    [cue] = parse(b"00:01.000 --> 00:02.000\n" + b"x" * 100_000).cues
    assert len(cue.text) == MAX_CUE_CHARACTERS


@pytest.mark.parametrize(
    "unit", ["<", "<v ", "{\\", "&", "00:", "0", " ", "-->", "<v a>", "\u200b", "\n1\n"]
)
def test_no_text_takes_long(unit: str) -> None:
    start = time.process_time()
    with suppress(NotATranscript):
        parse(b"00:01.000 --> 00:02.000\n" + unit.encode() * (2**20 // len(unit.encode())))
    assert time.process_time() - start < 3


@given(
    st.binary(max_size=300) | st.text(alphabet="0:1,.-> \nWEBVT<v&;", max_size=300).map(str.encode)
)
def test_whatever_comes_in_is_answered(content: bytes) -> None:
    try:
        found = parse(content)
    except NotATranscript:
        return
    assert all(0 <= cue.start_ms < cue.end_ms and cue.text for cue in found.cues)
