"""Whether grants and consents allow what a licensee made; it is refused with what does not fit.

As with reported use (licensing/grants/usage.py), but here nothing goes beyond the terms: what does
is not signed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext_lazy as _

from accounts.errors import Conflict, Invalid
from catalog.models import Consent, Likeness, Suspension
from catalog.scope.territory import parse_territory
from catalog.scope.uses import LIKENESS_LEAVES, USES, expand_uses
from licensing.grants.usage import exceeded_by
from licensing.models import Exceeded, Grant, Usage
from provenance.outputs.standing import latest, made_under

# Half-open: what was made at an instant was made in the least that follows it.
_INSTANT: Final = timedelta(microseconds=1)
_GENERATED: Final = frozenset(USES["generate"])
_FIELDS: Final = {
    Exceeded.FILE: "sources",
    Exceeded.USE: "use",
    Exceeded.MODEL_KIND: "model_kind",
    Exceeded.TERRITORY: "territory",
    Exceeded.BEFORE: "made_at",
    Exceeded.AFTER: "made_at",
    Exceeded.CONSENT: "consents",
    Exceeded.SUSPENDED: "consents",
}
_OUTSIDE: Final = {
    Exceeded.FILE: _("Grant %(grant)s does not cover one of these files."),
    Exceeded.USE: _("Grant %(grant)s does not license this use."),
    Exceeded.MODEL_KIND: _("Grant %(grant)s does not license this kind of model."),
    Exceeded.TERRITORY: _("Grant %(grant)s does not license all of these countries."),
    Exceeded.BEFORE: _("The term of grant %(grant)s had not begun when this was made."),
    Exceeded.AFTER: _("The term of grant %(grant)s was over when this was made."),
    Exceeded.CONSENT: _("A consent that grant %(grant)s rests on had ended when this was made."),
    Exceeded.SUSPENDED: _(
        "A consent that grant %(grant)s rests on was suspended when this was made."
    ),
}


@dataclass(frozen=True)
class Made:
    """What was made, as far as the terms of grants and consents ask for it."""

    use: str
    model_kind: str
    territory: Any
    made_at: datetime


def check_grant(grant: Grant, made: Made, files: Sequence[str]) -> None:
    """Raise Conflict for a grant that was ended early, Invalid with the term that does not fit.

    `files` are the codes of those used, or of the likenesses among them where all were. What was
    made before a grant was revoked and is declared after cannot be told from what was made since.
    """
    if grant.revoked_at is not None:
        raise Conflict(
            _("Grant %(grant)s was revoked; nothing more is signed under it.")
            % {"grant": grant.display_code}
        )
    if grant.superseded_at is not None:
        raise Conflict(
            _("An amended licence has taken the place of grant %(grant)s; name that one.")
            % {"grant": grant.display_code}
        )
    # What was made before an amendment was made under the licence that it amended.
    for held in dict.fromkeys([grant, made_under(grant, made.made_at)]):
        _check_terms(held, made, files)
    if made.made_at < _first_issued(grant):
        raise Invalid(
            "made_at",
            _("Grant %(grant)s had not been issued when this was made.")
            % {"grant": grant.display_code},
        )


def _check_terms(grant: Grant, made: Made, files: Sequence[str]) -> None:
    use = Usage(
        grant=grant,
        use=made.use,
        model_kind=made.model_kind,
        territory=made.territory,
        started_at=made.made_at,
        ended_at=made.made_at + _INSTANT,
        files=list(files),
        used_ms=0,
    )
    for each in exceeded_by(use):
        said = Exceeded(each)
        raise Invalid(_FIELDS[said], _OUTSIDE[said] % {"grant": grant.display_code})


def _first_issued(grant: Grant) -> datetime:
    """Return the day, for days are told, when the licence was first issued, before it was amended:
    its term may have been agreed to begin earlier, but its files were delivered after."""
    first = min(deal.grant.issued_at for deal in grant.deal.lineage)
    return first.replace(hour=0, minute=0, second=0, microsecond=0)


def check_consent(consent: Consent, made: Made, attributes: Collection[str]) -> None:
    """Raise Invalid with the term of the consent that does not fit. That it stands now, and that
    the actor may use it, is asked where it is used (catalog/consent_uses.py)."""
    over = consent.over_at
    kinds = consent.model_kinds
    fails = (
        ("use", not expand_uses([made.use]) <= expand_uses(consent.uses),
         _("Consent %(consent)s does not allow this use.")),
        ("model_kind", bool(kinds) and made.model_kind not in kinds,
         _("Consent %(consent)s does not allow this kind of model.")),
        ("territory",
         not parse_territory(made.territory) <= parse_territory(consent.territory),
         _("Consent %(consent)s does not reach all of these countries.")),
        ("consents", not set(attributes) <= set(consent.attributes),
         _("Consent %(consent)s does not allow all of these attributes.")),
        ("made_at", made.made_at < consent.starts_at,
         _("Consent %(consent)s had not begun when this was made.")),
        ("made_at", over is not None and made.made_at >= over,
         _("Consent %(consent)s was over when this was made.")),
        ("made_at", _was_suspended(consent, made.made_at),
         _("Consent %(consent)s was suspended when this was made.")),
    )  # fmt: skip
    for field, failed, message in fails:
        if failed:
            raise Invalid(field, message % {"consent": consent.display_code})


def _was_suspended(consent: Consent, made_at: datetime) -> bool:
    """Whether it was all the time at which that can have been made."""
    rested = Suspension.objects.standing(latest(made_at)).filter(starts_at__lte=made_at)
    return rested.filter(consent=consent).exists()


def check_persons(made: Made, shown: Collection[int], consents: Collection[Consent]) -> None:
    """Raise Invalid where somebody is generated whose consent is not named.

    `shown` are the likenesses, by key, whose files it was made with.
    """
    leaves = expand_uses([made.use])
    if leaves & LIKENESS_LEAVES and not consents:
        raise Invalid("consents", _("This use needs the consent of the performer: name it."))
    missing = set(shown) - {consent.likeness_id for consent in consents}
    if leaves & _GENERATED and missing:
        code = Likeness.objects.filter(pk__in=missing).order_by("code").values_list("code")[0][0]
        raise Invalid(
            "consents",
            _("It was made with files of likeness %(likeness)s: name the consent that allows it.")
            % {"likeness": code},
        )
