"""Who holds a title at a moment: the owners with their shares, and who has a licence of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from catalog.models import Fact
from catalog.rights import instant
from catalog.scope.errors import CaseError
from catalog.scope.uses import MODALITIES, MODEL_KINDS
from licensing.clearance.owners import Owned, owners_at
from licensing.verdicts.gathering import as_written, said_once


@dataclass(frozen=True)
class Owner:
    """One owner: its share as a fraction, and the length of its bar."""

    name: str
    share: str
    width: str
    is_licensor: bool


@dataclass(frozen=True)
class Scope:
    """Where a division holds; what is said of all is left empty."""

    uses: Sequence[str]
    territory: Any
    modality: Sequence[str]
    model_kind: Sequence[str]


@dataclass(frozen=True)
class Division:
    """Owners and where they own so: without `scopes`, of everything everywhere. Without owners:
    nobody is recorded there. `total` is what the shares add up to where that is not the whole."""

    owners: Sequence[Owner]
    total: str
    scopes: Sequence[Scope]


def divisions_at(
    facts: Sequence[Fact], moment: datetime, licensor: str
) -> Sequence[Division] | None:
    """Return who owns what at a moment as clearance works it out; None where the facts contradict
    each other so that it cannot."""
    start = moment.replace(microsecond=0)
    written = [as_written(fact) for fact in said_once(list(facts))]
    try:
        found = owners_at(written, str(instant(start)), str(instant(start + timedelta(seconds=1))))
    except CaseError:
        return None
    return [_division(owned, licensor, is_only=len(found) == 1) for owned in found]


def _division(owned: Owned, licensor: str, *, is_only: bool) -> Division:
    total = sum(owned.shares.values(), Fraction())
    largest_first = sorted(owned.shares.items(), key=lambda row: (-row[1], row[0]))
    return Division(
        [
            Owner(name, _text(share), f"{_percent(share)}%", _key(name) == _key(licensor))
            for name, share in largest_first
        ],
        "" if owned.is_whole or not owned.shares else _text(total),
        [] if is_only else [_scope(scope) for scope in owned.scopes],
    )


def _scope(scope: Mapping[str, Any]) -> Scope:
    return Scope(
        scope["uses"],
        scope["territory"],
        scope["modality"] if len(scope["modality"]) < len(MODALITIES) else (),
        scope["model_kind"] if len(scope["model_kind"]) < len(MODEL_KINDS) else (),
    )


def _percent(share: Fraction) -> int:
    return min(100 * share.numerator // share.denominator, 100)


def _text(share: Fraction) -> str:
    return f"{share.numerator}/{share.denominator}"


def _key(name: str) -> str:
    return " ".join(name.casefold().split())
