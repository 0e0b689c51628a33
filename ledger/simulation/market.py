"""A made-up market that writes a log: the same for the same seed, and without a violation."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random

from edgecode.audit.rules import shipped_kinds
from edgecode.log.canonical import JSON
from edgecode.log.commitments import Opening
from ledger.simulation.consents import Consents
from ledger.simulation.deals import ENGINE, SYSTEM
from ledger.simulation.identity import Identity
from ledger.simulation.journal import Journal
from ledger.simulation.licences import Licences
from ledger.simulation.supply import Supply
from ledger.simulation.trade import Trade
from ledger.simulation.works import Works

BEGINS = datetime(2026, 1, 5, 9, tzinfo=UTC)
_BATCH = 4096
_OLDER = 5  # grants that were issued before they came to name consents
LEDGER = "system:ledger"


class Market:
    """`entries()` yields the log; `openings` are what its commitments hide, when they are kept."""

    def __init__(self, seed: int, *, keep_openings: bool = False) -> None:
        rng = Random(seed)  # noqa: S311 - the same log for the same seed is what it is for
        self._rng = rng
        self._journal = Journal(rng, BEGINS, keep_openings=keep_openings)
        self._supply = Supply(self._journal)
        self._licences = Licences(self._supply)
        self._trade = Trade(self._supply, self._licences)
        self._works = Works(self._supply)
        self._consents = Consents(self._supply)
        self._identity = Identity(seed)
        self._key = ""
        self._releases = 0
        self._count = 0

    @property
    def openings(self) -> dict[int, dict[str, Opening]]:
        """By index of the entry and name of the fact; those that were erased are not there."""
        found = self._journal.openings or {}
        return {index: found[index] for index in sorted(found) if index < self._count}

    def entries(self, count: int) -> Iterator[bytes]:
        """Yield the bytes of `count` entries in order. Call it once."""
        self._count = count
        self._begin()
        steps, weights = zip(*self._steps(), strict=True)
        left = count
        while left:
            chosen = self._rng.choices(steps, weights, k=_BATCH // 4)
            for step in chosen:
                self._journal.wait(self._rng.randrange(12))
                self._supply.end_noticed()
                self._licences.end()
                step()
                if not self._licences.is_newer and len(self._licences.done) == _OLDER:
                    self._begin_newer()
            for entry in self._journal.take(left):
                left -= 1
                yield entry

    def _begin(self) -> None:
        self._say_what_the_log_is()
        for kind in ("studio", "studio", "studio", "talent", "talent", "lab", "lab", "auditor"):
            self._supply.sign_up(kind)
        for _ in range(15):
            self._supply.register_title()
            self._supply.register_likeness()

    def _steps(self) -> list[tuple[Callable[[], None], int]]:
        """What may happen next, and how often it does."""
        supply, trade, licences = self._supply, self._trade, self._licences
        works, consents = self._works, self._consents
        return [
            (self._sign_up, 4),
            (supply.change_keys, 8),
            (supply.register_title, 25),
            (supply.register_likeness, 12),
            (supply.change_rights, 6),
            (supply.withdraw_offer, 4),
            (supply.withdraw_consent, 4),
            (supply.erase, 2),
            (works.describe, 48),
            (works.tell_twins_apart, 7),
            (consents.change_authorities, 9),
            (consents.correct_performer, 3),
            (consents.advance, 34),
            (consents.suspend, 10),
            (consents.ask, 28),
            (consents.opine, 8),
            (trade.submit_request, 40),
            (trade.amend, 7),
            (trade.advance, 180),
            (licences.sign, 110),
            (licences.deliver, 350),
            (licences.revoke, 3),
            (licences.notify, 20),
            (licences.report, 8),
            (licences.duties.advance, 12),
            (licences.certify, 4),
            (licences.tracking.register, 10),
            (licences.tracking.see, 10),
            (licences.tracking.decide, 6),
            (licences.tracking.store, 4),
            (licences.outputs.declare, 9),
            (licences.outputs.sign, 9),
            (licences.outputs.follow, 7),
            (licences.show_openings, 3),
            (self._replace_key, 2),
            (self._publish_precedents, 1),
        ]

    def _sign_up(self) -> None:
        kinds = ("studio", "talent", "lab", "lab", "platform", "auditor")
        self._supply.sign_up(self._rng.choice(kinds))

    def _say_what_the_log_is(self) -> None:
        journal, identity = self._journal, self._identity
        origin = {"origin": identity.origin}
        journal.record("log.opened", f"log:{BEGINS.year}", LEDGER, data=origin)
        kinds, _newer, policy = identity.documents
        older = sum(kind.version == 1 for kind in shipped_kinds().values())
        self._publish_kinds(kinds, older)
        self._publish_key("checkpoint", identity.key_sha256)
        journal.record("policy.published", "document:policy", LEDGER, data={"sha256": policy})
        source = {"sha256": self._rng.randbytes(32).hex()}
        journal.record(
            "engine.published", f"engine:{ENGINE.replace('/', '-')}", SYSTEM, data=source
        )

    def _publish_kinds(self, sha256: str, count: int) -> None:
        data: dict[str, JSON] = {"sha256": sha256, "kinds": count}
        self._journal.record("kinds.published", "document:kinds", LEDGER, data=data)

    def _begin_newer(self) -> None:
        """The house declares the newer versions of its kinds, and writes them from now on."""
        _first, kinds, _policy = self._identity.documents
        self._publish_kinds(kinds, len(shipped_kinds()))
        self._licences.is_newer = True

    def _publish_key(self, purpose: str, sha256: str) -> str:
        stream = f"key:{sha256[:32]}"
        data = {"purpose": purpose, "algorithm": "ed25519", "sha256": sha256}
        self._journal.record("key.published", stream, LEDGER, data=data)
        return stream

    def _replace_key(self) -> None:
        if self._key:
            self._journal.record("key.retired", self._key, LEDGER)
        self._key = self._publish_key("credential", self._rng.randbytes(32).hex())

    def _publish_precedents(self) -> None:
        year, month = divmod(self._releases, 12)
        self._releases += 1
        stream = f"precedents:{BEGINS.year + year}-{month + 1:02}"
        data: dict[str, JSON] = {"sha256": self._rng.randbytes(32).hex()}
        self._journal.record("precedents.published", stream, SYSTEM, data=data)
