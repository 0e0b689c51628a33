"""Outputs: what a licensee made under grants and consents, declared to be signed.

The file is sent, or only its SHA-256 is told; it is signed by the worker (outputs/signing.py), once
the declaration is in the published log. Docs: docs/outputs.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid, NotFound
from accounts.models import Organisation
from accounts.text import check_name, check_note
from catalog.approvals import check_sha256, usable_by
from catalog.assets import check_filename
from catalog.checks import check_choices, check_instant, check_territory, check_uses
from catalog.consent_uses import record_use
from catalog.intake import Intake
from catalog.models import Asset, Attribute, Consent, Likeness
from catalog.probe import probe
from ledger.append import append
from licensing.models import Grant, ModelKind
from provenance.credentials.files import note_hash
from provenance.models import (
    MadeBy,
    Output,
    OutputConsent,
    OutputFile,
    OutputKind,
    OutputSource,
    Relation,
)
from provenance.outputs import label_duties
from provenance.outputs.members import taken
from provenance.outputs.past import check_copy
from provenance.outputs.received import declarable, keep, sent_before
from provenance.outputs.terms import Made, check_consent, check_grant, check_persons

MAX_SOURCES: Final = 50
MAX_CONSENTS: Final = 20
MAX_FILES: Final = 10_000


@dataclass(frozen=True)
class Source:
    """What was used of one grant; `files` empty: all of it."""

    grant: str
    relation: str = Relation.INPUT
    files: Sequence[str] = ()


@dataclass(frozen=True)
class Under:
    """A consent, which attributes of the person were used, and the approval where it asks one."""

    consent: str
    attributes: Sequence[str]
    approval: str = ""


def receive_output(*, actor: Actor, intake: Intake, filename: str) -> OutputFile:
    """Examine and keep a file that is to be declared; the same bytes again give the same row.

    Raises Invalid("file", …) with what is wrong with it, Invalid("filename"), NotAllowed.
    """
    organisation = require(actor, Permission.DECLARE_OUTPUTS)
    filename = check_filename(filename)
    note_hash(intake.path, intake.sha256)
    if (known := sent_before(organisation, intake.sha256)) is not None:
        return known
    mime = probe(intake.path, filename)["mime"]
    return keep(organisation, intake, filename=filename, mime=mime)


@transaction.atomic
def declare_output(
    *,
    actor: Actor,
    kind: str,
    name: str,
    made_by: str,
    use: str,
    model_kind: str,
    territory: Any,
    made_at: datetime,
    sha256: str,
    filename: str = "",
    sources: Sequence[Source] = (),
    consents: Sequence[Under] = (),
    is_shown: bool = False,
    note: str = "",
) -> Output:
    """Declare a work made under grants and consents; it is signed soon after.

    A file of this SHA-256 that was received before gets the manifest inside, where its format
    carries one; else the manifest stands beside it. Each consent loses one of its outputs. Raises
    Invalid naming the field and the term that does not fit, Conflict, NotFound, NotAllowed.
    """
    organisation = require(actor, Permission.DECLARE_OUTPUTS)
    check_instant("made_at", made_at)
    if made_at > timezone.now():
        raise Invalid("made_at", _("Declare what was made, not what is planned."))
    if not sources and not consents:
        raise Invalid("sources", _("Name a grant or a consent that it was made under."))
    made = Made(
        use=check_uses("use", [use])[0],
        model_kind=check_choices("model_kind", [model_kind], ModelKind.values)[0],
        territory=check_territory("territory", territory),
        made_at=made_at,
    )
    # Its row is locked: the same file is declared once.
    Organisation.objects.select_for_update().get(pk=organisation.pk)
    output = Output(
        code=allocate("output"),
        organisation=organisation,
        kind=check_choices("kind", [kind], OutputKind.values)[0],
        name=check_name("name", name, 200),
        made_by=check_choices("made_by", [made_by], MadeBy.values)[0],
        use=made.use,
        model_kind=made.model_kind,
        territory=made.territory,
        made_at=made_at,
        note=check_note("note", note, 1000),
        file_sha256=_check_new(organisation, sha256),
        filename=check_filename(filename) if filename else "",
        is_shown=is_shown,
    )
    output.file = declarable(organisation, output.file_sha256)
    if output.file is not None:
        output.filename = output.file.filename
    rows = _sources(organisation, made, sources)
    check_copy(organisation, output.file_sha256, rows)
    # Those of one person are locked together, and everybody locks in this order.
    held = _consents(organisation, made, consents)
    shown = _persons(rows)
    check_persons(made, shown, [consent for consent, _under in held])
    output.label_duties = [
        row.id
        for row in label_duties.owed(
            kind=output.kind,
            made_by=output.made_by,
            territory=output.territory,
            on=made_at.date(),
            of_persons=bool(held or shown),
        )
    ]
    output.save(force_insert=True)
    for row in rows:
        row.output = output
    OutputSource.objects.bulk_create(rows)
    uses = [_use(actor, output, consent, under) for consent, under in held]
    append(
        "output.declared",
        stream=output.stream,
        actor=actor.name,
        refs={"under": [*(row.grant.stream for row in rows), *uses]},
        data={"output_kind": output.kind, "members": sum(len(row.members) for row in rows)},
        private={"output": _committed(output, rows, held)},
    )
    return output


def find_output(actor: Actor, code: str) -> Output:
    """Return an output that the actor's side has to do with, or raise NotFound."""
    rows = Output.objects.visible_to(actor).select_related("organisation", "file")
    output = rows.defer("manifest").filter(code=code).first()
    if output is None:
        raise NotFound
    return output


def is_maker(actor: Actor, output: Output) -> bool:
    """Return whether the actor's organisation made it."""
    return actor.organisation is not None and actor.organisation.pk == output.organisation_id


def _check_new(organisation: Organisation, sha256: str) -> str:
    sha256 = check_sha256(sha256)
    if not sha256:
        raise Invalid("sha256", _("Send the file, or give its SHA-256."))
    known = Output.objects.filter(organisation=organisation, file_sha256=sha256).first()
    if known is not None:
        raise Conflict(_("This file is declared already: %(code)s.") % {"code": known.display_code})
    return sha256


def _sources(
    organisation: Organisation, made: Made, sources: Sequence[Source]
) -> list[OutputSource]:
    codes = [source.grant for source in sources]
    if len(codes) > MAX_SOURCES or len(set(codes)) < len(codes):
        raise Invalid(
            "sources", _("Name each grant once, at most %(most)d.") % {"most": MAX_SOURCES}
        )
    held = Grant.objects.filter(licensee=organisation, code__in=codes).order_by("pk")
    # Locked, so that the early end of one comes wholly before this or wholly after.
    grants = {grant.code: grant for grant in held.select_for_update()}
    return [_source(grants.get(source.grant), made, source) for source in sources]


def _source(grant: Grant | None, made: Made, source: Source) -> OutputSource:
    if grant is None:
        raise Invalid("sources", _("You hold no grant %(code)s.") % {"code": source.grant[:20]})
    files = sorted({check_name("sources", each, 15) for each in source.files})
    if len(files) > MAX_FILES:
        raise Invalid("sources", _("Name at most %(most)d files.") % {"most": MAX_FILES})
    # Of all of a grant, those that may have lost a consent are asked about.
    persons = grant.granted_assets.filter(asset__likeness__isnull=False)
    asked = files or list(persons.values_list("asset__code", flat=True))
    check_grant(grant, made, asked)
    members, root = taken(grant, files)
    return OutputSource(
        grant=grant,
        relation=check_choices("sources", [source.relation], Relation.values)[0],
        files=files,
        members=members,
        root=root,
    )


def _persons(rows: Sequence[OutputSource]) -> set[int]:
    """Return the likenesses, by key, whose files it was made with."""
    found: set[int] = set()
    for row in rows:
        assets = Asset.objects.filter(granted_assets__grant=row.grant, likeness__isnull=False)
        if row.files:
            assets = assets.filter(code__in=row.files)
        found.update(key for key in assets.values_list("likeness", flat=True) if key)
    return found


def _consents(
    organisation: Organisation, made: Made, consents: Sequence[Under]
) -> list[tuple[Consent, Under]]:
    codes = [each.consent for each in consents]
    if len(codes) > MAX_CONSENTS or len(set(codes)) < len(codes):
        raise Invalid(
            "consents", _("Name each consent once, at most %(most)d.") % {"most": MAX_CONSENTS}
        )
    likenesses = Consent.objects.filter(code__in=codes).values("likeness")
    list(Likeness.objects.select_for_update().filter(pk__in=likenesses).order_by("pk"))
    usable = usable_by(organisation, timezone.now()).filter(code__in=codes)
    known = {consent.code: consent for consent in usable.select_related("likeness")}
    found = []
    for under in consents:
        consent = known.get(under.consent)
        if consent is None:
            raise Invalid(
                "consents",
                _("You hold no consent %(code)s that is in force.") % {"code": under.consent[:20]},
            )
        attributes = check_choices("consents", under.attributes, Attribute.values)
        if not attributes:
            raise Invalid("consents", _("Say which attributes of the person were used."))
        check_consent(consent, made, attributes)
        found.append((consent, under))
    return found


def _use(actor: Actor, output: Output, consent: Consent, under: Under) -> str:
    """Take the output from the consent's agreed number; return the stream of that."""
    use = record_use(
        actor=actor,
        consent_code=consent.code,
        description=output.name,
        approval_code=under.approval,
        sha256=output.file_sha256,
        used_at=output.made_at,
    )
    OutputConsent.objects.create(
        output=output, consent=consent, attributes=sorted(set(under.attributes)), use=use
    )
    return use.stream


def _committed(
    output: Output, rows: Sequence[OutputSource], held: Sequence[tuple[Consent, Under]]
) -> dict[str, Any]:
    return {
        "name": output.name,
        "sha256": output.file_sha256,
        "made_by": output.made_by,
        "use": output.use,
        "model_kind": output.model_kind,
        "territory": output.territory,
        "made_at": output.made_at.isoformat(),
        "note": output.note,
        "label_duties": output.label_duties,
        "sources": [
            {
                "grant": row.grant.code,
                "relation": row.relation,
                "members": len(row.members),
                "root": row.root,
                "files": row.files,
            }
            for row in rows
        ],
        "consents": [
            {"consent": consent.code, "attributes": sorted(set(under.attributes))}
            for consent, under in held
        ],
    }
