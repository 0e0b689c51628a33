"""One question about a whole library: asked by its studio, answered file by file by the worker.

Nothing is granted or promised by it, and the log says nothing of it.
"""

import hashlib
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import batched
from typing import Any, Final, NamedTuple

import orjson
from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, NotFound
from catalog.models import Asset
from catalog.rights import instant
from ledger.inserting import insert_rows
from licensing.clearance import RuleTables, clear_recorded
from licensing.clearance.rules import read_tables
from licensing.clearance.verdict import ENGINE
from licensing.counsel.tables import keep_tables, tables_for
from licensing.deals.scopes import check_scope
from licensing.library.readiness import ANY_LAB
from licensing.models import Survey, SurveyAnswer, SurveyFinding, SurveyState, Verdict
from licensing.verdicts.clearances import plain
from licensing.verdicts.compiled_cases import SCOPE, compile_cases
from licensing.verdicts.gathering import for_any_lab
from licensing.verdicts.parts import cases_of, licensed_or_agreed, of_works
from licensing.verdicts.reach import modalities
from licensing.verdicts.same_files import facts_elsewhere, told_elsewhere

log = logging.getLogger("edgecode.licensing")

type _Answered = tuple[str, str, Any, Any, Any]
"""Verdict, reasons, cleared scopes, conditions, repairs."""

_BATCH: Final = 1_000
_AT_ONCE: Final = 500
_MOST_LIVE: Final = 3


class Progress(NamedTuple):
    """How far a survey is, in files; `rate` is files a second. None while nobody knows."""

    done: int
    total: int
    rate: int | None
    seconds_left: int | None


@transaction.atomic
def ask_library(
    *,
    actor: Actor,
    uses: Sequence[str],
    model_kinds: Sequence[str],
    territory: Any,
    starts_at: datetime,
    ends_at: datetime | None,
    exclusivity: str,
) -> Survey:
    """Ask one question about every file of the organisation's titles, of any lab. The worker
    answers it. Raises Invalid naming the field, Conflict where three are still being answered."""
    organisation = require(actor, Permission.EDIT_TITLES)
    asked = check_scope(
        uses=uses,
        model_kinds=model_kinds,
        territory=territory,
        starts_at=starts_at,
        ends_at=ends_at,
        exclusivity=exclusivity,
        price_minor=1,
    )
    del asked["price_minor"]  # what it costs is no question here
    mine = Survey.objects.filter(organisation=organisation)
    if mine.filter(state=SurveyState.RUNNING).count() >= _MOST_LIVE:
        raise Conflict(_("Three questions are being answered; wait for one, or cancel it."))
    now = timezone.now()
    tables = tables_for([organisation.pk], at=now)[organisation.pk]
    keep_tables([tables])
    files = Asset.objects.filter(organisation=organisation, title__isnull=False)
    last, total = files.aggregate(last=Max("pk"))["last"] or 0, files.count()
    return Survey.objects.create(
        code=allocate("survey"),
        organisation=organisation,
        asked_by=actor.user,
        asked_at=now,
        **asked,
        tables_id=tables.version,
        engine=ENGINE,
        state=SurveyState.RUNNING if total else SurveyState.DONE,
        finished_at=None if total else now,
        total=total,
        last=last,
        counts={"verdicts": {}, "reasons": {}},
    )


@transaction.atomic
def cancel_survey(*, actor: Actor, code: str) -> Survey:
    """Stop a survey; what is answered stays. Raises NotFound, Conflict where it has ended."""
    require(actor, Permission.EDIT_TITLES)
    mine = Survey.objects.visible_to(actor).filter(code=code)
    if not mine.exists():
        raise NotFound
    ended = {"state": SurveyState.CANCELLED, "finished_at": timezone.now()}
    if not mine.filter(state=SurveyState.RUNNING).update(**ended):
        raise Conflict(_("The question is not being answered any more."))
    return mine.get()


def progress_of(survey: Survey) -> Progress:
    """Return how far a survey is, by the time it took so far."""
    return progress(survey.state, survey.done, survey.total, survey.asked_at, survey.finished_at)


def progress(
    state: str, done: int, total: int, asked_at: datetime, finished_at: datetime | None
) -> Progress:
    """As `progress_of`, from the columns of a survey."""
    elapsed = ((finished_at or timezone.now()) - asked_at).total_seconds()
    rate = round(done / elapsed) or None if elapsed > 0 else None
    left = (total - done) // rate + 1 if rate and state == SurveyState.RUNNING else None
    return Progress(done, total, rate, left)


def survey_pending() -> int:
    """Answer for some files of the survey that has waited longest; return how many.

    What is computed is kept in one transaction with how far it came: a worker that is killed has
    kept all batches before, and of two that did the same one keeps it. A survey that fails is
    logged and left for the next round; it does not hold up the others.
    """
    for survey in Survey.objects.filter(state=SurveyState.RUNNING).order_by("done", "pk"):
        try:
            return _answer_some(survey)
        except Exception:
            log.exception("survey %s: some of its files were not answered", survey.code)
    return 0


def _answer_some(survey: Survey) -> int:
    files = list(
        Asset.objects.filter(
            organisation=survey.organisation_id,
            title__isnull=False,
            pk__gt=survey.cursor,
            pk__lte=survey.last,
        )
        .select_related("organisation")
        .order_by("pk")[:_BATCH]
    )
    found = _Batch(survey, files)
    _keep(survey, files, found)
    return max(len(files), 1)


class _Batch:
    """The answers for some files of a survey: what each rests on, and the findings that are new."""

    def __init__(self, survey: Survey, files: Sequence[Asset]) -> None:
        titles = {file.title_id for file in files if file.title_id is not None}
        told = cases_of(titles, licensed_or_agreed, as_of=survey.asked_at)
        elsewhere = told_elsewhere(files, told, None, as_of=survey.asked_at)
        self.keys: list[str] = []
        cases: dict[str, dict[str, Any]] = {}
        known: dict[tuple[Any, ...], str] = {}
        for file in files:
            title = file.title_id or 0  # the files of titles alone are asked about
            same = (title, *modalities(file), file.pk if file.pk in elsewhere else 0)
            if same not in known:
                facts, granted, parts, *_rest = told[title]
                of_title = [*facts, *granted]
                twins = facts_elsewhere(elsewhere.get(file.pk, ()), [], None, None, beside=of_title)
                case = _case(survey, file, [*of_title, *twins], parts)
                known[same] = key = _key(case)
                cases[key] = case
            self.keys.append(known[same])
        there = {
            key
            for some in batched(cases, _AT_ONCE)
            for key in survey.findings.filter(sha256__in=some).values_list("sha256", flat=True)
        }
        tables = read_tables(survey.tables.text)
        self.new = _answers({key: cases[key] for key in cases if key not in there}, tables)


def _case(
    survey: Survey, file: Asset, facts: list[dict[str, Any]], works: list[dict[str, Any]]
) -> dict[str, Any]:
    wanted = {
        "licensor": file.organisation.name,
        "licensee": ANY_LAB,
        "uses": survey.uses,
        "modality": modalities(file),
        "model_kind": survey.model_kinds,
        "territory": survey.territory,
        "start": instant(survey.starts_at),
        "end": instant(survey.ends_at),
        "exclusivity": survey.exclusivity,
    }
    return {
        "schema": "clearance-case/1",
        "as_of": instant(survey.asked_at),
        "facts": for_any_lab(facts),
        **of_works(works, wanted),
        "x_tables": survey.tables_id,
    }


def _key(case: Mapping[str, Any]) -> str:
    said = orjson.dumps(case["request"]["modality"]) + plain(dict(case))
    return hashlib.sha256(said).hexdigest()


def _answers(cases: Mapping[str, dict[str, Any]], tables: RuleTables) -> dict[str, _Answered]:
    """Return what is kept of the engine's answer to each case, by the same keys. The verdict alone
    takes a small part of the time, and what is clear is so for all that was asked: of files that
    teach a model the same, one is answered in full for all."""
    if not cases:
        return {}
    request = next(iter(cases.values()))["request"]
    compiled = compile_cases(cases.values(), {tables.version: tables})
    told = compiled.ask({name: request[name] for name in SCOPE})
    found: dict[str, _Answered] = {}
    known: dict[str, _Answered] = {}
    for (key, case), (verdict, _reasons) in zip(cases.items(), told, strict=True):
        is_alike = verdict == Verdict.CLEAR and "works" not in case
        alike = str(case["request"]["modality"]) if is_alike else key
        if alike not in known:
            known[alike] = _answered(case, tables)
        found[key] = known[alike]
    return found


def _answered(case: dict[str, Any], tables: RuleTables) -> _Answered:
    """Return what is kept of the engine's answer. Which fact a repair is about differs between
    files that share it."""
    told = clear_recorded(case, tables)
    repairs = [
        {name: said for name, said in repair.items() if name != "fact"}
        for repair in told["repairs"]
    ]
    return told["verdict"], " ".join(told["reasons"]), told["cleared"], told["conditions"], repairs


@transaction.atomic
def _keep(survey: Survey, files: Sequence[Asset], found: _Batch) -> None:
    """Keep a batch, unless another worker has kept it or the survey was cancelled meanwhile."""
    rows = Survey.objects.select_for_update().filter(
        pk=survey.pk, state=SurveyState.RUNNING, cursor=survey.cursor
    )
    now = rows.first()
    if now is None:
        return
    columns = ("survey_id", "sha256", "verdict", "reasons", "cleared", "conditions", "repairs")
    insert_rows(
        SurveyFinding,
        columns,
        [(survey.pk, key, *said) for key, said in sorted(found.new.items())],
    )
    findings = {
        each.sha256: each
        for some in batched(sorted(set(found.keys)), _AT_ONCE)
        for each in survey.findings.filter(sha256__in=some).only("sha256", "verdict", "reasons")
    }
    insert_rows(
        SurveyAnswer,
        ("survey_id", "asset_id", "finding_id"),
        [
            (survey.pk, file.pk, findings[key].pk)
            for file, key in zip(files, found.keys, strict=True)
        ],
    )
    counts = {name: Counter[str]() for name in ("files", "ms")}
    for file, key in zip(files, found.keys, strict=True):
        finding, ms = findings[key], file.facts.get("duration_ms") or 0
        for name in (f"verdicts {finding.verdict}", *_reasons(finding.reasons)):
            counts["files"][name] += 1
            counts["ms"][name] += ms
    for name, number in counts["files"].items():
        kind, _space, code = name.partition(" ")
        before = now.counts[kind].get(code, [0, 0])
        now.counts[kind][code] = [before[0] + number, before[1] + counts["ms"][name]]
    now.done += len(files)
    now.cursor = files[-1].pk if files else now.last
    if now.cursor >= now.last:
        now.state, now.finished_at = SurveyState.DONE, timezone.now()
    now.save(update_fields=["counts", "done", "cursor", "state", "finished_at"])


def _reasons(codes: str) -> list[str]:
    return [f"reasons {code}" for code in codes.split() if code != "OK"]
