"""The SHA-256 of a whole stored object, found out by reading it once.

What is known when, of a file that came in parts:

- with each part: its SHA-256, checked by the store as it arrives, and again on completion;
- on completion: that the object is those parts, all of them, in order. Its ETag is the store's
  own mark and no hash of the content, and S3's composite checksum depends on the parts' size;
- after a worker has read it through: the SHA-256 of the file, which is what goes on record.

Python cannot save a hash half-way, and a private copy of SHA-256 that could would be slower than
reading again (50 GB take minutes). So a lost connection resumes at the next byte, a killed
worker begins again, and `progress` is where a worker renews its lease.
"""

import hashlib
import time
from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from accounts.errors import Conflict
from catalog.object_interface import Source

_LOST_IN_A_ROW = 5
_PAUSE_SECONDS = 1.0


def hash_object(
    store: Source,
    key: str,
    progress: Callable[[int, int], None],
    *,
    pause_seconds: float = _PAUSE_SECONDS,
) -> str:
    """Return the SHA-256 (hex) of the object, reading it once; no more than 1 MiB in memory.

    `progress(done, size)` is called after every piece; what it raises ends the reading. Raises
    Conflict if the object changed meanwhile, ConnectionError if the store stays away.
    """
    before = store.facts(key)
    size, done, lost = before.size_bytes, 0, 0
    digest = hashlib.sha256()
    while done < size:
        try:
            for piece in store.read_range(key, done, size - done):
                digest.update(piece)
                done, lost = done + len(piece), 0
                progress(done, size)
            if done < size:
                break  # shorter than a moment ago
        except ConnectionError:
            lost += 1
            if lost == _LOST_IN_A_ROW:
                raise
            time.sleep(pause_seconds * lost)
    if done < size or store.facts(key) != before:
        raise Conflict(_("The file was changed while it was read. Register it again."))
    return digest.hexdigest()
