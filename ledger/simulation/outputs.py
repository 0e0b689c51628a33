"""What made-up labs make under their grants: declared, signed, disputed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from ledger.simulation.deals import SYSTEM, Deal
from ledger.simulation.journal import Journal, instant
from ledger.simulation.supply import Asset, Consent, Organisation, Supply


class Held(Protocol):
    """A grant, as far as something is made under it."""

    stream: str
    deal: Deal
    licensor: Organisation
    licensee: Organisation
    issued_at: datetime
    signed: list[tuple[str, Asset]]


class Outputs:
    """All that was declared, and what became of it."""

    def __init__(self, supply: Supply, grants: Sequence[Held]) -> None:
        self.journal: Journal = supply.journal
        self.rng = supply.rng
        self._grants = grants  # that stand
        self._unsigned: list[tuple[str, Organisation, Consent | None, Held]] = []
        self._signed: list[tuple[str, Organisation, Consent | None, Held]] = []
        self._disputed: list[tuple[str, Organisation]] = []

    def declare(self) -> None:
        """A lab makes something with what it was granted, some of it with a performer's consent."""
        if not self._grants:
            return
        some = self.rng.choices(self._grants, k=4)
        grant = max(some, key=lambda each: each.signed[0][1].of.is_likeness)
        scope, now = grant.deal.scope, self.journal.now
        begins, ends = scope["starts_at"], scope["ends_at"]
        if datetime.fromisoformat(begins) > now or (ends and datetime.fromisoformat(ends) <= now):
            return
        output, under = f"output:{self.journal.code()}", [grant.stream]
        made: dict[str, Any] = {
            "use": self.rng.choice(scope["uses"]),
            "model_kind": self.rng.choice(scope["model_kinds"]),
            "territory": scope["territory"],
            "made_at": instant(now),
        }
        consent = self._use(grant, made["use"])
        if consent is not None:
            under.append(consent[0])
        self.journal.record(
            "output.declared",
            output,
            grant.licensee.stream,
            {"under": under},
            {"output_kind": "text", "members": len(grant.signed)},
            {"output": made},
        )
        named = consent[1] if consent is not None else None
        self._unsigned.append((output, grant.licensee, named, grant))

    def _use(self, grant: Held, use_of: str) -> tuple[str, Consent] | None:
        """Record the use of a consent to one of the files, if it is a performer's."""
        found = [
            consent
            for _credential, asset in grant.signed
            for consent in asset.of.consents
            if asset.of.is_likeness and consent.most != 0 and use_of in consent.uses
        ]
        if not found:
            return None
        consent = self.rng.choice(found)
        if consent.most is not None:
            consent.most -= 1
        use = f"consent_use:{self.journal.code()}"
        said: dict[str, Any] = {
            "description": "A line",
            "outputs": 1,
            "platform": "",
            "sha256": "",
            "url": "",
        }
        self.journal.record(
            "consent.used",
            use,
            grant.licensee.stream,
            {"consent": consent.stream},
            private={"use": said | {"used_at": ""}},
        )
        return use, consent

    def sign(self) -> None:
        """The house signs what was declared."""
        if not self._unsigned:
            return
        made = self._unsigned.pop()
        self.journal.record(
            "output.signed",
            made[0],
            SYSTEM,
            data={"form": "embedded", "manifest": self._manifest()},
            private={"file": {"sha256": self.rng.randbytes(32).hex(), "size_bytes": 4096}},
        )
        self._signed.append(made)

    def follow(self) -> None:
        """A consent is struck out, or a licensor disputes what was made, or no longer does."""
        if self._disputed and self.rng.random() < 0.5:
            output, licensor = self._disputed.pop()
            self.journal.record("output.dispute_withdrawn", output, licensor.stream)
        elif self._signed:
            output, maker, consent, grant = self._signed.pop()
            if consent is not None:
                self.journal.record(
                    "output.updated",
                    output,
                    maker.stream,
                    {"consents": [consent.stream]},
                    {"manifest": self._manifest()},
                )
            reason = {"reason": "It shows more than was licensed."}
            self.journal.record("output.disputed", output, grant.licensor.stream, private=reason)
            self._disputed.append((output, grant.licensor))

    def undisputed(self) -> tuple[str, Held] | None:
        """Return the newest work that was signed without a consent, and its grant, if that
        stands. Draws nothing."""
        found = ((made[0], made[3]) for made in reversed(self._signed) if made[2] is None)
        output, grant = next(found, ("", None))
        if grant is None or not any(each is grant for each in self._grants):
            return None
        return output, grant

    def _manifest(self) -> str:
        digits = self.rng.randbytes(16).hex()
        parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
        return f"urn:c2pa:{'-'.join(parts)}"
