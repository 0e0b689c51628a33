"""Whether a work that a licensee made and we signed is, where somebody saw it, within the licences
and consents of one organisation that it was made under.

What was made before a licence or a consent ends may stand after it: by these it cannot be told.
"""

from collections.abc import Collection, Iterable, Sequence

from catalog.models import Asset, Consent
from catalog.scope.territory import parse_territory
from catalog.scope.uses import AI_LEAVES, MODEL_KINDS, expand_uses
from licensing.models import Grant
from provenance.models import Answer, Output, OutputSource, Term
from provenance.outputs.past import uncovered_copies, works_behind
from provenance.outputs.standing import has_files, has_lost_consent, in_place
from provenance.sightings.scope import Judged, Seen, judge_file

# What a work was made under, each with what had taken its place: it is within where one of them is.
type Terms = Sequence[Sequence[Grant | Consent]]


def judge_output(output: Output, organisation: int, alike: Collection[Asset], seen: Seen) -> Judged:
    """Weigh an output by what that organisation, by key, licensed and allowed for it.

    `alike` are its registered files whose content was seen: a copy is weighed as a copy, too, by
    what its maker has licensed of it, whatever it is declared to be; and what is farther from being
    authorised counts. Of its own files a maker needs no licence.
    """
    rows = output.sources.filter(grant__licensor=organisation).select_related("grant")
    sources = list(rows.order_by("pk"))
    grants = [source.grant for source in sources]
    under = output.consents.filter(consent__likeness__performer__organisation=organisation)
    consents = [row.consent for row in under.select_related("consent").order_by("pk")]
    going_on = (_going_on(each, output, seen) for each in sources)
    terms: Terms = [*going_on, *([each] for each in consents)]
    answer, term = Answer.AUTHORISED, ""
    if outside := _outside(output, terms, seen):
        answer, term = Answer.OUTSIDE_SCOPE, outside
    elif untold := _in_doubt(output, sources, seen) or _untold(output, terms, seen):
        answer, term = Answer.UNCLEAR, untold
    judged = Judged(answer, term, grant=_first(grants), consent=_first(consents))
    if not alike or output.organisation_id == organisation:
        return judged
    copied = judge_file(alike, seen, output.organisation_id)
    return max(judged, copied, key=lambda each: each.distance)


def _going_on(source: OutputSource, output: Output, seen: Seen) -> list[Grant]:
    """Return a licence and, where it was amended by then, the one in its place: where that has the
    files that were used, and reaches the country. Before it was issued, the one that it amended."""
    later = in_place(source.grant, seen.seen_at)
    if seen.seen_at < source.grant.issued_at:
        return [later]
    if later == source.grant or not has_files(later, source):
        return [source.grant]
    countries = parse_territory([seen.territory] if seen.territory else output.territory)
    reaches = countries <= parse_territory(later.territory)
    return [source.grant, later] if reaches else [source.grant]


def _outside(output: Output, terms: Terms, seen: Seen) -> str:
    """Return the first term that it is outside of, or ""."""
    used = expand_uses(seen.use) if seen.use else frozenset()
    if not all(any(_allows(one, used) for one in each) for each in terms):
        return Term.USE
    if not all(any(_allows(one, used, seen.model_kind) for one in each) for each in terms):
        return Term.MODEL
    if seen.territory and seen.territory not in parse_territory(output.territory):
        return Term.TERRITORY
    return ""


def _in_doubt(output: Output, sources: Sequence[OutputSource], seen: Seen) -> str:
    """Return the first term by which it may not stand any more, or what it came from, or ""."""
    if own := _doubt(output, sources, seen):
        return own
    works = works_behind(output)
    doubts = (_doubt(each, list(each.sources.select_related("grant")), seen) for each in works)
    return next(filter(None, doubts), "")


def _doubt(output: Output, sources: Sequence[OutputSource], seen: Seen) -> str:
    fails = (
        (Term.LICENCE, bool(uncovered_copies(output))),
        (Term.DISPUTE, output.disputes.filter(withdrawn_at__isnull=True).exists()),
        (Term.CONSENT, _lost_consent(output, sources, seen)),
        (Term.REVOCATION, any(_has_ended_early(source, seen) for source in sources)),
        (Term.TERM, seen.seen_at < output.made_at),
    )
    return next((term for term, failed in fails if failed), "")


def _allows(terms: Grant | Consent, uses: frozenset[str], model_kind: str = "") -> bool:
    """Return whether one licence or consent allows these uses by that kind of model ("": by any).
    A consent that names no kind allows all."""
    is_kind = not model_kind or not terms.model_kinds or model_kind in terms.model_kinds
    return is_kind and uses <= expand_uses(terms.uses)


def _untold(output: Output, terms: Terms, seen: Seen) -> str:
    """Return the first term of which nobody told enough, or ""."""
    published = expand_uses("distribute")
    used = expand_uses(seen.use) if seen.use else published
    allowed = [[one for one in each if _allows(one, used, seen.model_kind)] for each in terms]
    trains = bool(seen.use) and bool(used & AI_LEAVES)
    everywhere = parse_territory("WORLD") <= parse_territory(output.territory)
    fails = (
        (Term.USE, not seen.use and not all(allowed)),
        (Term.MODEL, trains and not seen.model_kind and any(map(_limits_models, allowed))),
        (Term.TERRITORY, not seen.territory and not everywhere),
    )
    return next((term for term, failed in fails if failed), "")


def _lost_consent(output: Output, sources: Iterable[OutputSource], seen: Seen) -> bool:
    """Whether one of its own has ended, or the last one of files that it was licensed to use."""
    standing = Consent.objects.live(seen.seen_at).filter(outputs__output=output)
    if standing.count() < output.consents.count():
        return True
    return has_lost_consent(sources, seen.seen_at)


def _has_ended_early(source: OutputSource, seen: Seen) -> bool:
    """An amended licence in its place goes on with it, unless that leaves out what was used."""
    later = in_place(source.grant, seen.seen_at)
    is_revoked = later.revoked_at is not None and later.revoked_at <= seen.seen_at
    return is_revoked or not has_files(later, source)


def _limits_models(terms: Sequence[Grant | Consent]) -> bool:
    limited = [each.model_kinds for each in terms if each.model_kinds]
    return len(limited) == len(terms) and not any(set(MODEL_KINDS) <= set(each) for each in limited)


def _first[T](rows: Sequence[T]) -> T | None:
    return rows[0] if rows else None
