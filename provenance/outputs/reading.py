"""What each side sees of an output: its maker all of it, others what is theirs."""

from django.db.models import Case, F, Q, QuerySet, Value, When

from accounts.access import Actor
from licensing.models import Grant
from provenance.models import Output, OutputConsent, OutputDispute, OutputSource
from provenance.outputs.declaring import is_maker


def sources_for(actor: Actor, output: Output) -> QuerySet[OutputSource]:
    """Return what was used of each grant; a licensor sees its own grants."""
    rows = output.sources.select_related("grant__licensor").order_by("pk")
    return rows if is_maker(actor, output) else rows.filter(grant__licensor=actor.organisation)


def consents_for(actor: Actor, output: Output) -> QuerySet[OutputConsent]:
    """Return the consents it was made under; who represents performers sees theirs."""
    rows = output.consents.select_related("consent__likeness__performer", "use").order_by("pk")
    if is_maker(actor, output):
        return rows
    return rows.filter(consent__likeness__performer__organisation=actor.organisation)


def disputes_for(actor: Actor, output: Output) -> QuerySet[OutputDispute]:
    """Return who disputes it, newest first; of others than its maker each sees its own."""
    rows = output.disputes.select_related("organisation").order_by("-disputed_at", "-pk")
    return rows if is_maker(actor, output) else rows.filter(organisation=actor.organisation)


def outputs_for(actor: Actor, *, side: str = "", grant: str = "") -> QuerySet[Output]:
    """Return the outputs that the actor's side has to do with, newest first: those it made
    (`ours`), those of others (`theirs`), those that name a grant."""
    rows = with_signed(actor, Output.objects.visible_to(actor))
    rows = rows.select_related("organisation").defer("manifest")
    if side == "ours":
        rows = rows.filter(organisation=actor.organisation)
    elif side == "theirs":
        rows = rows.exclude(organisation=actor.organisation)
    if grant:
        named = OutputSource.objects.filter(
            grant__in=Grant.objects.visible_to(actor), grant__code=grant
        )
        rows = rows.filter(pk__in=named.values("output"))
    return rows.order_by("-declared_at", "-pk")


def with_signed(actor: Actor, rows: QuerySet[Output]) -> QuerySet[Output]:
    """Return outputs with `signed`, the SHA-256 of the signed file, for whom the file is for:
    whoever has it gets the manifest, in which all stands that others licensed for it."""
    own = Q(organisation=actor.organisation) | Q(is_shown=True)
    return rows.annotate(signed=Case(When(own, then=F("signed_sha256")), default=Value("")))
