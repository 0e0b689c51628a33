"""Who else remembers this log's newest checkpoint: the mirror's bucket, and the witnesses."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from django.conf import settings

from edgecode.log.policy import BadPolicy, Policy, parse_policy
from ledger import mirror, witness_http


@dataclass(frozen=True, slots=True)
class Place:
    """`fetch` returns the signed note that is remembered, or None; OSError when there is no
    answer."""

    name: str
    fetch: Callable[[], str | None]


def places() -> Iterator[Place]:
    """Yield every place that the settings name."""
    bucket = mirror.bucket()
    if bucket is not None:
        yield Place(f"the mirror {bucket.name}", partial(mirror.note_in, bucket))
    for witness in policy().witnesses:
        if witness.url:
            yield Place(f"the witness {witness.name}", partial(_ask, witness.url))


def policy() -> Policy:
    """Return the policy the settings name, or an empty one. Raises BadPolicy (a ValueError)."""
    path = settings.ENV.ledger_witnesses
    try:
        return parse_policy(path.read_bytes()) if path else Policy()
    except BadPolicy as error:
        raise BadPolicy(f"{path}, {error}") from None


def _ask(prefix: str) -> str | None:
    """Return what the witness at `prefix` keeps of us (tlog-witness, retrieval by monitors)."""
    origin = hashlib.sha256(settings.ENV.ledger_origin.encode()).hexdigest()
    try:
        answer = witness_http.get(prefix, f"{origin}/checkpoint")
    except ValueError as error:
        raise OSError(str(error)) from None
    if answer.status == 404:
        return None
    if answer.status != 200:
        raise OSError(f"it answers {answer.status}")
    return answer.body
