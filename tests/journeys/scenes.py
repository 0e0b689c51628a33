"""The parts that the journeys are made of: each returns what the next one needs."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demo.calls import Caller
from tests.journeys.conftest import Place, small_film

SCOPE: dict[str, Any] = {
    "uses": ["train.finetune"],
    "model_kinds": ["foundation"],
    "territory": "WORLD",
    "starts_at": "2026-01-01T00:00:00Z",
    "ends_at": "2036-01-01T00:00:00Z",
    "price_minor": 50_000,
    "currency": "USD",
}


def offered_film(studio: Caller, party: str, path: Path | None = None) -> tuple[str, str]:
    """Register, upload and offer a film; return the codes of title and file."""
    title = studio.post("titles/", kind="short", name="Big Buck Bunny", language="en")["code"]
    owns = {"party": party, "share": "1/1"}
    studio.post(f"titles/{title}/facts/", kind="ownership", body=owns)
    path = path or small_film()
    asset = studio.upload(f"titles/{title}/assets/", path, source_type="digitalCreation")["code"]
    offer(studio, title)
    return title, asset


def offer(licensor: Caller, of: str) -> None:
    licensor.post(
        "offers/",
        of=of,
        uses=["train"],
        model_kinds=["foundation"],
        price_minor=50_000,
        currency="USD",
    )


def submitted(lab: Caller, assets: list[str], **scope: Any) -> str:
    """Ask for a licence of these files; return the request's code."""
    code: str = lab.post("requests/", name="A request", assets=assets, **(SCOPE | scope))["code"]
    lab.post(f"requests/{code}/submit/")
    return code


def deal_of(licensor: Caller, request: str) -> str:
    deals = licensor.get("deals/")["results"]
    return str(next(deal["code"] for deal in deals if deal["request"] == request))


def paid(licensor: Caller, deal: str) -> None:
    """Record that the agreed price has arrived by bank."""
    known = licensor.get(f"deals/{deal}/")
    licensor.post(
        f"deals/{deal}/bank-transfer/",
        amount_minor=known["amount_minor"],
        currency=known["currency"],
        reference=f"TRANSFER {deal}",
        settled_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def granted(place: Place, licensor: Caller, lab: Caller, assets: list[str], **scope: Any) -> str:
    """Carry a request to its grant; return the grant's code."""
    deal = deal_of(licensor, submitted(lab, assets, **scope))
    licensor.post(f"deals/{deal}/approve/")
    paid(licensor, deal)
    place.work()
    code: str = licensor.get(f"deals/{deal}/")["grant"]
    assert code, "the worker issued no grant"
    return code


def deliveries(lab: Caller, grant: str) -> list[dict[str, Any]]:
    """Open a delivery for every signed file of a grant."""
    credentials = lab.get(f"grants/{grant}/credentials/")["results"]
    return [lab.post(f"credentials/{item['code']}/deliveries/") for item in credentials]
