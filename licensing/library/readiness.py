"""How much of a library can be licensed for which AI use today, and what blocks the rest.

Every title is asked one standard question: any lab, not exclusively, for every AI use that needs
no likeness, all kinds of models, the whole world, three years from today. The engine's answer is
kept, and asked for again each day and whenever something it rests on has changed.
"""

import hashlib
import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import batched
from typing import Any, Final, NamedTuple

import orjson
from django.db import transaction
from django.db.models import Count, Max, Min, Q, QuerySet, Sum
from django.utils import timezone

from catalog.merging import rows_of_many, with_parts, with_works_above, with_works_of_cuts
from catalog.models import Asset, AssetKind, Fact, FactKind, Title, TitleKind
from catalog.rights import instant
from catalog.same_bytes import same_bytes
from catalog.scope.uses import MODALITIES, MODEL_KINDS, expand_uses
from licensing.clearance import RuleTables, clear_recorded
from licensing.clearance.rules import read_tables
from licensing.counsel.reviews import follow_library
from licensing.counsel.tables import keep_tables, naming, tables_for
from licensing.models import (
    Grant,
    LibraryReadiness,
    Readiness,
    ReadinessSweep,
    ReadyUse,
    ReviewItem,
)
from licensing.verdicts.gathering import Written, for_any_lab, grants_of_titles
from licensing.verdicts.parts import TitleCase, cases_of, of_works

log = logging.getLogger("edgecode.licensing")

# What is asked for and shown: each a leaf of the contract's tree of uses.
USES: Final = (
    "train.pretrain",
    "train.finetune",
    "train.discriminative",
    "evaluate",
    "input",
    "index",
    "generate.output",
    "derive",
)
ANY_LAB: Final = "any lab"
_TERM = timedelta(days=3 * 365)
_SWEEP_EVERY = timedelta(seconds=15)
# A transaction may commit this long after the moment that its rows name.
_LATE = timedelta(minutes=1)
_BATCH = 500
# So many titles stand in one question.
_AT_ONCE = 5_000
_HOLDINGS = {"ownership", "assignment", "grant_in"}
_WHOLE = (TitleKind.FRANCHISE, TitleKind.SERIES, TitleKind.SEASON)
_CUTS = (TitleKind.EDIT, TitleKind.VERSION)


class Gap(StrEnum):
    """What a title lacks before anybody could rely on the answer, or receive a file."""

    NO_FILE = "no_file"
    NO_RUNTIME = "no_runtime"
    NO_EIDR = "no_eidr"
    NO_HOLDING = "no_holding"
    NO_DOCUMENT = "no_document"  # a right that names no document
    NO_EVIDENCE = "no_evidence"  # a right whose document was not handed in


_OF_FILES = (Gap.NO_FILE, Gap.NO_RUNTIME)


class _Files(NamedTuple):
    """What the files of a work are, in sum."""

    number: int
    runtime_ms: int
    modalities: frozenset[str]


def check_readiness_pending(limit: int = 500) -> int:
    """Ask the question for titles that are new, changed or due; return how many.

    What a killed worker had not kept is due still.
    """
    _mark_changed()
    now = timezone.now()
    done = 0
    touched: set[int] = set()
    failed: set[int] = set()
    while done < limit and (titles := _due(min(_BATCH, limit - done), failed)):
        touched |= {title.organisation_id for title in titles}
        now_failed = _check_each(titles, now)
        failed |= now_failed
        done += len(titles) - len(now_failed)
    for organisation in sorted(touched):
        count_library(organisation)
    return done


def check_titles(keys: Iterable[int]) -> None:
    """Ask the question for these titles now; whoever has changed one sees the answer at once. The
    sums of the library follow with the next look for changes."""
    works = Title.objects.select_related("organisation").filter(canonical__isnull=True)
    for some in batched(sorted(keys), _BATCH):
        if titles := list(works.filter(pk__in=some)):
            _check(titles, timezone.now())


def _check_each(titles: Sequence[Title], now: datetime) -> set[int]:
    """Ask the question for these titles, and return the keys of those that fail. One that does is
    logged and left for a later look; it does not hold up the others."""
    try:
        _check(titles, now)
    except Exception:
        if len(titles) > 1:
            half = len(titles) // 2
            return _check_each(titles[:half], now) | _check_each(titles[half:], now)
        log.exception("title %s: the question was not answered", titles[0].code)
        return {titles[0].pk}
    return set()


def _due(limit: int, failed: Collection[int]) -> list[Title]:
    """Return the next titles to be asked, less those that have just failed."""
    works = Title.objects.select_related("organisation").filter(canonical__isnull=True)
    works = works.exclude(pk__in=failed)
    if new := _new(works.filter(readiness__isnull=True), limit):
        return new
    due = works.filter(readiness__due_at__lte=timezone.now())
    return list(due.order_by("readiness__due_at", "pk")[:limit])


def _new(unasked: QuerySet[Title], limit: int) -> list[Title]:
    """Return the first titles without an answer; not by a look at the whole library each time."""
    begin = ReadinessSweep.objects.values_list("new_after", flat=True).get(pk=1)
    last = Title.objects.aggregate(last=Max("pk"))["last"] or 0
    new = list(unasked.filter(pk__gt=begin).order_by("pk")[:limit])
    after = new[0].pk - 1 if new else last
    if after != begin:
        # Not where another worker has moved it meanwhile.
        ReadinessSweep.objects.filter(pk=1, new_after=begin).update(new_after=after)
    return new


@transaction.atomic
def _mark_changed() -> None:
    """Let the titles be due of which something was recorded since the last look."""
    now = timezone.now()
    sweep, new = ReadinessSweep.objects.select_for_update().get_or_create(
        pk=1, defaults={"swept_at": now}
    )
    if new or now - sweep.swept_at < _SWEEP_EVERY:
        return
    if now - sweep.swept_at > _LATE or now.hour != sweep.swept_at.hour:
        sweep.new_after = 0  # now and then all: what was committed very late is found then
        sweep.save(update_fields=["new_after"])
    for some in batched(_changed(sweep.swept_at - _LATE), _AT_ONCE):
        _mark(some, now)
    sweep.swept_at = now
    sweep.save(update_fields=["swept_at"])


def _mark(keys: Sequence[int], now: datetime) -> None:
    answers = Readiness.objects.filter(title__in=keys)
    # A duplicate is not asked: the title that speaks for it is.
    ReadyUse.objects.filter(title__in=keys, title__canonical__isnull=False).delete()
    ReviewItem.objects.filter(deal=None, title__in=keys, title__canonical__isnull=False).delete()
    answers.filter(title__canonical__isnull=False).delete()
    answers.update(due_at=now)
    unasked = Title.objects.filter(pk__in=keys, canonical__isnull=True, readiness__isnull=True)
    if lowest := unasked.aggregate(lowest=Min("pk"))["lowest"]:
        ReadinessSweep.objects.filter(new_after__gte=lowest).update(new_after=lowest - 1)


def _changed(since: datetime) -> set[int]:
    """Return the keys of the titles that were touched since, of all that is part of them, and of
    all that they are part of: what is told of a part is told of the whole."""
    granted = "granted_assets__asset__title"
    touched = {
        key
        for keys in (
            Title.objects.filter(changed_at__gte=since).values_list("pk", flat=True),
            Asset.objects.filter(changed_at__gte=since).values_list("title", flat=True),
            # Two questions each: one with "or" between would look at every row.
            Fact.objects.filter(recorded_at__gte=since).values_list("title", flat=True),
            Fact.objects.filter(superseded_at__gte=since).values_list("title", flat=True),
            Grant.objects.filter(issued_at__gte=since).values_list(granted, flat=True),
            Grant.objects.filter(revoked_at__gte=since).values_list(granted, flat=True),
            Grant.objects.filter(superseded_at__gte=since).values_list(granted, flat=True),
        )
        for key in keys
    }
    reached = _reached(key for key in touched if key is not None)
    # What burdens a title burdens what consists of the same bytes under others.
    same = {title for some in same_bytes(reached).values() for title in some} - reached
    reached |= _reached(same)
    # A cap counts the licensees of all that it is recorded for, whichever part was licensed.
    capped = Fact.objects.standing().filter(title__among=reached, kind=FactKind.CAP)
    return reached | with_parts(capped.values_list("title", flat=True))


def _reached(keys: Iterable[int]) -> set[int]:
    return with_works_above(with_parts(with_works_of_cuts(keys)))


def _check(titles: Sequence[Title], now: datetime) -> None:
    keys = [title.pk for title in titles]
    works = rows_of_many(keys)
    told, files = cases_of(keys, grants_of_titles, as_of=now), _files(works)
    elsewhere = _counted_elsewhere(titles)
    tables = tables_for({title.organisation_id for title in titles}, at=now)
    rows = []
    for title in titles:
        known = told[title.pk].alone
        case = naming(
            standard_case(title, told[title.pk], files[title.pk].modalities, now),
            tables[title.organisation_id],
        )
        result = _answered(case, tables[title.organisation_id])
        rows.append(
            Readiness(
                title=title,
                organisation_id=title.organisation_id,
                verdict=result["verdict"],
                result=result,
                gaps=[
                    str(gap)
                    for gap in _gaps(title, known, files[title.pk])
                    if title.pk not in elsewhere or gap not in _OF_FILES
                ],
                runtime_ms=(
                    0 if title.pk in elsewhere else title.runtime_ms or files[title.pk].runtime_ms
                ),
                case_sha256=case_sha256(case),
                engine=result["engine"],
                tables_id=case["x_tables"],
                checked_at=now,
                due_at=_midnight_after(now),
            )
        )
    _keep(rows, tables.values())


def _counted_elsewhere(titles: Sequence[Title]) -> set[int]:
    """Return the keys of those whose hours are another's, so that none is counted twice: a series
    or season has those of its parts, and an edit those of its work."""
    whole = [title.pk for title in titles if title.kind in _WHOLE]
    cuts = {title.pk: title.parent_id for title in titles if title.kind in _CUTS}
    having_parts = Title.objects.filter(parent__in=whole).values_list("parent", flat=True)
    above = Title.objects.filter(pk__in=filter(None, cuts.values()))
    counted = set(
        above.filter(Q(runtime_ms__gt=0) | Q(assets__isnull=False)).values_list("pk", flat=True)
    )
    return {*filter(None, having_parts), *(cut for cut, work in cuts.items() if work in counted)}


def standard_case(
    title: Title, told: TitleCase, modalities: Iterable[str], now: datetime
) -> dict[str, Any]:
    """Return the standard question about a title as a clearance case (`clearance-case/1`)."""
    start = now.astimezone(UTC).replace(microsecond=0)  # what ended before is no burden any more
    wanted = {
        "licensor": title.organisation.name,
        "licensee": ANY_LAB,
        "uses": list(USES),
        "modality": [each for each in MODALITIES if each in modalities] or ["video"],
        "model_kind": list(MODEL_KINDS),
        "territory": "WORLD",
        "start": instant(start),
        "end": instant(start + _TERM),
        "exclusivity": "non_exclusive",
    }
    return {
        "schema": "clearance-case/1",
        "as_of": instant(now),
        "facts": for_any_lab([*told.facts, *told.grants]),
        **of_works(told.works, wanted),
    }


def answer_at(title: Title, moment: datetime) -> tuple[dict[str, Any], dict[str, Any], RuleTables]:
    """Return the case of the standard question as it was to be asked at a moment, the engine's
    answer, and the rule tables of then: with the facts, licences and rows that were known, and with
    the works, merges and files of today."""
    works = rows_of_many([title.pk])
    day = instant(moment) or ""

    def granted(rows: Mapping[int, set[int]]) -> dict[int, list[Written]]:
        return {
            key: [each for each in some if each["recorded"] <= day]
            for key, some in grants_of_titles(rows).items()
        }

    told = cases_of([title.pk], granted, as_of=moment, known_at=moment)[title.pk]
    tables = tables_for([title.organisation_id], at=moment)[title.organisation_id]
    modalities = _files(works)[title.pk].modalities
    case = naming(standard_case(title, told, modalities, moment), tables)
    return case, clear_recorded(case, tables), tables


def case_sha256(case: dict[str, Any]) -> str:
    """Return the hash by which an answer names its case."""
    return hashlib.sha256(_canonical(case)).hexdigest()


def verdict_by_use(result: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield each of USES with its verdict and the first reason against it, from the verdict of the
    whole question; put together as the contract's section 7 does."""
    for use in USES:
        blocked = [each for each in result["blocked"] if _holds(each["scope"], use)]
        review = [each for each in result["review"] if _holds(each["scope"], use)]
        cleared = [each for each in result["cleared"] if _holds(each, use)]
        reason = (blocked or review or [{"reason": ""}])[0]["reason"]
        if not cleared and not review:
            yield use, "BLOCKED", reason
        elif review:
            yield use, "REVIEW", review[0]["reason"]
        elif blocked:
            yield use, "PARTIAL", reason
        elif any(each["conditions"] for each in cleared):
            yield use, "CONDITIONAL", _first_condition(result, cleared)
        else:
            yield use, "CLEAR", ""


def count_library(organisation: int) -> None:
    """Count one library's answers anew, by the key of its organisation."""
    mine = Readiness.objects.filter(organisation=organisation)
    uses = ReadyUse.objects.filter(organisation=organisation)
    totals = mine.aggregate(titles=Count("pk"), runtime_ms=Sum("runtime_ms", default=0))
    by_use = uses.values("use", "verdict").annotate(
        titles=Count("pk"), runtime_ms=Sum("runtime_ms", default=0)
    )
    by_reason = (
        uses.exclude(reason="")
        .values("use", "reason")
        .annotate(titles=Count("pk"), runtime_ms=Sum("runtime_ms", default=0))
    )
    gaps: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for lacking, runtime_ms in mine.exclude(gaps=[]).values_list("gaps", "runtime_ms").iterator():
        for gap in lacking:
            gaps[gap][0] += 1
            gaps[gap][1] += runtime_ms
    LibraryReadiness.objects.update_or_create(
        organisation_id=organisation,
        defaults={
            **totals,
            "by_use": list(by_use.order_by("use", "verdict")),
            "by_reason": list(by_reason.order_by("-runtime_ms", "-titles", "use", "reason")),
            "by_gap": [
                {"gap": gap, "titles": titles, "runtime_ms": runtime_ms}
                for gap, (titles, runtime_ms) in sorted(gaps.items())
            ],
            "counted_at": timezone.now(),
        },
    )


@transaction.atomic
def _keep(rows: list[Readiness], tables: Iterable[RuleTables]) -> None:
    """Put these answers in place of the older ones of the same titles."""
    titles = [row.title_id for row in rows]
    keep_tables(tables)
    ReadyUse.objects.filter(title__in=titles).delete()
    Readiness.objects.filter(title__in=titles).delete()
    Readiness.objects.bulk_create(rows)
    follow_library(rows)
    ReadyUse.objects.bulk_create(
        ReadyUse(
            title_id=row.title_id,
            organisation_id=row.organisation_id,
            use=use,
            verdict=verdict,
            reason=reason,
            runtime_ms=row.runtime_ms,
        )
        for row in rows
        for use, verdict, reason in verdict_by_use(row.result)
    )


def _answered(case: dict[str, Any], tables: RuleTables) -> dict[str, Any]:
    """Return the engine's answer. Most titles of a library rest on the same words, so what differs
    only in ids is asked once: each id gets a short name of the same order."""
    facts = sorted(case["facts"], key=lambda fact: str(fact["id"]))
    names = {fact["id"]: f"#{number:05}" for number, fact in enumerate(facts)}
    plain = case | {"facts": [_renamed(_undated(fact), names) for fact in facts]}
    back = {short: known for known, short in names.items()}
    answer: dict[str, Any] = _renamed(_clear(_canonical(plain), tables.text), back)
    return answer


def _undated(fact: Written) -> Written:
    """All was known at `as_of`, else it had not been gathered; only of events and revocations it
    matters since when."""
    if fact["kind"] in {"event", "revocation"}:
        return fact
    return {name: value for name, value in fact.items() if name != "recorded"}


@lru_cache(maxsize=2048)
def _clear(case: bytes, tables: str) -> dict[str, Any]:
    return clear_recorded(orjson.loads(case), read_tables(tables))


def _renamed(value: Any, names: dict[str, str]) -> Any:
    """Return a JSON value with every text that is a key of `names` replaced."""
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    if isinstance(value, dict):
        return {name: _renamed(each, names) for name, each in value.items()}
    return value


def _gaps(title: Title, facts: list[Written], files: _Files) -> Iterator[Gap]:
    holdings = [fact for fact in facts if fact["kind"] in _HOLDINGS]
    if not files.number:
        yield Gap.NO_FILE
    if not (title.runtime_ms or files.runtime_ms):
        yield Gap.NO_RUNTIME
    if title.eidr is None:
        yield Gap.NO_EIDR
    if not holdings:
        yield Gap.NO_HOLDING
    if any("source" not in fact for fact in holdings):
        yield Gap.NO_DOCUMENT
    if any("x_evidence" not in fact for fact in holdings):
        yield Gap.NO_EVIDENCE


def _files(works: dict[int, set[int]]) -> dict[int, _Files]:
    """Return what each work has of files; one query."""
    rows = {row for work in works.values() for row in work}
    found: dict[int, list[tuple[str, int, bool]]] = defaultdict(list)
    assets = Asset.objects.filter(title__in=rows).values_list("title_id", "kind", "facts")
    for row, kind, facts in assets.iterator():
        if row is not None:
            found[row].append((kind, facts.get("duration_ms") or 0, bool(facts["audio_tracks"])))
    return {key: _sum([one for row in work for one in found[row]]) for key, work in works.items()}


_MODALITY = {
    AssetKind.PICTURE: "video",
    AssetKind.AUDIO: "audio",
    AssetKind.STILL: "image",
    AssetKind.SUBTITLES: "text",
    AssetKind.SCRIPT: "text",
}


def _sum(files: list[tuple[str, int, bool]]) -> _Files:
    pictures = [duration for kind, duration, _sound in files if kind == AssetKind.PICTURE]
    sounds = [duration for kind, duration, _sound in files if kind == AssetKind.AUDIO]
    modalities = {_MODALITY[AssetKind(kind)] for kind, _duration, _sound in files}
    if any(sound for _kind, _duration, sound in files):
        modalities.add("audio")
    # Several cuts of one work are not several works: its longest counts.
    return _Files(len(files), max(pictures or sounds or [0]), frozenset(modalities))


def _holds(scope: dict[str, Any], use: str) -> bool:
    return use in expand_uses(scope["uses"])


def _first_condition(result: dict[str, Any], cleared: Iterable[dict[str, Any]]) -> str:
    """Return the reason of the first condition that one of these scopes depends on."""
    needed = {label for each in cleared for label in each["conditions"]}
    every = result["conditions"]
    named = (each for each in every if f"{each['code']}:{each['detail']}" in needed)
    return str(next(named, every[0])["reason"])


def _midnight_after(now: datetime) -> datetime:
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1)


def _canonical(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
