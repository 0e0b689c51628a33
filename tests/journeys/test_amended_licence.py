"""A licence is amended from either side over HTTP, until the log of all of it is audited."""

from collections.abc import Callable
from typing import Any

import pytest

from demo.calls import Caller
from demo.site import SiteError
from edgecode.audit.rules import Violation
from edgecode.audit.rules.replay import Replay
from edgecode.log.leaf import parse
from ledger.models import Event
from tests.journeys.conftest import Place
from tests.journeys.scenes import SCOPE, deal_of, deliveries, granted, offered_film, paid, submitted

pytestmark = pytest.mark.django_db(transaction=True)

TERMS = {name: SCOPE[name] for name in ("uses", "model_kinds", "ends_at")} | {
    "territory": ["KR"],
    "exclusivity": "non_exclusive",
    "price_minor": 0,
}


def amend(side: Caller, grant: str, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = side.post(f"grants/{grant}/amendments/", **(TERMS | changes))
    return made


def refused(call: Callable[[], object]) -> None:
    with pytest.raises(SiteError, match="→ 409"):
        call()


def violations() -> list[Violation]:
    """Replay the whole log by the auditor's rules, with all that opens it."""
    events = list(Event.objects.order_by("entry__index").prefetch_related("openings"))
    openings = {
        index: {row.name: row.opening() for row in event.openings.all()}
        for index, event in enumerate(events)
    }
    rules = Replay(openings)
    found = [
        violation
        for index, event in enumerate(events)
        for violation in rules.entry(index, parse(bytes(event.leaf)))
    ]
    return found + rules.end()


@pytest.mark.long
def test_a_licence_through_its_amendments(place: Place) -> None:
    studio, lab = place.join("studio", "Peach Pictures"), place.join("lab", "Lumen Lab")
    rival = place.join("lab", "Rival Lab")
    _title, file = offered_film(studio, "Peach Pictures")
    first = granted(place, studio, lab, [file], territory=["KR"])
    [old] = deliveries(lab, first)
    signed = place.folder / "old.mp4"
    lab.download(old["file_url"], signed)

    # Refused, the licence stays as it was.
    told = amend(studio, first, uses=["evaluate"], message="Less, please.", days=3)
    assert (told["side"], told["deal_state"]) == ("licensor", "countered")
    lab.post(f"deals/{told['deal']}/terms/1/refuse/", reason="We train.")
    refused(lambda: studio.post(f"deals/{told['deal']}/approve/"))
    studio.post(f"deals/{told['deal']}/decline/", reason="Then not.")
    assert lab.get(f"grants/{first}/")["state"] == "active"

    # The lab widens and prolongs, for a fee.
    drafted = amend(lab, first, territory="WORLD", ends_at="2040-01-01T00:00:00Z", price_minor=700)
    assert (drafted["side"], drafted["deal"]) == ("licensee", None)
    assert studio.get(f"grants/{first}/amendments/")["results"][0]["request"] == told["request"]
    lab.post(f"requests/{drafted['request']}/submit/")
    refused(lambda: amend(studio, first, uses=["evaluate"]))
    deal = deal_of(studio, drafted["request"])
    studio.post(f"deals/{deal}/approve/")
    paid(studio, deal)
    place.work()
    second = lab.get(f"deals/{deal}/")["grant"]
    assert lab.get(f"grants/{first}/")["superseded_by"] == second
    assert lab.get(f"grants/{second}/")["amends"] == first
    assert lab.status_of(old["file_url"]) == 403
    refused(lambda: deliveries(lab, first))
    assert len(deliveries(lab, second)) == 1
    status = rival.get(f"status/{first}/")
    assert (status["state"], status["superseded_by"]) == ("superseded", second)
    report = rival.verify(signed)
    assert report["verdict"] == "ended"
    assert second[:4] in str(report)

    # The licensor narrows for nothing, and the lab accepts.
    narrow = amend(studio, second, days=5)
    lab.post(f"deals/{narrow['deal']}/terms/1/accept/")
    studio.post(f"deals/{narrow['deal']}/approve/")
    place.work()
    third = lab.get(f"deals/{narrow['deal']}/")["grant"]
    assert lab.get(f"deals/{narrow['deal']}/")["settlement"]["method"] == "nothing_due"
    assert lab.get(f"grants/{third}/")["territory"] == ["KR"]

    # Exclusivity that another lab has reserved cannot be had by amending.
    taken = deal_of(studio, submitted(rival, [file], territory=["KR"]))
    studio.post(f"deals/{taken}/approve/")
    wish = amend(lab, third, exclusivity="exclusive", price_minor=900)
    lab.post(f"requests/{wish['request']}/submit/")
    late = deal_of(studio, wish["request"])
    refused(lambda: studio.post(f"deals/{late}/approve/"))
    # A revocation ends what is under way, and nothing comes of it.
    studio.post(f"grants/{third}/revoke/", reason="Breach.")
    assert lab.get(f"deals/{late}/")["state"] == "declined"
    refused(lambda: amend(lab, third, territory="WORLD"))
    place.work()
    assert [each["state"] for each in lab.get("grants/")["results"]] == [
        "revoked", "superseded", "superseded",
    ]  # fmt: skip
    assert violations() == []
