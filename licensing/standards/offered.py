"""What an offer on the market says to everybody, and what of it a standard could not say."""

from dataclasses import dataclass
from datetime import datetime, timedelta

VOCABULARY = "urn:edgecode:standards:1"
# A reader keeps a document for a day, and it may have lain in a cache for as long.
HELD_FOR = timedelta(days=2)


@dataclass(frozen=True)
class Offered:
    """An offer as public terms: codes only. No name stands here, no price, no fact of the title.

    `title` and `licensor` are edge codes, `uses` leaves of the tree of uses, `territory` country
    codes; licences lie in [starts_at, ends_at), open where None. `site` is this installation's
    address.
    """

    title: str
    licensor: str
    uses: frozenset[str]
    model_kinds: frozenset[str]
    territory: frozenset[str]
    starts_at: datetime | None
    ends_at: datetime | None
    site: str

    @property
    def subject(self) -> str:
        """The address that stands for the title, in every document."""
        return f"{self.site}/id/title/{self.title}"

    @property
    def terms(self) -> str:
        """Where people read the terms, and what each document could not say."""
        return f"{self.subject}/"

    def holds_throughout(self, at: datetime) -> bool:
        """Whether the offer's window spans the whole time for which a document of `at` is used."""
        begun = self.starts_at is None or self.starts_at <= at
        return begun and (self.ends_at is None or at + HELD_FOR <= self.ends_at)


@dataclass(frozen=True)
class Loss:
    """One thing that a document does not say as precisely as the offer or the grant.

    `what` is its name, one of `web.standard_words`; `effect` is `denied` (so it is forbidden),
    `unsaid` (so it is left to the licence) or `profile` (said in words of our own only). `detail`
    lists the codes concerned, if any.
    """

    what: str
    effect: str
    detail: tuple[str, ...] = ()
