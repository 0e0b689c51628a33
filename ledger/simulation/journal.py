"""How the made-up market writes its log: as `ledger.append` does, without a database."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from edgecode.log.canonical import JSON
from edgecode.log.commitments import SALT_BYTES, Opening, pad256
from edgecode.log.leaf import FORMAT, TIME_FORMAT
from ledger import edge_code

_NOTHING: Mapping[str, str] = {}
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode
_CODE_BITS = 5 * (edge_code.LENGTH - 1)
_STRIDE = 0x5DEECE66D  # odd: all numbers of that many bits are passed before one comes again


class Journal:
    """Turns events into entries: numbers streams, resolves refs, seals what is private.

    One seed gives one log. `openings` stays None unless they are kept.
    """

    def __init__(self, rng: Random, begins: datetime, *, keep_openings: bool) -> None:
        self.rng = rng
        self.now = begins
        self.count = 0
        self._codes = rng.getrandbits(_CODE_BITS)
        self.openings: dict[int, dict[str, Opening]] | None = {} if keep_openings else None
        self._at = ""
        self._versions: dict[str, int] = {}
        self._sealed: dict[str, int] = {}
        self._entries: list[bytes] = []
        self._places: dict[str, list[int]] = {}
        self.wait(0)

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)
        self._at = self.now.astimezone(UTC).strftime(TIME_FORMAT)

    def code(self) -> str:
        """Return a new edge code. They look like drawn ones and never come twice."""
        while True:
            self._codes = (self._codes + _STRIDE) % (1 << _CODE_BITS)
            shifts = range(0, _CODE_BITS, 5)
            body = "".join(edge_code.ALPHABET[self._codes >> shift & 31] for shift in shifts)
            code = edge_code.complete(body)
            if not (code.isalpha() or code.startswith("Z")):
                return code

    def record(  # noqa: PLR0917 - in the order of append's
        self,
        kind: str,
        stream: str,
        actor: str,
        refs: Mapping[str, str | Sequence[str]] = _NOTHING,
        data: Mapping[str, JSON] = _NOTHING,
        private: Mapping[str, JSON] = _NOTHING,
    ) -> None:
        """Record an event; as the arguments of `ledger.append.append`."""
        versions = self._versions
        entry: dict[str, JSON] = {"actor": actor, "at": self._at, "kind": kind, "v": FORMAT}
        entry["stream"] = stream
        if refs:
            entry["refs"] = {role: self._resolve(names) for role, names in refs.items()}
        entry["stream_version"] = versions[stream] = versions.get(stream, 0) + 1
        if data:
            entry["data"] = data
        if private:
            entry["commitments"] = {n: self._seal(stream, n, private[n]) for n in private}
            self._sealed[stream] = self._sealed.get(stream, 0) + len(private)
        self._entries.append(_encode(entry).encode())
        self.count += 1

    def erase(self, stream: str, actor: str) -> None:
        """Record that the openings of a stream are gone, and forget them."""
        count = self._sealed.pop(stream, 0)
        if self.openings is not None:
            for index in self._places.pop(stream, ()):
                del self.openings[index]
        self.record("subject.erased", stream, actor, data={"openings": count})

    def take(self, most: int) -> Iterator[bytes]:
        """Yield the entries recorded since the last call, up to `most`; the rest is dropped."""
        entries, self._entries = self._entries, []
        yield from entries[:most]

    def _resolve(self, names: str | Sequence[str]) -> str | list[str]:
        if isinstance(names, str):
            return f"{names}@{self._versions[names]}"
        return sorted(f"{name}@{self._versions[name]}" for name in names)

    def _seal(self, stream: str, name: str, value: JSON) -> str:
        salt = self.rng.randbytes(SALT_BYTES)
        if self.openings is not None:
            if self.count not in self.openings:
                self._places.setdefault(stream, []).append(self.count)
            self.openings.setdefault(self.count, {})[name] = Opening(salt, value)
        # As commitments.commit, without its checks of what is written a few lines away.
        return hashlib.sha256(b"\x02" + salt + pad256(_encode(value).encode())).hexdigest()


def this_year(at: datetime) -> datetime:
    """Return the beginning of the year."""
    return datetime(at.year, 1, 1, tzinfo=at.tzinfo)


def instant(at: datetime, *, years: int = 0) -> str:
    """Return an instant as the house commits to it, some years later."""
    return (at + timedelta(days=365 * years)).isoformat()
