"""What else a consent says besides its scope: typed and checked, field by field.

The names are those of docs/consents.md. Every field may be left out; what is left out is not
agreed, and where the law or a policy asks for it, `catalog.consents.lint` says so.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from catalog.facts import fields
from catalog.facts.fields import Check
from catalog.scope.likeness_rules import POLICIES

REPLICAS: Final = (
    "employment",  # made with the performer's participation, for scenes not shot
    "independent",  # made without participation, for a film the performer did not work in
    "background",
    "synthetic_resembling",
    "voice_model",
    "scan",
    "persona",
)
MEDIA: Final = ("film", "series", "advertising", "game", "audio", "online", "live", "internal")
PROHIBITED: Final = (
    "ncii",
    "nudity",
    "sexual",
    "political",
    "religious",
    "hate",
    "violence",
    "tobacco",
    "alcohol",
    "gambling",
    "medical",
    "disparagement",
    "competitors",
    "directed_at_minors",
    "sublicense",
    "open_weights",
    "style_only_clone",
)
STAGES: Final = ("script", "clip", "final")
SILENCES: Final = ("deny", "allow")
REVOCABLE: Final = ("no", "on_breach", "on_strike", "on_death", "any_time")
DISCLOSURES: Final = ("visible_label", "machine_readable", "spoken", "credit")
AT_REST: Final = ("encrypted", "encrypted_own_keys")
LAWS: Final = ("CA", "NY", "TN", "US", "KR", "JP", "EU", "DK", "GB", "OTHER")
_MOST_HOURS = 24 * 90
_MOST_DAYS = 3650


def _object(needs: Mapping[str, Check], may: Mapping[str, Check] | None = None) -> Check:
    """An object with these fields: the first must be there."""
    checks = {**needs, **(may or {})}

    def check(path: str, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise Invalid(path, _("Write an object with named fields."))
        given = {name: each for name, each in value.items() if each is not None and each != ""}
        for name in given:
            if name not in checks:
                raise Invalid(f"{path}.{name}", _("There is no such field."))
        for name in needs:
            if name not in given:
                raise Invalid(f"{path}.{name}", _("This has to be said."))
        return {
            name: checks[name](f"{path}.{name}", given[name]) for name in checks if name in given
        }

    return check


def _count(most: int, least: int = 1) -> Check:
    def check(path: str, value: Any) -> int:
        found: int = fields.count(path, value)
        if not least <= found <= most:
            raise Invalid(
                path,
                _("Write a whole number from %(least)d to %(most)d.")
                % {"least": least, "most": most},
            )
        return found

    return check


def _ages(path: str, value: Any) -> list[int]:
    """[from, to] in years."""
    if not isinstance(value, list) or len(value) != 2:
        raise Invalid(path, _("Write the youngest and the oldest age."))
    young, old = (fields.count(f"{path}[{i}]", each) for i, each in enumerate(value))
    if not young <= old <= 150:
        raise Invalid(path, _("The youngest age comes first."))
    return [young, old]


TERMS: Final[Mapping[str, Check]] = {
    "projects": fields.names,
    "role": fields.text(200),  # what the performer is seen or heard doing
    "replica": fields.choice(REPLICAS),
    "media": fields.choices(MEDIA),
    "languages": fields.names,
    "ages": _ages,
    "prohibited": fields.choices(PROHIBITED),
    "approvals": _object(
        {
            "stages": fields.choices(STAGES),
            "hours": _count(_MOST_HOURS),
            "silence": fields.choice(SILENCES),
        }
    ),
    "compensation": _object(
        {},
        {
            "scan_day": fields.price,
            "per_use": fields.price,
            "flat": fields.price,
            "days_equivalent": _count(1000),
            "revenue_share": fields.share,
            "residuals": fields.text(100),
            "pension_health": fields.flag,
        },
    ),
    "revocable": _object(
        {"when": fields.choice(REVOCABLE)}, {"notice_days": _count(_MOST_DAYS, 0)}
    ),
    "survives_death": fields.flag,
    "strike_suspends": fields.flag,
    "representation": _object({}, {"counsel": fields.text(200), "union": fields.text(200)}),
    "law": fields.choice(LAWS),
    "policy": fields.choice(("contract_only", *POLICIES)),
    "in_lieu_of_in_person_work": fields.flag,
    "court_approval": fields.text(200),  # which court, which order
    "earnings_set_aside": fields.text(200),  # of a minor: which account, which part
    "scan_notice_hours": _count(_MOST_HOURS),
    "disclosure": fields.choices(DISCLOSURES),
    "security": _object(
        {"at_rest": fields.choice(AT_REST)}, {"who": fields.names, "deletion_due": fields.instant}
    ),
}


def check_terms(terms: Mapping[str, Any]) -> dict[str, Any]:
    """Return the terms in canonical form, those that are None, "" or empty left out.

    Raises Invalid naming the field, such as `terms.approvals.hours`.
    """
    if not isinstance(terms, dict):
        raise Invalid("terms", _("Write an object with named fields."))
    given = {name: each for name, each in terms.items() if each not in (None, "", [], {})}
    for name in given:
        if name not in TERMS:
            raise Invalid(f"terms.{name}", _("There is no such field."))
    return {
        name: check(f"terms.{name}", given[name]) for name, check in TERMS.items() if name in given
    }


# What must be agreed to by a mark of its own, wherever it is agreed at all: the agreements of
# the guilds and the California statute ask for terms that cannot be overlooked.
CONSPICUOUS: Final = ("uses", "attributes", "replica", "survives_death", "open_weights", "training")


def conspicuous(terms: Mapping[str, Any], leaves: frozenset[str]) -> list[str]:
    """Return which separate marks this consent needs, in the order they are asked.

    `leaves` are the uses expanded.
    """
    trains = any(leaf.startswith("train.") for leaf in leaves)
    asked = {
        "uses": True,
        "attributes": True,
        "replica": "replica" in terms,
        "survives_death": bool(terms.get("survives_death")),
        "training": trains,
        "open_weights": trains and "open_weights" not in terms.get("prohibited", []),
    }
    return [name for name in CONSPICUOUS if asked[name]]
