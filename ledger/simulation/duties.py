"""What the sides of made-up deals owe each other, and the use that labs report."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from ledger.simulation.deals import SYSTEM, Deal
from ledger.simulation.journal import Journal, instant
from ledger.simulation.supply import Consent, Organisation, Supply


@dataclass(eq=False, slots=True)
class Duty:
    stream: str
    waiver: Organisation
    ower: Organisation
    is_acknowledged: bool = False


class Duties:
    """Everything that is owed."""

    def __init__(self, supply: Supply) -> None:
        self.journal: Journal = supply.journal
        self.rng = supply.rng
        self.owed: list[Duty] = []

    def owe_condition(self, deal: Deal) -> None:
        """A licensor who agrees on conditions owes them."""
        self._impose(deal, "notice", {}, "condition", by=deal.licensor)

    def demand(self, deal: Deal, grant: str, unexpired_minor: int) -> None:
        """A licensor who revoked a grant demands of the lab what follows, and owes money back."""
        for tier in ("stop", "destroy")[: self.rng.randrange(1, 3)]:
            self._impose(deal, tier, {"grant": grant}, "right", by=deal.licensor)
        if unexpired_minor:
            detail = _money(unexpired_minor, deal.scope["currency"])
            self._impose(deal, "refund", {"grant": grant}, "right", by=deal.licensor, detail=detail)

    def follow_end(self, deal: Deal, grant: str) -> None:
        """The house lets a lab owe what its agreement asks once the term is over."""
        for duty in ("stop", "destroy"):
            self._impose(deal, duty, {"grant": grant}, "term")

    def follow_amendment(self, before: Deal, after: Deal, grant: str) -> None:
        """The house lets a lab owe to stop what an amendment took from a grant."""
        files, kept = set(before.codes_agreed()), set(after.codes_agreed())
        dropped = sorted(files - kept)
        for duty in ("stop", "destroy") if dropped else ():
            self._impose(before, duty, {"grant": grant}, "amendment", files=dropped)
        if lost := sorted({*before.scope["uses"]} - {*after.scope["uses"]}):
            detail = f"uses: {', '.join(lost)}"
            refs, left = {"grant": grant}, sorted(files & kept)
            self._impose(before, "stop", refs, "amendment", detail=detail, files=left)

    def notify(self, deal: Deal, grant: str, consent: Consent) -> None:
        """The house tells a lab that a consent ended on which its grant rests."""
        self._impose(deal, "stop", {"grant": grant, "consent": consent.stream}, "consent")

    def _impose(
        self,
        deal: Deal,
        duty: str,
        refs: dict[str, str],
        ground: str,
        *,
        by: Organisation | None = None,
        detail: str = "",
        files: list[str] | None = None,
    ) -> None:
        is_labs = bool(refs) and duty != "refund"
        ower = deal.request.lab if is_labs else deal.licensor
        waiver = deal.request.lab if duty == "refund" else deal.licensor
        stream = f"duty:{self.journal.code()}"
        codes: list[Any] = sorted(deal.codes_agreed() if files is None else files)
        self.journal.record(
            "duty.imposed",
            stream,
            by.stream if by else SYSTEM,
            {"deal": deal.stream} | refs,
            {
                "duty": duty,
                "owed_by": "licensee" if is_labs else "licensor",
                "due_at": instant(self.journal.now + timedelta(days=30)),
            },
            {"terms": {"detail": detail, "files": codes, "ground": ground, "reason": ""}},
        )
        self.owed.append(Duty(stream, waiver, ower))

    def advance(self) -> None:
        """A notice is acknowledged, a duty met, or the lab let off."""
        if not self.owed:
            return
        place = self.rng.randrange(len(self.owed))
        duty, chance = self.owed[place], self.rng.random()
        if chance < 0.4 and not duty.is_acknowledged:
            self.journal.record("duty.acknowledged", duty.stream, duty.ower.stream)
            duty.is_acknowledged = True
            return
        self.owed[place] = self.owed[-1]
        self.owed.pop()
        if chance < 0.8:
            done = {"done_on": "2026-03-01", "done_by": "Bo Chen", "statement": "Done."}
            self.journal.record(
                "duty.met",
                duty.stream,
                duty.ower.stream,
                private={"evidence": done | {"sha256": self.rng.randbytes(32).hex()}},
            )
        else:
            waiver = {"by": "The guild", "reason": "Agreed."}
            self.journal.record(
                "duty.waived", duty.stream, duty.waiver.stream, private={"waiver": waiver}
            )

    def report(self, grant: str, lab: Organisation) -> None:
        """A lab says what it did under a grant."""
        report = {"use": "train.pretrain", "run": f"run {self.journal.count}", "exceeded": []}
        self.journal.record(
            "usage.reported",
            f"usage:{self.journal.code()}",
            lab.stream,
            {"grant": grant},
            private={"report": report},
        )


def _money(minor: int, currency: str) -> str:
    """Return an amount as the house writes it."""
    whole = currency in {"JPY", "KRW"}
    return f"{minor} {currency}" if whole else f"{minor // 100}.{minor % 100:02} {currency}"
