"""Documents that entries name by their SHA-256 (the registry of kinds, policies), when needed."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from edgecode.audit.sources import Source

# What the rules read of documents in all, those that are named again included: reading them takes
# far longer than entries, and costs who serves them next to nothing.
COUNT_MAX = 1000
BYTES_MAX = 256 * 1024 * 1024


class Documents(Mapping[str, bytes]):
    """The documents served with logs. Reads one when it is asked for; what does not have the
    hash it is asked by is not there. Of what was read only the last is kept: one may have 16 MiB.

    `exceeded` is the first document that was not read because the log names too many.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._known: dict[str, bool] = {}  # by hash: whether it is there
        self._last = "", b""
        self._count = self._bytes = 0
        self.exceeded = ""

    def __getitem__(self, sha256: str) -> bytes:
        if self._count >= COUNT_MAX or self._bytes >= BYTES_MAX:
            self.exceeded = self.exceeded or sha256
        elif self._known.get(sha256, True):
            self._count += 1
            if self._last[0] != sha256:
                self._read(sha256)
        if self.exceeded or self._last[0] != sha256:
            raise KeyError(sha256)
        self._bytes += len(self._last[1])
        return self._last[1]

    def _read(self, sha256: str) -> None:
        self._known[sha256] = False
        for source in self._sources:
            raw = source.document(sha256)
            if raw is not None and hashlib.sha256(raw).hexdigest() == sha256:
                source.keep_file(f"documents/{sha256}", raw)
                self._known[sha256], self._last = True, (sha256, raw)
                return

    def __iter__(self) -> Iterator[str]:
        return (sha256 for sha256, is_there in self._known.items() if is_there)

    def __len__(self) -> int:
        return sum(self._known.values())
