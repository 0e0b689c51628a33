"""What is found again of made-up files: registrations in the repository, sightings."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Protocol

from ledger.simulation.deals import SYSTEM
from ledger.simulation.journal import Journal, instant
from ledger.simulation.outputs import Outputs
from ledger.simulation.supply import Asset, Organisation, Supply


class Held(Protocol):
    """A grant, as far as what it covers is seen somewhere."""

    stream: str
    licensor: Organisation
    licensee: Organisation
    signed: list[tuple[str, Asset]]

    def may_deliver(self, asset: Asset) -> bool: ...


class Tracking:
    """The repository, and all sightings that wait for their licensors."""

    def __init__(self, supply: Supply, grants: Sequence[Held], outputs: Outputs) -> None:
        self.journal: Journal = supply.journal
        self.rng = supply.rng
        self._grants = grants  # that stand
        self._outputs = outputs
        self._identified: set[str] = set()
        self._open: list[tuple[str, Organisation, bool]] = []  # and whether it is an incident

    def register(self) -> None:
        """The house registers a granted file of a title."""
        if not self._grants:
            return
        _credential, asset = self.rng.choice(self.rng.choice(self._grants).signed)
        if asset.of.is_likeness or asset.stream in self._identified:
            return
        self._identified.add(asset.stream)
        self.journal.record(
            "asset.identified",
            asset.stream,
            SYSTEM,
            data={"manifest": self._manifest()},
            private={"iscc": self.rng.randbytes(34).hex()},
        )

    def store(self) -> None:
        """A licensor puts a manifest of its own into the repository."""
        if not self._grants:
            return
        owner, stream = self.rng.choice(self._grants).licensor.stream, self._new("manifest")
        self.journal.record(
            "manifest.stored",
            stream,
            owner,
            data={"manifest": self._manifest()},
            private={"store": {"sha256": self.rng.randbytes(32).hex()}},
        )
        if self.rng.random() < 0.7:
            self.journal.record(
                "manifest.bound",
                stream,
                owner,
                data={"algorithm": "io.iscc.v0"},
                private={"value": self.rng.randbytes(34).hex()},
            )

    def see(self) -> None:
        """Somebody reports where a file or a licensee's work was seen."""
        if not self._grants:
            return
        grant, chance = self.rng.choice(self._grants), self.rng.random()
        _credential, asset = self.rng.choice(grant.signed)
        refs = {"asset": asset.stream, "grant": grant.stream}
        licensor, made = grant.licensor, self._outputs.undisputed() if chance >= 0.9 else None
        said: dict[str, Any] = {"matched": "file", "outcome": "authorised"}
        if chance < 0.2:
            self._note("nothing", None)
            return
        if chance < 0.3:
            said = {"matched": "manifest", "outcome": "unclear", "term": "use"}
        elif chance < 0.5:
            said = {"matched": "manifest", "outcome": "outside_scope", "term": "use"}
        elif chance < 0.6:
            self._note("original", licensor)
            return
        elif made is not None:
            refs = {"grant": made[1].stream, "output": made[0]}
            said, licensor = {"matched": "manifest", "outcome": "authorised"}, made[1].licensor
        elif not grant.may_deliver(asset):
            said = {"matched": "file", "outcome": "outside_scope", "term": "consent"}
        stream = self._new("sighting")
        self.journal.record(
            "sighting.reported",
            stream,
            SYSTEM,
            refs,
            said | {"seen_at": instant(self.journal.now - timedelta(minutes=1))},
            {"where": {"platform": self._platform(), "link": ""}},
        )
        self._open.append((stream, licensor, False))

    def _note(self, matched: str, licensor: Organisation | None) -> None:
        """Somebody shows no copy: the log does not say what it was found to be."""
        stream = self._new("sighting")
        report = {"platform": self._platform(), "link": "", "matched": matched}
        self.journal.record("sighting.noted", stream, SYSTEM, private={"report": report})
        if licensor is not None:
            self._open.append((stream, licensor, False))

    def _platform(self) -> str:
        return self.rng.choice(("Video site", "Model hub"))

    def decide(self) -> None:
        """A licensor dismisses a sighting, or holds it to be an incident."""
        if not self._open:
            return
        place = self.rng.randrange(len(self._open))
        stream, licensor, is_incident = self._open[place]
        flags = not is_incident and self.rng.random() < 0.5
        if flags:
            self._open[place] = (stream, licensor, True)
        else:
            self._open[place] = self._open[-1]
            self._open.pop()
        kind = "sighting.flagged" if flags else "sighting.dismissed"
        self.journal.record(
            kind, stream, licensor.stream, private={"reason": {"text": "Looked at."}}
        )

    def _new(self, subject: str) -> str:
        return f"{subject}:{self.journal.code()}"

    def _manifest(self) -> str:
        return f"urn:c2pa:{self.rng.randbytes(16).hex()}"
