"""A licence whose place that of an amendment takes, and what its lab owes of what it allowed.

What is licensed no longer is to be stopped, and the copies of files that were left out are to be
deleted (clause `amendment.goes_on`). Nobody has to demand it. A shorter term needs no notice: its
end brings one. Docs: docs/duties.md.
"""

from accounts.access import SYSTEM
from catalog.scope.territory import describe_territory, parse_territory
from catalog.scope.uses import expand_uses
from ledger.append import append
from licensing.grants.duties import Demand, demand_of_lab
from licensing.grants.ending import to_delete
from licensing.models import TIER_TERMS, DutyKind, Grant, Ground


def supersede(before: Grant, grant: Grant) -> None:
    """Let a grant take the place of the one that its deal amended, from its issue on, and the lab
    owe what follows. A revocation waits for the deal's lock, and has come before or finds the grant
    ended. Call inside a transaction, once the new grant has its files."""
    before.superseded_at, before.superseded_by = grant.issued_at, grant
    before.save(update_fields=["superseded_at", "superseded_by"])
    append(
        "grant.superseded",
        stream=before.stream,
        actor=SYSTEM,
        refs={"by": grant.stream},
    )
    files, kept = _files(before), _files(grant)
    _owe(before, DutyKind.STOP, files - kept)
    _owe(before, DutyKind.DESTROY, to_delete(before, files - kept))
    if lost := _lost(before, grant):
        _owe(before, DutyKind.STOP, files & kept, detail=lost)


def _owe(before: Grant, kind: DutyKind, files: set[str], *, detail: str = "") -> None:
    if files:
        demand_of_lab(
            before,
            [Demand(kind, TIER_TERMS[kind].days)],
            ground=Ground.AMENDMENT,
            reason="",
            files=sorted(files),
            actor=None,
            detail=detail,
        )


def _files(grant: Grant) -> set[str]:
    return set(grant.granted_assets.values_list("asset__code", flat=True))


def _lost(before: Grant, after: Grant) -> str:
    """Return what the terms of a licence allowed that those after it do not, by its codes; "" where
    they allow all of it."""
    countries = parse_territory(before.territory) - parse_territory(after.territory)
    lost = {
        "uses": sorted(expand_uses(before.uses) - expand_uses(after.uses)),
        "model_kinds": sorted({*before.model_kinds} - {*after.model_kinds}),
        "territory": _names(countries) if countries else [],
    }
    return "; ".join(f"{name}: {', '.join(codes)}" for name, codes in lost.items() if codes)


def _names(countries: frozenset[str]) -> list[str]:
    match describe_territory(countries):
        case list() as codes:
            return codes
        case {"except": codes}:
            return [f"WORLD but {', '.join(codes)}"]
    return ["WORLD"]
