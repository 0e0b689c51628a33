"""Recording the facts that clearance rests on: who holds what of a title, and what narrows it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple
from unicodedata import normalize

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate, allocate_many
from accounts.errors import Conflict, Invalid, NotFound
from accounts.models import Organisation, OrganisationKind
from accounts.text import check_name, check_note
from catalog.facts.fields import name_in, organisation_in
from catalog.facts.shapes import check_body, term_of
from catalog.models import Avail, Evidence, Fact, FactKind, Title
from ledger import edge_code
from ledger.append import NewEvent, append_many
from ledger.inserting import insert_rows

_NAMING = (FactKind.REVOCATION, FactKind.OPINION)
_COLUMNS = (
    "code", "title_id", "kind", "body", "starts_at", "ends_at", "document", "clause", "note",
    "evidence_id", "avail_id", "corrects_id", "recorded_at", "superseded_at",
)  # fmt: skip


class Source(NamedTuple):
    """What a fact rests on: where it is written, the document's code, the fact it corrects."""

    document: str
    clause: str
    note: str
    evidence: str | None
    corrects: Fact | None = None


@transaction.atomic
def record_fact(
    *,
    actor: Actor,
    title: Title,
    kind: str,
    body: Mapping[str, Any],
    document: str = "",
    clause: str = "",
    note: str = "",
    evidence: str | None = None,
) -> Fact:
    """Record one fact about a title. `kind` and `body` are those of the clearance contract,
    section 3; `evidence` is the code of a document that was handed in.

    Raises Invalid naming the field, NotFound for another organisation's title.
    """
    return _record(actor, title, kind, body, Source(document, clause, note, evidence))


@transaction.atomic
def correct_fact(
    *,
    actor: Actor,
    code: str,
    body: Mapping[str, Any],
    reason: str,
    document: str = "",
    clause: str = "",
    note: str = "",
    evidence: str | None = None,
) -> Fact:
    """Set a fact aside and record another of its kind in its place, in one step. Revocations and
    opinions that name it are recorded again, and name the new one.

    Raises Invalid naming the field, Conflict for one that was set aside before, NotFound.
    """
    old = supersede(actor=actor, code=code, reason=reason)
    source = Source(document, clause, note, evidence, corrects=old)
    fact = _record(actor, old.title, old.kind, body, source)
    for each in old.title.facts.standing().filter(kind__in=_NAMING).order_by("code"):
        if named := _renamed(each.body, old.code, fact.code):
            supersede(actor=actor, code=each.code, reason=reason)
            paper = each.evidence.code if each.evidence else None
            source = Source(each.document, each.clause, each.note, paper, corrects=each)
            _record(actor, old.title, each.kind, named, source)
    return fact


def _renamed(body: Mapping[str, Any], old: str, new: str) -> dict[str, Any] | None:
    """Return the body of a fact that names another by its new code; None where it does not."""
    if body.get("target") == old:
        return {**body, "target": new}
    if old in body.get("about", ()):
        return {**body, "about": [new if code == old else code for code in body["about"]]}
    return None


@transaction.atomic
def supersede(*, actor: Actor, code: str, reason: str) -> Fact:
    """End what a fact says from now on; the record itself stays."""
    require(actor, Permission.EDIT_TITLES)
    fact = _find_fact(actor, code)
    if fact.superseded_at is not None:
        raise Conflict(_("This record has already been superseded."))
    fact.superseded_at = timezone.now()
    fact.save(update_fields=["superseded_at"])
    append_many([_superseded(actor, fact, check_name("reason", reason, 500))])
    return fact


class NewFact(NamedTuple):
    """A fact in a batch; `body` has passed `check_body`."""

    title: Title
    kind: str
    body: dict[str, Any]
    document: str
    clause: str
    avail: Avail | None = None


def record_many(*, actor: Actor, facts: Sequence[NewFact]) -> None:
    """Record facts about the actor's own titles, in few statements. In a transaction."""
    require(actor, Permission.EDIT_TITLES)
    made = []
    for code, new in zip(allocate_many("fact", len(facts)), facts, strict=True):
        starts_at, ends_at = term_of(new.kind, new.body)
        made.append(
            Fact(
                code=code,
                title=new.title,
                kind=new.kind,
                body=new.body,
                starts_at=starts_at,
                ends_at=ends_at,
                document=new.document,
                clause=new.clause,
                avail=new.avail,
            )
        )
    insert_rows(Fact, _COLUMNS, map(attrgetter(*_COLUMNS), made))
    append_many([_recorded(actor, fact) for fact in made])


def supersede_many(*, actor: Actor, facts: Sequence[Fact], reason: str) -> None:
    """Set facts of the actor's titles aside, in few statements; those that are aside stay so.
    In a transaction."""
    require(actor, Permission.EDIT_TITLES)
    # A grant is then cleared wholly before or after.
    keys = {fact.title_id for fact in facts}
    list(Title.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))
    standing = [fact for fact in facts if fact.superseded_at is None]
    Fact.objects.filter(pk__in=[fact.pk for fact in standing]).update(superseded_at=timezone.now())
    append_many([_superseded(actor, fact, reason) for fact in standing])


def instant(value: datetime | None) -> str | None:
    """Return an aware instant in the form of the clearance contract, to the second."""
    if value is None:
        return None
    return _instant(value.astimezone(UTC))


@lru_cache(maxsize=4096)
def _instant(value: datetime) -> str:
    """Of thousands that are written the same few: a request's, and when facts were recorded."""
    return f"{value.replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _record(
    actor: Actor,
    title: Title,
    kind: str,
    body: Mapping[str, Any],
    source: Source,
) -> Fact:
    organisation = require(actor, Permission.EDIT_TITLES)
    if title.organisation_id != organisation.pk:
        raise NotFound
    checked = check_body(kind, body)
    _check_names(actor, title, kind, checked)
    if kind in (FactKind.GRANT_OUT, FactKind.OPTION):
        checked = _with_parties(kind, checked)
    starts_at, ends_at = term_of(kind, checked)
    fact = Fact.objects.create(
        code=allocate("fact"),
        title=title,
        kind=kind,
        body=checked,
        starts_at=starts_at,
        ends_at=ends_at,
        document=check_note("document", source.document, 300),
        clause=check_note("clause", source.clause, 100),
        note=check_note("note", source.note, 500),
        evidence=_evidence(actor, source.evidence) if source.evidence else None,
        corrects=source.corrects,
    )
    append_many([_recorded(actor, fact)])
    return fact


def _check_names(actor: Actor, title: Title, kind: str, body: Mapping[str, Any]) -> None:
    """Raise Invalid where a fact names a title or another fact that is not there."""
    for number, code in enumerate(body.get("excludes", ())):
        if not Title.objects.visible_to(actor).filter(code=code).exists():
            raise Invalid(f"excludes[{number}]", _("You have no title of this code."))
    if kind == FactKind.REVOCATION:
        _check_facts(title, "target", [body["target"]], (FactKind.GRANT_IN, FactKind.GRANT_OUT))
    if kind == FactKind.OPINION:
        _check_facts(title, "about", body["about"], tuple(FactKind))


def _with_parties(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    """Return a licence out or an option with those of its parties that are organisations here by
    their names and codes.

    Raises Invalid where there is none of this code, where it has another name, which somebody
    would read while clearance goes by the code, or where it is no lab and so holds no licence.
    """
    said = dict(body)
    holds = (OrganisationKind.LAB,) if kind == FactKind.GRANT_OUT else OrganisationKind
    for field in said.keys() & {"to", "holder"}:
        said[field] = _party(field, said[field], holds)
    if "against" in said:
        said["against"] = [
            _party(f"against[{i}]", name, holds) for i, name in enumerate(said["against"])
        ]
    return said


def _party(field: str, said: str, holds: Collection[OrganisationKind]) -> str:
    code = organisation_in(said)
    if code is None:
        return said
    found = Organisation.objects.filter(code=code).first()
    if found is None:
        raise Invalid(field, _("There is no organisation of this code."))
    if found.kind not in holds:
        raise Invalid(field, _("The organisation of this code is no lab: it holds no licence."))
    party = f"{found.name} ({edge_code.display(found.code)})"
    name = name_in(said)
    if name and _spelt(name) != _spelt(found.name):
        raise Invalid(
            field,
            _("This code is not that of “%(name)s”. Write “%(party)s”, or the name alone.")
            % {"name": name, "party": party},
        )
    return party


def _spelt(name: str) -> str:
    return " ".join(normalize("NFKC", name).casefold().split())


def _check_facts(title: Title, field: str, codes: Sequence[str], kinds: Sequence[FactKind]) -> None:
    standing = title.facts.standing().filter(code__in=codes, kind__in=kinds)
    known = set(standing.values_list("code", flat=True))
    if missing := [code for code in codes if code not in known]:
        raise Invalid(
            field,
            _("The title has no such fact: %(codes)s.") % {"codes": ", ".join(missing)},
        )


def _evidence(actor: Actor, code: str) -> Evidence:
    found = Evidence.objects.visible_to(actor).filter(code=code).first()
    if found is None:
        raise Invalid("evidence", _("You have no document of this code."))
    return found


def _find_fact(actor: Actor, code: str) -> Fact:
    """Return the record, its title locked: a grant is then cleared wholly before or after."""
    mine = Fact.objects.visible_to(actor)
    found = mine.filter(code=code).first()
    if found is None:
        raise NotFound
    Title.objects.select_for_update().get(pk=found.title_id)
    return mine.select_for_update(of=("self",)).select_related("title").get(pk=found.pk)


def _recorded(actor: Actor, fact: Fact) -> NewEvent:
    return NewEvent(
        kind=f"{fact.family}.recorded",
        stream=fact.stream,
        actor=actor.name,
        refs={"title": fact.title.stream},
        data={"fact_kind": fact.kind} if fact.family == "fact" else {},
        private={fact.family: _committed(fact)},
    )


def _superseded(actor: Actor, fact: Fact, reason: str) -> NewEvent:
    return NewEvent(
        kind=f"{fact.family}.superseded",
        stream=fact.stream,
        actor=actor.name,
        refs={"title": fact.title.stream},
        private={"reason": reason},
    )


def _committed(fact: Fact) -> dict[str, Any]:
    """What the log commits to: all that clearance reads, and what it rests on."""
    return {
        **fact.body,
        "kind": fact.kind,
        "document": fact.document,
        "clause": fact.clause,
        "evidence": fact.evidence.sha256 if fact.evidence else None,
        "corrects": fact.corrects.code if fact.corrects else None,
    }
