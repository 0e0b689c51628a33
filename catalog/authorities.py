"""Who speaks for a performer: recording and ending authorities, and who may sign now."""

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid, NotFound
from accounts.text import check_name
from catalog.checks import check_instant, check_share
from catalog.consents import speaking
from catalog.consents.speaking import Gap, Speaker, Standing
from catalog.models import Authority, Basis, Evidence, Likeness, Performer
from catalog.performers import find_performer
from ledger.append import append

# Which bases make sense for whom; a union or an assignee may be recorded ahead.
_FITS: dict[Standing, frozenset[str]] = {
    Standing.ADULT: frozenset({"self", "agent", "agency", "assignee", "union"}),
    Standing.MINOR: frozenset({"guardian", "agency", "union"}),
    Standing.DECEASED: frozenset({"heir", "assignee", "union"}),
}
_GAPS: dict[Gap, str | Promise] = {
    Gap.NOBODY: _("Nobody is recorded who may sign for this performer. Record who does."),
    Gap.NO_GUARDIAN: _("The performer is a minor: record a guardian, who signs."),
    Gap.NO_HEIR: _("The performer has died: record the heirs, or whoever holds the right."),
    Gap.TOO_MUCH: _("The heirs' shares come to more than the whole. Correct them."),
    Gap.UNKNOWN_HEIRS: _(
        "All heirs must sign, and the recorded shares do not make the whole: an heir is missing."
    ),
    Gap.NO_MAJORITY: _("The recorded heirs hold no more than half: no majority can sign."),
}


@dataclass(frozen=True)
class Voice:
    """Who speaks for a performer at a moment, and by which rule."""

    standing: Standing
    rule: str
    authorities: tuple[Authority, ...]  # in force, whether they can sign or not

    @property
    def speakers(self) -> tuple[Speaker, ...]:
        return tuple(Speaker(each.code, each.basis, each.share) for each in self.authorities)

    @property
    def signers(self) -> tuple[Authority, ...]:
        """Those whose signature counts."""
        able = {each.code for each in speaking.signers(self.standing, self.speakers)}
        return tuple(each for each in self.authorities if each.code in able)

    @property
    def problem(self) -> str | Promise | None:
        """Why nobody can sign, in one sentence, or None."""
        found = speaking.gap(self.standing, self.rule, self.speakers)
        return None if found is None else _GAPS[found]

    def enough(self, signed: set[str]) -> bool:
        """Return whether these signatures (codes of authorities) bind the performer."""
        return speaking.enough(self.standing, self.rule, self.speakers, signed)

    def out_of_reach(self, declined: set[str]) -> bool:
        """Return whether those who declined leave too few."""
        return speaking.out_of_reach(self.standing, self.rule, self.speakers, declined)


def voice_of(performer: Performer, at: datetime) -> Voice:
    """Return who speaks for the performer at the aware instant `at`. One query."""
    found = performer.authorities.in_force(at).order_by("pk")
    return Voice(performer.standing_at(at), performer.heirs_rule, tuple(found))


@transaction.atomic
def record_authority(
    *,
    actor: Actor,
    performer_code: str,
    holder: str,
    basis: str,
    email: str = "",
    share: str = "1/1",
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    evidence: str = "",
) -> Authority:
    """Record that somebody may sign for a performer. `share` is an heir's, of the whole estate;
    `evidence` the code of a document of one's own that shows it.

    Raises Invalid naming the field, NotFound for another organisation's performer.
    """
    require(actor, Permission.EDIT_LIKENESSES)
    # The performer is locked: two heirs recorded at once never come to more than the whole.
    found = find_performer(actor, performer_code)
    performer = Performer.objects.select_for_update().get(pk=found.pk)
    _lock_likenesses(Performer.objects.filter(pk=performer.pk))
    fraction = check_share(share)
    _check_fits(performer, basis, fraction)
    check_instant("starts_at", starts_at)
    check_instant("ends_at", ends_at)
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise Invalid("ends_at", _("The end must lie after the start."))
    paper = Evidence.objects.visible_to(actor).filter(code=evidence).first()
    if evidence and paper is None:
        raise Invalid("evidence", _("There is no such document. Hand it in first."))
    authority = Authority.objects.create(
        code=allocate("authority"),
        performer=performer,
        holder=check_name("holder", holder, 200),
        email=_email(email),
        basis=basis,
        share_numerator=fraction.numerator,
        share_denominator=fraction.denominator,
        starts_at=starts_at,
        ends_at=ends_at,
        evidence=paper,
    )
    append(
        "authority.recorded",
        stream=authority.stream,
        actor=actor.name,
        refs={"performer": performer.stream},
        data={"basis": basis},
        private={
            "authority": {
                "holder": authority.holder,
                "share": f"{fraction.numerator}/{fraction.denominator}",
                "starts_at": starts_at.isoformat() if starts_at else None,
                "ends_at": ends_at.isoformat() if ends_at else None,
                "evidence_sha256": paper.sha256 if paper else None,
            }
        },
    )
    return authority


@transaction.atomic
def end_authority(*, actor: Actor, code: str) -> Authority:
    """End an authority from now on; what was signed under it stays signed."""
    require(actor, Permission.EDIT_LIKENESSES)
    mine = Authority.objects.visible_to(actor)
    _lock_likenesses(Performer.objects.filter(authorities__in=mine.filter(code=code)))
    authority = mine.select_for_update(of=("self",)).filter(code=code).first()
    if authority is None:
        raise NotFound
    if authority.ended_at is not None:
        raise Conflict(_("This authority has already ended."))
    authority.ended_at = timezone.now()
    authority.save(update_fields=["ended_at"])
    append(
        "authority.ended",
        stream=authority.stream,
        actor=actor.name,
        refs={"performer": authority.performer.stream},
    )
    return authority


def _lock_likenesses(performers: QuerySet[Performer]) -> None:
    """Lock their likenesses, as whoever signs does: a consent is signed wholly before or wholly
    after who may sign changes."""
    rows = Likeness.objects.select_for_update().filter(performer__in=performers)
    list(rows.order_by("pk"))


def _check_fits(performer: Performer, basis: str, share: Fraction) -> None:
    if basis not in Basis.values:
        choices = ", ".join(Basis.values)
        raise Invalid("basis", _("Choose one of: %(kinds)s.") % {"kinds": choices})
    now = timezone.now()
    standing = performer.standing_at(now)
    if basis not in _FITS[standing]:
        raise Invalid("basis", _MISFITS[standing])
    if basis != Basis.HEIR:
        if share != 1:
            raise Invalid("share", _("Only heirs have shares; leave it at 1/1."))
        return
    others = performer.authorities.in_force(now).filter(basis=Basis.HEIR)
    known = sum((each.share for each in others), Fraction(0))
    if known + share > 1:
        left = 1 - known
        raise Invalid(
            "share",
            _("The other heirs hold %(known)s; at most %(left)s is left.")
            % {"known": known, "left": left},
        )


_MISFITS: dict[Standing, str | Promise] = {
    Standing.ADULT: _("The performer is alive and of age: neither guardian nor heir signs."),
    Standing.MINOR: _("The performer is a minor: a guardian signs."),
    Standing.DECEASED: _("The performer has died: heirs, an assignee or a union sign."),
}


def _email(text: str) -> str:
    text = text.strip()
    if text:
        try:
            validate_email(text)
        except ValidationError:
            raise Invalid("email", _("Give an address such as name@example.com.")) from None
    return text
