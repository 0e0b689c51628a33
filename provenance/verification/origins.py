"""What was the file cut or made from?"""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from catalog.scope.ranges import clock
from edgecode.verify import codes
from provenance.models import Credential
from provenance.names import visible
from provenance.outputs.past import made_in
from provenance.outputs.standing import Standings
from provenance.verification.answers import Check, Outcome
from provenance.verification.inspection import Inspection
from provenance.verification.issued import issued_in
from provenance.verification.wording import spaced


def part(found: Inspection, credential: Credential) -> Check:
    """Which part of a film it is, where it was cut out of one."""
    said = codes.as_map((found.grant or {}).get("asset"))
    clip = credential.clip
    kept = {"from_ms": clip.from_ms, "to_ms": clip.to_ms} if clip is not None else None
    if said.get("range") != kept or clip is None:
        return Check(
            "part", Outcome.FAILED, _("The credential names another part than was licensed.")
        )
    return Check(
        "part",
        Outcome.OK,
        _("A part of a licensed file: %(start)s to %(end)s.")
        % {"start": clock(clip.from_ms), "end": clock(clip.to_ms)},
        _("Cut out of file EC %(code)s, whose SHA-256 is %(sha256)s.")
        % {"code": spaced(str(said.get("code", ""))), "sha256": said.get("sha256", "–")},
    )


def past(found: Inspection, at: datetime | None = None) -> Check:
    """What the file was made from, where its credential continues an earlier one."""
    raw = found.raw or {}
    # Also where its content was not what we had signed: it was changed before it went in.
    inner = (str(each.get("active_manifest")) for each in codes.ingredients_of(raw, found.said_in))
    ours = [name for name in inner if name in found.certificates]
    if issued := issued_in(found, ours):
        code = next(iter(issued.values())).granted_asset.grant.code
        return Check(
            "past",
            Outcome.WARNING,
            _("It was made from a file that we delivered under another grant."),
            _("Grant EC %(head)s %(tail)s: ask the licensor by what right it was licensed again.")
            % {"head": code[:4], "tail": code[4:]},
        )
    if broken := codes.broken_past(raw, found.said_in):
        return Check(
            "past",
            Outcome.WARNING,
            _("Something that it was made from did not match its own credential."),
            _("It had been changed before it was licensed: %(names)s.")
            % {"names": visible(", ".join(broken))[:300]},
        )
    if made := made_in(found, ours):
        work, standings = next(iter(made.values())), Standings(at)
        stands = all(standings.state(each) == "standing" for each in made.values())
        return Check(
            "past",
            Outcome.OK if stands else Outcome.WARNING,
            _("It was made from a work that was declared here."),
            _("Output %(code)s. Its status says how it stands.") % {"code": work.display_code},
        )
    return Check(
        "past",
        Outcome.UNKNOWN,
        _("It was made from a file that carried a credential of its own."),
        _("That one is kept inside; we did not issue it: %(manifests)s.")
        % {"manifests": visible(", ".join(found.earlier))[:300]},
    )
