"""What a strike of a guild does to consents that come into force while it lasts."""

from django.utils import timezone

from catalog.models import Consent, Suspension, SuspensionReason
from ledger.append import append


def rest_while_struck(consent: Consent, *, actor_name: str) -> None:
    """Let a consent that has just come into force rest, if its terms say that a strike suspends it
    and a guild of its performer is on strike: another consent of the same organisation rests for
    it. Call inside a transaction, after the entry that records the consent."""
    if not consent.terms.get("strike_suspends"):
        return
    guilds = {guild.casefold(): guild for guild in consent.likeness.performer.guilds}
    struck = {guild.casefold() for guild in _on_strike(consent)}
    found = next((guild for name, guild in sorted(guilds.items()) if name in struck), None)
    if found is None:
        return
    Suspension.objects.create(consent=consent, reason=SuspensionReason.STRIKE, guild=found)
    append(
        "consent.suspended",
        stream=consent.stream,
        actor=actor_name,
        data={"reason": str(SuspensionReason.STRIKE)},
        private={"note": ""},
    )


def _on_strike(consent: Consent) -> set[str]:
    """Return the guilds for whose strike consents of the same organisation rest."""
    organisation = consent.likeness.performer.organisation_id
    standing = Consent.objects.signed().not_over(timezone.now())
    resting = Suspension.objects.filter(
        reason=SuspensionReason.STRIKE,
        ended_at__isnull=True,
        consent__in=standing.filter(likeness__performer__organisation=organisation),
    )
    return set(resting.values_list("guild", flat=True)) - {""}
