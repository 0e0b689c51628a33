"""What the parties agreed, as plain values: the one input of both forms of the agreement."""

from dataclasses import dataclass
from datetime import UTC, datetime

from babel import Locale

from catalog.scope.territory import COUNTRIES
from catalog.scope.uses import (
    EXCLUSIVITIES,
    LEAVES,
    MODEL_KINDS,
    expand_uses,
)
from ledger import edge_code
from licensing.money import format_amount, plain_amount

# What each use means to the people who agree; the codes beside it decide.
USE_WORDS = {
    "train.pretrain": "training a model from its beginning",
    "train.finetune": "training an existing model further",
    "train.discriminative": "training a model that recognises or classifies and generates nothing",
    "evaluate": "measuring a model, without training on the material",
    "input": "giving the material to a model as input, without training on it",
    "index": "indexing the material so that it can be found or quoted",
    "generate.output": "generating output that draws on the material",
    "generate.likeness": "generating the face, voice, motion or name of a consenting performer",
    "dub": "dubbing a consenting performer's voice into another language or line",
    "deage": "changing the apparent age of a consenting performer",
    "converse.persona": "letting people converse with a persona of a consenting performer",
    "derive": "making annotations, features or other data from the material",
    "distribute.theatrical": "showing the material in cinemas",
    "distribute.tv": "broadcasting the material",
    "distribute.vod": "offering the material on demand",
    "distribute.home_video": "selling copies of the material",
    "distribute.other": "distributing the material in any other way",
}
MODEL_KIND_WORDS = {
    "foundation": "general-purpose models whose weights stay with the Licensee",
    "open_weights": "models whose weights are published",
    "customer_private": "models made for one customer and used by that customer only",
    "evaluation_only": "models that are only measured and never deployed",
}


@dataclass(frozen=True)
class Party:
    """An organisation: its edge code and its legal name."""

    code: str
    name: str


@dataclass(frozen=True)
class LicensedFile:
    """One file: its code (`7K3F2Q9D+001`), what it belongs to, and its SHA-256.

    `name` is the title's (or likeness's) name, `other_names` the original and translated ones.
    `kind` is a plain word such as `picture` or `audio`. `ranges` are the parts of it that are
    licensed, [from, to) in milliseconds; none: all of it. `left_out` is what the licensor declares
    to be cut out of it, such as `music at 00:01:00-00:02:30`.
    """

    code: str
    name: str
    kind: str
    sha256: str
    other_names: tuple[str, ...] = ()
    ranges: tuple[tuple[int, int], ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class LikenessConsent:
    """A performer's consent that licensed files of a likeness rest on. `ends_at` None: no end."""

    code: str
    likeness_code: str
    performer: str
    attributes: tuple[str, ...]
    uses: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime | None
    max_outputs: int | None = None


@dataclass(frozen=True)
class Approval:
    """One side's approval, given in the product: it binds, without a signature by hand.

    `role` is the member's role, empty where none was recorded; `entry` names the entry of the
    log, by its kind and stream, as `deal.approved of deal:7K3F2Q9D`; `deed` says the same in
    words, as `approved the request`. No person is named: to the
    other side the product shows an organisation and its role.
    """

    role: str
    at: datetime
    entry: str
    deed: str


@dataclass(frozen=True)
class Amends:
    """The licence that an agreement takes the place of, in the terms that it had.

    `number` counts the amendments of the agreement `first` from 1; `agreement` is the one that is
    amended, which is an amendment itself from number 2 on, with the SHA-256 of its PDF. `left_out`
    are the codes of the files that the licence covered and the amended one does not.
    """

    number: int
    first: str
    agreement: str
    pdf_sha256: str
    grant: str
    uses: tuple[str, ...]
    model_kinds: tuple[str, ...]
    territory: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime | None
    exclusivity: str
    files: int
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Promise:
    """That nobody gets the files of a title or likeness cheaper: its code and name, and the
    price of a unit (`per` file, segment, minute or hour) as the rate card says it, `times` what it
    is multiplied by, an exact fraction such as `3/2`; where the card tells resolutions apart, for
    files of this one.
    """

    owner: str
    name: str
    price_minor: int
    per: str
    times: str = "1"
    resolution: str = ""


@dataclass(frozen=True)
class AgreementTerms:
    """The whole of what is agreed. Order of files, uses, countries and consents does not matter.

    `code` is the deal's. `uses` are names of the tree of uses, `territory` ISO 3166-1 alpha-2
    codes. The term is half-open in UTC, `ends_at` None for no end. The price is due before
    `pay_by`, or the agreement lapses. `site` is this installation's
    address, under which the agreement can be verified. Raises ValueError, naming the field, for
    terms that cannot be agreed.
    """

    code: str
    agreed_at: datetime
    pay_by: datetime
    licensor: Party
    licensee: Party
    licensor_approval: Approval
    licensee_approval: Approval
    files: tuple[LicensedFile, ...]
    uses: tuple[str, ...]
    model_kinds: tuple[str, ...]
    territory: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime | None
    exclusivity: str
    fee_minor: int
    currency: str
    site: str
    consents: tuple[LikenessConsent, ...] = ()
    amends: Amends | None = None
    promises: tuple[Promise, ...] = ()

    def __post_init__(self) -> None:
        if not self.files:
            raise ValueError("files: an agreement needs at least one file")
        if len({file.code for file in self.files}) != len(self.files):
            raise ValueError("files: a file is named twice")
        if not self.uses or not expand_uses(self.uses):
            raise ValueError("uses: an agreement needs at least one use")
        if not self.model_kinds or not set(self.model_kinds) <= set(MODEL_KINDS):
            raise ValueError(f"model_kinds: one or more of {', '.join(MODEL_KINDS)}")
        if not self.territory or not set(self.territory) <= COUNTRIES:
            raise ValueError("territory: one or more ISO 3166-1 alpha-2 codes")
        if self.exclusivity not in EXCLUSIVITIES:
            raise ValueError(f"exclusivity: one of {', '.join(EXCLUSIVITIES)}")
        if self.fee_minor < 0:
            raise ValueError("fee_minor: zero or more")
        plain_amount(self.fee_minor, self.currency)
        moments = {
            name: getattr(self, name) for name in ("agreed_at", "pay_by", "starts_at", "ends_at")
        }
        moments |= {
            "licensor_approval": self.licensor_approval.at,
            "licensee_approval": self.licensee_approval.at,
        }
        for name, moment in moments.items():
            if moment is not None and moment.utcoffset() is None:
                raise ValueError(f"{name}: the time needs its zone")
        if self.pay_by <= self.agreed_at:
            raise ValueError("pay_by: the price is due after the agreement")
        if self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("ends_at: the term must end after it starts")

    @property
    def sorted_files(self) -> list[LicensedFile]:
        return sorted(self.files, key=lambda file: file.code)

    @property
    def sorted_consents(self) -> list[LikenessConsent]:
        return sorted(self.consents, key=lambda consent: consent.code)

    @property
    def permitted(self) -> list[str]:
        """The leaves of the permitted uses, in tree order."""
        leaves = expand_uses(self.uses)
        return [leaf for leaf in LEAVES if leaf in leaves]

    @property
    def reserved(self) -> list[str]:
        """Every other leaf: what the licence does not allow."""
        leaves = expand_uses(self.uses)
        return [leaf for leaf in LEAVES if leaf not in leaves]

    @property
    def sorted_model_kinds(self) -> list[str]:
        return [kind for kind in MODEL_KINDS if kind in self.model_kinds]

    @property
    def trains(self) -> bool:
        """Whether a model may be trained on the material: then clauses on trained models hold."""
        return any(use.startswith("train.") for use in self.permitted)

    @property
    def title(self) -> str:
        """What the document is called."""
        if self.amends is None:
            return "Licence Agreement"
        return f"Amendment no. {self.amends.number} to agreement {spaced(self.amends.first)}"

    @property
    def fee(self) -> str:
        """The fee as people write it, with its code: `USD 12,500.00`."""
        shown = format_amount(self.fee_minor, self.currency, "en")
        return shown if shown.startswith(self.currency) else f"{shown} ({self.currency})"


def territory_words(codes: tuple[str, ...]) -> str:
    """Return a territory in words: the world, the world without some, or the countries."""
    chosen, missing = set(codes), COUNTRIES - set(codes)
    if not missing:
        return "the world"
    if len(missing) < len(chosen):
        return f"the world without {_countries(missing)}"
    return _countries(chosen)


def _countries(codes: set[str] | frozenset[str]) -> str:
    names = Locale("en").territories
    return ", ".join(f"{names.get(code, code)} ({code})" for code in sorted(codes))


def moment(at: datetime) -> str:
    """Return a time as the agreement writes it: `1 January 2027, 00:00 UTC`."""
    utc = at.astimezone(UTC)
    clock = f"{utc:%H:%M:%S}" if utc.second else f"{utc:%H:%M}"
    return f"{utc.day} {utc:%B %Y}, {clock} UTC"


def spaced(code: str) -> str:
    """Return an edge code as printed, with an asset's number."""
    return edge_code.display(code)
