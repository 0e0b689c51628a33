"""What would mend each finding, and what that costs (contract section 7 and table 8)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from catalog.scope.instants import show
from licensing.clearance.case import Case
from licensing.clearance.coverage import ends
from licensing.clearance.decisions import Decision
from licensing.clearance.facts import Conveyance, Element, Fact, GrantOut, Price
from licensing.clearance.findings import Finding
from licensing.clearance.reasons import BLOCKED, ORDER

type Repair = dict[str, Any]

_COSTS: Final = {
    "narrow_request": 0,
    "accept_non_exclusive": 1,
    "match_price": 2,
    "record_price": 2,
    "record_event_date": 2,
    "name_subject": 2,
    "correct_records": 2,
    "wait": 3,
    "obtain_counsel_opinion": 4,
    "reconcile_shares": 4,
    "execute_instrument": 4,
    "obtain_signature": 5,
    "obtain_confirmatory_assignment": 5,
    "obtain_waiver": 6,
    "license_element": 6,
    "remove_element": 7,
    "obtain_consent": 7,
    "amend_instrument": 7,
    "acquire_rights": 9,
}

_WAIVER = ("obtain_waiver",)
_WAIT = ("wait", "obtain_waiver")
_OPINION = ("obtain_counsel_opinion",)
_CONSENT = ("obtain_consent",)
_ACQUIRE = ("acquire_rights",)

_ACTIONS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(
        (
            "NO_TITLE",
            "NO_RIGHTS_EPISODE",
            "RESERVED_RIGHTS",
            "NO_RIGHTS_USE",
            "NO_RIGHTS_MODALITY",
            "NO_RIGHTS_MODEL_KIND",
            "NO_RIGHTS_TERRITORY",
            "REVERSION",
            "NO_RIGHTS_TERM",
            "TITLE_CONVEYED",
            "GRANTOR_LACKS_RIGHT",
        ),
        _ACQUIRE,
    ),
    "INSTRUMENT_NOT_EXECUTED": ("execute_instrument",),
    "SUBLICENSE_NOT_PERMITTED": ("amend_instrument",),
    "NO_EXCLUSIVE_RIGHT": ("amend_instrument",),
    "CO_OWNER_CONSENT": ("obtain_signature",),
    **dict.fromkeys(
        (
            "CONTRACT_PROHIBITION",
            "MODEL_KIND_PROHIBITED",
            "EXCLUSIVE_CONFLICT",
            "SOLE_LICENCE_CONFLICT",
            "HOLDBACK",
        ),
        _WAIT,
    ),
    "NONEXCLUSIVE_OUTSTANDING": ("accept_non_exclusive", *_WAIT),
    "CAP_REACHED": _WAIVER,
    "OPTION_EXERCISED": _WAIVER,
    **dict.fromkeys(
        (
            "CONSENT_MISSING",
            "CONSENT_UNENFORCEABLE",
            "MINOR_COURT_APPROVAL",
            "CONSENT_SCOPE",
            "CONSENT_ATTRIBUTE",
            "MINOR_TERM_CAP",
            "CONSENT_TERM_CAP",
            "CONSENT_TERM",
            "CONSENT_QUOTA",
        ),
        _CONSENT,
    ),
    "CHAIN_SHARE_MISMATCH": ("reconcile_shares",),
    **dict.fromkeys(
        (
            "TERRITORY_SUCCESSION",
            "TERRITORY_AMBIGUOUS",
            "LEGACY_NEW_USE",
            "GOVERNING_LAW_UNKNOWN",
            "ELEMENT_UNKNOWN",
            "GUILD_AGREEMENT_UNKNOWN",
            "REVOCATION_DISPUTED",
        ),
        _OPINION,
    ),
    "EVENT_DATE_UNKNOWN": ("record_event_date",),
    "SUBJECT_UNKNOWN": ("name_subject",),
    "MFN_TRIGGER": ("match_price",),
    "RECORDS_CONTRADICT": ("correct_records",),
}


# What the facts of a case decide, at its least.
_SELDOM: Final[dict[str, tuple[str, ...]]] = {
    "CHAIN_BREAK": _OPINION,
    "MFN_UNCOMPARABLE": ("record_price",),
    "REVOKED_PROSPECTIVE": _CONSENT,
}


def cheapest_repair(reason: str) -> tuple[str, int] | None:
    """Return what mends a reason with the least effort whatever the records say, and that effort;
    None where nothing does. Waiting helps only where a burden ends in time."""
    if reason.startswith("THIRD_PARTY_") or reason == "EXCISION_LEAVES_NOTHING":
        actions: tuple[str, ...] = ("license_element",)
    else:
        actions = _SELDOM.get(reason) or _ACTIONS.get(reason, ())
    costs = {action: _COSTS[action] for action in actions if action != "wait"}
    return min(costs.items(), key=lambda each: each[1]) if costs else None


@dataclass(frozen=True)
class Repairs:
    """Lists the repairs of a case."""

    case: Case
    facts: Mapping[str, Fact]

    def of(self, decisions: Iterable[Decision]) -> list[Repair]:
        """The repairs of every point's worst findings, once each, by cost."""
        found: dict[tuple[Any, ...], Repair] = {}
        for each in {one for decision in decisions for one in decision.worst}:
            for repair in self._of_finding(each):
                found.setdefault(_sort_key(repair), repair)
        return [found[key] for key in sorted(found)]

    def _of_finding(self, found: Finding) -> Iterator[Repair]:
        if found.code.startswith("THIRD_PARTY_") or found.code == "EXCISION_LEAVES_NOTHING":
            yield from self._elements(found)
        elif found.code == "CHAIN_BREAK":
            yield from self._broken(found)
        elif found.code == "MFN_UNCOMPARABLE":
            grant = self.facts[found.ids[0]]
            priced = isinstance(grant, GrantOut) and grant.price is not None
            yield self._repair("match_price" if priced else "record_price", found)
        elif found.code == "REVOKED_PROSPECTIVE" and found.party is not None:
            yield self._repair("obtain_consent", found)
        elif found.code == "REVOKED_PROSPECTIVE":
            yield self._repair("acquire_rights", found)
        else:
            for action in _ACTIONS.get(found.code, ()):
                until = self._until(found) if action == "wait" else None
                if action != "wait" or until is not None:
                    yield self._repair(action, found, until)

    def _repair(self, action: str, found: Finding, until: int | None = None) -> Repair:
        repair = new_repair(action, found.code)
        if action in ("accept_non_exclusive", "name_subject"):
            return repair
        if found.ids:
            repair["fact"] = found.ids[0]
        if action in ("obtain_waiver", "obtain_consent", "obtain_signature") and found.party:
            repair["party"] = found.party
        if until is not None:
            repair["until"] = show(until)
        if action == "match_price":
            repair |= self._price(found.ids[0])
        return repair

    def _until(self, found: Finding) -> int | None:
        """When the burden ends, if that is inside the requested term."""
        end = ends(self.facts[found.ids[0]])
        inside = end is not None and self.case.request.start < end < self.case.request.end
        return end if inside else None

    def _price(self, fact: str) -> Repair:
        grant = self.facts[fact]
        if not isinstance(grant, GrantOut) or grant.price is None:
            return {}
        return {"price": price_json(grant.price)}

    def _elements(self, found: Finding) -> Iterator[Repair]:
        for name in found.ids:
            element = self.facts[name]
            prohibited = isinstance(element, Element) and element.ai == "prohibited"
            if not prohibited:
                yield new_repair("license_element", found.code) | {"fact": name}
            elif found.status == BLOCKED:
                yield new_repair("remove_element", found.code) | {"fact": name}

    def _broken(self, found: Finding) -> Iterator[Repair]:
        deed = self.facts[found.ids[0]]
        if found.party is not None:  # somebody else has it, or says so
            claims = (self.facts[name] for name in found.ids)
            deed = next(each for each in claims if _is_held(each, found.party))
            waiver = new_repair("obtain_waiver", found.code)
            yield waiver | {"fact": deed.id, "party": found.party}
        yield new_repair("obtain_counsel_opinion", found.code) | {"fact": deed.id}
        if found.party is None and isinstance(deed, Conveyance):
            for owner in found.owners or (deed.grantor,):
                deal = new_repair("obtain_confirmatory_assignment", found.code)
                yield deal | {"fact": deed.id, "from": owner, "to": deed.holder}


def _is_held(fact: Fact, party: str) -> bool:
    if isinstance(fact, GrantOut):
        return fact.to == party
    return isinstance(fact, Conveyance) and fact.holder == party


def new_repair(action: str, resolves: str) -> Repair:
    """The fields that every repair has."""
    return {"action": action, "resolves": resolves, "cost": _COSTS[action]}


def price_json(price: Price) -> dict[str, str]:
    """The price as the case wrote it."""
    return {"amount": price.written, "currency": price.currency, "per": price.per}


def _sort_key(repair: Repair) -> tuple[Any, ...]:
    return (
        repair["cost"],
        repair["action"],
        ORDER[repair["resolves"]],
        repair.get("fact", ""),
        repair.get("party", repair.get("from", "")),
    )
