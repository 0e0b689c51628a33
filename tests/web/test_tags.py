"""The small markup of values and parts: exact text, exact machine value, nothing unescaped."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import translation

import web
from licensing.clearance import reasons as engine
from licensing.verdicts.discretion import NOT_AVAILABLE
from web import reasons, shapes, words

HASH = "5f2b8c0d9e417a36b1c4d8f07e2a95638bd1f4607c9e3a52d8160f4be97c3a1d"
SINCE = datetime(2027, 5, 3, 9, 30, 12, tzinfo=UTC)


def render(source: str, address: str = "/", **values: Any) -> str:
    request = RequestFactory().get(address)
    template = Template("{% load edgecode parts %}" + source)
    return template.render(Context({"request": request, **values})).strip()


def test_an_edge_code_is_printed_in_two_groups_and_may_be_a_link() -> None:
    shown = render("{% edge_code '7K3F2Q9P+041' %}")
    assert shown == (
        '<span class="edge-code"><span class="edge-code-mark">EC</span> 7K3F 2Q9P+041</span>'
    )
    assert '<a class="edge-code" href="/titles/7K3F2Q9P/">' in render(
        "{% edge_code '7K3F2Q9P' '/titles/7K3F2Q9P/' %}"
    )


@pytest.mark.parametrize("state", words.STATES)
def test_every_state_has_a_known_tone_and_a_word(state: str) -> None:
    tone, word = words.STATES[state]
    shown = render("{% state_badge state %}", state=state)
    assert tone in words.TONES
    assert f"state-{tone}" in shown
    assert "<svg" in shown
    assert f"{word}</span>" in shown


def test_no_two_tones_share_a_shape() -> None:
    assert len({shapes.svg(tone) for tone in words.TONES}) == len(words.TONES)


def test_an_unknown_state_shows_itself_in_neutral() -> None:
    assert render("{% state_badge 'on_hold' %}").endswith("on hold</span>")


def test_a_verdict_can_carry_its_counts() -> None:
    assert "Clear in part: 41 of 44" in render("{% verdict_badge 'PARTIAL' 41 44 %}")
    with translation.override("ko"):
        assert "일부 가능: 44건 중 41건" in render("{% verdict_badge 'PARTIAL' 41 44 %}")


def test_a_shortened_hash_still_holds_the_whole_one() -> None:
    shown = render("{% hash_short digest %}", digest=HASH)
    assert f'title="{HASH}"' in shown
    assert f'data-copy="{HASH}"' in shown
    assert 'aria-label="Copy SHA-256"' in shown


def test_a_time_carries_its_exact_utc() -> None:
    assert render("{% time when %}", when=SINCE) == (
        '<time datetime="2027-05-03T09:30:12Z" title="2027-05-03 09:30:12 UTC"'
        ' data-local="datetime">3 May 2027, 09:30 UTC</time>'
    )
    assert "not yet" in render("{% time None %}")


def test_the_proof_line_reads_as_one_sentence() -> None:
    source = "{% proof_line 48112 when '/log/48112/' 2 %}"
    assert (
        "In the public log since 3 May 2027, entry 48,112; witnessed by 2 organisations"
        in render(source, when=SINCE)
    )
    assert "witnessed" not in render("{% proof_line 48112 when '' 1 %}", when=SINCE)
    with translation.override("ko"):
        assert "2027년 5월 3일 공개 기록부 등재, 48,112번 기록; 2개 기관이 입회" in render(
            source, when=SINCE
        )
    assert "Not yet in the public log" in render("{% proof_line None None %}")
    # Of a thing without any entry.
    nothing = render("{% proof_line proof.index proof.since proof.href %}", proof=None)
    assert "Not yet in the public log" in nothing


def test_uses_and_attributes_have_plain_names() -> None:
    assert render("{% use_name uses %}", uses=["train.finetune", "evaluate"]) == (
        "fine-tuning and evaluation"
    )
    assert render("{% use_name 'train.*' %}") == "training"
    assert render("{% use_name 'motion' %}") == "motion"
    assert render("{% use_name 'motion' 'attribute' %}") == "movement"
    with translation.override("ko"):
        assert render("{% use_name 'customer_private' %}") == "고객 한 곳의 전용 모델"


def test_absent_values_say_so() -> None:
    assert "no price" in render("{% money None 'USD' %}")
    assert "not known" in render("{% bytes None %}")
    assert "not known" in render("{% duration_ms None %}")


def test_what_people_typed_is_escaped() -> None:
    evil = '<script>alert("x")</script>'
    for source in (
        "{% state_badge evil %}",
        "{% state_badge 'CLEAR' evil %}",
        "{% edge_code '7K3F2Q9P' evil %}",
        "{% hash_short evil %}",
        "{% territory evil %}",
        "{% use_name evil %}",
        "{% empty_state evil evil %}",
        "{% notice evil %}",
    ):
        assert "<script>" not in render(source, evil=evil)


def test_a_chip_sets_and_clears_its_filter_and_starts_the_list_anew() -> None:
    source = "{% chip 'state' 'BLOCKED' 'Blocked' 3 %}"
    assert 'href="?q=sea&amp;state=BLOCKED"' in render(source, "/?q=sea&cursor=abc")
    active = render(source, "/?q=sea&state=BLOCKED")
    assert 'href="?q=sea"' in active
    assert 'aria-current="true"' in active


def test_pagination_keeps_the_filters() -> None:
    shown = render("{% pagination 'n3xt' 'pr3v' 50 17472 %}", "/?state=CLEAR&cursor=now")
    assert 'rel="next" href="?state=CLEAR&amp;cursor=n3xt"' in shown
    assert 'rel="prev" href="?state=CLEAR&amp;cursor=pr3v"' in shown
    assert "17,472" in shown


def test_the_current_tab_is_the_pages_address() -> None:
    items = [{"label": "Overview", "href": "/t/"}, {"label": "Assets", "href": "/t/a/", "count": 4}]
    shown = render("{% tabs items %}", "/t/a/", items=items)
    assert '<a href="/t/a/" aria-current="page">Assets' in shown
    assert '<a href="/t/">Overview</a>' in shown


def test_every_reason_the_engine_can_give_has_its_line() -> None:
    assert set(reasons.REASONS) == {*engine.REASONS, NOT_AVAILABLE}
    assert render("{% reason 'CONTRACT_PROHIBITION' %}") == "A contract prohibits this use."


def test_every_kind_of_entry_has_its_line() -> None:
    # Read from the rooms' own files: other tests register kinds of their own in this process.
    rooms = sorted(Path(web.__file__).parents[1].glob("*/*kinds.py"))
    form = re.compile(r'^register\(\s*"([^"]+)",(?:\s*version=(\d+),)?', re.MULTILINE)
    written = [found for path in rooms for found in form.findall(path.read_text())]
    names = {f"{name}.v{version}" if version else name for name, version in written}
    assert set(reasons.EVENTS) == names
