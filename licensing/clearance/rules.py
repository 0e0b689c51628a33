"""The rule tables of section 9 as an input of an evaluation: one edition of all of them."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, lru_cache
from typing import Any, Final

from catalog.scope import likeness_rules, territory
from catalog.scope.likeness_rules import LikenessTable, read_likeness_table
from catalog.scope.territory import Definitions, read_definitions
from licensing.clearance.tables import table

TABLES: Final = ("co_owners", "likeness", "guilds", "territory")
"""In the order of the contract."""


@dataclass(frozen=True)
class AgreementRule:
    """A guild agreement's row: from when (None: always), and which duty (None: no duty)."""

    effective: date | None
    reason: str | None
    duty: str | None


@dataclass(frozen=True, eq=False)
class RuleTables:
    """One edition of the rule tables. `text` is all of them as canonical JSON: an object with a
    member for each of TABLES, keys sorted, no spaces."""

    text: str
    co_owners: Mapping[str, str]
    agreements: Mapping[tuple[str, str], AgreementRule]
    likeness: LikenessTable
    definitions: Definitions
    house: Definitions
    """How requests are read, and licences granted out at the least: as every licensor reads them,
    whatever the rows of one."""
    strict: bool = False
    """Whether facts are read as records, of which some need a person where the contract clears
    (docs/decisions/contradicting-records.md)."""

    @cached_property
    def version(self) -> str:
        """The SHA-256 of the text, in hexadecimal. Equal versions give equal verdicts."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def of_records(self) -> "RuleTables":
        """The same edition for cases that are put together from records."""
        return self if self.strict else replace(self, strict=True)

    def content(self) -> dict[str, Any]:
        """The tables by name, each in the form of its file."""
        content: dict[str, Any] = json.loads(self.text)
        return content

    def co_owner_rule(self, law: str) -> str | None:
        """`account` or `consent` for a country's law, None when it is not in the table."""
        return self.co_owners.get(law)

    def agreement_rule(self, guild: str, agreement: str) -> AgreementRule | None:
        """The row of that agreement, None when it is not in the table."""
        return self.agreements.get((guild, agreement))


@lru_cache(maxsize=64)
def read_tables(text: str) -> RuleTables:
    """The tables of a canonical text. The same few are read again and again."""
    content = json.loads(text)
    definitions = read_definitions(content["territory"])
    return RuleTables(
        text=text,
        co_owners={law: row["rule"] for law, row in content["co_owners"]["laws"].items()},
        agreements={
            (row["guild"], row["agreement"]): AgreementRule(
                row["effective"] and date.fromisoformat(row["effective"]),
                row["reason"],
                row["duty"],
            )
            for row in content["guilds"]["agreements"]
        },
        likeness=read_likeness_table(content["likeness"]),
        definitions=definitions,
        house=read_definitions(content["house"]) if "house" in content else definitions,
    )


def tables_of(content: Mapping[str, Any]) -> RuleTables:
    """The tables of their contents by name (TABLES), each in the form of its file."""
    return read_tables(
        json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    )


SHIPPED: Final = tables_of(
    {
        "co_owners": table("co_owners"),
        "likeness": likeness_rules.TABLE,
        "guilds": table("guilds"),
        "territory": territory.TABLE,
    }
)
"""The tables that come with the engine."""
