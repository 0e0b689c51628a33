"""Performers, their likenesses, and what they consent to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import NotFound
from accounts.text import check_name
from catalog.consent_scope import check_attributes, check_consent
from catalog.models import Consent, Likeness
from catalog.performers import find_performer
from catalog.strikes import rest_while_struck
from ledger.append import append


@transaction.atomic
def register_likeness(
    *, actor: Actor, performer_code: str, attributes: Sequence[str], description: str
) -> Likeness:
    """Register which attributes of a performer exist as reference files. Raises Invalid."""
    require(actor, Permission.EDIT_LIKENESSES)
    performer = find_performer(actor, performer_code)
    likeness = Likeness.objects.create(
        code=allocate("likeness"),
        performer=performer,
        attributes=check_attributes(attributes),
        description=check_name("description", description),
    )
    append(
        "likeness.registered",
        stream=likeness.stream,
        actor=actor.name,
        refs={"performer": performer.stream},
        data={"attributes": likeness.attributes},
        private={"description": likeness.description},
    )
    return likeness


@transaction.atomic
def record_consent(
    *,
    actor: Actor,
    likeness_code: str,
    uses: Sequence[str],
    attributes: Sequence[str],
    starts_at: datetime,
    description: str,
    ends_at: datetime | None = None,
    territory: Any = "WORLD",
    model_kinds: Sequence[str] = (),
    grantee_code: str = "*",
    document: str = "",
    max_outputs: int | None = None,
    terms: dict[str, Any] | None = None,
) -> Consent:
    """Record that the performer allows these uses of these attributes, here, for this term.

    `grantee_code` names the one organisation that may be licensed, or `*` for any.
    Raises Invalid naming the field, NotFound for another organisation's likeness.
    """
    require(actor, Permission.EDIT_LIKENESSES)
    likeness = find_likeness(actor, likeness_code)
    scope = check_consent(
        likeness,
        uses=uses,
        attributes=attributes,
        starts_at=starts_at,
        ends_at=ends_at,
        territory=territory,
        model_kinds=model_kinds,
        grantee_code=grantee_code,
        description=description,
        document=document,
        max_outputs=max_outputs,
        terms=terms,
    )
    consent = Consent.objects.create(code=allocate("consent"), likeness=likeness, **scope)
    append(
        "consent.recorded",
        stream=consent.stream,
        actor=actor.name,
        refs={"likeness": likeness.stream},
        private={"consent": consent.record()},
    )
    rest_while_struck(consent, actor_name=actor.name)
    return consent


def find_likeness(actor: Actor, code: str) -> Likeness:
    """Return the actor's own likeness, or raise NotFound."""
    rows = Likeness.objects.visible_to(actor).select_related("performer__organisation")
    likeness = rows.filter(code=code).first()
    if likeness is None:
        raise NotFound
    return likeness
