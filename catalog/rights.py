"""Recording who holds what of a title, and what a contract forbids."""

import re
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid, NotFound
from accounts.text import check_name, check_note
from catalog.checks import check_choices, check_instant, check_term, check_territory, check_uses
from catalog.models import Holding, HoldingKind, Restriction, Title
from catalog.scope.uses import MODALITIES, MODEL_KINDS
from ledger.append import append

EXCLUSIVITIES = ("exclusive", "sole", "non_exclusive")
_SHARE_LIMIT = 1_000_000
_SHARE = re.compile(r"-?\d{1,9}(?:/\d{1,9}|\.\d{1,9})?", re.ASCII)


@transaction.atomic
def record_holding(
    *,
    actor: Actor,
    title: Title,
    kind: str,
    party: str,
    share: str = "1/1",
    grantor: str = "",
    uses: Sequence[str] = ("ALL",),
    territory: Any = "WORLD",
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    exclusivity: str = "exclusive",
    sublicensable: bool = False,
    executed_at: datetime | None = None,
    document: str = "",
    clause: str = "",
    note: str = "",
) -> Holding:
    """Record that `party` holds `share` ("n/d", exact) of these uses, here, for this term.

    Ownership states a fact of record; an assignment or a licence in also names its grantor.
    Raises Invalid naming the field, NotFound for another organisation's title.
    """
    _require_own(actor, title)
    if kind not in HoldingKind.values:
        raise Invalid(
            "kind", _("Choose one of: %(kinds)s.") % {"kinds": ", ".join(HoldingKind.values)}
        )
    grantor = check_grantor(kind, grantor)
    check_choices("exclusivity", [exclusivity], EXCLUSIVITIES)
    check_term(starts_at, ends_at)
    check_instant("executed_at", executed_at)
    fraction = check_share(share)
    holding = Holding.objects.create(
        code=allocate("holding"),
        title=title,
        kind=kind,
        party=check_name("party", party, 200),
        grantor=grantor,
        share_numerator=fraction.numerator,
        share_denominator=fraction.denominator,
        uses=check_uses("uses", uses),
        territory=check_territory("territory", territory),
        starts_at=starts_at,
        ends_at=ends_at,
        exclusivity=exclusivity,
        sublicensable=sublicensable,
        executed_at=executed_at,
        document=check_note("document", document, 300),
        clause=check_note("clause", clause, 100),
        note=check_note("note", note, 500),
    )
    append(
        "holding.recorded",
        stream=holding.stream,
        actor=actor.name,
        refs={"title": title.stream},
        private={"holding": _holding_facts(holding)},
    )
    return holding


@transaction.atomic
def record_restriction(
    *,
    actor: Actor,
    title: Title,
    uses: Sequence[str],
    territory: Any = "WORLD",
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    modalities: Sequence[str] = (),
    model_kinds: Sequence[str] = (),
    document: str = "",
    clause: str = "",
    note: str = "",
) -> Restriction:
    """Record that a contract forbids these uses of the title. Raises Invalid, NotFound."""
    _require_own(actor, title)
    check_term(starts_at, ends_at)
    restriction = Restriction.objects.create(
        code=allocate("restriction"),
        title=title,
        uses=check_uses("uses", uses),
        territory=check_territory("territory", territory),
        starts_at=starts_at,
        ends_at=ends_at,
        modalities=check_choices("modalities", modalities, MODALITIES),
        model_kinds=check_choices("model_kinds", model_kinds, MODEL_KINDS),
        document=check_note("document", document, 300),
        clause=check_note("clause", clause, 100),
        note=check_note("note", note, 500),
    )
    append(
        "restriction.recorded",
        stream=restriction.stream,
        actor=actor.name,
        refs={"title": title.stream},
        private={"restriction": _scope_facts(restriction)},
    )
    return restriction


@transaction.atomic
def supersede(*, actor: Actor, code: str, reason: str) -> Holding | Restriction:
    """End what a holding or restriction says from now on; the record itself stays."""
    require(actor, Permission.EDIT_TITLES)
    fact = _find_fact(actor, code)
    if fact.superseded_at is not None:
        raise Conflict(_("This record has already been superseded."))
    fact.superseded_at = timezone.now()
    fact.save(update_fields=["superseded_at"])
    kind = "holding.superseded" if isinstance(fact, Holding) else "restriction.superseded"
    append(
        kind,
        stream=fact.stream,
        actor=actor.name,
        refs={"title": fact.title.stream},
        private={"reason": check_name("reason", reason, 500)},
    )
    return fact


def _require_own(actor: Actor, title: Title) -> None:
    organisation = require(actor, Permission.EDIT_TITLES)
    if title.organisation_id != organisation.pk:
        raise NotFound


def _find_fact(actor: Actor, code: str) -> Holding | Restriction:
    """Return the record, its title locked: a grant is then cleared wholly before or after."""
    for model in (Holding, Restriction):
        mine = model.objects.visible_to(actor)
        found = mine.filter(code=code).first()
        if found is not None:
            Title.objects.select_for_update().get(pk=found.title_id)
            return mine.select_for_update(of=("self",)).select_related("title").get(pk=found.pk)
    raise NotFound


def check_grantor(kind: str, grantor: str) -> str:
    """Return who gave a right by a deed, "" for ownership; or raise Invalid("grantor")."""
    if kind == HoldingKind.OWNERSHIP:
        return ""
    if not grantor.strip():
        raise Invalid("grantor", _("Name the party that gave the right."))
    return check_name("grantor", grantor, 200)


def check_share(text: str) -> Fraction:
    """Return a share written as `1/3`, exactly, or raise Invalid("share")."""
    text = text.replace(" ", "")
    try:
        # Only plain digits: 1e-999999999 is a fraction too, and takes hours to work out.
        share = Fraction(text if _SHARE.fullmatch(text) else "")
    except (ValueError, ZeroDivisionError):
        raise Invalid("share", _("Write the share as a fraction, such as 1/3.")) from None
    if not 0 < share <= 1 or share.denominator > _SHARE_LIMIT:
        raise Invalid("share", _("A share is more than 0 and at most 1/1."))
    return share


def _scope_facts(fact: Holding | Restriction) -> dict[str, Any]:
    return {
        "uses": fact.uses,
        "territory": fact.territory,
        "starts_at": fact.starts_at.isoformat() if fact.starts_at else None,
        "ends_at": fact.ends_at.isoformat() if fact.ends_at else None,
        "document": fact.document,
        "clause": fact.clause,
    }


def _holding_facts(holding: Holding) -> dict[str, Any]:
    return _scope_facts(holding) | {
        "kind": holding.kind,
        "party": holding.party,
        "grantor": holding.grantor,
        "share": f"{holding.share.numerator}/{holding.share.denominator}",
        "exclusivity": holding.exclusivity,
        "sublicensable": holding.sublicensable,
    }
