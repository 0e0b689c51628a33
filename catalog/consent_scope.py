"""Checking what a consent allows: of whom, for whom, where, how long, how often."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from accounts.models import Organisation
from accounts.text import check_name, check_note
from catalog.checks import check_choices, check_term, check_territory, check_uses
from catalog.consents.ending import stops_at
from catalog.consents.terms import check_terms
from catalog.models import Attribute, Likeness
from catalog.scope.uses import MODEL_KINDS

_MAX_OUTPUTS = 2**31 - 1  # what an integer column holds


def check_consent(
    likeness: Likeness,
    *,
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
) -> dict[str, Any]:
    """Return the columns of a consent of this likeness. `grantee_code` names the one lab that may
    be licensed, or `*` for any. Raises Invalid naming the field."""
    chosen = check_attributes(attributes)
    if missing := sorted(set(chosen) - set(likeness.attributes)):
        raise Invalid(
            "attributes",
            _("The likeness does not hold: %(missing)s.") % {"missing": ", ".join(missing)},
        )
    check_term(starts_at, ends_at)
    if max_outputs is not None and not 1 <= max_outputs <= _MAX_OUTPUTS:
        raise Invalid("max_outputs", _("Give a number of at least 1, or leave it open."))
    said = check_terms(terms or {})
    performer = likeness.performer
    return {
        "grantee": _grantee(grantee_code),
        "uses": check_uses("uses", uses),
        "attributes": chosen,
        "model_kinds": check_choices("model_kinds", model_kinds, MODEL_KINDS),
        "territory": check_territory("territory", territory),
        "starts_at": starts_at,
        "ends_at": ends_at,
        "description": check_name("description", description, 500),
        "document": check_note("document", document, 300),
        "max_outputs": max_outputs,
        "terms": said,
        "stops_at": stops_at(
            said, starts_at, born=performer.born, deceased_on=performer.deceased_on
        ),
    }


def check_attributes(values: Sequence[str]) -> list[str]:
    """Return attributes without repetition, at least one. Raises Invalid("attributes")."""
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
