"""What a verification answers: one check for each question, and the verdict that they sum up to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Outcome(StrEnum):
    """How one question was answered."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Name(StrEnum):
    """The sum. Only LICENSED means: what was signed, by whom we trust, under a grant that the log
    holds and whose term runs; and only MADE: by whom we trust, as a licensee declared it in the
    log to have made, under grants and consents none of which is known to have ended."""

    LICENSED = "licensed"
    MADE = "made"
    MADE_IN_DOUBT = "made_in_doubt"
    NOT_IN_FORCE = "not_in_force"
    UNPROVEN = "unproven"
    DISPUTED = "disputed"
    NO_GRANT = "no_grant"
    STRANGER = "stranger"
    ALTERED = "altered"
    UNSIGNED = "unsigned"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Check:
    """One question and its answer. `said` is a sentence of words.py, `values` go into it."""

    id: str
    outcome: Outcome
    said: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether the answer is yes, be it with a warning."""
        return self.outcome in {Outcome.OK, Outcome.WARNING}


@dataclass(frozen=True)
class Verdict:
    """What may be believed of a file. `crjson` is what it says, as C2PA's own JSON, {} where
    it could not be read."""

    name: Name
    checks: tuple[Check, ...]
    file_sha256: str
    at: datetime
    manifest_id: str = ""
    grant: Mapping[str, Any] | None = None
    consents: tuple[Mapping[str, Any], ...] = ()
    crjson: Mapping[str, Any] = field(default_factory=dict)
    output: Mapping[str, Any] | None = None
