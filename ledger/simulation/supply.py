"""The made-up market's supply: organisations, titles, likenesses, their rights and offers."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ledger.simulation.journal import Journal, instant, this_year

_TITLE_KINDS = ("film", "film", "series", "season", "episode", "episode", "short", "creator_video")
_ASSET_KINDS = ("picture", "picture", "audio", "still", "subtitles", "script")
_MIMES = {"picture": "video/mp4", "audio": "audio/wav", "still": "image/png"}
_WORDS = ("Night", "River", "Paper", "Harbour", "Copper", "Winter", "Lantern", "Garden", "Signal")
_TRAINING = ("train.pretrain", "train.finetune", "train.discriminative", "evaluate", "index")
_LIKENESS = ("generate.likeness", "dub", "deage", "converse.persona")
_ATTRIBUTES = ("face", "voice", "motion", "name")
_MODEL_KINDS = ("foundation", "open_weights", "customer_private", "evaluation_only")
_NOTICE = timedelta(hours=1)  # hours are days in a market this quick
_CURRENCIES = ("USD", "EUR", "KRW", "JPY")
# What the engine says of a file when nobody's right stands against it, and how often.
_VERDICTS = ("CLEAR",) * 20 + ("CONDITIONAL",) * 2 + ("PARTIAL", "REVIEW", "BLOCKED")


@dataclass(eq=False, slots=True)
class Organisation:
    stream: str
    kind: str
    keys: int = 0


@dataclass(eq=False, slots=True)
class Right:
    """A holding or restriction of a title."""

    stream: str
    kind: str


@dataclass(eq=False, slots=True)
class Consent:
    stream: str
    uses: list[str]
    most: int | None  # outputs that may be made of it, less those that were
    is_replaced: bool = False  # or about to be
    is_noticed: bool = False
    is_over: bool = False


@dataclass(eq=False, slots=True)
class Performer:
    stream: str
    likeness: "Material"
    attributes: list[str]
    authorities: list[str] = field(default_factory=list)  # that have not ended

    @property
    def owner(self) -> Organisation:
        return self.likeness.owner


@dataclass(eq=False, slots=True)
class Asset:
    stream: str
    of: "Material"
    verdict: str  # where the rights allow one
    sha256: str


@dataclass(eq=False, slots=True)
class Material:
    """A title or a likeness. It is `taken` by an exclusive grant, or `used` by others."""

    stream: str
    owner: Organisation
    kind: str = ""  # of a title
    assets: list[Asset] = field(default_factory=list)
    holdings: list[Right] = field(default_factory=list)
    restrictions: list[Right] = field(default_factory=list)
    consents: list[Consent] = field(default_factory=list)
    offer: str = ""
    uses: list[str] = field(default_factory=list)
    taken: bool = False
    used: bool = False
    same: list["Material"] = field(default_factory=list)  # titles of one work, the first speaks

    @property
    def rows(self) -> list["Material"]:
        """All titles of the work."""
        return self.same or [self]

    @property
    def is_likeness(self) -> bool:
        return self.stream.startswith("likeness:")

    @property
    def code(self) -> str:
        return self.stream.partition(":")[2]


class Supply:
    """Everything there is to license, and who there is."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.rng = journal.rng
        self.organisations: list[Organisation] = []
        self.of_kind: dict[str, list[Organisation]] = {}
        self.offered: list[Material] = []
        self.performers: list[Performer] = []
        self.titles: list[Material] = []
        self.resting: list[tuple[Material, Consent]] = []  # suspended
        self._noticed: deque[tuple[datetime, Material, Consent]] = deque()  # which end then

    def sign_up(self, kind: str) -> None:
        """An organisation comes in with its first people and keys."""
        organisation = Organisation(f"organisation:{self.journal.code()}", kind)
        private: dict[str, Any] = {"name": f"{self._name()} {kind.title()}"}
        self._own(organisation, "organisation.registered", private, organisation_kind=kind)
        for role in ("editor", "finance")[: self.rng.randrange(3)]:
            private = {"email": f"{role}.{self.journal.count}@example.org"}
            self._own(organisation, "member.added", private, role=role)
        if kind in {"studio", "talent"} and self.rng.random() < 0.5:
            policy = {"policy": {"currency": "USD", "two_above_minor": 1_000_000}}
            self._own(organisation, "approval_policy.set", policy, number=1)
        self.organisations.append(organisation)
        self.of_kind.setdefault(kind, []).append(organisation)

    def change_keys(self) -> None:
        """An organisation makes an API key, or ends one."""
        organisation = self.rng.choice(self.organisations)
        key: dict[str, Any] = {"prefix": f"{self.rng.getrandbits(32):08x}"}
        if organisation.keys and self.rng.random() < 0.4:
            organisation.keys -= 1
            self._own(organisation, "api_key.revoked", {"key": key})
        else:
            organisation.keys += 1
            key |= {"name": "Pipeline", "scopes": ["catalog", "read"]}
            self._own(organisation, "api_key.created", {"key": key})

    def _own(self, organisation: Organisation, kind: str, private: Any, **data: Any) -> None:
        stream = organisation.stream
        self.journal.record(kind, stream, stream, data=data, private=private)

    def register_title(self) -> None:
        """A studio registers a work with its rights and files, and offers it."""
        owner, journal = self.rng.choice(self.of_kind["studio"]), self.journal
        title = Material(f"title:{journal.code()}", owner, self.rng.choice(_TITLE_KINDS))
        name: dict[str, Any] = {
            "name": self._name(),
            "language": "en",
            "year": self.rng.randrange(1950, 2026),
        }
        journal.record(
            "title.registered",
            title.stream,
            owner.stream,
            {"organisation": owner.stream},
            {"title_kind": title.kind},
            {"name": name, "eidr": None},
        )
        for _ in range(self.rng.randrange(1, 3)):
            self.record_right(title, "holding")
        if self.rng.random() < 0.15:
            self.record_right(title, "restriction")
        self._register_files(title)
        title.uses = sorted(self.rng.sample(_TRAINING, 3))
        self.titles.append(title)
        self.publish_offer(title)

    def record_right(self, title: Material, kind: str) -> None:
        """The owner of a title records a holding or a restriction."""
        right = Right(f"{kind}:{self.journal.code()}", kind)
        facts: dict[str, Any] = {"uses": ["ALL"], "territory": "WORLD", "document": "Contract 7"}
        facts |= {"starts_at": None, "ends_at": None, "clause": f"{self.rng.randrange(1, 40)}.2"}
        if kind == "holding":
            facts |= {"kind": "ownership", "party": self._name(), "grantor": "", "share": "1/1"}
            facts |= {"exclusivity": "exclusive", "sublicensable": True}
        owner = title.owner.stream
        self.journal.record(
            f"{kind}.recorded", right.stream, owner, {"title": title.stream}, {}, {kind: facts}
        )
        (title.holdings if kind == "holding" else title.restrictions).append(right)

    def supersede(self, title: Material, rights: list[Right]) -> None:
        """The owner ends all of these rights of its title."""
        while rights:
            right = rights.pop()
            self.journal.record(
                f"{right.kind}.superseded",
                right.stream,
                title.owner.stream,
                {"title": title.stream},
                {},
                {"reason": "Sold to another party."},
            )

    def register_likeness(self) -> None:
        """An agency registers a performer and a likeness, with consents and files, and offers
        it."""
        owner, journal = self.rng.choice(self.of_kind["talent"]), self.journal
        performer, likeness = f"performer:{journal.code()}", f"likeness:{journal.code()}"
        person = {"name": f"{self._name()} Lee", "born": f"{self.rng.randrange(1940, 2004)}-05-01"}
        refs, actor = {"organisation": owner.stream}, owner.stream
        journal.record("performer.registered", performer, actor, refs, {}, {"person": person})
        attributes = sorted(self.rng.sample(_ATTRIBUTES, self.rng.randrange(1, 4)))
        journal.record(
            "likeness.registered",
            likeness,
            actor,
            {"performer": performer},
            {"attributes": list(attributes)},
            {"description": "Reference recordings, studio quality"},
        )
        material = Material(likeness, owner)
        self.performers.append(Performer(performer, material, attributes))
        for _ in range(self.rng.randrange(1, 3)):
            code, uses, facts = self.draft_consent(material, attributes)
            self.record_consent(material, code, uses, facts)
        self._register_files(material)
        material.uses = material.consents[0].uses
        self.publish_offer(material)

    def draft_consent(
        self, likeness: Material, attributes: list[str]
    ) -> tuple[str, list[str], dict[str, Any]]:
        """Return the code, uses and facts of a new consent."""
        uses = sorted(self.rng.sample(_LIKENESS, 2))
        facts: dict[str, Any] = {
            "attributes": attributes,
            "uses": uses,
            "territory": "WORLD",
            "grantee": "*",
        }
        begins = instant(this_year(self.journal.now))
        facts |= {"starts_at": begins, "ends_at": None}
        facts |= {"max_outputs": self.rng.choice((None, 50, 2000))}
        facts |= {"model_kinds": [], "likeness": likeness.code, "description": "As agreed"}
        return self.journal.code(), uses, facts

    def record_consent(
        self, likeness: Material, code: str, uses: list[str], facts: dict[str, Any]
    ) -> Consent:
        """A consent to a likeness comes into force."""
        consent = Consent(f"consent:{code}", uses, facts["max_outputs"])
        self.journal.record(
            "consent.recorded",
            consent.stream,
            likeness.owner.stream,
            {"likeness": likeness.stream},
            {},
            {"consent": facts},
        )
        likeness.consents.append(consent)
        return consent

    def withdraw_consent(self) -> None:
        """A performer takes back a consent, at once or by notice."""
        likenesses = [each for each in self._some() if each.is_likeness and each.consents]
        if not likenesses:
            return
        likeness = likenesses[0]
        if self.rng.random() < 0.5:
            self._withdraw(likeness, likeness.consents.pop())
        elif not likeness.consents[-1].is_noticed:
            self._give_notice(likeness, likeness.consents[-1])

    def _withdraw(self, likeness: Material, consent: Consent) -> None:
        consent.is_over = True
        refs = {"likeness": likeness.stream}
        self.journal.record("consent.withdrawn", consent.stream, likeness.owner.stream, refs)

    def _give_notice(self, likeness: Material, consent: Consent) -> None:
        consent.is_noticed = True
        until = self.journal.now + _NOTICE
        self._noticed.append((until, likeness, consent))
        self.journal.record(
            "consent.notice_given",
            consent.stream,
            likeness.owner.stream,
            {"likeness": likeness.stream},
            {"ground": "terms", "effective_at": instant(until)},
            {"notice": {"law": "", "reason": ""}},
        )

    def end_noticed(self) -> None:
        """Consents whose notice has run out have ended, unless they had before."""
        while self._noticed and self._noticed[0][0] <= self.journal.now:
            _until, likeness, consent = self._noticed.popleft()
            if consent in likeness.consents:
                likeness.consents.remove(consent)
            elif (likeness, consent) in self.resting:
                self.resting.remove((likeness, consent))
            else:
                continue
            self._withdraw(likeness, consent)

    def _register_files(self, of: Material) -> None:
        for number in range(1, self.rng.randrange(2, 5)):
            kind = self.rng.choice(_ASSET_KINDS)
            sha256 = self.rng.randbytes(32).hex()
            asset = Asset(f"asset:{of.code}+{number:03d}", of, self.rng.choice(_VERDICTS), sha256)
            file: dict[str, Any] = {"sha256": sha256, "size_bytes": self.rng.randrange(1 << 34)}
            file |= {"mime": _MIMES.get(kind, "text/plain"), "source_type": "digitalCapture"}
            self.journal.record(
                "asset.registered",
                asset.stream,
                of.owner.stream,
                {"owner": of.stream},
                {"asset_kind": kind},
                {"file": file | {"filename": f"reel-{number}.{kind}"}},
            )
            of.assets.append(asset)

    def publish_offer(self, of: Material) -> None:
        """The owner offers licences."""
        of.offer = f"offer:{self.journal.code()}"
        terms: dict[str, Any] = {
            "uses": of.uses,
            "model_kinds": list(_MODEL_KINDS),
            "territory": "WORLD",
            "per": "file",
            "starts_at": None,
            "ends_at": None,
        }
        terms |= {"price_minor": 100 * self.rng.randrange(1, 9000), "currency": self.currency()}
        self.journal.record(
            "offer.published", of.offer, of.owner.stream, {"of": of.stream}, {}, {"terms": terms}
        )
        self.offered.append(of)

    def withdraw_offer(self) -> None:
        """An offer goes off the market; half of the time another takes its place."""
        place = self.rng.randrange(len(self.offered))
        of = self.offered[place]
        if len(self.offered) < 20:
            return
        self.offered[place] = self.offered[-1]
        self.offered.pop()
        self.journal.record("offer.withdrawn", of.offer, of.owner.stream)
        if self.rng.random() < 0.5:
            self.publish_offer(of)

    def change_rights(self) -> None:
        """A restriction is recorded for some title, or one that it has is ended."""
        for title in self._some():
            if not title.is_likeness:
                if title.restrictions:
                    self.supersede(title, title.restrictions)
                else:
                    self.record_right(title, "restriction")
                return

    def erase(self) -> None:
        """What the log committed to about a performer is erased."""
        if len(self.performers) > 5:
            performer = self.performers.pop(self.rng.randrange(len(self.performers)))
            self.journal.erase(performer.stream, "system:operator")

    def currency(self) -> str:
        return self.rng.choice(_CURRENCIES)

    def _some(self) -> list[Material]:
        return self.rng.sample(self.offered, min(10, len(self.offered)))

    def _name(self) -> str:
        return f"{self.rng.choice(_WORDS)} {self.rng.choice(_WORDS)}"
