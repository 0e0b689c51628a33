"""What labs hold in the made-up market: grants, their signed files, and what becomes of them."""

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from heapq import heappop, heappush
from random import Random
from typing import Any

from ledger.simulation.deals import SYSTEM, Deal, Item
from ledger.simulation.duties import Duties
from ledger.simulation.outputs import Outputs
from ledger.simulation.supply import Asset, Consent, Organisation, Supply
from ledger.simulation.tracking import Tracking

_LOOKED_AT = 20  # of the grants that stand, at a time
_MOMENT = timedelta(microseconds=1)
_SCOPE = ("uses", "model_kinds", "territory", "exclusivity", "starts_at", "ends_at")


@dataclass(eq=False, slots=True)
class Grant:
    stream: str
    deal: Deal
    licensor: Organisation
    licensee: Organisation
    issued_at: datetime
    unsigned: list[tuple[Asset, int]]  # and which part of it, 0 for all
    signed: list[tuple[str, Asset]] = field(default_factory=list)
    consents: dict[str, list[Consent]] = field(default_factory=dict)  # named, by their file
    ranges: dict[str, Any] = field(default_factory=dict)  # granted, by the file's code
    told: list[Consent] = field(default_factory=list)  # of which the lab knows that they ended
    is_over: bool = False
    amending: Deal | None = None  # the newest that asks for other terms

    def may_deliver(self, asset: Asset) -> bool:
        """Return whether a consent that the file was granted on stands; of a film none need."""
        named = self.consents.get(asset.stream) or asset.of.consents
        return not asset.of.is_likeness or any(each in asset.of.consents for each in named)


class Licences:
    """Every grant that stands."""

    def __init__(self, supply: Supply) -> None:
        self.supply = supply
        self.duties = Duties(supply)
        self.journal = supply.journal
        self.rng = supply.rng
        self._struck = Random(97)  # noqa: S311 - made-up
        self.grants: list[Grant] = []  # whose files are all signed
        self.outputs = Outputs(supply, self.grants)
        self.tracking = Tracking(supply, self.grants, self.outputs)
        self.unsigned: list[Grant] = []
        self.is_newer = False  # whether the house writes the newer versions of its kinds
        self.done: deque[Deal] = deque(maxlen=100)  # that led to a grant
        self._ending: list[tuple[datetime, int, Grant]] = []  # by the end of their term

    def issue(self, deal: Deal) -> None:
        journal = self.journal
        ranges = deal.ranges_agreed() if self.is_newer else {}
        parts = [
            (item.asset, part)
            for item in deal.agreed
            for part in _parts(ranges.get(item.asset.stream.partition(":")[2], []))
        ]
        stream, lab = f"grant:{journal.code()}", deal.request.lab
        grant = Grant(stream, deal, deal.licensor, lab, journal.now, parts)
        grant.ranges = ranges
        scope = {key: deal.scope[key] for key in _SCOPE}
        journal.record(
            "grant.issued.v2" if self.is_newer else "grant.issued",
            grant.stream,
            SYSTEM,
            {
                "request": deal.request.stream,
                "agreement": deal.agreement,
                "settlement": deal.settlement,
            },
            {},
            {"scope": scope} | ({"ranges": ranges} if self.is_newer else {}),
        )
        if (before := deal.request.amends) is not None:
            self._supersede(before, grant)
        for item in deal.agreed:
            self._grant(deal, grant, item)
            item.asset.of.used = True
            item.asset.of.taken = item.asset.of.taken or deal.is_exclusive
        deal.state = "granted"
        self.done.append(deal)
        self.unsigned.append(grant)
        if ends_at := deal.scope["ends_at"]:
            until = datetime.fromisoformat(ends_at)
            heappush(self._ending, (until, journal.count, grant))

    def _supersede(self, before: Grant, grant: Grant) -> None:
        self.journal.record("grant.superseded", before.stream, SYSTEM, {"by": grant.stream})
        before.is_over = True
        self.duties.follow_amendment(before.deal, grant.deal, before.stream)
        for standing in (self.grants, self.unsigned):
            if before in standing:
                standing.remove(before)

    def _grant(self, deal: Deal, grant: Grant, item: Item) -> None:
        refs: dict[str, Any] = {"asset": item.asset.stream, "clearance": item.clearance}
        if not self.is_newer:  # as the house wrote it at first
            self.journal.record("asset.granted", grant.stream, SYSTEM, refs)
            return
        wanted = set(deal.scope["uses"])
        named = [each for each in item.asset.of.consents if wanted.intersection(each.uses)]
        if named:
            refs["consents"] = [each.stream for each in named]
            grant.consents[item.asset.stream] = named
        self.journal.record("asset.granted.v2", grant.stream, SYSTEM, refs)

    def sign(self) -> None:
        """The house signs a file that was granted."""
        if not self.unsigned:
            return
        grant = self.unsigned[-1]
        asset, part = grant.unsigned.pop()
        credential = f"credential:{self.journal.code()}"
        manifest = f"urn:c2pa:{_uuid(self.rng.getrandbits(128))}"
        form = self.rng.choice(("embedded", "sidecar"))
        sha256 = asset.sha256 if form == "sidecar" else self.rng.randbytes(32).hex()
        file: dict[str, Any] = {"sha256": sha256, "size_bytes": self.rng.randrange(1 << 34)}
        said: dict[str, Any] = {"form": "embedded" if part else form, "manifest": manifest}
        if self.is_newer:
            said["part"] = part
        if part:
            file["range_ms"] = grant.ranges[asset.stream.partition(":")[2]][part - 1]
        self.journal.record(
            "credential.signed.v2" if self.is_newer else "credential.signed",
            credential,
            SYSTEM,
            {"grant": grant.stream, "asset": asset.stream},
            said,
            {"file": file},
        )
        if form == "sidecar" and self.rng.random() < 0.1:  # no time stamp was to be had at first
            self.journal.record("credential.stamped", credential, SYSTEM, private={"file": file})
        grant.signed.append((credential, asset))
        if not grant.unsigned:
            self.unsigned.pop()
            self.grants.append(grant)

    def deliver(self) -> None:
        """A licensee fetches a file."""
        if not self.grants:
            return
        grant = self.rng.choice(self.grants)
        credential, asset = self.rng.choice(grant.signed)
        if grant.may_deliver(asset):
            self.journal.record(
                "delivery.authorised",
                f"delivery:{self.journal.code()}",
                grant.licensee.stream,
                {"credential": credential, "grant": grant.stream},
            )

    def certify(self) -> None:
        """A side of a grant has a certificate of it made, and may withdraw it."""
        if not self.grants:
            return
        grant, certificate = self.rng.choice(self.grants), f"certificate:{self.journal.code()}"
        side = self.rng.choice((grant.licensor, grant.licensee)).stream
        self.journal.record(
            "certificate.issued",
            certificate,
            side,
            {"grant": grant.stream},
            private={"statement": self.rng.randbytes(32).hex()},
        )
        if self.rng.random() < 0.3:
            self.journal.record("certificate.withdrawn", certificate, side)

    def end(self) -> None:
        """The house says of grants whose term is over that they have ended."""
        while self._ending and self._ending[0][0] <= self.journal.now:
            _ends_at, _number, grant = heappop(self._ending)
            for standing in (self.grants, self.unsigned):
                if grant in standing:
                    standing.remove(grant)
                    grant.is_over = True
                    self.journal.record("grant.ended", grant.stream, SYSTEM)
                    self.duties.follow_end(grant.deal, grant.stream)

    def revoke(self) -> None:
        """A licensor revokes a grant."""
        if len(self.grants) > 10:
            place = self.rng.randrange(len(self.grants))
            grant = self.grants[place]
            self.grants[place] = self.grants[-1]
            self.grants.pop()
            grant.is_over = True
            self.journal.record(
                "grant.revoked",
                grant.stream,
                grant.licensor.stream,
                private={"reason": "A term of the agreement was broken."},
            )
            self.duties.demand(grant.deal, grant.stream, unexpired(grant, self.journal.now))

    def notify(self) -> None:
        """The house tells the labs of some grants that a consent ended."""
        for grant in self.rng.sample(self.grants, min(_LOOKED_AT, len(self.grants))):
            named = (each for some in grant.consents.values() for each in some)
            for consent in dict.fromkeys(named):
                if consent.is_over and consent not in grant.told:
                    grant.told.append(consent)
                    self.duties.notify(grant.deal, grant.stream, consent)
                    self._strike(grant, consent)

    def _strike(self, grant: Grant, consent: Consent) -> None:
        """The house strikes a consent that has ended out of the credentials that name it."""
        journal, chance = self.journal, self.journal.rng
        journal.rng = self._struck  # nothing else that happens depends on it
        for credential, asset in grant.signed:
            if consent in grant.consents.get(asset.stream, ()):
                manifest = f"urn:c2pa:{_uuid(journal.rng.getrandbits(128))}"
                journal.record(
                    "credential.updated",
                    credential,
                    SYSTEM,
                    {"consents": [consent.stream]},
                    {"manifest": manifest},
                    {"file": {"sha256": asset.sha256, "size_bytes": 4096}},
                )
        journal.rng = chance

    def report(self) -> None:
        """A lab reports a use."""
        if self.grants:
            grant = self.rng.choice(self.grants)
            self.duties.report(grant.stream, grant.licensee)

    def show_openings(self) -> None:
        """A party to a deal gives an auditor a case, and what lies behind its entries is shown."""
        if not self.done:
            return
        deal, case = self.rng.choice(self.done), f"case:{self.journal.code()}"
        party = self.rng.choice(deal.sides).stream
        auditor = self.rng.choice(self.supply.of_kind["auditor"]).stream
        refs = {"auditor": auditor, "subjects": [deal.stream]}
        self.journal.record("case.opened", case, party, refs)
        shown = {"openings": self.rng.randrange(1, 20)}
        self.journal.record("openings.shown", case, auditor, data=shown)
        if self.rng.random() < 0.7:
            self.journal.record("case.closed", case, party)


def unexpired(grant: Grant, at: datetime) -> int:
    """Return what was paid for the files of a grant, and falls on the time from `at` on."""
    exact, until = Fraction(), datetime.max.replace(tzinfo=UTC)
    newest: Grant | None = grant
    while newest is not None:
        deal = newest.deal
        begins, ends = (deal.scope[name] for name in ("starts_at", "ends_at"))
        since = datetime.fromisoformat(begins)
        if deal.request.amends is not None:
            since = max(since, newest.issued_at)
        over = datetime.fromisoformat(ends) if ends else since.replace(year=since.year + 10)
        rest = min(over, until) - max(at, since)
        if since < over and rest > timedelta():
            exact += deal.paid_for(grant.deal.agreed) * Fraction(
                rest // _MOMENT, (over - since) // _MOMENT
            )
        until = min(until, over) if ends else until
        newest = deal.request.amends
    return int(exact)


def _parts(ranges: list[Any]) -> list[int]:
    """Return the numbers of the parts to be signed; 0 is the whole file."""
    return list(range(1, len(ranges) + 1)) or [0]


def _uuid(number: int) -> str:
    digits = f"{number:032x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
