"""What may be believed of a file that a licensee made and we signed: what a report says of it."""

from datetime import datetime
from functools import partial

from django.utils.translation import gettext_lazy as _

from catalog.models import WorkState
from edgecode.verify.judging import Found
from edgecode.verify.outputs import OUTPUT, Declared, check_entry, declared_in
from provenance import pki
from provenance.inspection import Inspection
from provenance.label_duties import rows_of
from provenance.names import visible
from provenance.output_models import Output, OutputUpdate
from provenance.output_updates import has_lost_consent, output_status
from provenance.report_checks import Check, Outcome, is_signed_as, logged
from provenance.status import GrantStatus


def output_of(manifest_id: str) -> Output | None:
    """Return the output that one of our manifests is of, an older or the newest one."""
    update = OutputUpdate.objects.filter(manifest_id=manifest_id).values("output")
    rows = Output.objects.filter(state=WorkState.DONE).select_related("organisation")
    rows = rows.defer("manifest")
    found = rows.filter(manifest_id=manifest_id).first()
    return found or rows.filter(pk__in=update).first()


def output_checks(
    found: Inspection, output: Output, at: datetime | None, *, ours: bool
) -> list[Check]:
    """Return the answers about an output: whether it is as we signed it, and how it stands, now or
    at `at`. `ours`: a key of ours signed what was found."""
    declared = declared_in(Found({"report": found.raw}, found.file_sha256, False))
    if declared is None or declared.said.get("output") != output.code:
        title = _("We have no record of having issued this credential.")
        return [Check("record", Outcome.FAILED, title)]
    status = output_status(output.code, at)
    sources = output.sources.select_related("grant").defer("members")
    return [
        _record(found, output),
        _maker(found, declared, ours=ours),
        logged(declared.said, partial(check_entry, declared)),
        _grants(status["grants"], has_lost_consent=has_lost_consent(sources, at)),
        _consents([each["state"] for each in status["consents"]]),
        _newest(found, status["manifest"]),
        _disputes(disputed=status["state"] == "disputed"),
        _labels(output),
    ]


def _record(found: Inspection, output: Output) -> Check:
    said = {
        "maker": output.organisation.name,
        "kind": output.get_kind_display(),
        "day": output.declared_at.date().isoformat(),
        "code": output.display_code,
    }
    detail = _("%(kind)s, declared on %(day)s (UTC) as %(code)s.") % said
    if not is_signed_as(found, store_named(output, found.manifest_id)):
        return Check(
            "record", Outcome.FAILED, _("We have no record of having issued this credential.")
        )
    if found.file_sha256 in {output.signed_sha256, output.file_sha256}:
        title = _("%(maker)s declared to have made this very file.") % said
        return Check("record", Outcome.OK, title, detail)
    return Check("record", Outcome.FAILED, _("This is not the file that was declared."), detail)


def store_named(output: Output, manifest_id: str) -> bytes:
    """Return our own copy of the manifest that an output has by this name."""
    later = output.updates.filter(manifest_id=manifest_id).values_list("manifest", flat=True)
    body = later.first()
    return bytes(output.manifest if body is None else body)


def _maker(found: Inspection, declared: Declared, *, ours: bool) -> Check:
    """Whether the maker itself signed what is declared."""
    signed = found.licensor
    if signed is None:
        title = (
            _("Its maker has not signed it itself; Edgecode has.")
            if ours
            else _("Its maker has not signed it itself.")
        )
        return Check("maker", Outcome.UNKNOWN, title)
    name = visible(signed.common_name)
    if not signed.sound:
        title = _("The maker’s own signature does not belong to what is said here.")
        return Check("maker", Outcome.FAILED, title, name)
    if not signed.trusted or OUTPUT not in signed.about:
        title = _("Somebody signed for its maker whose identity we cannot confirm.")
        return Check("maker", Outcome.WARNING, title, name)
    if not signed.is_of(declared.maker.get("code")):
        title = _("Another organisation than its maker signed what is declared.")
        return Check("maker", Outcome.FAILED, title, name)
    outcome = Outcome.WARNING if pki.is_development() else Outcome.OK
    said = {"name": visible(declared.maker.get("name"))}
    return Check("maker", outcome, _("%(name)s itself signed what it declared.") % said, name)


def _labels(output: Output) -> Check:
    """Which labels laws may ask for; no law is read here, nor is the file looked at for them."""
    laws = [f"{row.jurisdiction}: {row.law}" for row in rows_of(output.label_duties)]
    if not laws:
        return Check("labels", Outcome.OK, _("No law that we know of asks for a label on it."))
    return Check(
        "labels",
        Outcome.UNKNOWN,
        _("Laws may ask for a label on it; whether it bears one is not looked for."),
        "; ".join(laws),
    )


def _grants(grants: list[GrantStatus], *, has_lost_consent: bool) -> Check:
    if not grants:
        return Check("grants", Outcome.OK, _("It was made under consents alone."))
    detail = _("A licence that ended later takes nothing from what was made before.")
    if any(each["state"] in {"revoked", "superseded", "expired"} for each in grants):
        title = _("It was made under licences, of which some have ended since.")
        return Check("grants", Outcome.WARNING, title, detail)
    if any(each["state"] == "pending" for each in grants):
        title = _("A licence that it was made under had not been given by then.")
        return Check("grants", Outcome.WARNING, title)
    if has_lost_consent:
        title = _("It was made under licences that ended for files with a performer’s consent.")
        return Check("grants", Outcome.WARNING, title, detail)
    return Check("grants", Outcome.OK, _("It was made under licences that stand."))


def _consents(states: list[str]) -> Check:
    if not states:
        return Check("consents", Outcome.OK, _("It rests on no performer’s consent."))
    if "ended" in states:
        title = _("A performer’s consent that it was made under has ended since.")
        detail = _("What may still be done with it, the consent says.")
        return Check("consents", Outcome.WARNING, title, detail)
    return Check(
        "consents", Outcome.OK, _("The performers’ consents that it rests on have not ended.")
    )


def _newest(found: Inspection, newest: str) -> Check:
    if found.manifest_id == newest:
        return Check("newest", Outcome.OK, _("This is its newest credential."))
    title = _("There is a newer credential for it.")
    return Check("newest", Outcome.WARNING, title, _("Ask its maker for that."))


def _disputes(*, disputed: bool) -> Check:
    if disputed:
        title = _("Who licensed what it was made with disputes what was declared.")
        return Check("disputes", Outcome.WARNING, title)
    return Check("disputes", Outcome.OK, _("Nobody disputes what was declared."))
