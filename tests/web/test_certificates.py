"""The pages of a certificate: made by a side, read by whoever holds the paper."""

import re
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.test import Client
from django.utils import timezone

from accounts.access import Actor
from catalog.consenting import suspend_consent
from catalog.models import Asset, Consent, Title
from catalog.performers import change_performer
from catalog.withdrawing import withdraw_consent
from ledger.sequencer import advance
from licensing.grants.issuing import revoke_grant
from licensing.models import Grant
from provenance.certificates.issuing import issue_certificate, withdraw_certificate
from provenance.certificates.words import lines_of
from provenance.models import Certificate
from tests import factories
from tests.web.reading import signed_in, text, words
from tests.worlds import kept

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("var_dir")]
HOSTILE = "<script>alert(1)</script>\u202e" + "밤" * 260


class Granted(NamedTuple):
    studio: Actor
    lab: Actor
    grant: Grant


@kept
def granted() -> Granted:
    """A licence of words, under a checkpoint."""
    studio, lab = factories.studio("Peach Pictures"), factories.lab("Lumen Lab")
    grant = factories.grant(studio, lab, [factories.offered_words(studio)])
    advance()
    return Granted(studio, lab, grant)


@pytest.fixture
def studio(granted: Granted) -> Actor:
    return granted.studio


@pytest.fixture
def lab(granted: Granted) -> Actor:
    return granted.lab


@pytest.fixture
def grant(granted: Granted) -> Grant:
    return granted.grant


def test_a_side_makes_it_and_a_stranger_reads_it(lab: Actor, grant: Grant) -> None:
    client, own = signed_in(lab), f"/grants/{grant.code}/certificate/"
    assert "You have no certificate of this licence" in words(client.get(own))
    assert own in text(client.get(f"/grants/{grant.code}/"))
    made = client.post(f"{own}make/", follow=True)
    certificate = Certificate.objects.get()
    assert certificate.path in text(made)
    assert '<path class="qrline"' in text(made)
    page = Client().get(certificate.path)
    said = words(page)
    for shown in ("This licence is in force", "Peach Pictures", "Lumen Lab", "In the public log"):
        assert shown in said
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert page["Referrer-Policy"] == "no-referrer"
    assert "no-store" in page["Cache-Control"]


def test_whoever_holds_the_paper_gets_the_same_pdf_as_its_maker(lab: Actor, grant: Grant) -> None:
    certificate = issue_certificate(actor=lab, grant=grant.code)
    address = f"/grants/{grant.code}/certificate.ko.pdf"
    mine: Any = signed_in(lab).get(address)
    theirs: Any = Client().get(f"{certificate.path}certificate.ko.pdf")
    document = mine.getvalue()
    assert document.startswith(b"%PDF")
    assert theirs.getvalue() == document
    assert mine["Content-Type"] == "application/pdf"
    assert signed_in(factories.lab("Umber Lab")).get(address).status_code == 404
    assert Client().get(address).status_code == 302
    for wrong in ("certificate.xx.pdf", "certificate.pdf"):
        assert Client().get(f"{certificate.path}{wrong}").status_code == 404


def test_its_page_says_at_once_that_the_licence_was_revoked(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    certificate = issue_certificate(actor=lab, grant=grant.code)
    revoke_grant(actor=studio, code=grant.code, ground="breach", reason="Broken.")
    said = words(Client().get(certificate.path))
    assert "This licence has been revoked" in said
    assert "Broken." not in said
    before = (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert "This licence had not begun then" in words(
        Client().get(f"{certificate.path}?at={before}")
    )


def of_voices(agency: Actor, lab: Actor, count: int) -> tuple[Grant, list[Consent]]:
    """A grant of so many files, each of a likeness of its own, and what they rest on."""
    files, consents = [], []
    for _number in range(count):
        likeness = factories.likeness(agency)
        given = factories.consent(
            agency,
            likeness,
            uses=["train"],
            attributes=["voice"],
            terms={"survives_death": False},
        )
        file = factories.words(agency, likeness)
        Asset.objects.filter(pk=file.pk).update(kind="audio")
        factories.offer(agency, likeness)
        files.append(file)
        consents.append(given)
    grant = factories.grant(agency, lab, files)
    advance()
    return grant, consents


def test_made_while_a_consent_is_suspended_it_names_the_consent_and_says_so(lab: Actor) -> None:
    agency = factories.talent()
    grant, (consent,) = of_voices(agency, lab, 1)
    suspend_consent(actor=agency, code=consent.code, reason="dispute")
    path = issue_certificate(actor=lab, grant=grant.code).path
    said = words(Client().get(path))
    assert f"Rests on consent {consent.display_code}" in said
    assert "nothing new is made" in said
    assert "This licence is in force" in said


def test_its_page_says_that_consents_have_ended_some_or_all(lab: Actor) -> None:
    agency = factories.talent()
    grant, (first, second) = of_voices(agency, lab, 2)
    path = issue_certificate(actor=lab, grant=grant.code).path
    pages = (path, f"/grants/{grant.code}/")
    no_file = "may be used any more"
    for page in pages:
        assert "ended with a performer’s consent" not in words(Client().get(page))
    withdraw_consent(actor=agency, code=first.code)
    for page in pages:
        said = words(Client().get(page))
        assert "some of its files has ended with a performer’s consent" in said
        assert "is in force" in said
    died = timezone.now().date() - timedelta(days=1)
    change_performer(actor=agency, code=second.likeness.performer.code, deceased_on=died)
    for page in pages:
        said = words(Client().get(page))
        assert re.search(r"No file of this (licence|grant) may be used any more", said)
        assert "none of them may be used any more" in said
        assert "n force" not in said.partition("What the certificate says")[0]
    assert "none of them may be used any more" in words(signed_in(lab).get(pages[1]))
    before = (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    assert no_file not in words(Client().get(f"{path}?at={before}"))


def test_its_page_says_that_nothing_new_may_be_made_while_a_consent_is_suspended(
    lab: Actor,
) -> None:
    agency = factories.talent()
    grant, [consent] = of_voices(agency, lab, 1)
    path = issue_certificate(actor=lab, grant=grant.code).path
    suspend_consent(actor=agency, code=consent.code, reason="dispute")
    for page in (path, f"/grants/{grant.code}/"):
        said = words(Client().get(page))
        assert "is in force" in said
        assert "is suspended: nothing new may be made" in said


def test_one_that_is_made_after_the_consents_ended_says_so(lab: Actor) -> None:
    agency = factories.talent()
    grant, (first, second) = of_voices(agency, lab, 2)
    withdraw_consent(actor=agency, code=first.code)
    some = issue_certificate(actor=agency, grant=grant.code).statement
    assert some["state"]["name"] == "active"
    assert [each["code"] for each in some["consents"]] == [second.code]
    assert any("may not be used" in line for _name, line in lines_of(some))
    died = timezone.now().date() - timedelta(days=1)
    change_performer(actor=agency, code=second.likeness.performer.code, deceased_on=died)
    late = issue_certificate(actor=lab, grant=grant.code)
    assert (late.statement["state"]["name"], late.statement["consents"]) == ("without_consent", [])
    pdf: Any = Client().get(f"{late.path}certificate.en.pdf")
    assert pdf.getvalue().startswith(b"%PDF")


def test_of_the_farthest_past_it_says_that_nothing_was_granted(lab: Actor, grant: Grant) -> None:
    certificate = issue_certificate(actor=lab, grant=grant.code)
    for at in ("1710-01-01T00:00", "1969-07-20"):
        page = Client().get(certificate.path, {"at": at})
        assert "This licence had not begun then" in words(page)


@pytest.mark.parametrize(
    "at",
    ["9999-12-31T23:59", "tomorrow", "0000-00-00", "2026-13-01T00:00", "0001-01-01T00:00"],
)
def test_a_time_that_cannot_be_told_of_is_refused_beside_its_field(
    lab: Actor, grant: Grant, at: str
) -> None:
    certificate = issue_certificate(actor=lab, grant=grant.code)
    page = Client().get(certificate.path, {"at": at})
    assert page.status_code == 422
    assert "Of that time nothing can be said" in words(page)
    assert "This licence is in force" not in words(page)  # that is of now


def test_withdrawn_it_tells_the_state_and_nothing_else(lab: Actor, grant: Grant) -> None:
    certificate = issue_certificate(actor=lab, grant=grant.code)
    client, address = signed_in(lab), f"/grants/{grant.code}/certificate/withdraw/"
    assert client.post(address, {"confirm": "something"}).status_code == 422
    assert client.post(address, {"confirm": certificate.code}).status_code == 303
    page = Client().get(certificate.path)
    said = words(page)
    assert "This licence is in force" in said
    assert "The certificate was withdrawn by Lumen Lab" in said
    assert "Peach Pictures" not in said
    assert Client().get(f"{certificate.path}certificate.en.pdf").status_code == 404


def test_a_stranger_neither_makes_nor_finds_one(studio: Actor, lab: Actor, grant: Grant) -> None:
    own = f"/grants/{grant.code}/certificate/"
    stranger = signed_in(factories.lab("Umber Lab"))
    assert stranger.get(own).status_code == 404
    assert stranger.post(f"{own}make/").status_code == 404
    assert Client().post(f"{own}make/").status_code == 302
    assert Client().get(f"/c/{'A' * 22}/").status_code == 404
    viewer = signed_in(factories.member(lab))
    assert viewer.post(f"{own}make/").status_code == 403
    assert "Somebody who may bind" in words(viewer.get(own))
    assert not Certificate.objects.exists()
    # The other side sees nothing of this one, but that it was made.
    certificate = issue_certificate(actor=lab, grant=grant.code)
    other = signed_in(studio)
    assert "You have no certificate" in words(other.get(own))
    page = other.get(f"/grants/{grant.code}/")
    assert "Certificate made" in words(page)
    assert certificate.secret not in text(page)


def test_hostile_names_stay_words(studio: Actor, lab: Actor) -> None:
    file = factories.offered_words(studio)
    Title.objects.filter(pk=file.title_id).update(name=HOSTILE)
    grant = factories.grant(studio, lab, [file])
    advance()
    certificate = issue_certificate(actor=lab, grant=grant.code)
    page = text(Client().get(certificate.path))
    assert "<script>alert" not in page
    assert re.search(r"<bdi>&lt;script&gt;alert\(1\)&lt;/script&gt;\u202e밤{260}</bdi>", page)
    document: Any = Client().get(f"{certificate.path}certificate.en.pdf")
    assert document.getvalue().startswith(b"%PDF")


def test_it_is_read_in_korean_too(lab: Actor, grant: Grant) -> None:
    certificate = issue_certificate(actor=lab, grant=grant.code)
    page = words(Client().get(certificate.path, headers={"Accept-Language": "ko"}))
    assert "이용 허락" in page
    assert "This licence" not in page


def test_after_it_is_withdrawn_its_maker_may_make_another(lab: Actor, grant: Grant) -> None:
    first = issue_certificate(actor=lab, grant=grant.code)
    withdraw_certificate(actor=lab, grant=grant.code)
    client = signed_in(lab)
    client.post(f"/grants/{grant.code}/certificate/make/")
    assert Certificate.objects.exclude(pk=first.pk).get().withdrawn_at is None
