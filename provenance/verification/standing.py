"""Does the licence hold, now or at the time that was asked about?"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from provenance.status import GrantStatus, holds
from provenance.verification.answers import Check, Outcome, Text
from provenance.verification.wording import at_utc

# Of a time that has passed.
_THEN: dict[str, tuple[Outcome, Promise]] = {
    "active": (Outcome.OK, _("The licence was in force on %(time)s.")),
    "pending": (Outcome.WARNING, _("The licence had not begun on %(time)s.")),
    "expired": (Outcome.FAILED, _("The licence had expired by %(time)s.")),
    "superseded": (
        Outcome.FAILED,
        _("The licence had been amended by %(time)s; another grant had taken its place."),
    ),
    "revoked": (Outcome.FAILED, _("The licence had been revoked by %(time)s.")),
}


def standing(
    status: GrantStatus,
    *,
    stands: bool,
    later: GrantStatus | None = None,
    is_left_out: bool = False,
    is_carried: bool = True,
) -> Check:
    """Whether the licence holds: now, or at the time that was asked about. `stands`: a consent
    does that the file rests on, or it needs none. `later`: how the newest amendment in its place
    stands now; `is_left_out`: that one has other files alone; `is_carried`: in it, too, a consent
    stands that the file rests on, or it needs none."""
    if status["state"] == "active" and not stands:
        return Check(
            "status",
            Outcome.FAILED,
            _("The licence of this file ended with a consent that it rested on."),
            _("No file of its grant is licensed any more.")
            if status["is_without_consent"]
            else _("Other files of the same grant may be licensed still."),
        )
    since = at_utc(status["since"]) if status["since"] else ""
    if status["at"] is not None:
        outcome, then = _THEN[status["state"]]
        title = then % {"time": at_utc(status["at"])}
        return Check(
            "status", outcome, title, _("Since %(since)s.") % {"since": since} if since else ""
        )
    titles: dict[str, tuple[Outcome, Text]] = {
        "active": (Outcome.OK, _("The licence is in force.")),
        "pending": (Outcome.WARNING, _("The licence has not begun.")),
        "expired": (Outcome.FAILED, _("The licence has expired.")),
        "superseded": (
            Outcome.FAILED,
            _("The licence was amended; another grant has taken the place of this one."),
        ),
        "revoked": (Outcome.FAILED, _("The licence was revoked.")),
    }
    outcome, title = titles[status["state"]]
    detail = _("Since %(since)s.") % {"since": since} if since else ""
    if later is not None:
        by, named = later["grant"], _("What holds now is in grant EC %(head)s %(tail)s.")
        if is_left_out:
            named = _("Grant EC %(head)s %(tail)s, which took its place, leaves this file out.")
        elif not holds(later):
            named = _("Grant EC %(head)s %(tail)s, which took its place, is not in force either.")
        elif not is_carried:
            named = _(
                "In grant EC %(head)s %(tail)s, which took its place, the licence of this file"
                " ended with a consent."
            )
        detail = f"{detail} {named % {'head': by[:4], 'tail': by[4:]}}"
    return Check("status", outcome, title, detail)
