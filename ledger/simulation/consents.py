"""The life of consents in the made-up market: who may sign, what is signed, what is made of it."""

from dataclasses import dataclass, field
from typing import Any

from ledger.simulation.deals import SYSTEM
from ledger.simulation.supply import Consent, Material, Organisation, Performer, Supply

_BASES = ("self", "agent", "agency")
_STAGES = ("script", "clip", "final")
_REASONS = ("strike", "breach", "dispute")


@dataclass(eq=False, slots=True)
class Form:
    """A consent that waits for signatures, or was taken back."""

    performer: Performer
    code: str
    uses: list[str]
    facts: dict[str, Any]
    replaces: Consent | None
    is_offered: bool = False
    signed: list[str] = field(default_factory=list)  # by whose authority

    @property
    def stream(self) -> str:
        return f"consent_form:{self.code}"


@dataclass(eq=False, slots=True)
class Approval:
    stream: str
    consent: Consent
    likeness: Material
    asker: Organisation


class Consents:
    """Every consent that somebody signs, suspends or uses."""

    def __init__(self, supply: Supply) -> None:
        self.supply = supply
        self.journal = supply.journal
        self.rng = supply.rng
        self._forms: list[Form] = []
        self._asked: list[Approval] = []
        self._approved: list[Approval] = []
        self._opinions: list[tuple[Material, str]] = []  # that stand

    def change_authorities(self) -> None:
        """An agency records who may sign for a performer, or that somebody no longer may."""
        some = self.rng.choices(self.supply.performers, k=5)
        performer = max(some, key=lambda each: len(each.authorities))
        known, refs = performer.authorities, {"performer": performer.stream}
        if len(known) > 1 and self.rng.random() < 0.5:
            ended = known.pop(self.rng.randrange(len(known)))
            self.journal.record("authority.ended", ended, performer.owner.stream, refs)
        else:
            self._authorise(performer)

    def _authorise(self, performer: Performer) -> None:
        stream = f"authority:{self.journal.code()}"
        holder: dict[str, Any] = {"holder": "Ada Park", "share": "1/1"}
        self.journal.record(
            "authority.recorded",
            stream,
            performer.owner.stream,
            {"performer": performer.stream},
            {"basis": self.rng.choice(_BASES)},
            {"authority": holder | {"starts_at": None, "ends_at": None}},
        )
        performer.authorities.append(stream)

    def correct_performer(self) -> None:
        """An agency completes what it said of a performer."""
        performer = self.rng.choice(self.supply.performers)
        person: dict[str, Any] = {"guilds": ["Actors of the Harbour"]}
        data: dict[str, Any] = {"fields": ["guilds"]}
        self.journal.record(
            "performer.changed",
            performer.stream,
            performer.owner.stream,
            data=data,
            private={"person": person},
        )

    def advance(self) -> None:
        """Some consent is drafted and offered, or a form takes its next step."""
        if len(self._forms) < 3 or self.rng.random() < 0.3:
            self._draft()
            return
        form = self.rng.choice(self._forms)
        able = [each for each in form.performer.authorities if each not in form.signed]
        chance = self.rng.random()
        if not form.is_offered or not (able or form.signed):
            self._offer(form)
        elif chance < 0.15:
            self.journal.record("consent.taken_back", form.stream, self._actor(form))
            form.is_offered = False
            if form.signed:
                self._drop(form)
        elif chance < 0.3 and able:
            self._answer(form, able[0], "consent.declined", {"reason": "Not on these terms."})
            self._drop(form)
        elif able:
            signature: dict[str, Any] = {"name": "Ada Park", "role": "Agent"}
            self._answer(form, self.rng.choice(able), "consent.signed", {"signature": signature})
            if len(able) == 1 or self.rng.random() < 0.7:
                self._complete(form)
        else:
            self._drop(form)

    def _actor(self, form: Form) -> str:
        return form.performer.owner.stream

    def _draft(self) -> None:
        performer = self.rng.choice(self.supply.performers)
        if not performer.authorities:
            self._authorise(performer)
        standing = [each for each in performer.likeness.consents if not each.is_replaced]
        replaces = standing[0] if standing and self.rng.random() < 0.5 else None
        if replaces is not None:
            replaces.is_replaced = True
        drafted = self.supply.draft_consent(performer.likeness, performer.attributes)
        form = Form(performer, *drafted, replaces)
        self._forms.append(form)
        self._offer(form)

    def _offer(self, form: Form) -> None:
        if form.is_offered or not form.performer.authorities:
            return
        form.is_offered = True
        hashes: dict[str, Any] = {name: self.rng.randbytes(32).hex() for name in ("en", "ko")}
        self.journal.record(
            "consent.offered",
            form.stream,
            self._actor(form),
            {
                "likeness": form.performer.likeness.stream,
                "authorities": list(form.performer.authorities),
            },
            {},
            {"consent": form.facts, "forms": hashes},
        )

    def _answer(self, form: Form, authority: str, kind: str, private: dict[str, Any]) -> None:
        """Somebody who may sign answers, mostly by the link that they were sent."""
        actor = SYSTEM
        if kind == "consent.signed":
            if form.signed or self.rng.random() < 0.2:  # on paper, and brought in
                kind, actor = "consent.signed_on_paper", self._actor(form)
            form.signed.append(authority)
        self.journal.record(kind, form.stream, actor, {"authority": authority}, {}, private)

    def _drop(self, form: Form) -> None:
        """It was declined or closed; what it was to replace may be replaced by another."""
        self._forms.remove(form)
        if form.replaces is not None:
            form.replaces.is_replaced = False

    def _complete(self, form: Form) -> None:
        self._forms.remove(form)
        likeness, old = form.performer.likeness, form.replaces
        new = self.supply.record_consent(likeness, form.code, form.uses, form.facts)
        refs = {"consent": new.stream}
        self.journal.record("consent.completed", form.stream, self._actor(form), refs)
        if old is None:
            return
        if old in likeness.consents:
            likeness.consents.remove(old)
        elif (likeness, old) in self.supply.resting:
            self.supply.resting.remove((likeness, old))
        else:  # withdrawn meanwhile
            return
        old.is_over = True
        refs = {"by": new.stream}
        self.journal.record("consent.replaced", old.stream, self._actor(form), refs)

    def suspend(self) -> None:
        """A consent rests for a while, or one that rests is resumed."""
        resting = self.supply.resting
        if resting and self.rng.random() < 0.6:
            likeness, consent = resting.pop(self.rng.randrange(len(resting)))
            likeness.consents.append(consent)
            self.journal.record("consent.resumed", consent.stream, likeness.owner.stream)
            return
        likeness = self.rng.choice(self.supply.performers).likeness
        if likeness.consents:
            consent = likeness.consents.pop()
            resting.append((likeness, consent))
            self.journal.record(
                "consent.suspended",
                consent.stream,
                likeness.owner.stream,
                data={"reason": self.rng.choice(_REASONS)},
                private={"note": "Until it is settled."},
            )

    def opine(self) -> None:
        """An agency's counsel says what consents leave open, or takes it back."""
        said: dict[str, Any] = {"reason": "Read again."}
        if self._opinions and self.rng.random() < 0.4:
            likeness, stream = self._opinions.pop(self.rng.randrange(len(self._opinions)))
            kind, private = "opinion.superseded", said
        elif (found := self._some_consent()) is not None:
            likeness, consent = found
            stream = f"opinion:{self.journal.code()}"
            self._opinions.append((likeness, stream))
            body: dict[str, Any] = {"resolves": "LEGACY_NEW_USE", "by": "R. Ito"}
            body |= {"about": [consent.stream.partition(":")[2]], "signed": "2026-01-20"}
            body |= {"evidence": self.rng.randbytes(32).hex()}
            kind, private = "opinion.recorded", {"opinion": body}
        else:
            return
        refs = {"likeness": likeness.stream}
        self.journal.record(kind, stream, likeness.owner.stream, refs, {}, private)

    def ask(self) -> None:
        """A maker shows what it makes, and is answered; or makes use of a consent."""
        chance = self.rng.random()
        if self._asked and chance < 0.3:
            self._decide(self._asked.pop(0))
        elif chance < 0.6:
            self._ask()
        else:
            self._use()

    def _ask(self) -> None:
        found = self._some_consent()
        if found is None:
            return
        likeness, consent = found
        kinds = ("lab", "lab", "studio")
        asker = self.rng.choice(self.supply.of_kind[self.rng.choice(kinds)])
        approval = Approval(f"approval:{self.journal.code()}", consent, likeness, asker)
        use: dict[str, Any] = {"description": "A trailer", "sha256": self.rng.randbytes(32).hex()}
        self.journal.record(
            "approval.asked",
            approval.stream,
            asker.stream,
            {"consent": consent.stream},
            {"stage": self.rng.choice(_STAGES)},
            {"use": use | {"deadline_at": "", "silence": "deny"}},
        )
        self._asked.append(approval)

    def _decide(self, approval: Approval) -> None:
        is_silence = self.rng.random() < 0.2
        decision = "refused" if is_silence or self.rng.random() < 0.3 else "approved"
        self.journal.record(
            "approval.decided",
            approval.stream,
            SYSTEM if is_silence else approval.likeness.owner.stream,
            {"consent": approval.consent.stream},
            {"decision": decision, "by_silence": is_silence},
            {"reason": ""},
        )
        if decision == "approved":
            self._approved.append(approval)

    def _use(self) -> None:
        if self._approved and self.rng.random() < 0.6:
            approval = self._approved.pop()
            if approval.consent in approval.likeness.consents:
                self._make(approval.consent, approval.asker, approval.stream)
            return
        found = self._some_consent()
        if found is not None:
            maker = self.rng.choice(self.supply.of_kind["lab"])
            self._make(found[1], maker, "")

    def _make(self, consent: Consent, maker: Organisation, approval: str) -> None:
        outputs = self.rng.randrange(1, 20)
        if consent.most is not None:
            outputs = min(outputs, consent.most)
            consent.most -= outputs
        if not outputs:
            return
        refs = {"consent": consent.stream} | ({"approval": approval} if approval else {})
        use: dict[str, Any] = {"description": "A trailer", "outputs": outputs, "platform": ""}
        use |= {"sha256": "", "url": "", "used_at": ""}
        self.journal.record(
            "consent.used",
            f"consent_use:{self.journal.code()}",
            maker.stream,
            refs,
            private={"use": use},
        )

    def _some_consent(self) -> tuple[Material, Consent] | None:
        likeness = self.rng.choice(self.supply.performers).likeness
        return (likeness, self.rng.choice(likeness.consents)) if likeness.consents else None
