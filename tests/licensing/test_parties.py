"""Parties by who they are: a name on paper proves nobody here, an organisation's code does."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.access import Actor
from accounts.errors import Invalid
from catalog.models import Asset
from ledger import edge_code
from licensing.deals.requests import submit_request
from licensing.library.readiness import check_titles
from licensing.library.surveys import ask_library, survey_pending
from licensing.models import Readiness
from licensing.verdicts.clearances import evaluate
from tests import factories
from tests.web.reading import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def file(studio: Actor) -> Asset:
    return factories.offered_words(studio)


def known_as(lab: Actor, name: str = "") -> str:
    """Return a party's name on paper, its own if not said, with the code of an organisation."""
    assert lab.organisation is not None
    name = name or lab.organisation.name
    return f"{name} ({edge_code.display(lab.organisation.code)})"


def licensed(studio: Actor, file: Asset, to: str, **changes: Any) -> None:
    """Record an exclusive licence of the file's title on paper."""
    body = {"to": to, "uses": ["train"], "exclusivity": "exclusive"}
    assert file.title is not None
    factories.fact(studio, file.title, "grant_out", **(body | changes))


def asked(lab: Actor, file: Asset, **changes: Any) -> tuple[str, list[str]]:
    """Return the verdict on a new request of a lab for the file."""
    request = factories.draft(lab, [file], **changes)
    submit_request(actor=lab, code=request.code)
    result = evaluate(request.items.get(), as_of=timezone.now())[1]
    return result["verdict"], result["reasons"]


def test_a_licence_against_somebody_only_named_is_against_everybody(
    studio: Actor, file: Asset
) -> None:
    licensed(studio, file, "Vireo", against=["Quill AI"])
    assert asked(factories.lab("Quill AI"), file) == ("BLOCKED", ["EXCLUSIVE_CONFLICT"])
    assert asked(factories.lab("Kestrel"), file) == ("BLOCKED", ["EXCLUSIVE_CONFLICT"])


def test_a_licence_against_an_organisation_here_stops_that_one_alone(
    studio: Actor, file: Asset
) -> None:
    quill = factories.lab("Quill AI")
    licensed(studio, file, "Vireo", against=[known_as(quill)])
    assert asked(quill, file) == ("BLOCKED", ["EXCLUSIVE_CONFLICT"])
    assert asked(factories.lab("Quill AI"), file) == ("CLEAR", ["OK"])


def test_one_competitor_that_is_only_named_makes_it_against_everybody(
    studio: Actor, file: Asset
) -> None:
    quill = factories.lab()
    licensed(studio, file, "Vireo", against=[known_as(quill), "Osprey"])
    assert asked(factories.lab(), file)[0] == "BLOCKED"


def test_what_is_against_one_lab_may_be_against_whoever_asks_next(
    studio: Actor, file: Asset
) -> None:
    licensed(studio, file, "Vireo", against=[known_as(factories.lab())])
    check_titles([file.title_id or 0])
    assert "EXCLUSIVE_CONFLICT" in Readiness.objects.get().result["reasons"]


def test_a_library_is_asked_for_any_lab(studio: Actor, file: Asset) -> None:
    licensed(studio, file, "Vireo", against=[known_as(factories.lab())])
    now = timezone.now()
    survey = ask_library(
        actor=studio,
        uses=["train.pretrain"],
        model_kinds=["foundation"],
        territory="WORLD",
        starts_at=now,
        ends_at=now + timedelta(days=30),
        exclusivity="non_exclusive",
    )
    survey_pending()
    assert survey.findings.get().reasons == "EXCLUSIVE_CONFLICT"


def test_a_labs_own_licence_on_paper_does_not_stand_in_its_way(studio: Actor, file: Asset) -> None:
    lab = factories.lab()
    licensed(studio, file, known_as(lab))
    assert asked(lab, file) == ("CLEAR", ["OK"])


def test_a_labs_own_option_does_not_stand_in_its_way(studio: Actor, file: Asset) -> None:
    lab = factories.lab()
    assert file.title is not None
    option = {"type": "rofr", "notice": "P30D", "state": "exercised"}
    factories.fact(studio, file.title, "option", holder=known_as(lab), **option)
    assert asked(lab, file) == ("CLEAR", ["OK"])
    assert asked(factories.lab("Quill AI"), file) == ("BLOCKED", ["OPTION_EXERCISED"])


def test_a_cap_counts_a_lab_once_on_paper_and_here(studio: Actor, file: Asset) -> None:
    lab = factories.lab()
    assert file.title is not None
    factories.fact(studio, file.title, "cap", max_licensees=2)
    licensed(studio, file, known_as(lab), exclusivity="non_exclusive")
    factories.grant(studio, lab, [file])
    assert asked(factories.lab(), file) == ("CLEAR", ["OK"])
    factories.grant(studio, factories.lab(), [file])
    assert asked(factories.lab(), file) == ("BLOCKED", ["CAP_REACHED"])


def test_a_code_that_is_nobodys_is_refused_where_it_was_written(studio: Actor, file: Asset) -> None:
    with pytest.raises(Invalid) as refused:
        licensed(studio, file, "Vireo", against=["Quill (EC 7K3F 2Q9P)"])
    assert refused.value.field == "against[0]"
    assert file.title is not None
    for to in ("Vireo (EC 7K3F 2Q9D)", f"Vireo ({file.title.display_code})"):
        with pytest.raises(Invalid) as refused:
            licensed(studio, file, to)
        assert refused.value.field == "to"


@pytest.mark.parametrize(
    "written", ["{code}", "{name} ({code})", " {name} ({low})", "{wide} ({code})"]
)
def test_a_party_is_written_as_the_organisation_is_called(
    studio: Actor, file: Asset, written: str
) -> None:
    quill = factories.lab("Quill AI")
    assert quill.organisation is not None
    code = edge_code.display(quill.organisation.code)
    said = written.format(code=code, low=code.lower(), name="quill  ai", wide="Ｑｕｉｌｌ AI")
    licensed(studio, file, said, against=[said])
    assert file.title is not None
    body = file.title.facts.get(kind="grant_out").body
    assert (body["to"], body["against"]) == (known_as(quill), [known_as(quill)])


def test_a_code_beside_another_name_is_refused(studio: Actor, file: Asset) -> None:
    """The page shows the name, and clearance goes by the code."""
    quill, rook = factories.lab("Quill AI"), factories.lab("Rook")
    with pytest.raises(Invalid, match=r"not that of “Rook”. Write “Quill AI \(EC ") as refused:
        licensed(studio, file, known_as(quill, "Rook"))
    assert refused.value.field == "to"
    with pytest.raises(Invalid) as refused:
        licensed(studio, file, "Vireo", against=["Vireo Labs", known_as(rook, "Quill AI")])
    assert refused.value.field == "against[1]"
    assert file.title is not None
    option = {"type": "rofr", "notice": "P30D"}
    with pytest.raises(Invalid) as refused:
        factories.fact(studio, file.title, "option", holder=known_as(rook, "Quill"), **option)
    assert refused.value.field == "holder"


def test_who_is_no_lab_holds_no_licence(studio: Actor, file: Asset) -> None:
    """Or an exclusive licence would be against somebody whom it never stops."""
    for other in (studio, factories.studio(), factories.talent(), factories.auditor()):
        with pytest.raises(Invalid) as refused:
            licensed(studio, file, "Vireo", against=[known_as(other)])
        assert refused.value.field == "against[0]"
        with pytest.raises(Invalid) as refused:
            licensed(studio, file, known_as(other))
        assert refused.value.field == "to"
    licensed(studio, file, "Canal Studio", against=["Another Studio"])
    assert asked(factories.lab(), file) == ("BLOCKED", ["EXCLUSIVE_CONFLICT"])


def test_the_form_says_whose_code_it_is(studio: Actor, file: Asset) -> None:
    quill, rook = factories.lab("Quill AI"), factories.lab("Rook")
    assert file.title is not None
    typed = {
        "to": "Vireo",
        "uses": ["train"],
        "exclusivity": "exclusive",
        "against": known_as(rook, "Quill AI"),
        "end_by": "never",
        "territory": "World",
    }
    address = f"/titles/{file.title.code}/rights/new/grant_out/"
    refused = signed_in(studio).post(address, typed)
    assert refused.status_code == 422
    assert known_as(rook) in refused.content.decode()
    assert known_as(quill) not in refused.content.decode()


def test_the_form_proposes_the_labs_that_were_dealt_with(studio: Actor, file: Asset) -> None:
    lab = factories.lab("Quill AI")
    factories.lab("Osprey")
    factories.deal(lab, [file])
    assert file.title is not None
    address = f"/titles/{file.title.code}/rights/new/grant_out/"
    page = signed_in(studio).get(address).content.decode()
    assert known_as(lab) in page
    assert "Osprey" not in page


def test_a_form_keeps_the_code_beside_the_name(studio: Actor, file: Asset) -> None:
    vireo, quill = factories.lab(), factories.lab()
    assert file.title is not None
    assert quill.organisation is not None
    typed = {
        "to": known_as(vireo),
        "uses": ["train"],
        "exclusivity": "exclusive",
        "against": f"{quill.organisation.name.upper()} (ec {quill.organisation.code.lower()})",
        "end_by": "never",
        "territory": "World",
    }
    address = f"/titles/{file.title.code}/rights/new/grant_out/"
    assert signed_in(studio).post(address, typed).status_code == 303
    assert file.title.facts.get(kind="grant_out").body["against"] == [known_as(quill)]


def test_a_verdict_leads_its_licensor_to_what_it_rests_on(studio: Actor, file: Asset) -> None:
    licensed(studio, file, "Vireo")
    lab = factories.lab()
    request = factories.draft(lab, [file])
    submit_request(actor=lab, code=request.code)
    clearance = request.items.get().clearances.get()
    client = signed_in(studio)
    page = client.get(f"/clearances/{clearance.code}/").content.decode()
    links = re.findall(r'href="(/find/[^"]+)"', page)
    assert links
    for link in links:
        assert client.get(link, follow=True).status_code == 200
