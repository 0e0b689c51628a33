"""What the case of one title says that counts for the same bytes under another title: everything
but who holds it. Pure.

The events of a title are its own. Beside those of another they, and what hangs on them, have the
records that date them in their names. So are its opinions: what they name has theirs in its own, so
that they settle nothing that the other title is told by itself.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from catalog.models import HOLDINGS, FactKind

type Written = dict[str, Any]

_ENDS: Final = ("start", "end")


def burdens(facts: Iterable[Written], works: Sequence[Written]) -> list[Written]:
    """Return the burdens that a case tells of, of whichever of its parts; without what only counts
    towards its caps, in whose place a person has to look."""
    around = works[0].get("parent") if works else None
    beside = {each["id"] for each in works[1:] if around and each.get("parent") == around}
    kept = [
        _uncounted(fact) if beside and fact["kind"] == FactKind.CAP else _whole(fact)
        for fact in facts
        if fact["kind"] not in HOLDINGS
        and fact.get("work") not in beside
        # What lessens a burden of some parts would lessen it of all.
        and not (_is_naming(fact) and {"work", "excludes"} & fact.keys())
    ]
    records: dict[str, list[str]] = defaultdict(list)
    for fact in kept:
        if fact["kind"] == FactKind.EVENT:
            records[fact["name"]].append(fact["id"])
    opinions: dict[str, list[str]] = defaultdict(list)
    for fact in kept:
        for code in fact.get("about", ()):
            opinions[code].append(fact["id"])
    said = {
        fact["id"]: _judged(_dated(fact, records), opinions.get(fact["id"], ()))
        for fact in kept
        if not _is_naming(fact)
    }
    names = {code: fact["id"] for code, fact in said.items()}
    about = (_about(fact, names) for fact in kept if _is_naming(fact))
    return [*said.values(), *(fact for fact in about if fact is not None)]


def _whole(fact: Written) -> Written:
    return {name: said for name, said in fact.items() if name not in {"work", "excludes"}}


def _uncounted(cap: Written) -> Written:
    """An adverse claim (contract, section 6) instead of a cap whose licensees are not told."""
    return {
        "id": f"{cap['id']}.cap",
        "kind": "grant_out",
        "from": cap["id"],
        "to": f"{cap['id']}.licensees",
        "uses": "ALL",
        "new_uses": "express",
        **({"source": cap["source"]} if "source" in cap else {}),
        "x_capped": True,
    }


def _is_naming(fact: Written) -> bool:
    return "target" in fact or "about" in fact


def _dated(fact: Written, records: Mapping[str, Sequence[str]]) -> Written:
    """A fact with the events that it is, or hangs on, under their new names."""
    ends = [end for end in _ENDS if isinstance(fact.get(end), dict) and "event" in fact[end]]
    named = [fact[end]["event"] for end in ends]
    if fact["kind"] == FactKind.EVENT:
        named = [fact["name"]]
    if not named:
        return fact
    new = {name: f"{name} ({', '.join(sorted(records.get(name, ())))})" for name in named}
    said = {end: fact[end] | {"event": new[fact[end]["event"]]} for end in ends}
    if fact["kind"] == FactKind.EVENT:
        said["name"] = new[fact["name"]]
    dates = sorted({code for name in named for code in records.get(name, ())})
    return fact | said | {"id": ".".join([fact["id"], *(dates or ["undated"])])}


def _judged(fact: Written, opinions: Sequence[str]) -> Written:
    return fact | {"id": ".".join([fact["id"], *sorted(opinions)])} if opinions else fact


def _about(fact: Written, names: Mapping[str, str]) -> Written | None:
    """A revocation or an opinion with the names that facts have here; None where none is here."""
    if "target" in fact:
        if (target := names.get(fact["target"])) is None:
            return None
        is_same = target == fact["target"]
        said: Written = {"target": target}
    else:
        about = [names[code] for code in fact["about"] if code in names]
        if not about:
            return None
        is_same, said = about == fact["about"], {"about": about}
    return fact | said | ({} if is_same else {"id": ".".join([fact["id"], "there"])})
