"""Who else remembers this log's newest checkpoint: the mirror's bucket, and the witnesses."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.utils import timezone

from edgecode.log.policy import BadPolicy, Policy, parse_policy
from ledger import mirror, shards, witness_http


@dataclass(frozen=True, slots=True)
class Place:
    """`fetch` returns the signed note of a shard that is remembered, or None; OSError when there is
    no answer."""

    name: str
    shard: str
    fetch: Callable[[], str | None]


def places(live: str) -> Iterator[Place]:
    """Yield every place that the settings name: for the live shard, and for those that this
    database would not know of if it were older than they are."""
    bucket, year = mirror.bucket(), timezone.now().year
    for shard in (live, *(name for name in (f"{year:04}", f"{year + 1:04}") if name > live)):
        if bucket is not None:
            yield Place(f"the mirror {bucket.name}", shard, partial(mirror.note_in, bucket, shard))
        for witness in policy().witnesses:
            if witness.url:
                fetch = partial(_ask, witness.url, shards.origin(shard))
                yield Place(f"the witness {witness.name}", shard, fetch)


def policy() -> Policy:
    """Return the policy the settings name, or an empty one. Raises BadPolicy (a ValueError)."""
    path = settings.ENV.ledger_witnesses
    try:
        return parse_policy(path.read_bytes()) if path else Policy()
    except BadPolicy as error:
        raise BadPolicy(f"{path}, {error}") from None


def _ask(prefix: str, origin: str) -> str | None:
    """Return what the witness at `prefix` keeps of us (tlog-witness, retrieval by monitors)."""
    name = hashlib.sha256(origin.encode()).hexdigest()
    try:
        answer = witness_http.get(prefix, f"{name}/checkpoint")
    except ValueError as error:
        raise OSError(str(error)) from None
    if answer.status == 404:
        return None
    if answer.status != 200:
        raise OSError(f"it answers {answer.status}")
    return answer.body
