"""Performers, estates and minors over HTTP: who signs, what then may be made, and what ends it."""

import shutil
import subprocess
from datetime import UTC, date, datetime, timedelta

import pytest
import requests
import time_machine
from django.utils import timezone

from demo.calls import Caller
from demo.site import SiteError
from tests import factories
from tests.journeys.conftest import Place
from tests.journeys.likenesses import (
    DRAFT,
    Signer,
    entries,
    links,
    live,
    offered,
    reference_film,
    represented,
    speaks,
    state,
)
from tests.journeys.scenes import deliveries, granted, offer, submitted

pytestmark = pytest.mark.django_db(transaction=True)

HEIRS = (("Her eldest son", "1/3"), ("Her daughter", "1/3"), ("Her youngest son", "1/3"))


def joined(place: Place) -> tuple[Caller, Caller]:
    return place.join("talent", "Seoul Talents"), place.join("lab", "Lumen Lab")


def estate(agency: Caller, rule: str) -> str:
    """Return the likeness of somebody who died and left three heirs."""
    performer, likeness = represented(agency, deceased_on="2024-05-01", heirs_rule=rule)
    for holder, share in HEIRS:
        speaks(agency, performer, holder, "heir", share=share)
    return likeness


def use(lab: Caller, consent: str, **more: object) -> object:
    given = {"description": "A short scene"} | more
    return lab.post(f"consents/{consent}/uses/", **given)


def test_two_of_three_heirs_are_a_majority(place: Place) -> None:
    agency, lab = joined(place)
    consent = offered(agency, estate(agency, "majority"))
    heirs = links(agency, consent)
    assert heirs.keys() == {holder for holder, _share in HEIRS}
    assert "waits for the others" in heirs["Her daughter"].sign("Daughter Na").text
    assert state(agency, consent) == "offered"
    with pytest.raises(SiteError, match="hold no consent"):
        use(lab, consent)
    assert heirs["Her eldest son"].decline("Not this film.").ok
    assert state(agency, consent) == "offered"
    assert "in force now" in heirs["Her youngest son"].sign("Youngest Na").text
    assert state(agency, consent) == "live"
    use(lab, consent)
    assert entries(place, f"consent_form:{consent}") == [
        "consent.offered",
        "consent.signed",
        "consent.declined",
        "consent.signed",
        "consent.completed",
    ]


def test_where_all_heirs_must_sign_one_no_ends_it(place: Place) -> None:
    agency, lab = joined(place)
    consent = offered(agency, estate(agency, "all"))
    heirs = links(agency, consent)
    heirs["Her daughter"].sign()
    heirs["Her eldest son"].sign()
    heirs["Her youngest son"].decline("Mother would not have wanted it.")
    assert state(agency, consent) == "declined"
    with pytest.raises(SiteError, match="declined; draft a new one"):
        agency.post(f"consents/{consent}/invite/")
    with pytest.raises(SiteError, match="hold no consent"):
        use(lab, consent)


def test_a_guardian_signs_for_a_child_and_not_for_the_adult(place: Place) -> None:
    agency, lab = joined(place)
    born = date(timezone.now().year - 16, 6, 1)
    performer, likeness = represented(agency, "김아역", born=born.isoformat())
    with pytest.raises(SiteError, match="a guardian signs"):
        speaks(agency, performer, "The child", "self")
    speaks(agency, performer, "Her mother", "guardian")
    with pytest.raises(SiteError, match="name the court"):
        offered(agency, likeness)
    terms = DRAFT["terms"] | {"court_approval": "Seoul Family Court, 2026 느단 1234"}
    of_age = datetime(born.year + 18, 6, 1, tzinfo=UTC)
    with pytest.raises(SiteError, match="a guardian cannot sign for that time"):
        offered(agency, likeness, terms=terms, starts_at=of_age.isoformat())

    consent = offered(agency, likeness, terms=terms)
    findings = {
        each["code"]: each for each in agency.get(f"consents/{consent}/findings/")["findings"]
    }
    assert findings["MINOR_TERM"]["until"] <= of_age.date().isoformat()
    assert findings["MINOR_EARNINGS"]["level"] == "advice"
    links(agency, consent)["Her mother"].sign("Her mother")
    told = agency.get(f"consents/{consent}/")
    assert (told["state"], told["stops_at"]) == ("live", of_age.strftime("%Y-%m-%dT%H:%M:%SZ"))
    use(lab, consent)

    # Licensed up to majority, and not a second longer.
    asset = reference_film(agency, likeness)
    offer(agency, likeness)
    [item] = lab.get(f"requests/{submitted(lab, [asset])}/")["items"]
    assert item["verdict"] == "PARTIAL"
    [item] = lab.get(f"requests/{submitted(lab, [asset], ends_at=told['stops_at'])}/")["items"]
    assert item["verdict"] == "CLEAR"

    assert entries(place, f"consent:{consent}")[0] == "consent.recorded"
    with time_machine.travel(of_age, tick=False):
        with pytest.raises(SiteError, match="hold no consent"):
            use(lab, consent)
        with pytest.raises(SiteError, match="neither guardian nor heir signs"):
            speaks(agency, performer, "Her father", "guardian")
        assert agency.get(f"consents/{consent}/")["state"] == "live"


def test_a_korean_performer_reads_and_signs_in_korean(place: Place) -> None:
    agency, _lab = joined(place)
    performer, likeness = represented(agency)
    speaks(agency, performer, "나문희")
    consent = offered(agency, likeness)
    [signer] = links(agency, consent, "ko").values()
    page = signer.read()
    assert page.headers["Content-Language"] == "ko"
    for said in ("나문희", "얼굴", "음성", "서명"):
        assert said in page.text
    before = signer.pdf("ko")
    assert (before.headers["Content-Type"], before.content[:5]) == ("application/pdf", b"%PDF-")
    signed = signer.sign("나문희", role="본인")
    assert "동의" in signed.text
    # The link has done its work; the form stays readable by it.
    assert signer.read().status_code == 403
    after = signer.pdf("ko")
    assert after.content == before.content
    [signature] = agency.get(f"consents/{consent}/")["signatures"]
    assert (signature["name"], signature["role"], signature["language"]) == ("나문희", "본인", "ko")
    assert agency.raw(f"consents/{consent}/form.pdf?language=ko") == after.content
    if shutil.which("pdftotext"):  # continuous integration has it
        found = subprocess.run(
            ["pdftotext", "-", "-"], input=after.content, capture_output=True, check=True
        )
        text = found.stdout.decode()
        assert "나문희" in text
        assert "얼굴" in text


def test_a_strike_stops_deliveries_and_its_end_lets_them_go_on(place: Place) -> None:
    agency, lab = joined(place)
    performer, likeness = represented(agency, guilds=["SAG-AFTRA"])
    speaks(agency, performer, "나문희")
    consent = live(agency, likeness, terms=DRAFT["terms"] | {"strike_suspends": True})
    asset = reference_film(agency, likeness)
    offer(agency, likeness)
    grant = granted(place, agency, lab, [asset], uses=["train.finetune"])
    [opened] = deliveries(lab, grant)
    assert lab.status_of(opened["file_url"]) == 200

    agency.post(f"consents/{consent}/suspend/", reason="strike", note="Since midnight")
    assert state(agency, consent) == "suspended"
    assert lab.status_of(opened["file_url"]) == 403
    with pytest.raises(SiteError, match="Its consent is suspended: it is not delivered"):
        deliveries(lab, grant)
    with pytest.raises(SiteError, match="hold no consent"):
        use(lab, consent)
    [item] = lab.get(f"requests/{submitted(lab, [asset])}/")["items"]
    assert item["verdict"] == "BLOCKED"

    agency.post(f"consents/{consent}/resume/")
    assert lab.status_of(opened["file_url"]) == 200
    assert len(deliveries(lab, grant)) == 1
    use(lab, consent)
    assert entries(place, f"consent:{consent}") == [
        "consent.recorded",
        "consent.suspended",
        "consent.resumed",
    ]


def test_notice_runs_out_and_deliveries_stop_with_it(place: Place) -> None:
    agency, lab = joined(place)
    performer, likeness = represented(agency)
    speaks(agency, performer, "나문희")
    terms = DRAFT["terms"] | {"revocable": {"when": "any_time", "notice_days": 30}}
    consent = live(agency, likeness, terms=terms)
    asset = reference_film(agency, likeness)
    offer(agency, likeness)
    grant = granted(place, agency, lab, [asset], uses=["train.finetune"])

    told = agency.post(f"consents/{consent}/withdraw/", reason="Another film")
    ends = datetime.fromisoformat(told["withdrawn_at"])
    assert ends - datetime.fromisoformat(told["notice_at"]) > timedelta(days=29, hours=23)
    assert len(deliveries(lab, grant)) == 1
    # What is asked for from now on is cleared up to the end of the notice.
    [item] = lab.get(f"requests/{submitted(lab, [asset])}/")["items"]
    assert item["verdict"] == "PARTIAL"
    assert "REVOKED_PROSPECTIVE" in [reason["code"] for reason in item["reasons"]]

    with time_machine.travel(ends + timedelta(seconds=1)):
        with pytest.raises(SiteError, match="Its licence ended with a consent"):
            deliveries(lab, grant)
        with pytest.raises(SiteError, match="hold no consent"):
            use(lab, consent)
        assert entries(place, f"consent:{consent}") == [
            "consent.recorded",
            "consent.notice_given",
            "consent.withdrawn",
        ]


def test_the_agreed_number_is_used_up_and_then_no_more(place: Place) -> None:
    agency, lab = joined(place)
    performer, likeness = represented(agency)
    speaks(agency, performer, "나문희")
    consent = live(agency, likeness, max_outputs=3)
    use(lab, consent, outputs=2)
    with pytest.raises(SiteError, match="Of 3 outputs 1 are left; this use needs 2"):
        use(lab, consent, outputs=2)
    use(lab, consent)
    with pytest.raises(SiteError, match="Of 3 outputs 0 are left"):
        use(lab, consent)
    assert agency.get(f"consents/{consent}/")["used_outputs"] == 3
    assert entries(place, f"consent:{consent}") == ["consent.recorded"]
    asked = requests.get(
        f"{place.url}/api/v1/authorised/",
        params={"person": "나문희", "use": "generate.likeness"},
        timeout=10,
    )
    assert asked.json() == {"answer": "no"}


@pytest.mark.parametrize(("silence", "decision"), [("deny", "refused"), ("allow", "approved")])
def test_nobody_answers_in_time(place: Place, silence: str, decision: str) -> None:
    agency, lab = joined(place)
    performer, likeness = represented(agency)
    speaks(agency, performer, "나문희")
    rule = {"approvals": {"stages": ["clip"], "hours": 48, "silence": silence}}
    consent = live(agency, likeness, terms=DRAFT["terms"] | rule)
    asked = lab.post("approvals/", consent=consent, stage="clip", description="Scene two")
    deadline = datetime.fromisoformat(asked["deadline_at"])
    with time_machine.travel(deadline + timedelta(minutes=5)):
        with pytest.raises(SiteError, match="time to answer is over"):
            agency.post(f"approvals/{asked['code']}/decide/", approved=True)
        place.work()
        [told] = lab.get("approvals/")["results"]
        assert (told["decision"], told["by_silence"]) == (decision, True)
        assert told["decided_at"] == asked["deadline_at"]
        if decision == "approved":
            use(lab, consent, approval=asked["code"])
        else:
            with pytest.raises(SiteError, match="was not given"):
                use(lab, consent, approval=asked["code"])


def test_heirs_sign_on_paper_and_by_link_together(place: Place) -> None:
    agency, lab = joined(place)
    likeness = estate(agency, "majority")
    consent = offered(agency, likeness)
    by_link = links(agency, consent)
    performer = agency.get(f"likenesses/{likeness}/")["performer"]["code"]
    heirs = {
        each["holder"]: each["code"]
        for each in agency.get(f"performers/{performer}/authorities/")["results"]
    }
    scan = place.folder / "signed.pdf"
    scan.write_bytes(factories.paper())
    today = timezone.now().date()
    said = {"name": "Na Young-hee", "role": "Her daughter", "signed_on": today.isoformat()}

    def bring(holder: str, **changes: str) -> dict[str, object]:
        given = {"authority": heirs[holder], **said, **changes}
        answer: dict[str, object] = agency.upload(f"consents/{consent}/paper/", scan, **given)
        return answer

    for changes, refusal in (
        ({"signed_on": (today - timedelta(days=30)).isoformat()}, "offered after that day"),
        ({"signed_on": (today + timedelta(days=3)).isoformat()}, "lies in the future"),
        ({"authority": "AAAA2222"}, "Nobody of those who can sign"),
        ({"language": "fr"}, "not offered in this language"),
        ({"name": " "}, "name"),
    ):
        with pytest.raises(SiteError, match=refusal):
            bring("Her daughter", **changes)
    assert bring("Her daughter")["state"] == "offered"
    with pytest.raises(SiteError, match="has signed already"):
        bring("Her daughter")
    # The link of who signed on paper has done its work.
    assert by_link["Her daughter"].read().status_code == 403
    assert "in force now" in by_link["Her eldest son"].sign().text
    told = agency.get(f"consents/{consent}/")
    assert told["state"] == "live"
    digest = agency.get(f"consents/{consent}/")["signatures"][0]["document"]
    assert [each["document"] for each in told["signatures"]] == [digest, None]
    file = agency.raw(f"consents/{consent}/paper/file/?authority={heirs['Her daughter']}")
    assert file == scan.read_bytes()
    with pytest.raises(SiteError, match="404"):
        lab.raw(f"consents/{consent}/paper/file/?authority={heirs['Her daughter']}")
    assert entries(place, f"consent_form:{consent}") == [
        "consent.offered",
        "consent.signed_on_paper",
        "consent.signed",
        "consent.completed",
    ]


def test_a_file_that_is_no_paper_signs_nothing(place: Place) -> None:
    agency, _lab = joined(place)
    performer, likeness = represented(agency)
    me = speaks(agency, performer, "나문희")
    consent = offered(agency, likeness)
    text = place.folder / "signed.pdf"
    text.write_bytes(b"I agree to everything.")
    today = timezone.now().date().isoformat()
    with pytest.raises(SiteError, match=r"400|422"):
        agency.upload(
            f"consents/{consent}/paper/",
            text, authority=me, name="나문희", role="본인", signed_on=today,
        )  # fmt: skip
    assert agency.get(f"consents/{consent}/")["signatures"] == []


def test_a_link_is_for_one_consent_and_one_signature(place: Place) -> None:
    agency, _lab = joined(place)
    performer, likeness = represented(agency)
    speaks(agency, performer, "나문희")
    one, other = offered(agency, likeness), offered(agency, likeness)
    [signer], [of_other] = links(agency, one).values(), links(agency, other).values()
    # The form of another consent is not what this link signs.
    strange = of_other.read().text.split('name="form_sha256" value="')[1][:64]
    assert signer.sign(form_sha256=strange).status_code == 422
    assert state(agency, one) == "offered"
    assert signer.sign().ok
    assert signer.sign().status_code == 403
    assert (state(agency, one), state(agency, other)) == ("live", "offered")
    for forged in ("000000000000.x", signer.address.split("/sign/")[1][:12]):
        assert Signer(f"{place.url}/sign/{forged}/").read().status_code == 404
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        assert "expired" in of_other.read().text
        assert of_other.pdf().status_code == 403
        # The form that was signed is not kept at a link for ever either.
        assert signer.pdf().status_code == 403
