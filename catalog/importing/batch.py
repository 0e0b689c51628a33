"""A few hundred rows, planned and applied: what they add, correct, withdraw, and what to report.

The caller holds the transaction. In a dry run (`overlay` is there) nothing is written.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, NamedTuple

from accounts.access import Actor
from accounts.errors import Invalid
from catalog.importing.avails import read_avail
from catalog.importing.line import Line
from catalog.importing.matching import Entry, Known
from catalog.importing.overlay import Overlay
from catalog.importing.terms import write_avails
from catalog.importing.works import COLUMN_OF, NAME_COLUMNS, Reader, Work, why_refused
from catalog.importing.writing import Plan, shared_names, write_titles
from catalog.imports.normalise import REMOVALS
from catalog.imports.rows import Finding, Row, load_finding
from catalog.models import (
    Credit,
    Import,
    ImportFormat,
    ImportRow,
    RowOutcome,
    Title,
    TitleKind,
    TitleName,
)
from catalog.titles import plain_value
from ledger import edge_code

_MOST_FINDINGS: Final = 50  # of one row
# Fields of facts, and the columns that they come from.
_TERMS: Final = {
    "from": "DisplayName", "to": "Licensee", "territory": "Territory", "start": "Start",
    "end": "End", "uses": "LicenseType", "exclusivity": "Exclusive", "guild": "GuildFlags",
    "max_licensees": "MaxLicensees", "model_kind": "ModelKind", "element": "ElementExceptions",
    "timecode": "ElementExceptions", "ref": "ElementExceptions",
}  # fmt: skip
# Where it may stand that is looked for in a column which the file has not.
_INSTEAD: Final = {
    "SeriesTitleInternalAlias": ("SeriesTitleDisplayUnlimited", "TitleInternalAlias"),
    "SeasonTitleInternalAlias": ("SeasonTitleDisplayUnlimited", "TitleInternalAlias"),
    "EpisodeTitleInternalAlias": ("EpisodeTitleDisplayUnlimited", "TitleInternalAlias"),
    "TitleInternalAlias": (
        "TitleDisplayUnlimited", "EpisodeTitleInternalAlias", "SeasonTitleInternalAlias",
        "SeriesTitleInternalAlias",
    ),
    "Number": ("EpisodeNumber", "SeasonNumber"),
    "TitleID": ("EIDR", "EpisodeTitleID", "SeasonID", "SeriesID"),
    "EIDR": ("TitleID", "EpisodeTitleID", "AltID"),
    "AltID": ("ContentID", "EpisodeAltID", "EpisodeContentID", "TitleID", "EIDR", "IMDbID"),
    "EditID": ("EpisodeID",),
    "ALID": ("AvailID",),
}  # fmt: skip


# Where the columns of each sheet are: sheet -> column -> letters.
type Columns = Mapping[str, Mapping[str, str]]


class Reported(NamedTuple):
    """What became of a row: the columns of ImportRow but the import's."""

    sheet: str
    number: int
    name: str
    alid: str
    outcome: RowOutcome
    title_id: int | None
    findings: list[dict[str, Any]]


@dataclass
class Batch:
    """One batch of an import: `read` and `cross` findings in, report rows out."""

    job: Import
    actor: Actor
    overlay: Overlay | None = None
    columns: Columns = field(default_factory=dict)
    _plans: dict[int, Plan] = field(default_factory=dict)
    _shared: set[str] = field(default_factory=set)  # names that several people have

    def apply(
        self, rows: Sequence[Row], cross: Mapping[tuple[str, int], list[bytes]], item: int
    ) -> list[Reported]:
        """Take these rows in; `item` is the place of the first in the file. Return what became
        of each."""
        lines = [
            Line(row, [*row.findings, *map(load_finding, cross.get((row.sheet, row.number), ()))])
            for row in rows
        ]
        self._read(lines)
        titled = [line for line in lines if line.work is not None and not line.is_rejected]
        known = Known(self.job.organisation, self.overlay)
        known.load([line.work.edit or line.work for line in titled if line.work is not None])
        described = self._described(known.entries)
        for line in titled:
            self._place(line, known, described)
        self._compare()
        if self.overlay is None:
            write_titles(self.job.organisation, list(self._plans.values()))
        write_avails(self.job, self.actor, lines, self.overlay, item)
        self._note(item)
        return [self._report(line) for line in lines]

    def _read(self, lines: Iterable[Line]) -> None:
        reader = Reader(str(self.job.source_id or 0), self.job.language)
        for line in lines:
            row = line.row
            if line.is_rejected or row.entry_type in REMOVALS:
                continue
            line.work, findings = reader.read(row)
            line.findings += findings
            if row.avail is not None and not line.is_rejected:
                try:
                    line.said = read_avail(row, row.avail)
                except Invalid as error:
                    why = why_refused(read_avail, row, row.avail)
                    column = _TERMS.get((error.field or "").split(".")[0].split("[")[0], "")
                    line.find("error", column, "terms", why["why"], **why)

    def _described(self, entries: Iterable[Entry]) -> set[int]:
        """Return the titles that earlier batches of this import have described."""
        keys = [entry.title.pk for entry in entries if entry.title is not None]
        seen = ImportRow.objects.filter(of=self.job, title__in=keys)
        return {key for key in seen.values_list("title", flat=True) if key is not None}

    def _place(self, line: Line, known: Known, described: set[int]) -> None:
        assert line.work is not None  # noqa: S101 - the caller has looked
        entry, plan = self._find(line, line.work, known)
        line.entry = entry
        title = entry.title
        if title is not None and title.pk in described:
            entry.is_described = True
        if not entry.is_described:
            plan.work = line.work
            entry.is_described = True
            self._describe(line, plan, line.work)
        if title is not None:
            plan.names += [each for each in line.work.names if each not in plan.names]
            said = {(role, name) for role, name, _position in plan.credits}
            for role, name in line.work.credits:
                if (role, name) not in said:
                    position = sum(each[0] == role for each in plan.credits)
                    plan.credits.append((role, name, position))
        if line.work.edit is not None:
            self._place_edit(line, line.work.edit, entry, known)
        if entry.added or plan.changes:
            line.is_change = True

    def _place_edit(self, line: Line, edit: Work, above: Entry, known: Known) -> None:
        """Plan the edit under its title, unless its number names something else already."""
        found = known.match(edit).entry
        if found is above:
            return
        if found is not None and (found.kind != edit.kind or not self._is_under(found, above)):
            line.find(
                "warning", "EditID", "edit_elsewhere",
                f"The number of this edit names {_call(found)}, which is no edit of this title;"
                " it was left there.",
                title=_call(found),
            )  # fmt: skip
            return
        entry, _plan = self._join(line, edit, above, known)
        line.is_change = line.is_change or bool(entry.added)

    def _is_under(self, entry: Entry, above: Entry) -> bool:
        plan = self._plans.get(id(entry))
        if plan is not None and plan.above is not None:
            return plan.above is above
        if entry.title is None or above.title is None or entry.title.parent_id is None:
            return True  # only a dry run does not know, or nobody has said
        return entry.title.parent_id == above.title.pk

    def _find(self, line: Line, work: Work, known: Known) -> tuple[Entry, Plan]:
        """Return what a work is in the library, planned as new where it is not there."""
        # What our own sheet names by its code stays part of what it is part of.
        parent = None if known.knows_code(work) else work.parent
        above = self._find(line, parent, known)[0] if parent is not None else None
        return self._join(line, work, above, known)

    def _join(
        self, line: Line, work: Work, above: Entry | None, known: Known
    ) -> tuple[Entry, Plan]:
        match = known.match(work)
        entry = match.entry
        for other in match.others:
            name = _call(other)
            line.find(
                "warning", "AltID", "ids_disagree",
                f"Its numbers name two titles; this row is taken for {_call(entry)}, not {name}.",
                title=_call(entry), other=name,
            )  # fmt: skip
        if entry is None:
            entry = self._new(line, work, known)
        known.add(work, entry)
        plan = self._plans.setdefault(id(entry), Plan(entry, work))
        if above is not None:
            plan.above = above
        if entry.is_new and entry.title is not None and entry.title.eidr is None:
            entry.title.eidr = next(iter(sorted(entry.eidrs)), None)
        return entry, plan

    def _new(self, line: Line, work: Work, known: Known) -> Entry:
        title = Title(
            organisation=self.job.organisation,
            kind=work.kind,
            name=work.name,
            language=work.language,
            number=work.number,
        )
        # An edit has the name of its title, and so has the next one.
        for other in known.alike(work) if work.kind != TitleKind.EDIT else ():
            code = edge_code.display(other.code) if other.code else other.name
            line.find(
                "warning", "TitleInternalAlias", "looks_like",
                f"Looks like {code}: the same name, kind and about the same year, but no number"
                " says that they are one. Merge them if they are.",
                title=other.code,
            )  # fmt: skip
        title.year = work.described.get("year")
        known.remember_name(title)
        line.is_new = True
        return Entry(work.kind, title, is_new=True, place=" ".join(work.keys[0]))

    def _describe(self, line: Line, plan: Plan, work: Work) -> None:
        """Plan what this row, the first to say it, says of a title."""
        title = plan.entry.title
        if title is None:
            return
        said: dict[str, Any] = {"name": work.name, **work.described}
        if work.number is not None:
            said["number"] = work.number
        if line.row.title.language:
            said["language"] = work.language
        for name, value in said.items():
            before = getattr(title, name)
            if before == value or self._is_corrected(line, title, name, value):
                continue
            if plan.entry.is_new:
                setattr(title, name, value)
            else:
                plan.changes[name] = (before, value)
                self._tell_change(line, name, before, value)
        if title.kind != work.kind and line.row.title.kind != "other":
            line.find(
                "warning", "WorkType", "kind_differs",
                f"The library has it as {title.kind}, this row as {work.kind}.",
                have=title.kind, row=work.kind,
            )  # fmt: skip

    def _is_corrected(self, line: Line, title: Title, name: str, value: Any) -> bool:
        """Whether a row says what a person has corrected since; tell that it stays corrected."""
        if name not in title.corrected or title.corrected[name] != plain_value(value):
            return False
        column, is_now = COLUMN_OF[name], show(name, getattr(title, name))
        message = f"{column} was corrected to {is_now} by hand; what the file says is not taken."
        line.find("warning", column, "corrected", message, field=column, now=is_now)
        return True

    def _tell_change(self, line: Line, name: str, before: Any, value: Any) -> None:
        column, was, now = COLUMN_OF[name], show(name, before), show(name, value)
        message = f"{column} was {was}, and is {now} now."
        line.find("info", column, "changed", message, field=column, was=was, now=now)

    def _compare(self) -> None:
        """Leave out of the plans what the library has already."""
        kept = [
            plan.entry.title.pk
            for plan in self._plans.values()
            if plan.entry.title is not None and not plan.entry.is_new
        ]
        names = set(
            TitleName.objects.filter(title__in=kept).values_list("title", "language", "name")
        )
        credited = set(
            Credit.objects.filter(title__in=kept).values_list("title", "role", "party__name")
        )
        for plan in self._plans.values():
            title = plan.entry.title
            if title is None or plan.entry.is_new:
                continue
            plan.names = [each for each in plan.names if (title.pk, *each[:2]) not in names]
            plan.credits = [each for each in plan.credits if (title.pk, *each[:2]) not in credited]
            above = plan.above
            if (
                above
                and above.title
                and title.parent_id != above.title.pk
                and ("parent", above.title.code) not in title.corrected.items()
            ):
                plan.changes["parent"] = (title.parent, above)
            eidrs = [
                value for (scheme, value), sure in plan.entry.added if sure and scheme == "eidr"
            ]
            if eidrs and title.eidr is None:
                plan.changes["eidr"] = (None, eidrs[0])
        named = {name for plan in self._plans.values() for _role, name, _place in plan.credits}
        self._shared = shared_names(self.job.organisation, named)

    def _note(self, item: int) -> None:
        if self.overlay is not None:
            self.overlay.plan(
                item,
                [
                    (key, plan.entry.place, str(plan.entry.kind))
                    for plan in self._plans.values()
                    for key, sure in plan.entry.added
                    if sure and plan.entry.place
                ],
            )

    def _report(self, line: Line) -> Reported:
        plan = self._plans.get(id(line.entry)) if line.entry else None
        if plan and not plan.entry.is_new and (plan.changes or plan.names or plan.credits):
            line.is_change = True
        if plan:
            self._tell_people(line, plan)
        title = line.entry.title if line.entry and self.overlay is None else None
        if line.entry and self.overlay is not None and not line.entry.is_new:
            title = line.entry.title
        avail = line.row.avail
        return Reported(
            sheet=line.row.sheet[:100],
            number=line.row.number,
            name=line.row.title.name[:300].replace("\0", ""),
            alid=avail.alid if avail else "",
            outcome=line.outcome,
            title_id=title.pk if title else None,
            findings=[
                asdict(self._located(each, line.row)) for each in line.findings[:_MOST_FINDINGS]
            ],
        )

    def _tell_people(self, line: Line, plan: Plan) -> None:
        """Tell what a row adds to a title that was there, and who may be somebody else."""
        if plan.entry.is_new and not self._shared:
            return
        new = {(role, name) for role, name, _position in plan.credits}
        for role, name in line.work.credits if line.work else ():
            if (role, name) not in new:
                continue
            column = COLUMN_OF[role]
            if name in self._shared:
                line.find(
                    "warning", column, "person_several",
                    f"{name!r}: several people of this name are recorded; the credit went to the"
                    " one recorded first.", value=name,
                )  # fmt: skip
            if not plan.entry.is_new:
                line.find("info", column, "added", f"{name!r} was added.", value=name)
        for language, name, _kind in plan.names if not plan.entry.is_new else ():
            if line.work and name in {each[1] for each in line.work.names}:
                column = NAME_COLUMNS.get(language, "TitleDisplayUnlimited")
                line.find("info", column, "added", f"{name!r} was added.", value=name)

    def _located(self, finding: Finding, row: Row) -> Finding:
        """Return a finding that names its row with its cell, where the column has one."""
        if finding.cell != f"{row.sheet}!{row.number}" or not finding.column:
            return finding
        if self.job.format == ImportFormat.JSON_LINES:
            return replace(finding, cell=f"line {row.number}: {finding.column}")
        columns = self.columns.get(row.sheet, {})
        for column in (finding.column, *_INSTEAD.get(finding.column, ())):
            if letters := columns.get(column):
                return replace(finding, cell=f"{row.sheet}!{letters}{row.number}")
        return finding


def show(name: str, value: Any) -> str:
    """Return a column of a title as a report shows it."""
    match value:
        case None | "" | []:
            return "–"
        case int() if name == "runtime_ms":
            seconds = value // 1000
            return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
        case [{"rating": _}, *_]:
            return ", ".join(f"{each['system']} {each['rating']}" for each in value)
        case list():
            return ", ".join(map(str, value))
    return str(value)


def _call(entry: Entry | None) -> str:
    if entry is None or entry.title is None or not entry.title.code:
        return "an earlier row"
    return edge_code.display(entry.title.code)
