"""The picture of how a file came to be: what it says, and that strangers' texts stay words."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.template.loader import render_to_string
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from catalog.objects import object_store
from ledger.sequencer import advance
from licensing.grants.issuing import revoke_grant
from provenance.credentials.signing import sign_pending
from provenance.models import Credential
from provenance.outputs.declaring import Source
from provenance.outputs.disputes import dispute_output
from provenance.verification.inspection import Inspection, Integrity, Trust
from provenance.verification.report import Report, Verdict, verify_file
from tests import factories
from tests.provenance.delivered import saved
from tests.provenance.strangers import signed_by_stranger
from tests.provenance.test_outputs import TEXT, delivered, made, picture, sent, signed
from web.origin import SHOWN_MOST, Step, origin_of
from web.origin_picture import WIDTH, draw, shown, wrapped
from web.verification_page import page_of

database = pytest.mark.django_db(transaction=True)
HOSTILE = "\u202e</text><script>alert(1)</script>" + "밤" * 300


def drawn(report: Report) -> str:
    page = page_of(report)
    context = {"origin": page.origin, "picture": page.picture}
    return render_to_string("web/verify/origin.html", context)


def report_of(verdict: Verdict, **raw: Any) -> Report:
    """A report on a file whose manifest says this of what it was made from."""
    manifests = {"urn:c2pa:a": {"ingredients": raw.pop("ingredients", [])}, **raw.pop("inner", {})}
    document = {"active_manifest": "urn:c2pa:a", "manifests": manifests, **raw}
    seen = Inspection(
        "0" * 64,
        1,
        Integrity.INTACT,
        Trust.NOBODY,
        manifest_id="urn:c2pa:a",
        said_in="urn:c2pa:a",
        raw=document,
    )
    return Report("name.mp4", verdict, (), seen)


@database
@pytest.mark.usefixtures("var_dir")
def test_a_delivered_file_shows_each_step_from_the_licensor_to_itself(tmp_path: Path) -> None:
    studio = factories.studio("Peach Pictures")
    asset = factories.offered_film(studio)
    grant = factories.grant(studio, factories.lab("Lumen Lab"), [asset])
    advance()
    sign_pending()
    credential = Credential.objects.get(granted_asset__grant=grant)
    file = saved(credential, tmp_path / "film.mp4")

    def steps() -> list[tuple[str, str, str]]:
        report = verify_file(file, filename="film.mp4", mime="video/mp4")
        origin = page_of(report).origin
        assert origin is not None
        return [(str(step.kind), str(step.name), step.tone) for step in origin.steps]

    code = f"EC {grant.code[:4]} {grant.code[4:]}"
    found = steps()
    assert [kind for kind, _name, _tone in found] == [
        *("Licensor", "Original file", "Licence", "Credential", "This file")
    ]
    assert found[0][1] == "Peach Pictures"
    assert asset.title is not None
    assert found[1][1:] == (asset.title.name, "clear")
    assert found[2][1:] == (code, "clear")
    assert found[4][1:] == ("film.mp4", "clear")
    revoke_grant(actor=studio, code=grant.code, ground="breach", reason="Broken.")
    assert [tone for _kind, _name, tone in steps()][2] == "blocked"


@database
def test_what_it_was_made_from_stands_with_what_that_is_worth() -> None:
    ingredients = [
        {"title": "plain.mov", "relationship": "componentOf"},
        {
            "title": "theirs.mov",
            "relationship": "parentOf",
            "active_manifest": "urn:c2pa:b",
            "label": "c2pa.ingredient.v3",
        },
        {"title": "broken.mov", "active_manifest": "urn:c2pa:c", "label": "c2pa.ingredient.v3__1"},
    ]
    inner = {"urn:c2pa:b": {"signature_info": {"common_name": "Umber"}, "ingredients": [
        {"title": "older.mov", "active_manifest": "urn:c2pa:a"}]}}  # fmt: skip
    delta = {
        "ingredientAssertionURI": "self#jumbf=/c2pa/urn:c2pa:a/c2pa.assertions/"
        "c2pa.ingredient.v3__1",
        "validationDeltas": {"failure": [{"code": "assertion.dataHash.mismatch"}]},
    }
    report = report_of(
        Verdict.STRANGER,
        ingredients=ingredients,
        inner=inner,
        validation_results={"ingredientDeltas": [delta]},
    )
    origin = origin_of(report, "review")
    assert origin is not None
    assert [(str(s.name), s.tone, s.depth) for s in origin.steps[:4]] == [
        ("plain.mov", "neutral", 1),
        ("older.mov", "review", 2),
        ("theirs.mov", "review", 1),
        ("broken.mov", "blocked", 1),
    ]
    assert "Umber" in str(origin.steps[2].detail)


@database
def test_of_very_many_the_first_are_drawn_and_the_others_counted() -> None:
    ingredients = [{"title": f"{number}.mov"} for number in range(10_000)]
    page = page_of(report_of(Verdict.STRANGER, ingredients=ingredients))
    assert page.origin is not None
    assert page.origin.left_out == 10_000 - SHOWN_MOST
    assert len(page.origin.steps) == SHOWN_MOST + 2


@database
@pytest.mark.parametrize("raw", [
    {"ingredients": "text"}, {"ingredients": [None, 1, "x", {"title": {"a": 1}}]},
    {"ingredients": [{"active_manifest": ["x"], "label": 5}]},
    {"validation_results": None}, {"inner": {"urn:c2pa:b": "text"}},
])  # fmt: skip
def test_a_manifest_of_another_form_is_no_error(raw: Any) -> None:
    assert "<svg" in drawn(report_of(Verdict.STRANGER, **raw))


@database
def test_a_circle_of_manifests_ends() -> None:
    inner = {f"urn:c2pa:{a}": {"ingredients": [{"title": a, "active_manifest": f"urn:c2pa:{b}"}]}
             for a, b in ("bc", "cb")}  # fmt: skip
    first = [{"title": "b", "active_manifest": "urn:c2pa:b"}]
    assert "<svg" in drawn(report_of(Verdict.STRANGER, ingredients=first, inner=inner))


@database
@pytest.mark.parametrize("language", ["en", "ko"])
def test_hostile_names_are_words_of_bounded_length(language: str) -> None:
    with translation.override(language):
        said = drawn(report_of(Verdict.STRANGER, ingredients=[{"title": HOSTILE}] * 3))
    assert "<script" not in said
    picture = said[said.index("<svg") : said.rindex("</svg>") + len("</svg>")]
    assert "\u202e" not in picture
    ElementTree.fromstring(picture)  # noqa: S314 - of our own making


@pytest.mark.parametrize("verdict", [Verdict.UNSIGNED, Verdict.UNREADABLE, Verdict.SIDECAR_MISSING])
def test_what_nothing_signed_tells_of_is_not_drawn(verdict: Verdict) -> None:
    assert origin_of(report_of(verdict), "neutral") is None


def test_an_altered_file_shows_that_the_credential_is_not_its_own() -> None:
    report = report_of(Verdict.ALTERED, ingredients=[{"title": "what it says"}])
    origin = origin_of(report, "blocked")
    assert origin is not None
    assert [str(step.kind) for step in origin.steps] == ["Credential", "This file"]
    assert str(origin.steps[1].how) == "does not belong to"


@given(st.text(max_size=400), st.integers(4, 44), st.integers(1, 3))
def test_every_line_fits(text: str, most: int, count: int) -> None:
    lines = wrapped(shown(text), most, count)
    assert len(lines) <= count
    for line in lines:
        assert sum(2 if ord(char) > 0x2E7F else 1 for char in line) <= 2 * most
        assert "\n" not in line


@given(st.lists(st.tuples(st.text(max_size=90), st.integers(0, 2)), max_size=9))
def test_boxes_stand_below_each_other_and_inside_the_picture(said: list[tuple[str, int]]) -> None:
    steps = [Step("Made from", name, name, "neutral", "used", depth) for name, depth in said]
    picture = draw([*steps, Step("This file", "film.mp4", "", "clear", "belongs to")])
    foot = 0
    for box in picture.boxes:
        assert box.y > foot
        assert box.x > 0
        assert box.x + box.width <= WIDTH
        foot = box.y + box.height
    assert foot < picture.height


@database
@pytest.mark.usefixtures("var_dir")
def test_what_a_licensee_made_shows_its_maker_and_what_it_was_made_with(tmp_path: Path) -> None:
    studio, lab = factories.studio("Peach Pictures"), factories.lab("Lumen Lab")
    grant = delivered(factories.grant(studio, lab, [factories.offered_words(studio)]))
    output = signed(made(lab, [Source(grant.code)]))
    file, sidecar = tmp_path / "night.txt", tmp_path / "night.c2pa"
    file.write_bytes(TEXT)
    sidecar.write_bytes(bytes(output.manifest))

    def steps() -> list[tuple[str, str, str, int]]:
        report = verify_file(file, filename="night.txt", mime="text/plain", sidecar=sidecar)
        assert "Lumen Lab" in drawn(report)
        origin = page_of(report).origin
        assert origin is not None
        return [(str(each.kind), str(each.name), each.tone, each.depth) for each in origin.steps]

    found = steps()
    assert [(kind, name, depth) for kind, name, _tone, depth in found[:3]] == [
        ("Maker", "Lumen Lab", 0),
        ("Made from", "words.srt", 1),
        ("Output", "Text", 0),
    ]
    assert [kind for kind, *_rest in found[3:]] == ["Credential", "This file"]
    assert (found[1][2], found[2][2]) == ("clear", "clear")
    revoke_grant(actor=studio, code=grant.code, ground="breach", reason="Broken.")
    assert steps()[1][2] == "blocked"


@database
@pytest.mark.usefixtures("var_dir")
def test_a_work_of_ours_that_went_into_another_is_known_and_told_of(tmp_path: Path) -> None:
    studio, lab = factories.studio(), factories.lab()
    grant = delivered(factories.grant(studio, lab, [factories.offered_words(studio)]))
    first = signed(made(lab, [Source(grant.code)], sha256=sent(lab, picture(tmp_path))))
    again, second = tmp_path / "again.png", tmp_path / "second.png"
    with object_store().local_copy(first.signed_key) as stored:
        again.write_bytes(stored.read_bytes())
    work = signed(made(lab, [Source(grant.code)], sha256=sent(lab, again)))
    with object_store().local_copy(work.signed_key) as stored:
        second.write_bytes(stored.read_bytes())

    def step(at: datetime | None = None) -> tuple[str, str]:
        report = verify_file(second, filename="second.png", mime="image/png", at=at)
        origin = page_of(report).origin
        assert origin is not None
        [found] = [each for each in origin.steps if each.code == first.code]
        return str(found.detail), found.tone

    spaced = f"EC {first.code[:4]} {first.code[4:]}"
    assert step() == (f"Declared to Edgecode as output {spaced}: within its terms", "clear")
    dispute_output(actor=studio, code=first.code, reason="It is our film.")
    assert step() == (f"Declared to Edgecode as output {spaced}: disputed", "blocked")
    told, tone = step(first.made_at - timedelta(days=1))
    assert (told.endswith(": not made or not licensed by then"), tone) == (True, "conditional")


@database
@pytest.mark.usefixtures("var_dir")
@pytest.mark.parametrize("singly", [25, 0], ids=["file", "data set"])
def test_of_a_time_that_has_passed_the_picture_shows_what_held_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, singly: int
) -> None:
    studio, lab = factories.studio(), factories.lab()
    grant = delivered(factories.grant(studio, lab, [factories.offered_words(studio)]))
    monkeypatch.setattr("provenance.outputs.signing.INGREDIENTS_MAX", singly)
    output = signed(made(lab, [Source(grant.code)], made_at=timezone.now()))
    file, sidecar = tmp_path / "night.txt", tmp_path / "night.c2pa"
    file.write_bytes(TEXT)
    sidecar.write_bytes(bytes(output.manifest))
    before = timezone.now()
    revoke_grant(actor=studio, code=grant.code, reason="Broken.")
    for at, verdict, tone in (
        (before, Verdict.MADE, "clear"),
        (None, Verdict.MADE_IN_DOUBT, "blocked"),
    ):
        report = verify_file(file, filename="night.txt", mime="text/plain", sidecar=sidecar, at=at)
        origin = page_of(report).origin
        assert origin is not None
        assert (report.verdict, origin.steps[1].tone) == (verdict, tone)


@database
@pytest.mark.usefixtures("var_dir")
def test_what_a_stranger_signed_and_nobody_changed_is_not_called_changed(tmp_path: Path) -> None:
    studio, lab = factories.studio(), factories.lab()
    grant = delivered(factories.grant(studio, lab, [factories.offered_words(studio)]))
    path = picture(tmp_path)
    path.write_bytes(signed_by_stranger("image/png", path.read_bytes()))
    sha256 = sent(lab, path)
    output = signed(made(lab, [Source(grant.code)], kind="still", sha256=sha256))
    file = tmp_path / "signed.png"
    with object_store().local_copy(output.signed_key) as stored:
        file.write_bytes(stored.read_bytes())
    report = verify_file(file, filename="signed.png", mime="image/png")
    origin = page_of(report).origin
    assert origin is not None
    told = {str(step.name): (str(step.detail), step.tone) for step in origin.steps}
    detail, tone = told["red.png"]
    assert (report.verdict, tone) == (Verdict.MADE, "review")
    assert detail.startswith("Signed by ")


@database
@pytest.mark.usefixtures("var_dir")
def test_a_data_set_is_drawn_as_one_with_its_grant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio, lab = factories.studio(), factories.lab()
    grant = delivered(factories.grant(studio, lab, [factories.offered_words(studio)]))
    monkeypatch.setattr("provenance.outputs.signing.INGREDIENTS_MAX", 0)
    output = signed(made(lab, [Source(grant.code)]))
    file, sidecar = tmp_path / "night.txt", tmp_path / "night.c2pa"
    file.write_bytes(TEXT)
    sidecar.write_bytes(bytes(output.manifest))
    report = verify_file(file, filename="night.txt", mime="text/plain", sidecar=sidecar)
    origin = page_of(report).origin
    assert origin is not None
    step = origin.steps[1]
    assert (str(step.name), step.tone, step.code, step.depth) == ("1 file", "clear", grant.code, 1)
    # Who is certified beside us may sign anything in the place of a code.
    said = json.dumps(report.inspection.raw)
    raw = json.loads(said.replace(f'"grant": "{grant.code}"', r'"grant": "A\u0000B"'))
    assert raw != report.inspection.raw
    other = page_of(replace(report, inspection=replace(report.inspection, raw=raw))).origin
    assert other is not None
    assert grant.code not in {step.code for step in other.steps}
