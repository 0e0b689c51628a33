"""What a clearance's case asks for, beside what the lab asked for and what it was granted.

A case that asks for less than the deal grants would be clear of what stands in the way of the rest.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from edgecode.audit.rules import parts
from edgecode.log.commitments import Opening
from edgecode.log.leaf import Leaf
from edgecode.log.schema import base_of

# A term, as the log commits to it, and as a case has it.
_TERMS = {
    "uses": "uses",
    "model_kinds": "model_kind",
    "territory": "territory",
    "starts_at": "start",
    "ends_at": "end",
    "exclusivity": "exclusivity",
}
_ASKING = {"request.submitted", "amendment.proposed"}


@dataclass(slots=True)
class _Granted:
    """A file that was granted on the strength of a clearance; what was not opened is None."""

    asset: str
    scope: Any
    ranges: Any


@dataclass(slots=True)
class Asked:
    """Takes up what was asked for, proposed and granted, in the order of the log."""

    _terms: dict[str, list[Any]] = field(default_factory=dict)  # by request; None: not opened
    _grants: dict[str, tuple[Any, Any]] = field(default_factory=dict)  # scope and ranges
    _granted: dict[str, list[_Granted]] = field(default_factory=dict)  # by clearance

    def take(self, leaf: Leaf, opened: Mapping[str, Opening]) -> None:
        """Take up an entry, with what opens its commitments."""
        kind = base_of(leaf.kind)
        if kind in _ASKING:
            self._terms.setdefault(leaf.code, []).append(_value(opened, "scope"))
        elif kind == "deal.terms_proposed":
            proposed = self._terms.setdefault(leaf.code_of("request"), [])
            proposed.append(_value(opened, "proposal"))
        elif kind == "grant.issued":
            # The first version was of whole files alone.
            ranges = _value(opened, "ranges") if "ranges" in leaf.commitments else {}
            self._grants[leaf.code] = (_value(opened, "scope"), ranges)
        elif kind == "asset.granted" and "clearance" in leaf.refs:
            scope, ranges = self._grants.get(leaf.code, (None, None))
            granted = _Granted(leaf.code_of("asset"), scope, ranges)
            self._granted.setdefault(leaf.code_of("clearance"), []).append(granted)

    def differences(self, request: str, clearance: str, case: Mapping[str, Any]) -> Iterator[str]:
        """Yield what a case asks for that nobody asked for, or that is not what was granted."""
        wanted = case["request"]
        terms = self._terms.get(request, [])
        if terms and None not in terms:
            found = [_other_terms(wanted, each) for each in terms]
            if all(found):
                names = min(found, key=len)
                yield f"the case asks for other {names} than the request, or terms proposed since"
        for granted in self._granted.get(clearance, ()):
            if granted.scope is not None and (names := _other_terms(wanted, granted.scope)):
                yield f"the case asks for other {names} than was granted"
            if granted.ranges is not None and not _are_parts(wanted, granted):
                yield f"the case asks for other parts of {granted.asset} than were granted"


def _value(opened: Mapping[str, Opening], name: str) -> Any:
    return opened[name].value if name in opened else None


def _other_terms(wanted: Mapping[str, Any], terms: Any) -> str:
    """Return the names of the terms that differ; nothing: they are the same."""
    if not isinstance(terms, dict):
        return "terms"
    differing = [
        name
        for name, said in _TERMS.items()
        if _plain(name, wanted.get(said)) != _plain(name, terms.get(name))
    ]
    return ", ".join(differing)


def _plain(name: str, said: Any) -> Any:
    """Return a term as it is compared: an instant whatever its form."""
    if name not in {"starts_at", "ends_at"} or not isinstance(said, str):
        return said
    try:
        return datetime.fromisoformat(said)
    except ValueError:
        return said


def _are_parts(wanted: Mapping[str, Any], granted: _Granted) -> bool:
    try:
        return bool(wanted.get("x_ranges_ms", []) == parts.of(granted.ranges, granted.asset))
    except (AttributeError, TypeError, ValueError):
        return False
