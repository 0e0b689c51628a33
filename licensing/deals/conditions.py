"""Whether what was agreed still stands when the grant is due, and whose word is still missing."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import Max
from django.utils.translation import gettext as _

from ledger import edge_code
from licensing.clearance.records import CONTRADICTION
from licensing.models import LESSENING, Clearance, Confirmation, Deal, RequestItem, Verdict
from licensing.verdicts.overlaps import overlapping

type Duty = tuple[str, str]  # what is to be done, and its particulars

_MOST_NAMED = 6  # files in one line of a problem


class LeftOut(NamedTuple):
    """Material of others that the licensee does not get, on the licensor's word alone: nobody else
    has examined the file. `where` is a span of its time, or of the time of a part of the work that
    the edge code before it names; or "" for a part of its sound.
    """

    element: str
    where: str

    def __str__(self) -> str:
        """In English, as the agreement says it."""
        named = self.element.replace("_", " ")
        return f"{named} at {self.where}" if self.where else f"{named} in the sound"


def left_out(result: Mapping[str, Any]) -> tuple[LeftOut, ...]:
    """Return what a verdict is clear without, in the engine's order."""
    found = []
    for each in result["conditions"]:
        if each["code"] == "strip":
            found.append(LeftOut(each["detail"], ""))
        elif each["code"] == "excise":
            element = each["reason"].removeprefix("THIRD_PARTY_").lower()
            part, _space, span = each["detail"].rpartition(" ")
            where = f"{edge_code.display(part)} {span}" if part else span
            found.append(LeftOut(element, where))
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True)
class Hindrance:
    """A file that no grant may cover yet.

    It is not clear; or `held_by`, the code of a grant that the same lab holds, overlaps; or it is
    clear on conditions that the `licensor` or the `licensee` has not confirmed.
    """

    item: RequestItem
    clearance: Clearance
    licensor: frozenset[Duty] = frozenset()
    licensee: frozenset[Duty] = frozenset()
    held_by: str = ""

    @property
    def is_conditional(self) -> bool:
        """Whether confirming would mend it."""
        return bool(self.licensor or self.licensee) and not self.held_by

    @property
    def is_lost(self) -> bool:
        """Whether only other rights would mend it."""
        return not (self.is_conditional or self.held_by)

    @property
    def is_contradicted(self) -> bool:
        """Whether the records of its title make no sense, so that nobody can say what is clear."""
        return self.is_lost and CONTRADICTION in self.clearance.decision.reasons.split()

    def conditions(self, side: str) -> list[dict[str, Any]]:
        """Return the conditions, in the engine's form, that `side` has not confirmed."""
        waiting = self.licensor if side == "licensor" else self.licensee
        return [each for each in self.clearance.result["conditions"] if _duty(each) in waiting]


def hindrances(deal: Deal, cleared: Iterable[tuple[RequestItem, Clearance]]) -> list[Hindrance]:
    """Return the files of a deal that its grant may not cover, on these verdicts. Few queries."""
    pairs = list(cleared)
    items = [item for item, _clearance in pairs]
    accepted = {side: _accepted(deal, items, side) for side in ("licensor", "licensee")}
    own = overlapping(deal.licensee, deal, items)
    found = []
    for item, clearance in pairs:
        held_by = own.get(item.asset_id, "")
        if clearance.verdict == Verdict.CLEAR and not held_by:
            continue
        is_conditional = clearance.verdict == Verdict.CONDITIONAL
        duties = duties_of(clearance.result) if is_conditional else frozenset()
        lessening = frozenset(duty for duty in duties if duty[0] in LESSENING)
        hindrance = Hindrance(
            item,
            clearance,
            licensor=duties - accepted["licensor"][item.pk],
            licensee=lessening - accepted["licensee"][item.pk],
            held_by=held_by,
        )
        if hindrance.is_conditional or held_by or not is_conditional:
            found.append(hindrance)
    return found


def hindrances_on_record(deal: Deal) -> list[Hindrance]:
    """Return what keeps a deal from its grant, by the newest verdicts on its agreed files."""
    agreed = deal.items.filter(agreed=True).select_related("request__organisation", "asset")
    newest = Clearance.objects.filter(item__in=agreed).order_by().values("item")
    found = Clearance.objects.filter(pk__in=newest.annotate(pk__max=Max("pk")).values("pk__max"))
    verdicts = {clearance.item_id: clearance for clearance in found.select_related("decision")}
    return hindrances(
        deal,
        [
            (item, verdicts[item.pk])
            for item in agreed.order_by("asset__code")
            if item.pk in verdicts
        ],
    )


def problem_of(deal: Deal, found: Iterable[Hindrance]) -> str:
    """Return what hinders a grant and at which files, in the current language."""
    kept = list(found)
    if deal.amends is not None and not deal.amends.stands:
        return _("The licence that this amends has ended: nothing can take its place.")
    lines = (
        (
            _("No longer clear: %(files)s."),
            [each for each in kept if each.is_lost and not each.is_contradicted],
        ),
        (
            _("The licensor’s records do not go together: %(files)s."),
            [each for each in kept if each.is_contradicted],
        ),
        (
            _("Clear on conditions that nobody has confirmed: %(files)s."),
            [each for each in kept if each.is_conditional],
        ),
        (
            _("The lab holds another licence that overlaps: %(files)s."),
            [each for each in kept if each.held_by],
        ),
    )
    return " ".join(line % {"files": _listed(files)} for line, files in lines if files)


def _listed(found: list[Hindrance]) -> str:
    codes = [each.item.asset.code for each in found]
    return ", ".join(codes[:_MOST_NAMED]) + (" …" if len(codes) > _MOST_NAMED else "")


def duties_of(result: Mapping[str, Any]) -> frozenset[Duty]:
    """Return the conditions of a verdict as what is to be done, comparable across verdicts."""
    return frozenset(_duty(each) for each in result["conditions"])


def _duty(condition: dict[str, Any]) -> Duty:
    return condition["code"], condition["detail"]


def _accepted(deal: Deal, items: list[RequestItem], side: str) -> dict[int, frozenset[Duty]]:
    """What a side has taken on, by item: with the agreement, and by its word since.

    The licensee took on what the agreement rested on when it paid.
    """
    party = deal.licensor if side == "licensor" else deal.request.organisation
    found: dict[int, frozenset[Duty]] = defaultdict(frozenset)
    of_items = Clearance.objects.filter(item__in=items)
    if deal.conditions_met and deal.decided_at:
        agreed = of_items.filter(evaluated_at=deal.decided_at, verdict=Verdict.CONDITIONAL)
        for clearance in agreed.select_related("decision"):
            found[clearance.item_id] |= duties_of(clearance.result)
    for word in Confirmation.objects.filter(
        clearance__item__in=items, organisation=party
    ).select_related("clearance__decision"):
        found[word.clearance.item_id] |= duties_of(word.clearance.result)
    return found
