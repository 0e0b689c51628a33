"""Every verdict on record names its rule tables, and is reproduced with them."""

import io
from typing import Any

import pytest
import time_machine
from django.core.management import call_command

from accounts.access import Actor
from catalog.rights import supersede
from ledger.models import Event
from licensing.clearance import SHIPPED, tables_of
from licensing.clearance.rows import put_row
from licensing.counsel.rule_rows import add_rule
from licensing.library.readiness import check_readiness_pending
from licensing.models import Clearance, Decision, Readiness, TableVersion
from licensing.verdicts.decisions import write_out_pending
from tests import factories
from tests.accounts.witness import facts

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


@pytest.fixture
def studio() -> Actor:
    return factories.studio()


@pytest.fixture
def stored(studio: Actor) -> Clearance:
    """The verdict on a file that two own, under a law by which one may license alone."""
    film = factories.title(studio)
    file = factories.words(studio, film)
    factories.ownership(studio, film, share="1/2", law="US")
    factories.ownership(studio, film, party="Bruma", share="1/2", law="US")
    factories.offer(studio, film)
    factories.deal(factories.lab(), [file])
    return Clearance.objects.get()


def again(clearance: Clearance) -> str:
    output = io.StringIO()
    call_command("clearance", again=clearance.display_code, stdout=output)
    return output.getvalue()


def strict() -> TableVersion:
    """Tables by which the other owner must sign, as if they had been in force."""
    content: dict[str, Any] = SHIPPED.content()
    put_row(content, "co_owners", "US", {"rule": "consent"}, "Memo of 1 May")
    tables = tables_of(content)
    return TableVersion.objects.create(sha256=tables.version, text=tables.text)


def test_a_verdict_names_its_tables_wherever_it_is_recorded(stored: Clearance) -> None:
    assert stored.decision.tables is not None
    assert stored.decision.tables.text == SHIPPED.text
    assert stored.case["x_tables"] == SHIPPED.version  # so the hash of the case holds it
    assert facts(Event.objects.get(kind="clearance.decided"))["case"] == {
        "sha256": stored.case_sha256,
        "tables": SHIPPED.version,
    }
    check_readiness_pending()
    assert set(Readiness.objects.values_list("tables", flat=True)) == {SHIPPED.version}


def test_it_is_reproduced_with_the_tables_it_was_decided_with(stored: Clearance) -> None:
    assert stored.verdict == "CONDITIONAL"
    assert again(stored).startswith(f"reproduced: {stored.display_code} CONDITIONAL case ")
    write_out_pending()
    assert again(stored).startswith("reproduced: ")
    Decision.objects.update(tables=None)  # as verdicts were kept before tables were
    assert again(stored).startswith("reproduced: ")


def test_what_does_not_come_out_as_recorded_is_named(
    stored: Clearance, capsys: pytest.CaptureFixture[str]
) -> None:
    write_out_pending()
    Decision.objects.update(tables=strict())
    output = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("clearance", again=stored.code, stdout=output)
    assert ended.value.code == 1
    assert "  verdict: CONDITIONAL -> BLOCKED\n" in output.getvalue()
    assert "  reasons: CO_OWNER_ACCOUNTING -> CO_OWNER_CONSENT\n" in output.getvalue()
    with pytest.raises(SystemExit) as unknown:
        call_command("clearance", again=stored.item.request.code)
    assert unknown.value.code == 2
    assert capsys.readouterr().err.endswith(": no verdict of this code is on record\n")


def test_the_answer_about_a_title_is_reckoned_again_with_what_was_known_then(
    studio: Actor, capsys: pytest.CaptureFixture[str]
) -> None:
    with time_machine.travel("2026-11-01T10:00:00Z", tick=False) as clock:
        studio = factories.studio()
        film = factories.title(studio)
        factories.words(studio, film)
        owned = factories.ownership(studio, film)
        factories.fact(studio, film, "restriction", uses=["index"])
        check_readiness_pending()
        clock.shift(86_400)
        # What is learned and recorded later changes nothing of that answer.
        supersede(actor=studio, code=owned.code, reason="Sold.")
        factories.fact(studio, film, "restriction", uses=["train"])
        add_rule(actor=studio, table="co_owners", key="US", body=None, source="Memo")
        output = io.StringIO()
        call_command("clearance", again=film.display_code, stdout=output)
        assert output.getvalue().startswith(f"reproduced: {film.display_code} PARTIAL case ")
        # Somebody who changes the answer is found out.
        kept = Readiness.objects.get(title=film)
        kept.result["reasons"] = ["OK"]
        Readiness.objects.filter(pk=kept.pk).update(verdict="CLEAR", result=kept.result)
        output = io.StringIO()
        with pytest.raises(SystemExit):
            call_command("clearance", again=film.code, stdout=output)
        assert "verdict: CLEAR -> PARTIAL" in output.getvalue()
        assert "reasons: OK -> CONTRACT_PROHIBITION" in output.getvalue()
