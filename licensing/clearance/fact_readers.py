"""One reader per kind of fact: from the JSON object to the resolved fact."""

from collections.abc import Callable
from datetime import UTC, tzinfo
from typing import Final

from catalog.scope.errors import CaseError
from catalog.scope.instants import (
    ALWAYS,
    add,
    read_duration,
    read_instant,
    start_of,
)
from catalog.scope.reader import Reader
from catalog.scope.uses import (
    ATTRIBUTES,
    EXCLUSIVITIES,
    MODALITIES,
    read_set,
    read_uses,
)
from licensing.clearance.facts import (
    UNLIMITED,
    Assignment,
    Cap,
    Consent,
    Element,
    Event,
    Fact,
    GrantIn,
    GrantOut,
    Guild,
    Holdback,
    Opinion,
    Option,
    Ownership,
    Performer,
    Restriction,
    Revocation,
)
from licensing.clearance.reasons import OPINION_REASONS
from licensing.clearance.scope_readers import (
    STATUSES,
    Context,
    Values,
    read_about,
    read_born,
    read_common,
    read_conveyance,
    read_law,
    read_new_uses,
    read_price,
    read_recorded,
    read_reverts,
    read_revocable,
    read_scope,
    read_share,
    read_signing,
    zone_of,
)
from licensing.clearance.works import milliseconds

ELEMENTS: Final = ("music", "stock", "artwork", "trademark", "archive", "location")


def read_fact(fields: Reader, context: Context) -> Fact:
    """The resolved fact. Raises CaseError for anything malformed."""
    kind = fields.choice("kind", tuple(_KINDS))
    common = read_common(fields, context) | {"kind": kind}
    fact = _KINDS[kind](fields, context, common)
    fields.done()
    return fact


def read_event(fields: Reader) -> tuple[str, int, int | None, tzinfo]:
    """Name, moment of record, date (or None) and zone of an `event` fact."""
    zone = zone_of(fields)
    value = fields.raw("date")
    date = None if value is None else read_instant(value, zone, fields.at("date"))
    return fields.text("name"), read_recorded(fields), date, zone


def _ownership(fields: Reader, context: Context, common: Values) -> Fact:
    values = read_scope(fields, context)
    law, rules = read_law(fields, context)
    values |= {
        "holder": fields.text("party"),
        "share": read_share(fields),
        "law": law,
        "rules": values["rules"] | rules,
        "in_force": fields.choice("status", STATUSES, "executed") == "executed",
        "reverts": read_reverts(fields),
    }
    return Ownership(**common | values)


def _assignment(fields: Reader, context: Context, common: Values) -> Fact:
    values = read_conveyance(fields, context)
    law, rules = read_law(fields, context)
    share = read_share(fields) if fields.has("share") else None
    values |= {
        "new_uses": read_new_uses(fields, silent_all=False),
        "rules": values["rules"] | rules,
    }
    return Assignment(**common | values, share=share, law=law)


def _grant_in(fields: Reader, context: Context, common: Values) -> Fact:
    fields.raw("uses")
    values = read_conveyance(fields, context)
    limit = fields.raw("sublicense_depth", None)
    depth = UNLIMITED if limit is None else fields.count("sublicense_depth")
    if not fields.flag("sublicensable", default=False):
        depth = 0
    exclusivity = fields.choice("exclusivity", EXCLUSIVITIES, "non_exclusive")
    values |= {
        "new_uses": read_new_uses(fields, silent_all=True),
        "exclusive": exclusivity == "exclusive",
        "alone": exclusivity != "non_exclusive",
        "revocable": read_revocable(fields, "no"),
        "depth": depth,
    }
    return GrantIn(**common | values)


def _grant_out(fields: Reader, context: Context, common: Values) -> Fact:
    fields.raw("uses")
    values = read_scope(fields, context)
    executed, in_force = read_signing(fields, context, values["zone"])
    mfn = fields.raw("mfn", None)
    values |= {
        "grantor": fields.maybe_text("from") or context.licensor,
        "to": fields.text("to"),
        "exclusivity": fields.choice("exclusivity", EXCLUSIVITIES, "non_exclusive"),
        "against": fields.texts("against", []),
        "executed": executed,
        "in_force": in_force,
        "new_uses": read_new_uses(fields, silent_all=True),
        "revocable": read_revocable(fields, "no"),
        "mfn": mfn is not None and bool(fields.choice("mfn", ("unit_price",))),
        "price": read_price(fields),
    }
    return GrantOut(**common | values)


def _restriction(fields: Reader, context: Context, common: Values) -> Fact:
    values = read_scope(fields, context)
    return Restriction(**common | values, names_kinds=fields.has("model_kind"))


def _holdback(fields: Reader, context: Context, common: Values) -> Fact:
    values = read_scope(fields, context)
    return Holdback(**common | values, beneficiary=fields.text("beneficiary"))


def _cap(fields: Reader, context: Context, common: Values) -> Fact:
    return Cap(**common | read_scope(fields, context), most=fields.count("max_licensees"))


def _option(fields: Reader, context: Context, common: Values) -> Fact:
    values = read_scope(fields, context)
    fields.choice("type", ("rofr", "rofn"))
    notice = read_duration(fields.raw("notice"), fields.at("notice"))
    offered = None
    if fields.has("offered"):
        offered = read_instant(fields.raw("offered"), values["zone"], fields.at("offered"))
        add(offered, notice, values["zone"], fields.at("notice"))  # it must end within the calendar
    values |= {
        "holder": fields.text("holder"),
        "notice": notice,
        "notice_text": fields.text("notice"),
        "offered": offered,
        "state": fields.choice("state", ("open", "waived", "exercised"), "open"),
    }
    return Option(**common | values)


def _opinion(fields: Reader, context: Context, common: Values) -> Fact:
    fields.raw("source")
    fields.text("by")
    values = read_scope(fields, context) | {
        "resolves": fields.choice("resolves", OPINION_REASONS),
        "about": frozenset(fields.texts("about")),
        "signed": read_instant(fields.raw("signed"), UTC, fields.at("signed")),
    }
    return Opinion(**common | values)


def _consent(fields: Reader, context: Context, common: Values) -> Fact:
    fields.raw("uses")
    values = read_scope(fields, context)
    law = fields.maybe_text("law")
    if law is not None and context.tables.strict and not context.tables.likeness.knows(law):
        raise CaseError(fields.at("law"), "must be the code of a law, such as CA")
    fixed_on = context.as_of
    if fields.has("fixed_on"):
        fixed_on = read_instant(fields.raw("fixed_on"), UTC, fields.at("fixed_on"))
    in_lieu = fields.flag("in_lieu_of_in_person_work", default=True)
    description, specific = fields.maybe_text("description"), fields.maybe_flag("specific")
    helped = [fields.maybe_text("represented_by"), fields.maybe_text("cba")]
    table = context.tables.likeness
    policy = fields.choice("policy", ("contract_only", *table.policies), "contract_only")
    rules = {f"consent:{law}"} if law in table.void_laws else set()
    rules |= {f"policy:{policy}"} if policy in table.policies else set()
    values |= {
        "person": fields.text("person"),
        "attributes": read_set(
            list(fields.texts("attributes")), ATTRIBUTES, fields.at("attributes")
        ),
        "grantee": fields.text("grantee"),
        "void": in_lieu
        and not any(helped)
        and table.is_void(law, fixed_on, description, specific=specific),
        "born": read_born(fields, values["zone"]),
        "court_approved": fields.flag("court_approved", default=False),
        "policy": policy,
        "max_outputs": fields.maybe_count("max_outputs"),
        "used_outputs": fields.count("used_outputs", 0),
        "starts_unknown": values["start"] == ALWAYS and fields.raw("start", None) is not None,
        "revocable": read_revocable(fields, "prospective"),
        "in_force": fields.choice("status", STATUSES, "executed") == "executed",
        "rules": values["rules"] | rules,
    }
    return Consent(**common | values)


def _element(fields: Reader, context: Context, common: Values) -> Fact:
    element = fields.choice("element", ELEMENTS)
    usual = ["audio"] if element == "music" else ["video", "image"]
    fields.maybe_text("ref")
    values = read_about(fields, context) | {
        "element": element,
        "ai": fields.choice("ai", ("granted", "not_granted", "prohibited", "unknown")),
        "uses": read_uses(fields.raw("uses", []), fields.at("uses")),
        "modality": read_set(fields.raw("modality", usual), MODALITIES, fields.at("modality")),
        "stem": fields.maybe_text("stem") is not None,
        "timecode": None,
        "milliseconds": (0, 0),
    }
    timecode = fields.maybe_object("timecode")
    if timecode is not None:
        texts = timecode.text("from"), timecode.text("to")
        start = milliseconds(texts[0], timecode.at("from"), fraction=True)
        end = milliseconds(texts[1], timecode.at("to"), fraction=True)
        timecode.done()
        if end <= start:
            raise CaseError(timecode.at("to"), "must be after from")
        values |= {"timecode": texts, "milliseconds": (start, end)}
    return Element(**common | values)


def _guild(fields: Reader, context: Context, common: Values) -> Fact:
    guild, agreement = fields.text("guild"), fields.text("agreement")
    row = context.tables.agreement_rule(guild, agreement)
    effective = None if row is None or row.effective is None else start_of(row.effective)
    if fields.has("effective"):
        effective = read_instant(fields.raw("effective"), UTC, fields.at("effective"))
    values = read_about(fields, context) | {
        "guild": guild,
        "agreement": agreement,
        "effective": effective,
        "rules": frozenset({f"guild:{guild}/{agreement}"} if row else ()),
    }
    return Guild(**common | values)


def _performer(fields: Reader, context: Context, common: Values) -> Fact:
    values = read_about(fields, context)
    return Performer(**common | values, person=fields.text("person"), born=read_born(fields, UTC))


def _revocation(fields: Reader, context: Context, common: Values) -> Fact:
    effective = read_instant(fields.raw("effective"), zone_of(fields), fields.at("effective"))
    return Revocation(
        **common, target=fields.text("target"), effective=max(effective, common["recorded"])
    )


def _event(fields: Reader, context: Context, common: Values) -> Fact:
    name, _, date, zone = read_event(fields)
    return Event(**common, name=name, date=date, zone=zone)


_KINDS: Final[dict[str, Callable[[Reader, Context, Values], Fact]]] = {
    "ownership": _ownership,
    "assignment": _assignment,
    "grant_in": _grant_in,
    "grant_out": _grant_out,
    "restriction": _restriction,
    "holdback": _holdback,
    "element": _element,
    "guild": _guild,
    "performer": _performer,
    "consent": _consent,
    "revocation": _revocation,
    "cap": _cap,
    "option": _option,
    "counsel_opinion": _opinion,
    "event": _event,
}
