"""Scopes and consents as the house writes them, and whether they meet or lie in one another.

A scope is what `grant.issued` commits to: uses, model_kinds, territory, starts_at, ends_at,
exclusivity; `consent.recorded` commits to much the same. What is written in another way, or names
nothing at all, raises: the replay says so, for it could hide what two scopes have in common.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

# Every name of the tree of uses that stands for others, and the leaves under it.
_TRAIN = ("train.pretrain", "train.finetune", "train.discriminative", "evaluate")
_GENERATE = ("generate.output", "generate.likeness", "dub", "deage", "converse.persona")
_AI = (*_TRAIN, "input", "index", *_GENERATE, "derive")
_DISTRIBUTE = tuple(
    f"distribute.{way}" for way in ("theatrical", "tv", "vod", "home_video", "other")
)
_ALL = (*_AI, *_DISTRIBUTE)
LEAVES: Mapping[str, tuple[str, ...]] = {
    "ALL": _ALL,
    "ALL_MEDIA_HEREAFTER": _ALL,
    "ai.all": _AI,
    "train": _TRAIN,
    "train.generative": ("train.pretrain", "train.finetune"),
    "generate": _GENERATE,
    "distribute": _DISTRIBUTE,
    **{leaf: (leaf,) for leaf in _ALL},
}
_LEAVES = frozenset(_ALL)
MODEL_KINDS = frozenset(("foundation", "open_weights", "customer_private", "evaluation_only"))
ATTRIBUTES = frozenset(("face", "voice", "motion", "name"))
EXCLUSIVITIES = frozenset(("exclusive", "sole", "non_exclusive"))
_CODES = """
AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR
BS BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ
EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW
GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY
KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV
MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY
QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG
TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA
ZM ZW
"""  # of ISO 3166-1, and XK
WORLD = frozenset(_CODES.split())
_NEVER = datetime.fromisoformat("9999-12-31T00:00:00+00:00")


@dataclass(frozen=True, slots=True)
class Term:
    """From an instant to before another."""

    begins: datetime
    ends: datetime

    @property
    def is_endless(self) -> bool:
        return self.ends == _NEVER

    def holds(self, at: datetime) -> bool:
        """Return whether an instant lies in it."""
        return self.begins <= at < self.ends


@dataclass(frozen=True, slots=True)
class Scope:
    """What is allowed: leaves of the tree of uses, kinds of models, countries, when."""

    uses: frozenset[str]
    model_kinds: frozenset[str]
    countries: frozenset[str]
    term: Term
    is_exclusive: bool

    @property
    def is_known(self) -> bool:
        """Whether all its uses and kinds of models are such as there are."""
        return self.uses <= _LEAVES and self.model_kinds <= MODEL_KINDS

    def allows(self, other: "Scope") -> bool:
        """Return whether all uses, kinds of models and countries of another are among these."""
        return (
            other.uses <= self.uses
            and other.model_kinds <= self.model_kinds
            and other.countries <= self.countries
        )

    def meets(self, other: "Scope", until: datetime | None) -> bool:
        """Return whether the two have a use, a kind of model, a country and an instant in common;
        the other one ends at `until`, if that is earlier than it says."""
        others_end = min(other.term.ends, until) if until is not None else other.term.ends
        return not (
            self.uses.isdisjoint(other.uses)
            or self.model_kinds.isdisjoint(other.model_kinds)
            or self.countries.isdisjoint(other.countries)
            or self.term.begins >= others_end
            or other.term.begins >= self.term.ends
        )


def scope(fact: Mapping[str, Any]) -> Scope:
    """Return a scope; uses and kinds of models that are not known stand for themselves. Raises
    KeyError, TypeError, ValueError or AttributeError for another form."""
    exclusive = _some((fact["exclusivity"],), EXCLUSIVITIES) != {"non_exclusive"}
    kinds, countries = frozenset(_texts(fact["model_kinds"])), _countries(fact["territory"])
    uses = [LEAVES.get(name.removesuffix(".*"), (name,)) for name in _texts(fact["uses"])]
    return Scope(frozenset(chain(*uses)), kinds, countries, term(fact), exclusive)


def consent(fact: Mapping[str, Any]) -> Scope:
    """Return what a consent allows; without kinds of models it allows all. Raises as `scope`."""
    _some(fact["attributes"], ATTRIBUTES)
    kinds = _some(fact["model_kinds"], MODEL_KINDS) if fact["model_kinds"] != [] else MODEL_KINDS
    countries = _countries(fact["territory"])
    return Scope(leaves(fact["uses"]), kinds, countries, term(fact), is_exclusive=False)


def term(fact: Mapping[str, Any]) -> Term:
    """Return the term of a scope or consent. Raises as `scope`."""
    begins = datetime.fromisoformat(fact["starts_at"])
    ends = datetime.fromisoformat(fact["ends_at"]) if fact["ends_at"] is not None else _NEVER
    if begins.tzinfo is None or not begins < ends:
        raise ValueError("is no term")
    return Term(begins, ends)


def uncovered(wanted: Scope, given: Sequence[Scope]) -> str:
    """Return what of a scope none of these allows, in a few words; nothing: all is allowed."""
    for use in sorted(wanted.uses):
        allowing = [each for each in given if use in each.uses]
        if not allowing:
            return f"allows {use}"
        for kind in sorted(wanted.model_kinds):
            fitting = [each for each in allowing if kind in each.model_kinds]
            if missing := wanted.countries.difference(*(each.countries for each in fitting)):
                where = min(missing) if fitting else "any country"
                return f"allows {use} with {kind} in {where}"
            # Countries that the consents do not tell apart are looked at once.
            alike = {
                tuple(country in each.countries for each in fitting): country
                for country in wanted.countries
            }
            for pattern, country in alike.items():
                terms = [each.term for each, is_in in zip(fitting, pattern, strict=True) if is_in]
                if not _covers(wanted.term, terms):
                    return f"lasts as long, for {use} with {kind} in {country}"
    return ""


def _covers(wanted: Term, given: Iterable[Term]) -> bool:
    """Return whether some terms together hold another."""
    reached = wanted.begins
    for each in sorted(given, key=lambda term: term.begins):
        if each.begins <= reached:
            reached = max(reached, each.ends)
    return reached >= wanted.ends


def leaves(names: object) -> frozenset[str]:
    """Return the leaves of the tree of uses that names stand for; `x.*` is `x`."""
    found = [LEAVES[name.removesuffix(".*")] for name in _texts(names)]
    return frozenset(leaf for leaves in found for leaf in leaves)


def _countries(territory: object) -> frozenset[str]:
    """Return the countries of a territory in canonical form."""
    match territory:
        case "WORLD":
            return WORLD
        case {"include": ["WORLD"], "except": codes, **rest} if not rest:
            return WORLD - _some(codes, WORLD)
    return _some(territory, WORLD)


def _some(names: object, known: frozenset[str]) -> frozenset[str]:
    """Return names that are all known, of which there must be some."""
    found = frozenset(_texts(names))
    if not found <= known:
        raise ValueError(f"{min(found - known)!r:.40} is not known")
    return found


def _texts(names: object) -> Sequence[str]:
    if not isinstance(names, (list, tuple)) or not names:
        raise TypeError("must be a list of names that is not empty")
    if not all(isinstance(name, str) for name in names):
        raise TypeError("must be a list of names")
    return names
