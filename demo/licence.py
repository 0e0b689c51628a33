"""Second act: the lab asks, studio and agency decide and are paid, grants are issued."""

from datetime import UTC, datetime
from functools import partial

from demo.calls import Caller
from demo.rights_holders import TERM
from demo.site import SiteError
from demo.told import Story, wait

WANTED = {
    "uses": ["train.finetune", "evaluate"],
    "model_kinds": ["foundation"],
    "territory": "WORLD",
    "price_minor": 125_000,
    "currency": "USD",
    **TERM,
}


def request(story: Story) -> str:
    """Ask for a licence to every file there is; return the request's code."""
    lab, facts = story.caller("lab"), story.facts
    found = lab.get("market/", q="bunny")["results"]
    if facts["film"]["title"] not in {offer["of"]["code"] for offer in found}:
        raise SiteError("the lab's search for “bunny” did not find the film")
    assets = [*facts["film"]["assets"], facts["restricted"]["asset"], facts["likeness"]["asset"]]
    code: str = lab.post(
        "requests/",
        "request",
        name="Dubbing model, first fine-tuning",
        purpose="Lip-sync and dubbing of animated shorts.",
        assets=assets,
        **WANTED,
    )["code"]
    lab.post(f"requests/{code}/submit/", "submit")
    return code


def verdicts(story: Story) -> str:
    """Return how many files got which verdict, in one line."""
    items = story.caller("lab").get(f"requests/{story.facts['request']}/")["items"]
    given = [item["verdict"] for item in items]
    return ", ".join(f"{given.count(word)} {word}" for word in sorted(set(given)))


def approve(story: Story) -> dict[str, str]:
    """Let both licensors approve; keep the agreements and return the deals by role."""
    deals = {}
    for role in ("studio", "talent"):
        caller = story.caller(role)
        deal = own_deal(caller, story.facts["request"])
        caller.post(f"deals/{deal}/approve/", f"approve {deal}")
        deals[role] = deal
        (story.site.folder / f"agreement-{role}.pdf").write_bytes(
            caller.raw(f"deals/{deal}/agreement.pdf")
        )
    return deals


def own_deal(caller: Caller, request: str) -> str:
    """Return the caller's deal of a request."""
    deals = caller.get("deals/")["results"]
    return str(next(deal["code"] for deal in deals if deal["request"] == request))


def pay(story: Story) -> dict[str, str]:
    """Pay the studio by bank and the agency on the payment page; return how, by role."""
    deals = story.facts["deals"]
    pay_by_bank(story, deals["studio"], "first")
    payment = story.caller("lab").post(f"deals/{deals['talent']}/pay/", "pay")
    Caller(story.site).pay_as_a_person(payment["url"])
    return {"studio": "bank transfer", "talent": payment["url"]}


def pay_by_bank(story: Story, deal: str, key: str) -> None:
    """Record the price of a deal as received by the studio's bank."""
    studio = story.caller("studio")
    known = studio.get(f"deals/{deal}/")
    studio.post(
        f"deals/{deal}/bank-transfer/",
        f"bank {key}",
        amount_minor=known["amount_minor"],
        currency=known["currency"],
        reference=f"LUMEN {deal}",
        settled_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def await_grants(story: Story, deals: dict[str, str]) -> dict[str, str]:
    """Wait until the worker has issued the grants of these deals; return them by role."""
    lab = story.caller("lab")

    def grant_of(deal: str) -> str | None:
        grant: str | None = lab.get(f"deals/{deal}/")["grant"]
        return grant

    return {
        role: wait(f"the grant of deal {deal}", partial(grant_of, deal))
        for role, deal in deals.items()
    }
