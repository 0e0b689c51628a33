"""What is wrong with a consent before it is signed: is it specific, would it hold, what is asked
for besides.

Pure: plain values in, findings out, each with the source of its rule and the day as of which the
rule was last read. A finding is no legal advice; the words for each code are in
`catalog.consents.findings`.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from catalog.consents.speaking import Standing, of_age_on, standing_at
from catalog.scope.instants import start_of
from catalog.scope.likeness_rules import (
    AS_OF,
    FEWEST_WORDS,
    SOURCES,
    SWEEPING,
    VOID_LAWS,
    is_specific,
    is_void,
)
from catalog.scope.uses import LIKENESS_LEAVES

# The same in Korean, where a sentence has fewer words and no blanks inside them.
_SWEEPING_KO: Final = ("모든 목적", "모든 용도", "일체의", "어떠한 목적", "제한 없이", "전 우주")
_FEWEST_LETTERS_KO: Final = 15
_DOING: Final = (
    *("speak", "say", "sing", "narrat", "read", "voice", "dub", "act", "appear", "perform"),
    *("danc", "walk", "fight", "portray", "play", "seen", "heard", "scene", "dialogue", "line"),
    *(
        "말하",
        "말",
        "노래",
        "낭독",
        "더빙",
        "연기",
        "출연",
        "춤",
        "등장",
        "대사",
        "장면",
        "내레이션",
        "목소리",
    ),
)
_EU: Final = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905
)
_POST_MORTEM: Final = {"US-CA": 70, "US-NY": 40}  # years after death


class Level(StrEnum):
    """How much a finding weighs. What is `stop` cannot be offered for signature."""

    STOP = "stop"
    WARN = "warn"
    ADVICE = "advice"


@dataclass(frozen=True)
class Finding:
    """One thing to mend or to know. `field` is where; `until` is the day a limit falls on."""

    code: str
    level: Level
    field: str
    source: str
    as_of: str = AS_OF
    until: date | None = None


@dataclass(frozen=True)
class Draft:
    """A consent as far as it is written. `uses` are leaves, `countries` ISO codes."""

    description: str
    uses: frozenset[str]
    countries: frozenset[str]
    starts_at: datetime | None
    ends_at: datetime | None
    terms: Mapping[str, Any]
    born: date | None = None
    deceased_on: date | None = None
    domicile: str = ""
    guilds: Collection[str] = ()
    bases: Collection[str] = ()  # of those who can sign


def lint(draft: Draft, today: date) -> list[Finding]:
    """Return what is wrong with a draft, the heaviest first, in a fixed order."""
    found = [
        *_description(draft),
        *_void(draft, today),
        *_policy(draft, today),
        *_guilds(draft, today),
        *_after_death(draft),
        *_disclosure(draft),
        *_safety(draft),
    ]
    order = list(Level)
    return sorted(found, key=lambda each: order.index(each.level))


def _description(draft: Draft) -> Iterator[Finding]:
    source = "SAG-AFTRA TV/Theatrical, reasonably specific description; Lab. Code 927; GOB 5-302"
    text = " ".join(draft.description.lower().split())
    if any(phrase in text for phrase in (*SWEEPING, *_SWEEPING_KO)):
        yield Finding("SWEEPING", Level.WARN, "description", source)
    elif _is_short(text):
        yield Finding("SHORT", Level.WARN, "description", source)
    if "projects" not in draft.terms:
        yield Finding("NO_PROJECT", Level.WARN, "terms.projects", source)
    if "media" not in draft.terms:
        yield Finding("NO_MEDIA", Level.WARN, "terms.media", source)
    if "role" not in draft.terms and not any(word in text for word in _DOING):
        yield Finding("NO_ROLE", Level.WARN, "terms.role", source)
    if draft.ends_at is None:
        yield Finding("NO_DURATION", Level.WARN, "ends_at", source)


def _is_short(text: str) -> bool:
    letters = sum("가" <= char <= "힣" for char in text)
    if letters * 2 > len(text.replace(" ", "")):
        return letters < _FEWEST_LETTERS_KO
    return len(text.split()) < FEWEST_WORDS


def _void(draft: Draft, today: date) -> Iterator[Finding]:
    """Laws that void a vague consent of somebody whom nobody advised."""
    law = draft.terms.get("law")
    in_lieu = draft.terms.get("in_lieu_of_in_person_work", True)
    advised = any(draft.terms.get("representation", {}).values())
    if law in VOID_LAWS and in_lieu and not advised:
        specific = is_specific(draft.description)
        if is_void(law, start_of(today), draft.description, specific=specific):
            yield Finding("VOID", Level.STOP, "description", SOURCES[str(law)])
        else:
            yield Finding("UNADVISED", Level.ADVICE, "terms.representation", SOURCES[str(law)])
    if law is None and "US" in draft.countries:
        sources = "; ".join(SOURCES[each] for each in sorted(VOID_LAWS))
        yield Finding("LAW_UNNAMED", Level.ADVICE, "terms.law", sources)


def _policy(draft: Draft, today: date) -> Iterator[Finding]:
    """Longest terms, and what the consent of a minor needs besides."""
    starts = draft.starts_at.astimezone(UTC).date() if draft.starts_at else today
    ends = draft.ends_at.astimezone(UTC).date() if draft.ends_at else None
    minor = standing_at(draft.born, None, starts) is Standing.MINOR and not draft.deceased_on
    if not minor and standing_at(draft.born, draft.deceased_on, today) is Standing.MINOR:
        # Whoever signs for a minor does not speak for the adult.
        yield Finding("MINOR_AHEAD", Level.STOP, "starts_at", SOURCES["minor"])
    if minor and draft.born is not None:
        source = SOURCES["minor"]
        if "court_approval" not in draft.terms:
            yield Finding("MINOR_COURT", Level.STOP, "terms.court_approval", source)
        limit = min(of_age_on(draft.born), _years_after(starts, 5))
        if ends is None or ends > limit:
            yield Finding("MINOR_TERM", Level.WARN, "ends_at", source, until=limit)
        if "earnings_set_aside" not in draft.terms:
            where = "terms.earnings_set_aside"
            yield Finding("MINOR_EARNINGS", Level.ADVICE, where, SOURCES["earnings"])
    policy = draft.terms.get("policy", "contract_only")
    if policy in SOURCES:
        limit = _years_after(starts, 10)
        if ends is None or ends > limit:
            yield Finding("POLICY_TERM", Level.WARN, "ends_at", SOURCES[policy], until=limit)


def _guilds(draft: Draft, today: date) -> Iterator[Finding]:
    names = {name.upper().replace("_", "-") for name in draft.guilds}
    if not names & {"SAG-AFTRA", "SAGAFTRA", "SAG"}:
        return
    old = today < date(2026, 7, 1)
    source = "SAG-AFTRA TV/Theatrical " + ("2023" if old else "2026")
    if "replica" not in draft.terms:
        yield Finding("REPLICA_KIND", Level.WARN, "terms.replica", source)
    if "compensation" not in draft.terms:
        yield Finding("GUILD_PAY", Level.WARN, "terms.compensation", source)
    scanned = draft.terms.get("replica") in {"scan", "employment"}
    if scanned and draft.terms.get("scan_notice_hours", 0) < 48:
        yield Finding("SCAN_NOTICE", Level.WARN, "terms.scan_notice_hours", source)
    if not draft.terms.get("strike_suspends"):
        yield Finding("STRIKE", Level.ADVICE, "terms.strike_suspends", source)
    if not old and any(leaf.startswith("train.") for leaf in draft.uses):
        yield Finding("TRAINING_NOTICE", Level.ADVICE, "uses", source)


def _after_death(draft: Draft) -> Iterator[Finding]:
    if draft.deceased_on is None:
        if "survives_death" not in draft.terms:
            source = "SAG-AFTRA TV/Theatrical 2023; Cal. Civ. Code 3344.1"
            yield Finding("DEATH_UNSAID", Level.ADVICE, "terms.survives_death", source)
        return
    years = _POST_MORTEM.get(draft.domicile)
    if years is None:
        return
    source = "Cal. Civ. Code 3344.1" if draft.domicile == "US-CA" else "NY Civ. Rights Law 50-f"
    limit = _years_after(draft.deceased_on, years)
    if draft.ends_at is None or draft.ends_at.astimezone(UTC).date() > limit + timedelta(days=1):
        yield Finding("POST_MORTEM", Level.ADVICE, "ends_at", source, until=limit)


def _disclosure(draft: Draft) -> Iterator[Finding]:
    """Labels that the law asks for of what is generated."""
    if not draft.uses & LIKENESS_LEAVES:
        return
    labels = set(draft.terms.get("disclosure", ()))
    if draft.countries & _EU and not {"visible_label", "machine_readable"} <= labels:
        yield Finding("LABEL_EU", Level.ADVICE, "terms.disclosure", "EU AI Act, Art. 50")
    if "KR" in draft.countries and not labels & {"visible_label", "spoken"}:
        yield Finding("LABEL_KR", Level.ADVICE, "terms.disclosure", "Korea, AI Basic Act")
    if "US" in draft.countries and "advertising" in draft.terms.get("media", ()) and not labels:
        yield Finding("LABEL_NY", Level.ADVICE, "terms.disclosure", "NY S8420-A")


def _safety(draft: Draft) -> Iterator[Finding]:
    if "converse.persona" in draft.uses and "prohibited" not in draft.terms:
        source = "own rule: a persona says what nobody has read"
        yield Finding("PERSONA_LIMITS", Level.WARN, "terms.prohibited", source)
    if draft.bases and set(draft.bases) <= {"agency"}:
        source = "Korea, MCST standard artist contract"
        yield Finding("AGENCY_ALONE", Level.ADVICE, "authorities", source)
    if draft.uses & LIKENESS_LEAVES and "security" not in draft.terms:
        source = "SAG-AFTRA TV/Theatrical 2026"
        yield Finding("SECURITY", Level.ADVICE, "terms.security", source)


def _years_after(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
