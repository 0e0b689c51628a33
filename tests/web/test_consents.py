"""A consent in a browser: drafted, checked, offered, signed by link, asked about and used."""

import csv
import io
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urljoin

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.access import Actor
from catalog.approvals import ask_approval
from catalog.authorities import record_authority
from catalog.consent_form import marks_of
from catalog.consent_form.words import term_lines
from catalog.consenting import draft_consent, offer_consent
from catalog.likenesses import register_likeness
from catalog.models import Approval, Consent, ConsentUse, Likeness
from catalog.performers import change_performer, register_performer
from catalog.signing import invite, sign_consent
from tests import factories
from tests.web.reading import words

pytestmark = pytest.mark.django_db

DRAFT: dict[str, Any] = {
    "uses": ["generate.likeness"],
    "attributes": ["face"],
    "territory": "KR, JP",
    "starts_at": "2026-01-01",
    "ends_at": "2029-01-01",
    "description": "그의 얼굴이 공모전의 단편 영화 다섯 편까지에서 세 장면에 등장한다.",
    "projects": "나야, 문희",
    "shown_in": ["film"],
    "stages": ["clip"],
    "hours": "48",
    "silence": "deny",
    "prohibited": ["political"],
}


def browser(actor: Actor) -> Client:
    assert actor.user is not None
    client = Client()
    client.force_login(actor.user)
    return client


@pytest.fixture
def agency() -> Actor:
    return factories.talent("문희 기획")


@pytest.fixture
def likeness(agency: Actor) -> Likeness:
    performer = register_performer(actor=agency, name="나문희")
    return register_likeness(
        actor=agency,
        performer_code=performer.code,
        attributes=["face", "voice"],
        description="Reference set",
    )


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_face_yes_and_voice_no_from_the_draft_to_the_signature(
    agency: Actor, likeness: Likeness
) -> None:
    client, of = browser(agency), likeness.performer.code
    likeness.performer.domicile = "US-CA"
    likeness.performer.save(update_fields=["domicile"])
    page = client.get(f"/performers/{of}/")
    assert "Nobody is recorded who may sign" in text(page)
    assert "<dd>United States, CA</dd>" in text(page)
    passport = SimpleUploadedFile("passport.pdf", factories.paper(), "application/pdf")
    made = client.post(
        f"/performers/{of}/authorities/new/",
        {"holder": "나문희", "basis": "self", "share": "1/1", "file": passport},
    )
    assert made.status_code == 303
    page = text(client.get(f"/performers/{of}/"))
    assert "no limit of time" in page
    paper = likeness.performer.authorities.get().evidence
    assert paper is not None
    assert f'<a href="/documents/{paper.code}/">passport.pdf</a>' in page
    assert "나문희" in text(client.get(f"/documents/{paper.code}/"))
    assert client.get(f"/documents/{paper.code}/file/").status_code == 302
    assert browser(factories.talent()).get(f"/documents/{paper.code}/").status_code == 404
    checked = client.post(f"/likenesses/{likeness.code}/drafts/new/", DRAFT | {"check": "1"})
    assert "Say whether the consent survives" not in text(checked)
    assert "as of" in text(checked)
    assert not Consent.objects.exists()
    client.post(f"/likenesses/{likeness.code}/drafts/new/", DRAFT)
    consent = Consent.objects.get()
    assert consent.terms["approvals"] == {"stages": ["clip"], "hours": 48, "silence": "deny"}
    address = f"/likenesses/{likeness.code}/consents/{consent.code}/"
    assert "Offer it for signature" in text(client.get(address))
    assert 'value="JP, KR"' in text(client.get(f"/consents/{consent.code}/draft/"))
    client.post(f"/consents/{consent.code}/offer/")
    client.post(f"/consents/{consent.code}/invite/")
    shown = text(client.get(address))
    (token,) = re.findall(r"/sign/([\w.-]+)/", shown)
    assert token not in text(client.get(address))
    stranger = Client(headers={"Accept-Language": "ko"})
    read = text(stranger.get(f"/sign/{token}/"))
    assert "나문희" in read
    assert stranger.get(f"/sign/{token}/form-ko.pdf").content.startswith(b"%PDF")
    sha256 = re.findall(r'name="form_sha256" value="(\w+)"', read)[0]
    unmarked = {"name": "나문희", "role": "본인", "form_sha256": sha256, "mark_uses": "on"}
    refused = stranger.post(f"/sign/{token}/", unmarked)
    assert refused.status_code == 422
    signed = stranger.post(f"/sign/{token}/", unmarked | {"mark_attributes": "on"})
    assert signed.status_code == 200
    consent.refresh_from_db()
    assert (consent.state, consent.attributes) == ("live", ["face"])
    assert consent.signatures.get().language == "ko"
    assert stranger.get(f"/sign/{token}/").status_code == 403
    assert Client().get("/sign/000000000000.x/").status_code == 404
    asked = "/authorised/?person=나문희&use=generate.likeness&attribute="
    assert "A consent in force allows this use" in text(Client().get(f"{asked}face"))
    no = text(Client().get(f"{asked}voice"))
    assert "No consent in force that is known here allows this use" in no
    # Of somebody who is not registered the page says the same.
    nobody = text(Client().get("/authorised/?person=x&use=dub"))
    assert "No consent in force that is known here allows this use" in nobody


def test_an_approval_is_asked_for_and_answered(agency: Actor, likeness: Likeness) -> None:
    lab = factories.lab()
    assert lab.organisation is not None
    consent = factories.consent(agency, likeness, grantee_code=lab.organisation.code)
    consent.terms = {"approvals": {"stages": ["clip"], "hours": 48, "silence": "deny"}}
    consent.save(update_fields=["terms"])
    maker, talent = browser(lab), browser(agency)
    assert "나문희" in text(maker.get("/approvals/new/"))
    wrong = maker.post(
        "/approvals/new/", {"consent_code": "AAAA2222", "stage": "clip", "description": "x"}
    )
    assert wrong.status_code == 422
    maker.post(
        "/approvals/new/",
        {"consent_code": f"EC {consent.code}", "stage": "clip", "description": "Scene two"},
    )
    approval = Approval.objects.get()
    assert "Approve" in text(talent.get("/approvals/"))
    assert 'approve/"' not in text(maker.get("/approvals/"))
    talent.post(f"/approvals/{approval.code}/refuse/", {"reason": "Not like this."})
    approval.refresh_from_db()
    assert approval.decision == "refused"
    decided = text(maker.get("/approvals/?state=decided"))
    assert "Not like this." in decided
    plain = " ".join(re.sub("<[^>]+>", " ", decided).split())
    assert "Waiting 0 Answered 1" in plain
    assert re.search('aria-current="true">Answered', decided)
    answered = text(talent.get(f"/performers/{likeness.performer.code}/approvals/"))
    assert "Not like this." in answered
    plain = re.sub("<[^>]+>", "", answered)
    assert "0 approved, 1 refused, 0 not answered yet." in plain


def test_a_consent_is_suspended_and_goes_on(agency: Actor, likeness: Likeness) -> None:
    consent = factories.consent(agency, likeness)
    client = browser(agency)
    address = f"/likenesses/{likeness.code}/consents/{consent.code}/"
    client.post(f"/consents/{consent.code}/suspend/", {"reason": "strike"})
    assert "End the suspension" in text(client.get(address))
    assert "Suspended" in text(client.get(f"/likenesses/{likeness.code}/consents/"))
    client.post(f"/consents/{consent.code}/resume/")
    assert "Suspend the consent" in text(client.get(address))


def test_pictures_of_a_likeness_are_for_its_owner_and_the_lab_a_consent_names(
    agency: Actor, likeness: Likeness
) -> None:
    lab, other = factories.lab(), factories.lab()
    assert lab.organisation is not None
    file = factories.words(agency, likeness)
    type(file).objects.filter(pk=file.pk).update(poster_key=file.object_key)
    factories.offer(agency, likeness, uses=["generate.likeness"])
    consent = factories.consent(agency, likeness, grantee_code=lab.organisation.code)
    poster = f"/assets/{file.code}/poster/"
    assert [browser(each).get(poster).status_code for each in (agency, lab, other)] == [
        200,
        200,
        404,
    ]
    browser(agency).post(f"/consents/{consent.code}/suspend/", {"reason": "strike"})
    assert browser(lab).get(poster).status_code == 404
    assert browser(lab).get(f"/api/v1/assets/{file.code}/poster").status_code == 404


def test_others_see_none_of_these_pages(agency: Actor, likeness: Likeness) -> None:
    consent = factories.consent(agency, likeness)
    stranger = browser(factories.talent())
    for address in (
        f"/performers/{likeness.performer.code}/",
        f"/performers/{likeness.performer.code}/uses/",
        f"/performers/{likeness.performer.code}/change/",
        f"/likenesses/{likeness.code}/drafts/new/",
        f"/consents/{consent.code}/draft/",
        f"/consents/{consent.code}/form-en.pdf",
    ):
        assert stranger.get(address).status_code == 404
    assert stranger.post(f"/consents/{consent.code}/suspend/").status_code == 404


def test_all_that_was_made_of_a_likeness_is_listed_to_the_last(
    agency: Actor, likeness: Likeness
) -> None:
    lab = factories.lab("=cmd|' /C calc'!A0")
    consent = factories.consent(agency, likeness)
    performer, talent = likeness.performer.code, browser(agency)
    empty = talent.get(f"/performers/{performer}/uses/")
    assert "No use is on record yet" in text(empty)
    assert lab.organisation is not None
    ConsentUse.objects.bulk_create(
        ConsentUse(
            code=f"A{number:07d}",
            consent=consent,
            user=lab.organisation,
            description=f"장면 {number}",
            url="https://example.com/watch",
            used_at=timezone.now(),
        )
        for number in range(120)
    )
    seen: list[str] = []
    address = f"/performers/{performer}/uses/"
    while address:
        page = talent.get(address).content.decode()
        seen += re.findall(r"장면 (\d+)", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = urljoin(address, following[1]) if following else ""
    assert [int(each) for each in seen] == list(range(119, -1, -1))
    file = talent.get(f"/performers/{performer}/uses.csv").getvalue()
    lines = list(csv.reader(io.StringIO(file.decode("utf-8-sig"))))
    assert len(lines) == 121
    # A name that a spreadsheet would run stands behind an apostrophe.
    assert lines[1][4].startswith("'=cmd")
    assert lines[1][-1].endswith(f"/likenesses/{likeness.code}/consents/{consent.code}/")
    strangers = browser(lab), browser(factories.talent())
    for other in ("uses/", "uses.csv", "approvals.csv", "money/", "money.csv"):
        for stranger in strangers:
            assert stranger.get(f"/performers/{performer}/{other}").status_code in {403, 404}


def test_the_money_of_a_likeness_stands_with_the_deal_it_came_from(agency: Actor) -> None:
    lab, likeness = factories.lab(), factories.likeness(agency)
    factories.consent(agency, likeness, uses=["train"])
    file = factories.words(agency, likeness)
    type(file).objects.filter(pk=file.pk).update(kind="audio")
    factories.offer(agency, likeness, uses=["train"])
    grant = factories.grant(agency, lab, [file])
    page = text(browser(agency).get(f"/performers/{likeness.performer.code}/money/"))
    plain = re.sub("<[^>]+>", "", page)
    assert f"/deals/{grant.deal.code}/" in page
    assert "1 of the deal’s 1 files show Kim Min" in plain
    rows = browser(agency).get(f"/performers/{likeness.performer.code}/money.csv")
    [_header, line] = csv.reader(io.StringIO(rows.getvalue().decode("utf-8-sig")))
    assert (line[2], line[3]) == ("100000", "USD")


def test_a_signature_on_paper_is_brought_in_at_the_page(agency: Actor, likeness: Likeness) -> None:
    me = record_authority(
        actor=agency, performer_code=likeness.performer.code, holder="나문희", basis="self"
    )
    scope = {name: DRAFT[name] for name in ("uses", "attributes", "description")}
    draft = draft_consent(
        actor=agency,
        likeness_code=likeness.code,
        starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        terms={"survives_death": False},
        **scope,
    )
    offer_consent(actor=agency, code=draft.code)
    address, client = f"/consents/{draft.code}/signatures/new/", browser(agency)
    assert "나문희" in text(client.get(address))
    said = {
        "authority_code": me.code,
        "name": "나문희",
        "role": "본인",
        "signed_on": timezone.now().date().isoformat(),
        "language": "ko",
    }
    nothing = client.post(address, said)
    assert nothing.status_code == 422
    noise = SimpleUploadedFile("signed.pdf", b"not a pdf")
    assert client.post(address, said | {"file": noise}).status_code == 422
    assert browser(factories.talent()).get(address).status_code == 404
    content = factories.paper()
    scan = SimpleUploadedFile("서명.pdf", content)
    signed = client.post(address, said | {"file": scan})
    page = text(client.get(signed.headers["Location"]))
    assert "Consent given" in page
    assert "서명.pdf" in page
    kept = client.get(f"/consents/{draft.code}/signatures/{me.code}/")
    assert kept.getvalue() == content
    assert browser(factories.talent()).get(
        f"/consents/{draft.code}/signatures/{me.code}/"
    ).status_code == 404  # fmt: skip


def test_days_of_notice_are_drafted_kept_and_waited_for(agency: Actor, likeness: Likeness) -> None:
    client = browser(agency)
    client.post(f"/likenesses/{likeness.code}/drafts/new/", DRAFT | {"notice_days": "30"})
    draft = Consent.objects.get()
    assert draft.terms["revocable"] == {"when": "any_time", "notice_days": 30}
    assert 'name="notice_days" value="30"' in text(client.get(f"/consents/{draft.code}/draft/"))
    Consent.objects.update(state="live")
    address = f"/likenesses/{likeness.code}/consents/{draft.code}/"
    page = text(client.get(address))
    assert "Give notice" in page
    # Two forms ask for a reason: each label leads to its own field.
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    client.post(address, {"confirm": "나문희", "reason": "Another film"})
    page = re.sub("<[^>]+>", "", text(client.get(address)))
    assert "Until then it stands." in page
    assert "Another film" in page
    assert "Give notice" not in page
    assert "ends on" in text(client.get(f"/likenesses/{likeness.code}/consents/"))
    assert "Withdraw the consent" not in page
    # A law that reaches it ends it sooner, also while notice runs.
    Consent.objects.update(terms=draft.terms | {"law": "EU"})
    assert "Withdraw the consent" in text(client.get(address))
    client.post(address, {"confirm": "나문희", "ground": "law:eu_personal_data"})
    draft.refresh_from_db()
    assert draft.withdrawn_at is not None
    assert draft.withdrawn_at <= timezone.now()
    with time_machine.travel(timezone.now() + timedelta(days=31)):
        page = text(browser(agency).get(address))
    assert "Until then it stands." not in page
    assert "Withdrawn" in page


def as_sent(form: Any) -> dict[str, Any]:
    """Return what a browser sends of a form that nobody touched."""
    shown = {bound.html_name: bound.value() for bound in form}
    days = {name: each.date() for name, each in shown.items() if isinstance(each, datetime)}
    return {name: each for name, each in (shown | days).items() if each not in (None, False, "")}


def test_an_edit_loses_nothing_that_the_form_does_not_show(
    agency: Actor, likeness: Likeness
) -> None:
    told = {
        "uses": ["ALL"],
        "attributes": ["face"],
        "territory": {"include": ["EU"], "as_of": "dynamic"},
        "starts_at": datetime(2026, 1, 1, 15, 30, tzinfo=UTC),
        "ends_at": datetime(2029, 1, 1, 9, tzinfo=UTC),
        "terms": {
            "projects": ["나야, 문희"],
            "languages": ["ko", "en"],
            "ages": [20, 45],
            "compensation": {
                "scan_day": {"amount": "900", "currency": "USD", "per": "flat"},
                "per_use": {"amount": "250", "currency": "USD", "per": "hour"},
                "days_equivalent": 2,
                "revenue_share": "1/20",
                "residuals": "as SAG-AFTRA says",
                "pension_health": False,
            },
            "strike_suspends": False,
            "in_lieu_of_in_person_work": False,
            "scan_notice_hours": 48,
            "security": {
                "at_rest": "encrypted_own_keys",
                "who": ["문희 기획"],
                "deletion_due": "2030-01-01T09:00:00Z",
            },
        },
    }
    draft = draft_consent(
        actor=agency, likeness_code=likeness.code, description="First words.", **told
    )
    client, address = browser(agency), f"/consents/{draft.code}/draft/"
    page = client.get(address)
    shown = text(client.get(f"/likenesses/{likeness.code}/consents/{draft.code}/"))
    assert "for a day of scanning: USD 900; for each use: USD 250 an hour; stands for" in shown
    sent = as_sent(page.context["form"]) | {"description": "Other words."}
    assert client.post(address, sent).status_code == 303
    after = Consent.objects.get()
    assert after.description == "Other words."
    known = {name: getattr(draft, name) for name in told}
    assert {name: getattr(after, name) for name in told} == known
    # What a field shows is changed by it, and one age alone is none.
    changed = {
        "oldest": "50",
        "languages": "ko",
        "per_use": "USD 300",
        "deletion_due": "2031-02-03",
    }
    client.post(address, sent | changed)
    terms = Consent.objects.get().terms
    assert (terms["ages"], terms["languages"]) == ([20, 50], ["ko"])
    assert terms["compensation"]["per_use"]["amount"] == "300"
    assert terms["compensation"]["residuals"] == "as SAG-AFTRA says"
    assert terms["security"]["deletion_due"] == "2031-02-03"
    assert client.post(address, sent | {"youngest": ""}).status_code == 422


def test_a_form_with_one_of_two_signatures_is_closed_at_the_page(agency: Actor) -> None:
    performer = register_performer(
        actor=agency, name="고은수", deceased_on=date(2020, 1, 1), heirs_rule="all"
    )
    of = register_likeness(
        actor=agency, performer_code=performer.code, attributes=["face"], description="Stills"
    )
    for holder in ("고맏이", "고둘째"):
        record_authority(
            actor=agency, performer_code=performer.code, holder=holder, basis="heir", share="1/2"
        )
    given = {name: DRAFT[name] for name in ("uses", "attributes", "description")}
    draft = draft_consent(
        actor=agency,
        likeness_code=of.code,
        starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        terms={"survives_death": True},
        **given,
    )
    consent = offer_consent(actor=agency, code=draft.code)
    first, unsigned = invite(actor=agency, code=consent.code)
    sign_consent(
        token=str(first.token),
        name="고맏이",
        role="자녀",
        marks=marks_of(consent),
        language="ko",
        form_sha256=consent.forms["ko"]["sha256"],
    )
    client, address = browser(agency), f"/likenesses/{of.code}/consents/{consent.code}/"
    page = text(client.get(address))
    assert "Take the offer back" not in page
    # By another rule than the form names it cannot be signed: that is said before anyone tries.
    change_performer(actor=agency, code=performer.code, heirs_rule="majority")
    changed = text(client.get(address))
    assert "The form says that every heir must sign; since" in changed
    assert all(each not in changed for each in ("Send the links", "Has not signed"))
    second = Client().get(f"/sign/{unsigned.token}/")
    assert (second.status_code, "Ask " in text(second)) == (403, True)
    change_performer(actor=agency, code=performer.code, heirs_rule="all")
    assert 'Close: <span class="number">1</span> signature loses its effect' in page
    answer = client.post(
        f"/consents/{consent.code}/close/", {"reason": "둘째가 해외에 있다."}, follow=True
    )
    said = re.sub("<[^>]+>", "", text(answer))
    assert "No letter could be sent; tell them yourself: 고맏이." in said
    assert "No signature of it has any effect." in said
    assert "둘째가 해외에 있다." in said
    anew = client.get(f"/likenesses/{of.code}/drafts/new/?like={consent.code}")
    assert anew.context["form"]["description"].value() == DRAFT["description"]
    signer = text(Client().get(f"/sign/{first.token}/"))
    assert "Your signature has no effect" in signer


def test_who_signs_for_the_dead_reads_by_which_rule_and_who_has_signed_is_shown(
    agency: Actor,
) -> None:
    performer = register_performer(
        actor=agency, name="고은수", deceased_on=date(2020, 1, 1), heirs_rule="majority"
    )
    of = register_likeness(
        actor=agency, performer_code=performer.code, attributes=["face"], description="Stills"
    )
    for holder, share in (("고맏이", "3/5"), ("고둘째", "2/5")):
        record_authority(
            actor=agency, performer_code=performer.code, holder=holder, basis="heir", share=share
        )
    client = browser(agency)
    page = text(client.get(f"/performers/{performer.code}/"))
    assert page.count('<td data-label="Now">may sign ') == 2
    scope = {name: DRAFT[name] for name in ("uses", "attributes", "description")}
    draft = draft_consent(
        actor=agency,
        likeness_code=of.code,
        starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        terms={
            "approvals": {"stages": ["clip"], "hours": 48, "silence": "deny"},
            "revocable": {"when": "any_time", "notice_days": 30},
            "law": "EU",
        },
        **scope,
    )
    consent = offer_consent(actor=agency, code=draft.code)
    sent = {each.authority.holder: each.token for each in invite(actor=agency, code=consent.code)}
    read = re.sub("<[^>]+>", "", text(Client().get(f"/sign/{sent['고맏이']}/")))
    for said in (
        "died on 2020-01-01",
        "Heirs who hold more than half of the estate must sign.",
        "share 3/5",
        "time to answer: 48 hours",
        "time of notice: 30 days",
        "European Union",
    ):
        assert said in read
    address = f"/likenesses/{of.code}/consents/{consent.code}/"
    assert text(client.get(address)).count("Has not signed") == 2
    sign_consent(
        token=str(sent["고맏이"]),
        name="고맏이",
        role="heir",
        marks=marks_of(consent),
        language="en",
        form_sha256=consent.forms["en"]["sha256"],
    )
    page = re.sub("<[^>]+>", " ", text(client.get(address)))
    assert re.search(r"Signed\s+고맏이", page)
    assert re.search(r"Has not signed\s+고둘째", page)
    unused = Client().get(f"/sign/{sent['고둘째']}/")
    assert (unused.status_code, "in force by majority" in text(unused)) == (403, True)


def test_the_law_of_california_is_not_called_by_a_code_that_is_canada() -> None:
    assert term_lines({"law": "CA"}) == [["Governing law", "California (United States)"]]


def test_the_nearest_deadline_comes_first_and_what_was_approved_is_recorded_as_used(
    agency: Actor, likeness: Likeness
) -> None:
    lab = factories.lab()
    assert lab.organisation is not None
    consent = factories.consent(
        agency,
        likeness,
        grantee_code=lab.organisation.code,
        max_outputs=3,
        terms={"approvals": {"stages": ["clip"], "hours": 48, "silence": "allow"}},
    )
    factories.consent(agency, likeness, grantee_code=lab.organisation.code, description="Other")
    urgent = ask_approval(actor=lab, consent_code=consent.code, stage="clip", description="One")
    Consent.objects.filter(pk=consent.pk).update(
        terms={"approvals": {"stages": ["clip"], "hours": 96, "silence": "allow"}}
    )
    later = ask_approval(actor=lab, consent_code=consent.code, stage="clip", description="Two")
    maker, talent = browser(lab), browser(agency)
    inbox = talent.get("/approvals/")
    assert [each.code for each in inbox.context["page"].rows] == [urgent.code, later.code]
    assert f"/consents/{consent.code}/" in text(inbox)
    talent.post(f"/approvals/{urgent.code}/approve/")
    talent.post(f"/approvals/{later.code}/refuse/")
    decided = maker.get("/approvals/?state=decided")
    assert [each.code for each in decided.context["page"].rows] == [later.code, urgent.code]
    (address,) = re.findall(r'href="(/approvals/uses/new/[^"]+)"', text(decided))
    begun = text(maker.get(address.replace("&amp;", "&")))
    assert f'value="{consent.code}"' in begun
    assert f'value="{urgent.code}"' in begun
    found = maker.get("/approvals/uses/new/?q=나문희 other")
    assert [each.description for each in found.context["consents"].rows] == ["Other"]
    use = {"consent": f"EC {consent.code}", "approval": urgent.code, "description": "Scene two"}
    refused = maker.post("/approvals/uses/new/", use | {"outputs": "4"})
    assert "Of 3 outputs 3 are left; this use needs 4." in text(refused)
    assert maker.post("/approvals/uses/new/", use | {"outputs": "2"}).status_code == 303
    assert ConsentUse.objects.get().outputs == 2
    for reader in (maker, browser(factories.member(lab))):
        assert "2 of 3 used" in words(reader.get("/approvals/uses/"))
    viewer = browser(factories.member(lab))
    assert viewer.get("/approvals/uses/new/").status_code == 403
    assert "Record a use" not in text(viewer.get("/approvals/uses/"))


def test_consents_that_name_a_lab_are_found_by_words_and_turned_like_pages(
    agency: Actor, likeness: Likeness
) -> None:
    lab = factories.lab()
    assert lab.organisation is not None
    for number in range(22):
        factories.consent(
            agency, likeness, grantee_code=lab.organisation.code, description=f"Scene {number}"
        )
    factories.consent(agency, likeness)  # names nobody: the agreement does
    maker, seen, address = browser(lab), [], "/approvals/new/"
    while address:
        shown = maker.get(address).context["consents"]
        seen += [each.description for each in shown.rows]
        address = f"/approvals/new/?cursor={shown.next}" if shown.next else ""
    assert sorted(seen) == sorted(f"Scene {number}" for number in range(22))
    assert "No consent fits." in text(maker.get("/approvals/new/?q=nobody"))


def test_a_strike_suspends_the_consents_that_say_so_and_ends_at_the_page(agency: Actor) -> None:
    of = factories.likeness(agency)
    client = browser(agency)
    assert "No consent rests for a strike" in text(client.get("/likenesses/strike/"))
    change_performer(actor=agency, code=of.performer.code, guilds=["SAG-AFTRA"])
    consent = factories.consent(agency, of, terms={"strike_suspends": True})
    factories.consent(agency, of)
    assert "Suspend 1 consent" in words(client.get("/likenesses/strike/"))
    client.post("/likenesses/strike/", {"guild": "sag-aftra", "note": "Since noon"})
    rest = consent.suspensions.get()
    assert (rest.reason, rest.note, rest.ended_at) == ("strike", "Since noon", None)
    page = words(client.get("/likenesses/strike/"))
    assert "The strike is over: 1 consent goes on" in page
    assert "Suspend 1 consent" not in page
    viewer = browser(factories.member(agency))
    assert "Suspended for a strike: 1." in words(viewer.get("/likenesses/strike/"))
    ended = {"guild": "SAG-AFTRA", "end": "1"}
    assert viewer.post("/likenesses/strike/", ended).status_code == 403
    client.post("/likenesses/strike/", ended)
    rest.refresh_from_db()
    assert rest.ended_at is not None


def test_a_consent_signed_on_paper_is_recorded_with_its_terms_and_what_speaks_against_it(
    agency: Actor, likeness: Likeness
) -> None:
    client, address = browser(agency), f"/likenesses/{likeness.code}/consents/new/"
    vague = DRAFT | {"description": "All purposes.", "law": "CA", "check": "1"}
    assert "as of" in text(client.post(address, vague))
    assert not Consent.objects.exists()
    made = client.post(address, DRAFT)
    consent = Consent.objects.get()
    assert made.headers["Location"] == f"/likenesses/{likeness.code}/consents/{consent.code}/"
    assert consent.state == "live"
    assert consent.terms["approvals"] == {"stages": ["clip"], "hours": 48, "silence": "deny"}


def test_ending_an_authority_says_what_it_ends_and_is_typed_to_confirm(agency: Actor) -> None:
    of = factories.likeness(agency)
    client, code = browser(agency), of.performer.code
    authority = record_authority(actor=agency, performer_code=code, holder="Kim Min", basis="self")
    draft = draft_consent(
        actor=agency,
        likeness_code=of.code,
        uses=["dub"],
        attributes=["voice"],
        starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        description="She speaks the Korean lines of one film.",
    )
    Consent.objects.filter(pk=draft.pk).update(
        state="offered", asked={"standing": "adult", "rule": "all", "authorities": [authority.code]}
    )
    address = f"/performers/{code}/authorities/{authority.code}/end/"
    assert address in text(client.get(f"/performers/{code}/"))
    page = words(client.get(address))
    assert "1 form that waits for signatures names this authority" in page
    assert client.post(address, {"confirm": "Kim"}).status_code == 422
    authority.refresh_from_db()
    assert authority.ended_at is None
    other = browser(factories.talent())
    assert other.post(address, {"confirm": "Kim Min"}).status_code == 404
    assert client.post(address, {"confirm": "Kim Min"}).status_code == 303
    authority.refresh_from_db()
    assert authority.ended_at is not None


def test_a_performer_with_many_likenesses_and_namesakes_is_read_in_pages(agency: Actor) -> None:
    person = register_performer(actor=agency, name="Kim Min", born=date(2020, 5, 3))
    Likeness.objects.bulk_create(
        Likeness(
            code=f"L{number:07}", performer=person, attributes=["face"], description=f"Set {number}"
        )
        for number in range(45)
    )
    other = register_performer(actor=agency, name="KIM  MIN")
    client, seen, address = browser(agency), [], f"/performers/{person.code}/"
    shown = client.get(address)
    first = words(shown)
    assert "You represent others of this name." in first
    assert f"/performers/{other.code}/" in text(shown)
    assert "of age on 3 May 2038" in first
    while address:
        shown = client.get(address).context["likenesses"]
        seen += [each.description for each in shown.rows]
        address = f"/performers/{person.code}/{shown.next}" if shown.next else ""
    assert seen == [f"Set {number}" for number in range(45)]
    change_performer(actor=agency, code=other.code, name="Kim Min")
    listed = text(client.get("/likenesses/"))
    assert listed.count("3 May 2020") >= 1


def test_only_consents_in_force_are_counted_as_such(agency: Actor, likeness: Likeness) -> None:
    factories.consent(agency, likeness)
    suspended = factories.consent(agency, likeness)
    over = factories.consent(agency, likeness)
    upcoming = factories.consent(agency, likeness, starts_at=datetime(2030, 1, 1, tzinfo=UTC))
    Consent.objects.filter(pk=over.pk).update(ends_at=timezone.now() - timedelta(days=1))
    client = browser(agency)
    client.post(f"/consents/{suspended.code}/suspend/", {"reason": "breach"})
    (performer,) = client.get("/likenesses/").context["page"].rows
    assert [each.live_consents for each in performer.likenesses.all()] == [1]
    address = f"/likenesses/{likeness.code}/consents/{upcoming.code}/"
    assert "Not yet in force" in text(client.get(address))
