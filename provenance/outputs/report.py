"""What may be believed of a file that a licensee made and we signed: what a report says of it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import partial

from django.utils.translation import gettext_lazy as _

from edgecode.verify.declared import Declared, check_entry, declared_in
from edgecode.verify.found import OUTPUT, Found
from provenance.models import Output, OutputSource
from provenance.names import visible
from provenance.outputs.label_duties import rows_of
from provenance.outputs.past import store_named
from provenance.outputs.standing import ENDED, Standings, has_lost_consent, licence_state
from provenance.outputs.updates import output_status
from provenance.verification.answers import Check, Outcome
from provenance.verification.entry import logged
from provenance.verification.identity import once_named, signed_in_name
from provenance.verification.inspection import Inspection
from provenance.verification.issued import filled_with_more, holds_more, is_signed_as


def declared_of(found: Inspection) -> Declared | None:
    """Return what a file says of itself as a licensee's work, or None."""
    of, vouched = {"report": found.raw}, found.certificates
    return declared_in(Found(of, found.file_sha256, has_sidecar=False, vouched=vouched))


def output_checks(
    found: Inspection, output: Output, at: datetime | None, *, ours: bool
) -> list[Check]:
    """Return the answers about an output: whether it is as we signed it, and how it stands, now or
    at `at`. `ours`: a key of ours signed what was found."""
    declared = declared_of(found)
    if declared is None or declared.said.get("output") != output.code:
        title = _("We have no record of having issued this credential.")
        return [Check("record", Outcome.FAILED, title)]
    status = output_status(output.code, at)
    rows = output.sources.select_related("grant__superseded_by").defer("members")
    sources = list(rows.order_by("pk"))
    return [
        _record(found, output),
        _maker(found, declared, ours=ours),
        logged(declared.said, partial(check_entry, declared)),
        _made_later(output, at) or _grants(sources, at),
        *_past(output, at),
        _consents([each["state"] for each in status["consents"]], sources),
        _newest(found, output),
        _disputes(disputed=status["state"] == "disputed"),
        _labels(output),
    ]


def _past(output: Output, at: datetime | None) -> list[Check]:
    """Whether it came from what no licence covers that it names, or from a work in doubt."""
    doubted = Standings(at).doubted_in(output)
    if doubted is None:
        return []
    if doubted == output:
        title = _("It was made from a file that was delivered under another licence.")
        detail = _("None that it names covers that file: ask its maker by what right.")
        return [Check("past", Outcome.WARNING, title, detail)]
    title = _("It was made from a work that is in doubt itself.")
    named = _("Output %(code)s.") % {"code": doubted.display_code}
    return [Check("past", Outcome.WARNING, title, named)]


def _record(found: Inspection, output: Output) -> Check:
    said = {
        "maker": output.organisation.name,
        "kind": output.get_kind_display(),
        "day": output.declared_at.date().isoformat(),
        "code": output.display_code,
    }
    detail = _("%(kind)s, declared on %(day)s (UTC) as %(code)s.") % said
    own = store_named(output, found.manifest_id)
    if not is_signed_as(found, own):
        return Check(
            "record", Outcome.FAILED, _("We have no record of having issued this credential.")
        )
    if holds_more(found, lambda: own):
        return filled_with_more()
    if found.file_sha256 in {output.signed_sha256, output.file_sha256}:
        title = _("%(maker)s declared to have made this very file.") % said
        return Check("record", Outcome.OK, title, detail)
    return Check("record", Outcome.FAILED, _("This is not the file that was declared."), detail)


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
    if signed.over:
        title = _("The certificate of who signed for its maker is not valid now.")
        return Check("maker", Outcome.WARNING, title, once_named(name))
    if not signed.trusted or OUTPUT not in signed.about:
        title = _("Somebody signed for its maker whose identity we cannot confirm.")
        return Check("maker", Outcome.WARNING, title, name)
    if not signed.is_of(declared.maker.get("code")):
        title = _("Another organisation than its maker signed what is declared.")
        return Check("maker", Outcome.FAILED, title, name)
    title = _("%(name)s itself signed what it declared.")
    return signed_in_name("maker", signed, str(declared.maker.get("name") or "–"), title)


def _labels(output: Output) -> Check:
    """Which labels laws may ask for; no law is read here, nor is the file looked at for them."""
    laws = [f"{row.jurisdiction}: {row.law}" for row in rows_of(output.label_duties)]
    if not laws:
        return Check(
            "labels",
            Outcome.OK,
            _("No law that we know of asked for a label on it when it was made."),
        )
    return Check(
        "labels",
        Outcome.UNKNOWN,
        _("Laws may ask for a label on it; whether it bears one is not looked for."),
        "; ".join(laws),
    )


def _made_later(output: Output, at: datetime | None) -> Check | None:
    """Return that at a time it had not been made, so that nothing it was made under told of it."""
    if at is None or at >= output.made_at:
        return None
    title = _("It was made only later, on %(day)s (UTC).")
    return Check(
        "grants",
        Outcome.WARNING,
        title % {"day": output.made_at.astimezone(UTC).date().isoformat()},
    )


def _grants(sources: list[OutputSource], at: datetime | None) -> Check:
    grants = {licence_state(source, at) for source in sources}
    if not grants:
        return Check("grants", Outcome.OK, _("It was made under consents alone."))
    detail = _("A licence that ended later takes nothing from what was made before.")
    if not ENDED.isdisjoint(grants):
        title = _("It was made under licences, of which some have ended since.")
        return Check("grants", Outcome.WARNING, title, detail)
    if "pending" in grants:
        title = _("A licence that it was made under had not been given by then.")
        return Check("grants", Outcome.WARNING, title)
    if has_lost_consent(sources, at):
        title = _("It was made under licences that ended for files with a performer’s consent.")
        return Check("grants", Outcome.WARNING, title, detail)
    return Check("grants", Outcome.OK, _("It was made under licences that stand."))


def _consents(states: list[str], sources: Iterable[OutputSource]) -> Check:
    if not states and any(_is_of_performers(each) for each in sources):
        title = _("It names no performer’s consent itself.")
        detail = _("Files of performers that it was made with rest on consents of their own.")
        return Check("consents", Outcome.OK, title, detail)
    if not states:
        return Check("consents", Outcome.OK, _("It rests on no performer’s consent."))
    if "ended" in states:
        title = _("A performer’s consent that it was made under has ended since.")
        detail = _("What may still be done with it, the consent says.")
        return Check("consents", Outcome.WARNING, title, detail)
    title = _("The performers’ consents that it rests on have not ended.")
    if "suspended" in states:
        detail = _("One of them is suspended: nothing new may be made under it meanwhile.")
        return Check("consents", Outcome.OK, title, detail)
    return Check("consents", Outcome.OK, title)


def _is_of_performers(source: OutputSource) -> bool:
    """Return whether files of a likeness are among those of one grant that it was made with."""
    files = source.grant.granted_assets.filter(asset__likeness__isnull=False)
    return (files.filter(asset__code__among=set(source.files)) if source.files else files).exists()


def _newest(found: Inspection, output: Output) -> Check:
    if found.manifest_id == output.newest[0]:
        return Check("newest", Outcome.OK, _("This is its newest credential."))
    title = _("There is a newer credential for it.")
    return Check("newest", Outcome.WARNING, title, _("Ask its maker for that."))


def _disputes(*, disputed: bool) -> Check:
    if disputed:
        title = _("Who licensed what it was made with disputes what was declared.")
        return Check("disputes", Outcome.WARNING, title)
    return Check("disputes", Outcome.OK, _("Nobody disputes what was declared."))
