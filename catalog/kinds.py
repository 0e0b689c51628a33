"""The ledger entries of this room."""

from catalog.models import AssetKind, CreditRole, FactKind, PartyKind, Scheme, TitleKind
from ledger.kinds import keep_as_evidence, register

register(
    "title.registered",
    subject="title",
    meaning="A work was registered by the organisation that licenses it.",
    data={"title_kind": TitleKind.values},
    refs=["organisation"],
    private=["name", "eidr"],
)
register(
    "title.changed",
    subject="title",
    meaning="What is said of the work was corrected.",
    data={"fields": list},
    private=["change"],
)
register(
    "title.named",
    subject="title",
    meaning="The work is called something else besides.",
    private=["name"],
)
register(
    "title.unnamed",
    subject="title",
    meaning="A name of the work was taken back.",
    private=["name"],
)
register(
    "title.identified",
    subject="title",
    meaning="A number by which others know the work was recorded.",
    data={"scheme": Scheme.values},
    private=["identifier"],
)
register(
    "title.unidentified",
    subject="title",
    meaning="A number of the work that failed its check was set right or dismissed.",
    data={"scheme": Scheme.values},
    private=["identifier"],
)
register(
    "title.merged",
    subject="title",
    meaning="The title was found to be the same work as another, which speaks for both.",
    refs=["into"],
    private=["reason"],
)
register(
    "title.split",
    subject="title",
    meaning="The title was found to be a work of its own after all.",
    refs=["from"],
    private=["reason"],
)
register(
    "party.registered",
    subject="party",
    meaning="A person or company was registered.",
    data={"party_kind": PartyKind.values},
    refs=["organisation"],
    private=["party"],
)
register(
    "party.changed",
    subject="party",
    meaning="What is said of the person or company was corrected.",
    data={"fields": list},
    private=["change"],
)
register(
    "party.merged",
    subject="party",
    meaning="The party was found to be the same as another, which speaks for both.",
    refs=["into"],
    private=["reason"],
)
register(
    "party.split",
    subject="party",
    meaning="The party was found to be one of its own after all.",
    refs=["from"],
    private=["reason"],
)
register(
    "title.credited",
    subject="title",
    meaning="What a party did for the work was recorded.",
    data={"role": CreditRole.values},
    refs=["party"],
)
register(
    "title.uncredited",
    subject="title",
    meaning="A credit was taken back.",
    data={"role": CreditRole.values},
    refs=["party"],
)
register(
    "asset.registered",
    subject="asset",
    meaning="A file was verified and registered.",
    data={"asset_kind": AssetKind.values},
    refs=["owner"],
    private=["file"],
)
register(
    "holding.recorded",
    subject="holding",
    meaning="A right over the title was recorded.",
    refs=["title"],
    private=["holding"],
)
register(
    "holding.superseded",
    subject="holding",
    meaning="The recorded right no longer stands.",
    refs=["title"],
    private=["reason"],
)
register(
    "restriction.recorded",
    subject="restriction",
    meaning="A contract's prohibition on the title was recorded.",
    refs=["title"],
    private=["restriction"],
)
register(
    "restriction.superseded",
    subject="restriction",
    meaning="The recorded prohibition no longer stands.",
    refs=["title"],
    private=["reason"],
)
register(
    "fact.recorded",
    subject="fact",
    meaning="Something that narrows or dates the rights in the title was recorded.",
    data={"fact_kind": FactKind.values},
    refs=["title"],
    private=["fact"],
)
register(
    "fact.superseded",
    subject="fact",
    meaning="The recorded fact no longer stands.",
    refs=["title"],
    private=["reason"],
)
register(
    "performer.registered",
    subject="performer",
    meaning="A performer was registered by who represents them.",
    refs=["organisation"],
    private=["person"],
)
register(
    "likeness.registered",
    subject="likeness",
    meaning="A likeness of the performer was registered.",
    data={"attributes": list},
    refs=["performer"],
    private=["description"],
)
register(
    "consent.recorded",
    subject="consent",
    meaning="The performer's consent was recorded.",
    refs=["likeness"],
    private=["consent"],
)
register(
    "consent.withdrawn",
    subject="consent",
    meaning="The performer's consent was withdrawn from now on.",
    refs=["likeness"],
)
register(
    "evidence.recorded",
    subject="evidence",
    meaning="A document that facts about rights rest on was handed in and is kept.",
    refs=["organisation"],
    private=["file"],
)
keep_as_evidence("asset", "evidence", "fact", "holding", "restriction")
