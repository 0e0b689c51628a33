"""Replays of the rules, one for each history: a log by itself, or shards one after another."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from edgecode.audit.documents import BYTES_MAX, COUNT_MAX, Documents
from edgecode.audit.entries import Reader
from edgecode.audit.findings import FORM, failure
from edgecode.audit.openings import Openings, Papers
from edgecode.audit.reckoning import Reckoning
from edgecode.audit.rules import Replay, Violation
from edgecode.audit.shards import Shard
from edgecode.audit.sources import Source
from edgecode.audit.web import Unreadable
from edgecode.log.commitments import Opening
from edgecode.log.leaf import Leaf

_SEALED: Mapping[str, Opening] = {}


@dataclass(slots=True)
class _History:
    """A replay, the openings of the shard that it is in, and whether it has all of that shard."""

    replay: Replay
    documents: Documents
    facts: dict[int, dict[str, Opening]]
    shard: Shard
    reckoning: Reckoning
    is_whole: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """The openings by origin. Those under None count through all logs of the one history that is
    audited; where it `is_one` they are divided among its shards."""

    by_origin: Mapping[str | None, Openings]
    is_one: bool

    def unused(self, origins: Collection[str]) -> Iterator[str]:
        """Say which openings are for other logs than these."""
        for origin, given in self.by_origin.items():
            count, text = len(given.by_index), ""
            if origin is None and not self.is_one:
                text = "that do not name their log, where several are audited"
            elif origin is not None and origin not in origins:
                text = f"of the log {origin:.200}"
            if text:
                yield f"not used: openings of entries {text}, {count} of them ({given.lines})"

    def of(self, shard: Shard, *, is_last: bool) -> Openings:
        """Return the openings of a shard, those that name it and those that name none; what is
        beyond all of them stays with the last. Where both open one commitment those that name it
        count, and the findings say which do not."""
        named = self.by_origin.get(shard.checkpoint.origin, Openings())
        whole = self.by_origin.get(None) if self.is_one else None
        if whole is None:
            return named
        given = whole.part(shard.begins, None if is_last else shard.checkpoint.size)
        for index, name in given.put_over(named):
            shard.found.remarks.append(
                f"not used: another opening of {name:.40} of entry {index}, which does not name its"
                " log as the one that was used does"
            )
        return given


@dataclass(slots=True)
class Replays:
    """Feeds entries to the rules, and what they find to the findings. `now` is the auditor's
    clock."""

    sources: Sequence[Source]
    openings: Given
    now: datetime
    papers: Papers
    engine: Path | None
    _given: Openings = field(default_factory=Openings)
    _reader: Reader = field(default_factory=Reader)
    _histories: list[_History] = field(default_factory=list)
    _now: _History | None = None
    _origins: dict[str, Shard] = field(default_factory=dict)

    def begin(self, shard: Shard, before: Shard | None, *, is_last: bool) -> None:
        """Turn to a shard: of the history of the one before it, or of a new one."""
        self._now = None
        self._given = self.openings.of(shard, is_last=is_last)
        self._origins[shard.checkpoint.origin] = shard
        shard.found.commitments = 0 if self.openings.by_origin else None
        if shard.previous is None:
            facts = dict(self._given.by_index)
            documents = Documents(self.sources)
            replay = Replay(facts, documents=documents, now=self.now)
            reckoning = Reckoning(self.papers, self.engine)
            self._now = _History(replay, documents, facts, shard, reckoning)
            self._histories.append(self._now)
            return
        self._now = next((each for each in self._histories if each.shard is before), None)
        if self._now is None or not self._now.is_whole:
            shard.found.remarks.append(
                f"the rules were not replayed: it continues {shard.previous:.200}, which was not"
                " given, or not read to its end"
            )
            shard.found.is_unjudged = True
            self._now = None
            return
        self._now.shard, self._now.is_whole = shard, False
        self._now.facts.clear()
        self._now.facts.update(self._given.by_index)

    def take(self, shard: Shard, first: int, entries: Sequence[bytes]) -> None:
        """Replay entries from index `first` on. Where the rules themselves fail the replay ends,
        and it is told at which entry."""
        if self._now is None:
            return
        replayed = shard.found.replayed
        try:
            self._take(self._now, shard, first, entries)
        except Unreadable:
            raise
        except Exception as error:  # noqa: BLE001 - a log that is made to break it would go free
            at = first + shard.found.replayed - replayed
            shard.found.failed = shard.found.failed or failure(error, f"entry {at:,}")
            self._histories.remove(self._now)
            self._now = None

    def _take(self, history: _History, shard: Shard, first: int, entries: Sequence[bytes]) -> None:
        replay, violations = history.replay.entry, shard.found.violations
        given, count = self._given.by_index, shard.found.commitments is not None
        sealed, index = 0, first
        try:
            for index, leaf in enumerate(self._reader.parse(entries), first):
                if isinstance(leaf, ValueError):
                    violations.add(Violation(FORM, (index,), f"{leaf}"))
                    continue
                if count:
                    sealed += leaf.sealed
                if given and index in given:
                    self._check_openings(shard, index, leaf)
                for violation in replay(index, leaf):
                    violations.add(violation)
                if count:
                    history.reckoning.take(shard.found, index, leaf, given.get(index, _SEALED))
            index = first + len(entries)
        finally:
            shard.found.replayed += index - first
        if shard.found.commitments is not None:
            shard.found.commitments += sealed

    def give_up(self, shard: Shard, index: int) -> None:
        """Stop the replay where entries are missing: what follows would only seem wrong."""
        if self._now is not None:
            shard.found.remarks.append(f"the rules were replayed up to entry {index} only")
            self._now = None

    def finish(self, shard: Shard) -> None:
        """Note that a shard was read to its end."""
        if self._now is not None:
            self._now.is_whole = shard.found.replayed == shard.checkpoint.size
            if self._now.is_whole:
                self._check_signers(shard, self._now.replay)
            if newer := self._now.replay.newer:
                shard.found.remarks.append(
                    f"this program is older than entries of the log, of the kinds"
                    f" {', '.join(newer[:5])}: get a newer one, which knows their rules"
                )
                shard.found.is_unjudged = True
            if unjudged := self._now.replay.unjudged:
                more = f" and {len(unjudged) - 5} more" if len(unjudged) > 5 else ""
                what = "; ".join(unjudged[:5]) + more
                shard.found.remarks.append(f"no rule judged {what}")
                shard.found.is_partly_judged = True
            if beyond := self._now.documents.exceeded:
                shard.found.remarks.append(
                    f"the kinds are not known from document {beyond:.64} on: the log names more"
                    f" than {COUNT_MAX:,} documents, or more than {BYTES_MAX >> 20} MiB of them"
                )
                shard.found.is_unjudged = True
            if missed := self._now.replay.missed:
                more = f"; and {len(missed) - 5} more" if len(missed) > 5 else ""
                what = "; ".join(missed[:5]) + more
                shard.found.remarks.append(f"rules were silent for want of openings: {what}")
            for violation in self._given.beyond(shard.checkpoint.size):
                shard.found.violations.add(violation)

    def _check_signers(self, shard: Shard, replay: Replay) -> None:
        """Compare who signed the checkpoints with the keys that the log has published."""
        standings = filter(None, (shard.found.standing, shard.found.witnessed))
        keys = {log.key for standing in standings for log in standing.logs}
        signers = {key.fingerprint: f"{key.name}+{key.key_id.hex()}" for key in keys}
        for violation in replay.signed(signers):
            shard.found.violations.add(violation)
        shard.found.remarks += replay.unsaid

    def end(self) -> None:
        """Take what only the end of each history shows, and say which openings met no log."""
        for shard in list(self._origins.values())[:1]:
            shard.found.remarks += self.openings.unused(self._origins)
        for history in self._histories:
            found = history.shard.found
            try:
                for violation in history.replay.end() if history.is_whole else ():
                    found.violations.add(violation)
                history.reckoning.end()
            except Exception as error:  # noqa: BLE001 - as in take()
                found.failed = found.failed or failure(error, "the end of the log")

    def _check_openings(self, shard: Shard, index: int, leaf: Leaf) -> None:
        given = self._given.by_index[index]
        total = len(given)
        wrong = self._given.check(index, leaf)
        for violation in wrong:
            shard.found.violations.add(violation)
        shard.found.openings += total - len(wrong)
