"""Which fields each kind of fact has: the contract's section 3, as data.

Forms, importers and the API all go by this table; `check_body` is what lets a fact in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from catalog.facts import fields
from catalog.facts.fields import Check
from catalog.models import FactKind
from catalog.scope.errors import CaseError
from catalog.scope.instants import ALWAYS, NEVER
from catalog.scope.reader import Reader
from catalog.scope.terms import Term, read_term
from catalog.scope.uses import EXCLUSIVITIES, MODALITIES, MODEL_KINDS, NEW_USES
from catalog.scope_words import sentence_of

ELEMENTS: Final = ("music", "stock", "artwork", "trademark", "archive", "location")
AI_STATUSES: Final = ("granted", "not_granted", "prohibited", "unknown")
STATUSES: Final = ("executed", "draft")


@dataclass(frozen=True)
class Shape:
    """The fields of one kind: those it must have, and those it may have."""

    needs: Mapping[str, Check]
    may: Mapping[str, Check]
    scoped: bool = True

    @property
    def checks(self) -> Mapping[str, Check]:
        return {**self.needs, **self.may, **(SCOPE if self.scoped else {})}


def _term_end(path: str, value: Any) -> Any:
    """Left to `_check_term`, which reads start, end and zone together."""
    return value


SCOPE: Final[Mapping[str, Check]] = {
    "uses": fields.uses,
    "territory": fields.territory,
    "start": _term_end,
    "end": _term_end,
    "tz": fields.zone,
    "modality": fields.choices(MODALITIES),
    "model_kind": fields.choices(MODEL_KINDS),
    "excludes": fields.names,
}
_ABOUT: Final[Mapping[str, Check]] = {"excludes": fields.names}
_DEED: Final[Mapping[str, Check]] = {
    "executed": fields.instant,
    "after_acquired_title": fields.flag,
    "new_uses": fields.choice(NEW_USES),
    "reserved": fields.flag,
    "vesting": fields.vesting,
    "reversion_to": fields.text(),
    "status": fields.choice(STATUSES),
}
SHAPES: Final[Mapping[FactKind, Shape]] = {
    FactKind.OWNERSHIP: Shape(
        {"party": fields.text(), "share": fields.share},
        {
            "law": fields.text(20),
            "reversion_to": fields.text(),
            "status": fields.choice(STATUSES),
        },
    ),
    FactKind.ASSIGNMENT: Shape(
        {"from": fields.text(), "to": fields.text()},
        {"share": fields.share, "law": fields.text(20), **_DEED},
    ),
    FactKind.GRANT_IN: Shape(
        {"from": fields.text(), "to": fields.text(), "uses": fields.uses},
        {
            "exclusivity": fields.choice(EXCLUSIVITIES),
            "sublicensable": fields.flag,
            "sublicense_depth": fields.count,
            "revocable": fields.choice(("no", "prospective")),
            **_DEED,
        },
    ),
    FactKind.GRANT_OUT: Shape(
        {"to": fields.party, "uses": fields.uses},
        {
            "from": fields.text(),
            "exclusivity": fields.choice(EXCLUSIVITIES),
            "against": fields.parties,
            "new_uses": fields.choice(NEW_USES),
            "executed": fields.instant,
            "revocable": fields.choice(("no", "prospective")),
            "mfn": fields.choice(("unit_price",)),
            "price": fields.price,
            "status": fields.choice(STATUSES),
        },
    ),
    FactKind.RESTRICTION: Shape({}, {}),
    FactKind.HOLDBACK: Shape({"beneficiary": fields.text()}, {}),
    FactKind.CAP: Shape({"max_licensees": fields.count}, {}),
    FactKind.OPTION: Shape(
        {
            "holder": fields.party,
            "type": fields.choice(("rofr", "rofn")),
            "notice": fields.duration,
        },
        {"offered": fields.instant, "state": fields.choice(("open", "waived", "exercised"))},
    ),
    FactKind.ELEMENT: Shape(
        {"element": fields.choice(ELEMENTS), "ai": fields.choice(AI_STATUSES)},
        {
            "uses": fields.some_uses,
            "modality": fields.choices(MODALITIES),
            "ref": fields.text(),
            "stem": fields.text(),
            "timecode": fields.timecode,
            **_ABOUT,
        },
        scoped=False,
    ),
    FactKind.GUILD: Shape(
        {"guild": fields.text(100), "agreement": fields.text(100)},
        {"effective": fields.instant, **_ABOUT},
        scoped=False,
    ),
    FactKind.PERFORMER: Shape(
        {"person": fields.text()}, {"born": fields.instant, **_ABOUT}, scoped=False
    ),
    FactKind.EVENT: Shape(
        {"name": fields.text(100)}, {"date": fields.instant, "tz": fields.zone}, scoped=False
    ),
    FactKind.REVOCATION: Shape(
        {"target": fields.text(8), "effective": fields.instant},
        {"tz": fields.zone},
        scoped=False,
    ),
    FactKind.OPINION: Shape(
        {
            "resolves": fields.text(60),
            "about": fields.names,
            "by": fields.text(),
            "signed": fields.instant,
        },
        {},
    ),
}


def check_body(kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a fact in canonical form; those that are None or "" are left out.

    Raises Invalid("kind") or Invalid naming the field: unknown, missing, or with a value that the
    contract does not allow.
    """
    if kind not in FactKind.values:
        raise Invalid(
            "kind", _("Choose one of: %(kinds)s.") % {"kinds": ", ".join(FactKind.values)}
        )
    shape = SHAPES[FactKind(kind)]
    given = {name: value for name, value in body.items() if value is not None and value != ""}
    for name in given:
        if name not in shape.checks:
            raise Invalid(
                name,
                _("A fact of the kind “%(kind)s” has no such field.") % {"kind": kind},
            )
    for name in shape.needs:
        if name not in given:
            raise Invalid(name, _("This has to be said."))
    checked = {
        name: check(name, given[name]) for name, check in shape.checks.items() if name in given
    }
    if shape.scoped:
        _read_term(checked)
    return checked


def term_of(kind: str, body: Mapping[str, Any]) -> tuple[datetime | None, datetime | None]:
    """Return the half-open term of a checked fact as aware instants; None where it is open, or
    hangs on an event, which only a decision at some moment can date."""
    if not SHAPES[FactKind(kind)].scoped:
        return None, None
    term = _read_term(body)
    return _aware(term.start), _aware(term.end)


def _read_term(body: Mapping[str, Any]) -> Term:
    scope = {name: body[name] for name in ("start", "end") if name in body}
    try:
        return read_term(Reader(scope, ""), fields.zone_named(body.get("tz", "UTC")), {})
    except CaseError as error:
        raise Invalid(error.path.lstrip("."), sentence_of(error)) from None


def _aware(instant: int) -> datetime | None:
    if instant in (ALWAYS, NEVER):
        return None
    return datetime.fromtimestamp(instant, UTC)
