"""Performers, their likenesses, and what they consent to."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid, NotFound
from accounts.models import Organisation
from accounts.text import check_name, check_note
from catalog.checks import check_choices, check_term, check_territory, check_uses
from catalog.models import Attribute, Consent, Likeness, Performer
from catalog.scope.uses import MODEL_KINDS
from ledger.append import append

_MAX_OUTPUTS = 2**31 - 1  # what an integer column holds


@transaction.atomic
def register_performer(*, actor: Actor, name: str, born: date | None = None) -> Performer:
    """Register a person the organisation represents. Raises Invalid."""
    organisation = require(actor, Permission.EDIT_LIKENESSES)
    if born is not None and born > timezone.now().date():
        raise Invalid("born", _("The date of birth lies in the future."))
    performer = Performer.objects.create(
        code=allocate("performer"),
        organisation=organisation,
        name=check_name("name", name, 200),
        born=born,
    )
    append(
        "performer.registered",
        stream=performer.stream,
        actor=actor.name,
        refs={"organisation": organisation.stream},
        private={"person": {"name": performer.name, "born": born.isoformat() if born else None}},
    )
    return performer


@transaction.atomic
def register_likeness(
    *, actor: Actor, performer_code: str, attributes: Sequence[str], description: str
) -> Likeness:
    """Register which attributes of a performer exist as reference files. Raises Invalid."""
    require(actor, Permission.EDIT_LIKENESSES)
    performer = Performer.objects.visible_to(actor).filter(code=performer_code).first()
    if performer is None:
        raise NotFound
    likeness = Likeness.objects.create(
        code=allocate("likeness"),
        performer=performer,
        attributes=_attributes(attributes),
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
) -> Consent:
    """Record that the performer allows these uses of these attributes, here, for this term.

    `grantee_code` names the one organisation that may be licensed, or `*` for any.
    Raises Invalid naming the field, NotFound for another organisation's likeness.
    """
    require(actor, Permission.EDIT_LIKENESSES)
    likeness = find_likeness(actor, likeness_code)
    chosen = _attributes(attributes)
    if missing := sorted(set(chosen) - set(likeness.attributes)):
        raise Invalid(
            "attributes",
            _("The likeness does not hold: %(missing)s.") % {"missing": ", ".join(missing)},
        )
    check_term(starts_at, ends_at)
    if max_outputs is not None and not 1 <= max_outputs <= _MAX_OUTPUTS:
        raise Invalid("max_outputs", _("Give a number of at least 1, or leave it open."))
    consent = Consent.objects.create(
        code=allocate("consent"),
        likeness=likeness,
        grantee=_grantee(grantee_code),
        uses=check_uses("uses", uses),
        attributes=chosen,
        model_kinds=check_choices("model_kinds", model_kinds, MODEL_KINDS),
        territory=check_territory("territory", territory),
        starts_at=starts_at,
        ends_at=ends_at,
        description=check_name("description", description, 500),
        document=check_note("document", document, 300),
        max_outputs=max_outputs,
    )
    append(
        "consent.recorded",
        stream=consent.stream,
        actor=actor.name,
        refs={"likeness": likeness.stream},
        private={"consent": consent.record()},
    )
    return consent


@transaction.atomic
def withdraw_consent(*, actor: Actor, code: str) -> Consent:
    """End a consent from now on. What was granted under it stays on record."""
    require(actor, Permission.EDIT_LIKENESSES)
    mine = Consent.objects.visible_to(actor)
    found = mine.filter(code=code).first()
    if found is None:
        raise NotFound
    # The likeness is locked, so a grant is cleared wholly before or wholly after this.
    Likeness.objects.select_for_update().get(pk=found.likeness_id)
    consent = mine.select_for_update(of=("self",)).get(pk=found.pk)
    if consent.withdrawn_at is not None:
        raise Conflict(_("This consent has already been withdrawn."))
    consent.withdrawn_at = timezone.now()
    consent.save(update_fields=["withdrawn_at"])
    append(
        "consent.withdrawn",
        stream=consent.stream,
        actor=actor.name,
        refs={"likeness": consent.likeness.stream},
    )
    return consent


def find_likeness(actor: Actor, code: str) -> Likeness:
    """Return the actor's own likeness, or raise NotFound."""
    rows = Likeness.objects.visible_to(actor).select_related("performer__organisation")
    likeness = rows.filter(code=code).first()
    if likeness is None:
        raise NotFound
    return likeness


def _attributes(values: Sequence[str]) -> list[str]:
    if not values:
        raise Invalid("attributes", _("Choose at least one attribute."))
    return check_choices("attributes", values, Attribute.values)


def _grantee(code: str) -> Organisation | None:
    if code == "*":
        return None
    # The code of a lab is told by the lab itself; nothing is listed here.
    grantee = Organisation.objects.filter(code=code, kind="lab").first()
    if grantee is None:
        raise Invalid("grantee", _("No AI lab has this code."))
    return grantee
