"""Reading what several kinds of facts share: work, scope, term, signature, share, price."""

import re
from dataclasses import dataclass
from datetime import UTC, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from catalog.scope.errors import CaseError
from catalog.scope.instants import ALWAYS, read_instant, read_zone
from catalog.scope.reader import JSON, Reader, strings
from catalog.scope.terms import Events, read_term
from catalog.scope.territory import EVERYWHERE, Territory, read_territory, together
from catalog.scope.uses import (
    HEREAFTER,
    MODALITIES,
    MODEL_KINDS,
    NEW_USES,
    read_set,
    read_uses,
)
from licensing.clearance.facts import Price
from licensing.clearance.rules import RuleTables
from licensing.clearance.works import Works

STATUSES: Final = ("executed", "draft")
PRICE_UNITS: Final = ("min", "hour", "asset", "flat")
REVOCABLE: Final = ("no", "prospective")

type Values = dict[str, Any]


@dataclass(frozen=True)
class Context:
    """What a fact is read against."""

    as_of: int
    events: Events
    works: Works
    work: str
    """The requested work, which a fact without `work` concerns."""
    licensor: str
    tables: RuleTables


def zone_of(fields: Reader) -> tzinfo:
    return read_zone(fields.text("tz", "UTC"), fields.at("tz"))


def read_price(fields: Reader) -> Price | None:
    """The `price` field, if it is there."""
    inner = fields.maybe_object("price")
    if inner is None:
        return None
    amount, currency = inner.text("amount"), inner.text("currency")
    if not re.fullmatch(r"[0-9]{1,20}(\.[0-9]{1,20})?", amount):
        raise CaseError(inner.at("amount"), 'must be a decimal text such as "2.00"')
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise CaseError(inner.at("currency"), "must be an ISO 4217 code")
    per = inner.choice("per", PRICE_UNITS)
    inner.done()
    return Price(amount=Decimal(amount), currency=currency, per=per, written=amount)


def read_recorded(fields: Reader) -> int:
    if not fields.has("recorded"):
        return ALWAYS
    return read_instant(fields.raw("recorded"), UTC, fields.at("recorded"))


def read_common(fields: Reader, context: Context) -> Values:
    source = fields.maybe_object("source")
    if source is not None:
        source.text("doc")
        source.maybe_text("clause")
        source.done()
    fields.maybe_text("note")
    return {
        "id": fields.text("id"),
        "path": fields.path,
        "recorded": read_recorded(fields),
        "family": context.works.top(context.work),
        "parts": frozenset(),
    }


def read_about(fields: Reader, context: Context) -> Values:
    """The work a fact speaks about, less what it excludes."""
    works = context.works
    work = works.resolve(fields.text("work")) if fields.has("work") else context.work
    parts = works.parts(work)
    for name in fields.texts("excludes", []):
        parts -= works.parts(works.resolve(name))
    return {"family": works.top(work), "parts": parts}


def read_places(kind: JSON, said: JSON, path: str, tables: RuleTables) -> Territory:
    """The territory of a fact. Others were told the places of a licence granted out: no row of
    the licensor's own takes any of them away."""
    territory = read_territory(said, path, definitions=tables.definitions)
    if kind != "grant_out" or tables.house is tables.definitions:
        return territory
    return together(territory, read_territory(said, path, definitions=tables.house))


def read_scope(fields: Reader, context: Context) -> Values:
    zone = zone_of(fields)
    term = read_term(fields, zone, context.events)
    territory = EVERYWHERE
    if fields.has("territory"):
        said = fields.raw("territory")
        territory = read_places(fields.raw("kind"), said, fields.at("territory"), context.tables)
    modality, kinds = (
        fields.raw("modality", list(MODALITIES)),
        fields.raw("model_kind", list(MODEL_KINDS)),
    )
    return read_about(fields, context) | {
        "uses": read_uses(fields.raw("uses", "ALL"), fields.at("uses")),
        "modality": read_set(modality, MODALITIES, fields.at("modality")),
        "model_kind": read_set(kinds, MODEL_KINDS, fields.at("model_kind")),
        "territory": territory,
        "rules": territory.rules,
        "start": term.start,
        "end": term.end,
        "undated": term.undated,
        "zone": zone,
    }


def read_new_uses(fields: Reader, *, silent_all: bool) -> str:
    """How a grant meets uses it could not name. `ALL` alone says nothing about new ones."""
    names = [name for name, _ in strings(fields.raw("uses", "ALL"), fields.at("uses"))]
    plain = {name.removesuffix(".*") for name in names}
    usual = "silent" if silent_all and plain == {"ALL"} else "express"
    if HEREAFTER in plain:
        usual = "hereafter_devised"
    chosen = fields.choice("new_uses", NEW_USES, usual)
    if HEREAFTER in plain and chosen != usual:
        raise CaseError(fields.at("new_uses"), f"contradicts {HEREAFTER}")
    return chosen


def read_signing(fields: Reader, context: Context, zone: tzinfo) -> tuple[int | None, bool]:
    """When a deed was executed, and whether it is in force at the moment of decision."""
    executed = None
    if fields.has("executed"):
        executed = read_instant(fields.raw("executed"), zone, fields.at("executed"))
    signed = fields.choice("status", STATUSES, "executed") == "executed"
    return executed, signed and (executed is None or executed <= context.as_of)


def read_revocable(fields: Reader, usual: str) -> bool:
    return fields.choice("revocable", REVOCABLE, usual) == "prospective"


def read_law(fields: Reader, context: Context) -> tuple[str | None, frozenset[str]]:
    law = fields.maybe_text("law")
    known = law and context.tables.co_owner_rule(law)
    return law, frozenset({f"co_owner:{law}"} if known else ())


def read_share(fields: Reader) -> Fraction:
    text, path = fields.text("share"), fields.at("share")
    match = re.fullmatch(r"([0-9]{1,18})/([0-9]{1,18})", text)
    if match is None or not int(match[2]):
        raise CaseError(path, 'must be an exact fraction such as "1/2"')
    share = Fraction(int(match[1]), int(match[2]))
    if not 0 < share <= 1:
        raise CaseError(path, "must be above 0 and at most 1")
    return share


def read_reverts(fields: Reader) -> bool:
    return fields.maybe_text("reversion_to") is not None


def read_conveyance(fields: Reader, context: Context) -> Values:
    values = read_scope(fields, context)
    executed, in_force = read_signing(fields, context, values["zone"])
    after_acquired = fields.flag("after_acquired_title", default=False)
    vesting = fields.maybe_object("vesting")
    pending = None
    if vesting is not None:
        condition = vesting.text("condition")
        pending = None if vesting.flag("satisfied") else condition
        vesting.done()
    return values | {
        "grantor": fields.text("from"),
        "holder": fields.text("to"),
        "executed": executed,
        "in_force": in_force,
        "waits": executed is None or after_acquired,
        "vesting": pending,
        "reserved": fields.flag("reserved", default=False),
        "reverts": read_reverts(fields),
    }


def read_born(fields: Reader, zone: tzinfo) -> str | None:
    text = fields.maybe_text("born")
    if text is not None:
        read_instant(text, zone, fields.at("born"))
    return text
