"""The ledger entries of this room."""

from catalog.models import AssetKind, TitleKind
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
keep_as_evidence("asset", "holding", "restriction")
