"""What the made-up market's studios say of their works: names, credits, facts, twins."""

from collections import deque
from dataclasses import dataclass, field
from typing import Any

from ledger.simulation.supply import Material, Organisation, Supply

_ROLES = ("director", "writer", "producer", "cast", "composer")
_FACTS = ("holdback", "option", "element", "guild", "cap", "counsel_opinion")
_NAMES = ("밤의 강", "Nacht am Hafen", "夜の川")


@dataclass(eq=False, slots=True)
class Said:
    """What was said of one title and may be taken back."""

    title: Material
    names: list[str] = field(default_factory=list)
    credits: list[tuple[str, str]] = field(default_factory=list)  # party and role
    facts: list[str] = field(default_factory=list)


class Works:
    """Every title as its studio describes it."""

    def __init__(self, supply: Supply) -> None:
        self.supply = supply
        self.journal = supply.journal
        self.rng = supply.rng
        self._said: deque[Said] = deque(maxlen=30)  # lately
        self._twins: list[Material] = []  # for which another title speaks
        self._parties: dict[Organisation, list[str]] = {}
        self._companies: set[str] = set()  # of the parties
        self._rules: dict[Organisation, str] = {}  # the newest row of a studio
        self._merged: dict[str, str] = {}  # a party, and the one that speaks for it

    def describe(self) -> None:
        """A studio says more of a work, or takes something back."""
        if not self._said or self.rng.random() < 0.3:
            self._said.append(Said(self.rng.choice(self.supply.titles)))
        said = self.rng.choice(self._said)
        acts = (
            self._correct, self._name, self._identify, self._credit, self._fact,
            self._correct_party, self._rule,
        )  # fmt: skip
        self.rng.choice(acts)(said)

    def tell_twins_apart(self) -> None:
        """Two titles of a studio turn out to be one work, or one that was taken for a twin does
        not."""
        if self._twins and self.rng.random() < 0.3:
            self._split(self._twins.pop(self.rng.randrange(len(self._twins))))
            return
        title = self.rng.choice(self.supply.titles)
        if title.rows[0] is not title:
            return
        twins = [
            each
            for each in self.rng.sample(self.supply.titles, min(40, len(self.supply.titles)))
            if each is not title
            and (each.owner, each.kind) == (title.owner, title.kind)
            and each.rows[0] is each
        ]
        if twins:
            self._merge(title, twins[0])

    def _merge(self, title: Material, into: Material) -> None:
        rows = [*into.rows, *title.rows]
        for each in rows:
            each.same = rows
        self._twins.append(title)
        self._of(title, "title.merged", {"into": into.stream}, {}, {"reason": "The same film."})

    def _split(self, title: Material) -> None:
        kept = title.same[0]
        title.same.remove(title)  # for all of them: the list is one
        title.same = []
        self._of(title, "title.split", {"from": kept.stream}, {}, {"reason": "A remake."})

    def _correct(self, said: Said) -> None:
        change: dict[str, Any] = {"from": {"year": 1999}, "to": {"year": 2000}}
        data: dict[str, Any] = {"fields": ["year"]}
        self._of(said.title, "title.changed", {}, data, {"change": change})

    def _name(self, said: Said) -> None:
        if said.names:
            name: dict[str, Any] = {"name": said.names.pop(), "language": "ko"}
            self._of(said.title, "title.unnamed", {}, {}, {"name": name})
        else:
            said.names.append(self.rng.choice(_NAMES))
            name = {"name": said.names[-1], "language": "ko"}
            self._of(said.title, "title.named", {}, {}, {"name": name})

    def _identify(self, said: Said) -> None:
        number = f"tt{self.rng.randrange(10**7, 10**8)}"
        self._of(said.title, "title.identified", {}, {"scheme": "imdb"}, {"identifier": number})
        if number.endswith(tuple("01234")):
            bad = {"identifier": "10.5240/AAAA-AAAA-AAAA-AAAA-AAAA-A"}
            self._of(said.title, "title.unidentified", {}, {"scheme": "eidr"}, bad)

    def _credit(self, said: Said) -> None:
        if said.credits and self.rng.random() < 0.6:
            party, role = said.credits.pop(self.rng.randrange(len(said.credits)))
            self._of(said.title, "title.uncredited", {"party": party}, {"role": role}, {})
            return
        credit = self._party(said.title.owner), self.rng.choice(_ROLES)
        if credit not in said.credits:
            said.credits.append(credit)
            party, role = credit
            self._of(said.title, "title.credited", {"party": party}, {"role": role}, {})

    def _party(self, owner: Organisation) -> str:
        known = self._parties.setdefault(owner, [])
        if not known or self.rng.random() < 0.3:
            party: dict[str, Any] = {"name": "Ada Park", "eidr": None, "isni": None}
            known.append(f"party:{self.journal.code()}")
            kind = self.rng.choice(("person", "company"))
            if kind == "company":
                self._companies.add(known[-1])
            self.journal.record(
                "party.registered",
                known[-1],
                owner.stream,
                {"organisation": owner.stream},
                {"party_kind": kind},
                {"party": party},
            )
        return self.rng.choice(known)

    def _correct_party(self, said: Said) -> None:
        """A studio corrects a party, or finds that two are one, or two after all."""
        party, other = self._party(said.title.owner), self._party(said.title.owner)
        owner = said.title.owner.stream
        if party == other:
            data: dict[str, Any] = {"fields": ["name"]}
            change: dict[str, Any] = {"from": {"name": "Ada Park"}, "to": {"name": "Ada S. Park"}}
            self.journal.record("party.changed", party, owner, {}, data, {"change": change})
        elif party in self._merged:
            refs = {"from": self._merged.pop(party)}
            reason = {"reason": "Of one name only."}
            self.journal.record("party.split", party, owner, refs, {}, reason)
        elif (
            not {party, other} & self._merged.keys()
            and party not in self._merged.values()
            and (party in self._companies) is (other in self._companies)
        ):
            self._merged[party] = other
            reason = {"reason": "The same person."}
            self.journal.record("party.merged", party, owner, {"into": other}, {}, reason)

    def _fact(self, said: Said) -> None:
        title = said.title
        if said.facts and self.rng.random() < 0.6:
            reason = {"reason": "Bought out."}
            self._about(title, "fact.superseded", said.facts.pop(), {}, reason)
            return
        body: dict[str, Any] = {"document": "Contract 8", "clause": "3", "evidence": None}
        if self.rng.random() < 0.3:
            body["evidence"] = self._hand_in(title.owner)
        said.facts.append(f"fact:{self.journal.code()}")
        kind = self.rng.choice(_FACTS)
        self._about(title, "fact.recorded", said.facts[-1], {"fact_kind": kind}, {"fact": body})

    def _hand_in(self, owner: Organisation) -> str:
        sha256 = self.rng.randbytes(32).hex()
        file: dict[str, Any] = {"sha256": sha256, "size_bytes": self.rng.randrange(1 << 20)}
        file |= {"mime": "application/pdf", "filename": "contract.pdf"}
        self.journal.record(
            "evidence.recorded",
            f"evidence:{self.journal.code()}",
            owner.stream,
            {"organisation": owner.stream},
            {},
            {"file": file},
        )
        return sha256

    def _rule(self, said: Said) -> None:
        """The studio's counsel says how a law is to be read, and later otherwise."""
        owner, refs = said.title.owner, {"organisation": said.title.owner.stream}
        if owner in self._rules:
            refs["supersedes"] = self._rules[owner]
        self._rules[owner] = f"rule:{self.journal.code()}"
        row: dict[str, Any] = {"table": "co_owners", "key": "US", "body": {"rule": "consent"}}
        self.journal.record(
            "rule.recorded", self._rules[owner], owner.stream, refs, {}, {"row": row}
        )

    def _about(
        self, title: Material, kind: str, stream: str, data: dict[str, Any], private: dict[str, Any]
    ) -> None:
        refs = {"title": title.stream}
        self.journal.record(kind, stream, title.owner.stream, refs, data, private)

    def _of(
        self,
        title: Material,
        kind: str,
        refs: dict[str, str],
        data: dict[str, Any],
        private: dict[str, Any],
    ) -> None:
        self.journal.record(kind, title.stream, title.owner.stream, refs, data, private)
