"""How an output stands, now or at a time: by what it was made under, and by what it came from.

The one place that answers this, for its public status, the report on its file and the picture of
what was made from it.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta
from typing import Final

from django.utils import timezone

from licensing.models import Grant
from licensing.models.grants import GrantedAssetQuerySet
from licensing.verdicts.resting import footings_of, rest_of
from provenance.models import Credential, Output, OutputSource
from provenance.outputs.past import uncovered_copies, works_behind
from provenance.status import status_of

ENDED: Final = frozenset({"revoked", "superseded", "expired"})  # states of a grant
_DAY: Final = timedelta(days=1) - timedelta(microseconds=1)  # to its last instant


class Standings:
    """How outputs stand, at `at` or now, each looked up once: a file can be made from many."""

    def __init__(self, at: datetime | None = None) -> None:
        self._at, self._moment = at, timezone.now() if at is None else at
        self._own = dict[Output, str]()
        self._copies = dict[Output, list[Credential]]()

    def state(self, output: Output) -> str:
        """Return how an output stands, as `OutputStatus` has it."""
        own = self._of_itself(output)
        if own == "standing" and self.doubted_in(output) is not None:
            return "past_in_doubt"
        return own

    def doubted_in(self, output: Output) -> Output | None:
        """Return the output by which it is in doubt what one came from: that one itself where it
        came from a copy that no licence covers which it names; else the first of the works that it
        was made from of which that is so, or that does not stand."""
        works = works_behind(output)
        of_works = {copy for each in works for copy in self._uncovered(each)}
        if not of_works.issuperset(self._uncovered(output)):
            return output
        doubted = (
            each for each in works if self._uncovered(each) or self._of_itself(each) != "standing"
        )
        return next(doubted, None)

    def _uncovered(self, output: Output) -> list[Credential]:
        if output not in self._copies:
            self._copies[output] = uncovered_copies(output)
        return self._copies[output]

    def _of_itself(self, output: Output) -> str:
        if output not in self._own:
            self._own[output] = self._by_its_terms(output)
        return self._own[output]

    def _by_its_terms(self, output: Output) -> str:
        """Return how it stands but for what it came from."""
        if self._moment < output.made_at:
            return "pending"
        disputes = output.disputes.filter(disputed_at__lte=self._moment)
        if disputes.exclude(withdrawn_at__lte=self._moment).exists():
            return "disputed"
        rows = output.sources.select_related("grant__superseded_by").defer("members")
        sources = list(rows.order_by("pk"))
        if self._has_ended_consent(output) or has_lost_consent(sources, self._at):
            return "consent_ended"
        licences = {licence_state(source, self._at) for source in sources}
        if not ENDED.isdisjoint(licences):
            return "licence_ended"
        return "pending" if "pending" in licences else "standing"

    def _has_ended_consent(self, output: Output) -> bool:
        ends = [row.consent.over_at for row in output.consents.select_related("consent")]
        return any(end is not None and end <= self._moment for end in ends)


def licence_state(source: OutputSource, at: datetime | None = None) -> str:
    """Return the state of a grant, at `at` or now; where it was amended that of the licence in its
    place, if the files that were used are in that one; of a time before it was issued that of the
    licence that it amended."""
    grant = in_place(source.grant, timezone.now() if at is None else at)
    if grant != source.grant and not has_files(grant, source):
        return "superseded"
    return status_of(grant, at)["state"]


def in_place(grant: Grant, moment: datetime) -> Grant:
    """Return a licence or, where it was amended by then, the one in its place; before it was
    issued, the one whose place it took."""
    while moment < grant.issued_at and hasattr(grant, "supersedes"):
        grant = grant.supersedes
    while (ended := grant.superseded_at) is not None and ended <= moment:
        if grant.superseded_by is None:
            break
        grant = grant.superseded_by
    return grant


def made_under(grant: Grant, made_at: datetime) -> Grant:
    """Return which licence stood when a work was made that names this one: it, or the one that it
    amended."""
    return in_place(grant, latest(made_at))


def latest(made_at: datetime) -> datetime:
    """Return the last instant at which a work can have been made: many tell the day alone."""
    is_day = made_at.astimezone(UTC).time() == time()
    return made_at + _DAY if is_day else made_at


def has_files(grant: Grant, source: OutputSource) -> bool:
    """Return whether all files that were used of one licence are in the one in its place."""
    return not _used(source).exclude(asset__in=grant.granted_assets.values("asset")).exists()


def _used(source: OutputSource) -> GrantedAssetQuerySet:
    files = source.grant.granted_assets.all()
    return files.filter(asset__code__among=set(source.files)) if source.files else files


def has_lost_consent(sources: Iterable[OutputSource], at: datetime | None = None) -> bool:
    """Return whether the licence of files that an output was made with has ended with a consent, at
    `at` or now."""
    return any(_has_lost_consent(each, at) for each in sources)


def _has_lost_consent(source: OutputSource, at: datetime | None) -> bool:
    # The licence in its place can rest on others, or need more of the same; so can the one before.
    later = in_place(source.grant, timezone.now() if at is None else at)
    first = made_under(source.grant, source.output.made_at)
    return any(_has_ended(each, source, at) for each in {first, source.grant, later})


def _has_ended(grant: Grant, source: OutputSource, at: datetime | None) -> bool:
    """Return whether the licence of files that were used of one has ended in it, or in that one
    in its place or before, with a consent."""
    if not source.files and grant == source.grant:
        return rest_of(grant, at).ended_at is not None
    of_persons = _used(source).filter(asset__likeness__isnull=False)
    rows = grant.granted_assets.filter(asset__in=of_persons.values("asset"))
    footings = footings_of(rows.select_related("asset", "clearance", "grant"), at).values()
    return any(each.rest.ended_at is not None for each in footings)
