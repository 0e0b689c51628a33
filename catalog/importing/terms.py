"""What Avails rows say, kept with its facts; and withdrawn when a later file says so."""

from collections.abc import Iterable, Mapping, Sequence

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.access import Actor
from catalog.importing.line import Line
from catalog.importing.overlay import Overlay
from catalog.imports.normalise import REMOVALS
from catalog.imports.rows import AvailTerms
from catalog.models import Avail, Fact, Import
from catalog.rights import NewFact, record_many, supersede_many

_MOST_CLAUSE = 100


def write_avails(
    job: Import, actor: Actor, lines: Sequence[Line], overlay: Overlay | None, item: int
) -> None:
    """Record the terms of the lines that are new, and withdraw what they remove or replace."""
    kept = [line for line in lines if line.said and line.entry and not line.is_rejected]
    digests = [_digest(line) for line in kept]
    standing = {
        avail.digest: avail
        for avail in Avail.objects.filter(
            organisation=job.organisation,
            alid__in={line.said.alid for line in kept if line.said},
            digest__in=digests,
            withdrawn_at__isnull=True,
        )
    }
    noted = overlay.said(digests) if overlay else set()
    new: dict[str, Line] = {}
    for line, digest in zip(kept, digests, strict=True):
        if digest not in standing and digest not in noted and digest not in new:
            new[digest] = line
            line.is_new = True
    if overlay is not None:
        whole = [(d, line.said.alid, _is_whole(line)) for line, d in zip(kept, digests, strict=True)
                 if line.said]  # fmt: skip
        overlay.say(item, whole)
    else:
        _record(job, actor, new)
        _seen(job, standing, dict(zip(digests, kept, strict=True)))
    _remove(job, actor, lines, is_dry=overlay is not None)


def _digest(line: Line) -> str:
    assert line.said is not None  # noqa: S101 - the caller has looked
    assert line.entry is not None  # noqa: S101
    title = line.entry.title
    return line.said.digest(title.code if title and title.code else line.entry.place)


def _is_whole(line: Line) -> bool:
    return line.row.entry_type == "full_extract"


def _record(job: Import, actor: Actor, new: dict[str, Line]) -> None:
    avails = []
    for digest, line in new.items():
        said, entry = line.said, line.entry
        if said is None or entry is None or entry.title is None:
            continue
        avail = Avail(
            organisation=job.organisation,
            title=entry.title,
            alid=said.alid,
            avail_id=said.avail_id,
            digest=digest,
            is_whole=_is_whole(line),
            terms=said.terms,
            ai=said.ai,
            end_policy=job.end_policy,
            import_of=job,
        )
        avails.append((avail, said))
    Avail.objects.bulk_create([avail for avail, _said in avails])
    document = job.filename
    facts = [
        NewFact(
            title=avail.title,
            kind=kind,
            body=body,
            document=document,
            clause=(said.avail_id or said.alid)[:_MOST_CLAUSE],
            avail=avail,
        )
        for avail, said in avails
        for kind, body in said.facts
    ]
    record_many(actor=actor, facts=facts)


def _seen(job: Import, standing: Mapping[str, Avail], lines: Mapping[str, Line]) -> None:
    """Say of terms that stand already that this file says them too, and whether as part of all
    there is of their ALID: what an earlier file said of that counts no more."""
    for whole in (True, False):
        keys = [standing[digest].pk for digest, line in lines.items()
                if digest in standing and _is_whole(line) == whole]  # fmt: skip
        if keys:
            Avail.objects.filter(pk__in=keys).update(import_of=job, is_whole=whole)


def _remove(job: Import, actor: Actor, lines: Sequence[Line], *, is_dry: bool) -> None:
    """Withdraw what Delete, Full Delete and Update rows name, of what earlier files said."""
    for line in lines:
        avail, entry_type = line.row.avail, line.row.entry_type
        if line.is_rejected or avail is None or entry_type not in (*REMOVALS, "update"):
            continue
        earlier = _named(job, avail, entry_type).exclude(import_of=job)
        if line.said and line.entry:
            earlier = earlier.exclude(digest=_digest(line))
        count = withdraw(job, actor, earlier, is_dry=is_dry)
        line.is_change = line.is_change or count > 0
        if count:
            line.find(
                "info", "EntryType", "taken_back", f"Earlier terms withdrawn: {count}.",
                value=str(count),
            )  # fmt: skip
        elif entry_type in REMOVALS:
            line.find(
                "info", "ALID", "nothing_to_delete", "There is nothing of this to delete.",
            )  # fmt: skip


def _named(job: Import, avail: AvailTerms, entry_type: str) -> "QuerySet[Avail]":
    """Return the standing terms that a row of this type takes back. An empty number names none."""
    mine = Avail.objects.filter(organisation=job.organisation, withdrawn_at__isnull=True)
    if entry_type != "full_delete" and avail.avail_id:
        named = mine.filter(avail_id=avail.avail_id)
        return named.filter(alid=avail.alid) if avail.alid else named
    if entry_type == "update" or not avail.alid:
        return mine.none()
    return mine.filter(alid=avail.alid)


def withdraw(job: Import, actor: Actor, avails: "Iterable[Avail]", *, is_dry: bool = False) -> int:
    """Withdraw those that stand, their facts with them; return how many."""
    standing = [avail for avail in avails if avail.withdrawn_at is None]
    if standing and not is_dry:
        keys = [avail.pk for avail in standing]
        Avail.objects.filter(pk__in=keys).update(withdrawn_at=timezone.now())
        facts = Fact.objects.filter(avail__in=keys, superseded_at__isnull=True)
        supersede_many(
            actor=actor,
            facts=list(facts.select_related("title").order_by("pk")),
            reason=f"Withdrawn by {job.filename}"[:500],
        )
    return len(standing)


def would_withdraw(job: Import, overlay: Overlay) -> int:
    """Return how many terms the end of the import would withdraw, after a dry run of its rows."""
    count = 0
    mine = Avail.objects.filter(organisation=job.organisation, withdrawn_at__isnull=True)
    for alids in overlay.whole_alids():
        spoilt = job.rows.filter(outcome="rejected", alid__in=alids).values("alid")
        standing = mine.filter(alid__in=alids).exclude(alid__in=spoilt)
        digests = list(standing.values_list("digest", flat=True))
        count += len(digests) - len(overlay.said(digests))
    return count


def missing_of(job: Import) -> "Iterable[Avail]":
    """Return what stands of ALIDs that this file told whole, and that it did not tell; none of
    an ALID of which a row was rejected: it may be just that row."""
    whole = Avail.objects.filter(
        organisation=job.organisation, import_of=job, is_whole=True, withdrawn_at__isnull=True
    ).exclude(alid="")
    spoilt = job.rows.filter(Q(outcome="rejected") & ~Q(alid="")).values("alid")
    return (
        Avail.objects.filter(
            organisation=job.organisation, withdrawn_at__isnull=True, alid__in=whole.values("alid")
        )
        .exclude(import_of=job)
        .exclude(alid__in=spoilt)
    )
