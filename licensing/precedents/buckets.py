"""What deals are compared by: what the files teach, what for, how exclusively, how long."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from catalog.scope.uses import expand_uses

# Of several, the first is what the price is paid for.
USES: Final = (
    "generate",
    "derive",
    "train.generative",
    "train.discriminative",
    "input",
    "index",
    "evaluate",
)
MODALITIES: Final = ("video", "audio", "image", "text")
TERMS: Final = ("1y", "3y", "longer")
_DAYS: Final = {"1y": 366, "3y": 3 * 365 + 1}
_LASTING: Final = frozenset({"video", "audio"})


class Bucket(NamedTuple):
    """What comparable deals have in common; "" where that may be anything.

    `kind` is the kind of title, where all files are of one kind.
    """

    modality: str
    currency: str
    exclusivity: str
    use: str = ""
    term: str = ""
    kind: str = ""

    @property
    def per(self) -> str:
        """What a price is for: a minute of what lasts, or a file."""
        return "minute" if self.modality in _LASTING else "file"

    @property
    def width(self) -> int:
        """How many of its fields may be anything."""
        return self.count("")

    def holds(self, other: "Bucket") -> bool:
        """Return whether deals of this bucket are comparable to one that is so; what is not known
        of it ("") is no difference."""
        return all(
            mine in {"", theirs} or not theirs for mine, theirs in zip(self, other, strict=True)
        )


def widened(bucket: Bucket, level: int) -> Bucket:
    """Return a bucket less its last `level` fields. Never without modality, currency and
    exclusivity: prices of different ones say nothing of each other."""
    names = ("kind", "term", "use")
    return bucket._replace(**dict.fromkeys(names[:level], ""))


LEVELS: Final = range(4)


def bucket_of(
    *,
    modalities: Iterable[str],
    uses: Iterable[str],
    currency: str,
    exclusivity: str,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    kinds: Iterable[str] = (),
) -> Bucket | None:
    """Return the narrowest bucket of a deal, an offer or a request; None for what is not compared.

    Files of several modalities count as the first of MODALITIES: subtitles go with their film. A
    sole licence counts as exclusive. Without uses, or `starts_at`, these are not known ("").
    """
    taught, asked, every = set(modalities), list(uses), set(kinds)
    modality = next((each for each in MODALITIES if each in taught), None)
    use = use_of(asked) if asked else ""
    if modality is None or use is None:
        return None
    return Bucket(
        modality,
        currency,
        "non_exclusive" if exclusivity == "non_exclusive" else "exclusive",
        use,
        "" if starts_at is None else term_of(starts_at, ends_at),
        every.pop() if len(every) == 1 else "",
    )


def use_of(uses: Iterable[str]) -> str | None:
    """Return the first of USES that these touch, None where they touch none."""
    asked = expand_uses(uses)
    return next((use for use in USES if asked & expand_uses(use)), None)


def term_of(starts_at: datetime, ends_at: datetime | None) -> str:
    """Return how long a licence is: up to a year, up to three, or longer."""
    if ends_at is None:
        return "longer"
    for name, days in _DAYS.items():
        if ends_at - starts_at <= timedelta(days=days):
            return name
    return "longer"
