"""Who else remembers this log's newest checkpoint: the mirror's bucket, and the witnesses."""

import hashlib
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from django.conf import settings

from edgecode.log.keys import BadNote
from edgecode.log.notes import NOTE_BYTES_MAX
from edgecode.log.policy import BadPolicy, Policy, parse_policy
from ledger import mirror

_SECONDS = 10


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
    url = f"{prefix.rstrip('/')}/{origin}/checkpoint"
    if not url.startswith(("https://", "http://")):
        raise BadNote(f"{url} is not an http(s) address")
    try:
        with urllib.request.urlopen(url, timeout=_SECONDS) as answer:  # noqa: S310 - checked above
            raw = answer.read(NOTE_BYTES_MAX + 1)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 404:
            return None
        raise OSError(f"{url} answers {error.code}") from None
    try:
        return str(raw, "utf-8")
    except UnicodeDecodeError:
        raise OSError(f"{url} answers no text") from None
