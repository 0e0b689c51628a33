"""Counsel's opinion on a likeness's consents, and the verdicts that are asked for again because of
it."""

from collections.abc import Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid, NotFound
from accounts.text import check_name, check_note
from catalog.facts.shapes import check_body
from catalog.likenesses import find_likeness
from catalog.models import Consent, Evidence, FactKind, Likeness
from ledger.append import append
from licensing.clearance.reasons import OPINION_REASONS
from licensing.counsel.opinions import clear_waiting
from licensing.models import WAITING, Deal, LikenessOpinion

# A withdrawal that is in dispute stands in the log all the same, and nothing is granted on a
# consent that was withdrawn: whoever is sure of it has a new one signed.
SETTLED_BY_CONSENT: Final = frozenset({"REVOCATION_DISPUTED"})
OPINION_SETTLES: Final = tuple(
    reason for reason in OPINION_REASONS if reason not in SETTLED_BY_CONSENT
)


@transaction.atomic
def record_likeness_opinion(
    *,
    actor: Actor,
    likeness_code: str,
    body: Mapping[str, Any],
    evidence: str,
    document: str = "",
    clause: str = "",
    note: str = "",
) -> LikenessOpinion:
    """Record what counsel says of consents to a likeness, and clear again its files in deals that
    wait. `body` is that of a `counsel_opinion` of the clearance contract, `about` the codes of
    consents, `evidence` the code of the paper.

    The opinion alone settles: where it does not reach, or names other consents, the question stays.
    Raises Invalid naming the field, NotFound for another organisation's likeness.
    """
    require(actor, Permission.EDIT_LIKENESSES)
    likeness = find_likeness(actor, likeness_code)
    _lock(likeness)
    opinion = LikenessOpinion.objects.create(
        code=allocate("opinion"),
        likeness=likeness,
        body=_checked(likeness, body),
        document=check_note("document", document, 300),
        clause=check_note("clause", clause, 100),
        note=check_note("note", note, 500),
        evidence=_paper(actor, evidence),
    )
    append(
        "opinion.recorded",
        stream=opinion.stream,
        actor=actor.name,
        refs={"likeness": likeness.stream},
        private={"opinion": committed(opinion)},
    )
    _clear_again(likeness, actor)
    return opinion


@transaction.atomic
def supersede_likeness_opinion(*, actor: Actor, code: str, reason: str) -> LikenessOpinion:
    """End what an opinion says from now on, and clear again what rested on it; the record itself
    stays. Raises Invalid naming the field, Conflict where it was set aside before, NotFound."""
    require(actor, Permission.EDIT_LIKENESSES)
    mine = LikenessOpinion.objects.visible_to(actor)
    likeness = Likeness.objects.filter(opinions__in=mine.filter(code=code)).first()
    if likeness is None:
        raise NotFound
    _lock(likeness)
    opinion = mine.select_related("evidence").get(code=code)
    if opinion.superseded_at is not None:
        raise Conflict(_("This record has already been superseded."))
    opinion.superseded_at = timezone.now()
    opinion.save(update_fields=["superseded_at"])
    append(
        "opinion.superseded",
        stream=opinion.stream,
        actor=actor.name,
        refs={"likeness": likeness.stream},
        private={"reason": check_name("reason", reason, 500)},
    )
    _clear_again(likeness, actor)
    return opinion


def committed(opinion: LikenessOpinion) -> dict[str, Any]:
    """Return what the log commits to: all that clearance reads, and what it rests on."""
    return {
        **opinion.body,
        "kind": FactKind.OPINION.value,
        "document": opinion.document,
        "clause": opinion.clause,
        "evidence": opinion.evidence.sha256,
    }


def _checked(likeness: Likeness, body: Mapping[str, Any]) -> dict[str, Any]:
    said = check_body(FactKind.OPINION, body)
    if said["resolves"] in SETTLED_BY_CONSENT:
        raise Invalid(
            "resolves",
            _("A consent that was withdrawn stays so; have a new one signed."),
        )
    if said["resolves"] not in OPINION_SETTLES:
        choices = ", ".join(OPINION_SETTLES)
        raise Invalid("resolves", _("Choose one of: %(kinds)s.") % {"kinds": choices})
    if "excludes" in said:
        raise Invalid("excludes", _("A likeness has no works to except."))
    for name in ("start", "end"):
        if isinstance(said.get(name), dict) and "event" in said[name]:
            raise Invalid(name, _("No event is recorded of a likeness: write the day."))
    known = set(Consent.objects.signed().filter(likeness=likeness).values_list("code", flat=True))
    if missing := [code for code in said["about"] if code not in known]:
        raise Invalid(
            "about",
            _("The likeness has no such consent: %(codes)s.") % {"codes": ", ".join(missing)},
        )
    return said


def _paper(actor: Actor, code: str) -> Evidence:
    found = Evidence.objects.visible_to(actor).filter(code=code).first()
    if found is None:
        raise Invalid("evidence", _("You have no document of this code."))
    return found


def _waiting(likeness: Likeness) -> Any:
    return Deal.objects.filter(state__in=WAITING, items__asset__likeness=likeness)


def _lock(likeness: Likeness) -> None:
    """Lock the deals that wait, then the likeness, in the order of whoever issues a grant: it is
    then cleared wholly before or after."""
    waiting = _waiting(likeness).values("pk")
    list(Deal.objects.filter(pk__in=waiting).select_for_update().order_by("pk"))
    Likeness.objects.select_for_update().get(pk=likeness.pk)


def _clear_again(likeness: Likeness, actor: Actor) -> None:
    clear_waiting(
        Deal.objects.filter(pk__in=_waiting(likeness).values("pk")),
        Q(asset__likeness=likeness),
        actor_name=actor.name,
    )
