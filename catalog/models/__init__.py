"""What exists and who holds it: titles, files, rights, performers and their consents.

Territories are expressions of the clearance contract; uses are its use names.
"""

from catalog.models.assets import Asset, AssetKind, SourceType, WorkState
from catalog.models.clips import Clip
from catalog.models.consent_uses import Approval, ConsentUse, Decision, Stage
from catalog.models.consents import (
    Consent,
    ConsentState,
    Ground,
    Suspension,
    SuspensionReason,
)
from catalog.models.imports import (
    LIVE_IMPORTS,
    Avail,
    DayOrder,
    EndPolicy,
    Import,
    ImportFormat,
    ImportRow,
    ImportSource,
    ImportState,
    RowOutcome,
)
from catalog.models.likenesses import Attribute, Likeness
from catalog.models.parties import Credit, CreditRole, Party, PartyKind
from catalog.models.performers import Authority, Basis, HeirsRule, Performer, PerformerName
from catalog.models.references import ReferenceLook, ReferenceState
from catalog.models.rights import HOLDINGS, Evidence, Fact, FactKind
from catalog.models.search import SavedSearch, SearchDocument, SearchState
from catalog.models.shots import BeginsWith, Cue, MediaReading, Shot, ShotTag, Transcript
from catalog.models.signatures import Invitation, Signature
from catalog.models.titles import (
    Merger,
    NameKind,
    Scheme,
    Technique,
    Title,
    TitleIdentifier,
    TitleKind,
    TitleName,
)
from catalog.models.uploads import Upload, UploadPart, UploadState

__all__ = [
    "HOLDINGS",
    "LIVE_IMPORTS",
    "Approval",
    "Asset",
    "AssetKind",
    "Attribute",
    "Authority",
    "Avail",
    "Basis",
    "BeginsWith",
    "Clip",
    "Consent",
    "ConsentState",
    "ConsentUse",
    "Credit",
    "CreditRole",
    "Cue",
    "DayOrder",
    "Decision",
    "EndPolicy",
    "Evidence",
    "Fact",
    "FactKind",
    "Ground",
    "HeirsRule",
    "Import",
    "ImportFormat",
    "ImportRow",
    "ImportSource",
    "ImportState",
    "Invitation",
    "Likeness",
    "MediaReading",
    "Merger",
    "NameKind",
    "Party",
    "PartyKind",
    "Performer",
    "PerformerName",
    "ReferenceLook",
    "ReferenceState",
    "RowOutcome",
    "SavedSearch",
    "Scheme",
    "SearchDocument",
    "SearchState",
    "Shot",
    "ShotTag",
    "Signature",
    "SourceType",
    "Stage",
    "Suspension",
    "SuspensionReason",
    "Technique",
    "Title",
    "TitleIdentifier",
    "TitleKind",
    "TitleName",
    "Transcript",
    "Upload",
    "UploadPart",
    "UploadState",
    "WorkState",
]
