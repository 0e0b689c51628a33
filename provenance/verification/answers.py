"""How a report answers each of its questions: one Check, with the detail a lawyer would ask for."""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise

type Text = str | Promise


class Outcome(StrEnum):
    """How one question was answered."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Check:
    """One question, its answer, and the detail a lawyer would ask for."""

    id: str
    outcome: Outcome
    title: Text
    detail: Text = ""

    def as_json(self) -> dict[str, str]:
        return {
            "id": self.id,
            "outcome": self.outcome,
            "title": str(self.title),
            "detail": str(self.detail),
        }
