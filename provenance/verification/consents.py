"""Do the performers' consents stand that the file rests on?"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from catalog.models import Attribute, Consent
from catalog.models.consents import ConsentQuerySet, is_replaced
from licensing.verdicts.resting import SOUND, Rest
from provenance.models import Credential, CredentialForm
from provenance.verification.answers import Check, Outcome, Text
from provenance.verification.inspection import Inspection
from provenance.verification.wording import at_utc


def consents(
    found: Inspection, credential: Credential | None, at: datetime | None, rest: Rest
) -> Check:
    """Whether the consents stand that the file rests on: at `at`, or now. `rest`: how the file
    does, so that its licence goes on or not."""
    if not found.consents and credential is not None:
        named = credential.consents.exists()
        return _struck(credential, at, rest) if named else _unnamed(credential, at, rest)
    codes = [code for consent in found.consents if (code := code_of(consent))]
    moment = timezone.now() if at is None else at
    if ended := _ended_by(codes, moment):
        title, *more = _how_ended(ended)
        detail = format_lazy(" ".join(["{}"] * len(more)), *more)
        told = _and_so(detail, credential, at, rest, ended)
        return Check("consent", Outcome.WARNING, title, told)
    if len(codes) < len(found.consents):
        return Check(
            "consent",
            Outcome.WARNING,
            _("A performer’s consent that it names cannot be read."),
            _("Ask the licensor before any new use."),
        )
    live = set(Consent.objects.live(moment).filter(code__in=codes).values_list("code", flat=True))
    if resting := [code for code in codes if code not in live]:  # over, or suspended
        return Check(
            "consent",
            Outcome.WARNING,
            _("A performer’s consent that it rests on is not in force."),
            _("Consent %(codes)s. Ask the licensor before any new use.")
            % {"codes": ", ".join(resting)},
        )
    if rest.is_over and credential is not None:  # what it rested on besides is struck out
        return _struck(credential, at, rest)
    names = dict(Attribute.choices)
    attributes = sorted({name for consent in found.consents for name in _attributes_of(consent)})
    return Check(
        "consent",
        Outcome.OK,
        _("Rests on the performer's consent for: %(attributes)s.")
        % {"attributes": ", ".join(str(names.get(name, name)) for name in attributes) or "–"},
        _("Consent %(codes)s. The credential carries its hash, nothing about the person.")
        % {"codes": ", ".join(codes)},
    )


def code_of(consent: Mapping[str, Any]) -> str:
    """Return the code by which a credential names a consent, "" where it is none."""
    code = consent.get("consent")
    # NUL is what no text of a database holds.
    return code if isinstance(code, str) and "\0" not in code else ""


def _attributes_of(consent: Mapping[str, Any]) -> list[str]:
    said = consent.get("attributes")
    return [each for each in said if isinstance(each, str)] if isinstance(said, list) else []


def _unnamed(credential: Credential, at: datetime | None, rest: Rest) -> Check:
    """What is said of a likeness's file whose credential never named a consent."""
    if rest == SOUND:
        said = _("Rests on a performer’s consent that it does not name.")
        return Check("consent", Outcome.OK, said)
    return Check(
        "consent",
        Outcome.WARNING,
        _("A performer’s consent that it rests on is not in force."),
        _and_so(_("Its credential names none."), credential, at, rest),
    )


def _struck(credential: Credential, at: datetime | None, rest: Rest) -> Check:
    """What is said of the consents that this very credential no longer names."""
    ends = _ends_of(Consent.objects.filter(pk__in=credential.consents.values("consent")))
    if not ends:
        return _unnamed(credential, at, rest)
    last = max(ends, key=lambda each: each.at)
    when = {"time": at_utc(last.at.isoformat())}
    if at is not None and at < last.at and rest == SOUND:
        title = _STOOD_THEN[last.is_replaced] % when
        return Check("consent", Outcome.OK, title, _("It is struck out of this credential."))
    return Check(
        "consent",
        Outcome.WARNING,
        _ENDED[last.is_replaced] % when,
        _and_so(_("It is struck out of this credential."), credential, at, rest, [last]),
    )


def _and_so(
    said: Text,
    credential: Credential | None,
    at: datetime | None,
    rest: Rest,
    ends: "Sequence[_End]" = (),
) -> Text:
    """What it means for the licence that a consent does not stand, where nothing else had ended
    that before; `ends`: how those ended of which it is said, for another can have ended it."""
    if credential is not None and _was_over(credential, at, rest):
        return said
    if rest.ended_at is not None and ends and rest.ended_at not in {each.at for each in ends}:
        is_same = rest.ended_at in {each.over_at for each in ends}
        then = _ENDED_LICENCE[is_same] % {"time": at_utc(rest.ended_at.isoformat())}
    elif rest.is_over:
        then = _("Without it the licence of this file has ended.")
    elif rest.suspended_at is not None:
        then = _("What the licence rests on besides is suspended: nothing new may be made.")
    else:
        then = _("Others carry the licence; ask the licensor before any new use.")
    return format_lazy("{} {}", said, then)


def _was_over(credential: Credential, at: datetime | None, rest: Rest) -> bool:
    """Whether the licence had run out, or been revoked or amended, by the time when a consent ended
    it, or by now where none did."""
    grant = credential.granted_asset.grant
    since = rest.ended_at or at or timezone.now()
    ends = (grant.ends_at, grant.ended_early_at)
    return any(each is not None and each <= since for each in ends)


def newest(found: Inspection, credential: Credential) -> Check:
    """Whether a later manifest, in which consents are struck out, has taken the place of this."""
    if found.manifest_id == credential.newest_id:
        return Check(
            "newest",
            Outcome.OK,
            _("This is its newest credential."),
            _("A consent that has ended is struck out of it."),
        )
    detail = _(
        "A consent that has ended is struck out of that one. The repository of manifests gives"
        " it to whoever shows this file."
    )
    if credential.form == CredentialForm.SIDECAR:  # the file alone tells nobody whose copy it is
        detail = _(
            "A consent that has ended is struck out of that one. Licensor and licensee can fetch"
            " it."
        )
    return Check("newest", Outcome.WARNING, _("There is a newer credential for it."), detail)


class _End(NamedTuple):
    """When a consent was withdrawn, or replaced by a newer version; and since when it was over,
    which its term or a rule can have done before."""

    code: str
    at: datetime
    is_replaced: bool
    over_at: datetime


# By whether that consent itself had been over, before it was withdrawn.
_ENDED_LICENCE: dict[bool, Promise] = {
    False: _("The licence of this file ended with another consent, on %(time)s."),
    True: _("It was over before that: the licence of this file ended on %(time)s."),
}

# By whether a newer version took its place: that the performer withdrew it is not to be said then.
_ENDED: dict[bool, Promise] = {
    False: _("The performer's consent was withdrawn on %(time)s."),
    True: _("The performer's consent was replaced by a newer version on %(time)s."),
}

_STOOD_THEN: dict[bool, Promise] = {
    False: _("The performer's consent stood then; it was withdrawn on %(time)s."),
    True: _("The performer's consent stood then; a newer version replaced it on %(time)s."),
}


def _ended_by(codes: Sequence[str], at: datetime) -> list[_End]:
    """Return how each of these consents ended; those that stood at `at` are left out."""
    return _ends_of(Consent.objects.filter(code__in=codes, withdrawn_at__lte=at))


def _how_ended(ended: Sequence[_End]) -> Iterator[Text]:
    """Yield how consents ended, the first ones first, and behind each way which they were: that one
    was replaced is not to be said of another, nor when."""
    in_order = sorted(ended, key=lambda each: (each.at, each.is_replaced, each.code))
    for (at, replaced), alike in groupby(in_order, key=lambda each: (each.at, each.is_replaced)):
        yield _ENDED[replaced] % {"time": at_utc(at.isoformat())}
        yield _("Consent %(codes)s.") % {"codes": ", ".join(each.code for each in alike)}


def _ends_of(consents: ConsentQuerySet) -> list[_End]:
    found = consents.order_by("pk").values_list(
        "code", "withdrawn_at", is_replaced(), "ends_at", "stops_at"
    )
    return [
        _End(code, at, replaced, min(each for each in (at, *others) if each is not None))
        for code, at, replaced, *others in found
        if at is not None
    ]
