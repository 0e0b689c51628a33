"""Documents that entries name by their SHA-256 (the registry of kinds, policies), when needed."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence

from edgecode.audit.sources import Source


class Documents(Mapping[str, bytes]):
    """The documents served with logs. Reads one when it is asked for; what does not have the
    hash it is asked by is not there."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = sources
        self._read: dict[str, bytes] = {}

    def __getitem__(self, sha256: str) -> bytes:
        for source in self._sources if sha256 not in self._read else ():
            raw = source.document(sha256)
            if raw is not None and hashlib.sha256(raw).hexdigest() == sha256:
                source.keep_file(f"documents/{sha256}", raw)
                self._read[sha256] = raw
                break
        return self._read[sha256]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read)

    def __len__(self) -> int:
        return len(self._read)
