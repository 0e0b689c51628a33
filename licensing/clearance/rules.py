"""Lookups in the rule tables of co-owners and guilds (9.1 and 9.3)."""

from dataclasses import dataclass
from datetime import date

from licensing.clearance.tables import table


@dataclass(frozen=True)
class AgreementRule:
    """A guild agreement's row: from when (None: always), and which duty (None: no duty)."""

    effective: date | None
    reason: str | None
    duty: str | None


def co_owner_rule(law: str) -> str | None:
    """`account` or `consent` for a country's law, None when it is not in the table."""
    row = table("co_owners")["laws"].get(law)
    return None if row is None else str(row["rule"])


def agreement_rule(guild: str, agreement: str) -> AgreementRule | None:
    """The row of that agreement, None when it is not in the table."""
    for row in table("guilds")["agreements"]:
        if (row["guild"], row["agreement"]) == (guild, agreement):
            effective = row["effective"] and date.fromisoformat(row["effective"])
            return AgreementRule(effective or None, row["reason"], row["duty"])
    return None
