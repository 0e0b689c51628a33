"""What a credential says: the manifest definition built from plain facts. Pure.

Facts in, a dictionary for the signing library out; no database, no clock, no key. The two
assertions that no standard has are ours, `com.edgecode.grant` and `com.edgecode.consent`; their
forms stand in `schemas/`, one file a version, named in each assertion's `schema` field.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from catalog.scope.ranges import clock
from provenance.content_codes import ISCC

GRANT = "com.edgecode.grant"
CONSENT = "com.edgecode.consent"
TRAINING_MINING = "cawg.training-mining"
METADATA = "cawg.metadata"
AGREEMENT = "c2pa.external-reference"
ASSET_REFERENCE = "c2pa.asset-ref"
SOFT_BINDING = "c2pa.soft-binding"
ACTIONS = "c2pa.actions.v2"
GRANT_SCHEMA = "com.edgecode.grant/3"
CONSENT_SCHEMA = "com.edgecode.consent/1"
SPECIFICATION = "2.4.0"
PARENT = "parent"

_GENERATOR = {"name": "Edgecode", "version": "0.1.0", "specVersion": SPECIFICATION}
_IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_SOURCE_TYPES = frozenset(
    [
        "digitalCapture",
        "computationalCapture",
        "negativeFilm",
        "positiveFilm",
        "print",
        "humanEdits",
        "minorHumanEdits",
        "compositeCapture",
        "composite",
        "compositeSynthetic",
        "trainedAlgorithmicMedia",
        "compositeWithTrainedAlgorithmicMedia",
        "algorithmicMedia",
        "algorithmicallyEnhanced",
        "digitalCreation",
        "digitalArt",
        "dataDrivenMedia",
        "screenCapture",
        "virtualRecording",
    ]
)

_METADATA_CONTEXT = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "plus": "http://ns.useplus.org/ldf/xmp/1.0/",
    "xmpRights": "http://ns.adobe.com/xap/1.0/rights/",
}

# Which uses of a grant make an entry of the training-mining assertion "constrained": the leaves
# that it means and every name above them. An entry that no granted use meets is "notAllowed".
_ABOVE = {"train", "ai.all", "ALL"}
_ENTRIES = {
    "cawg.ai_generative_training": {"train.pretrain", "train.finetune", "train.generative"}
    | _ABOVE,
    "cawg.ai_training": {"train.discriminative"} | _ABOVE,
    "cawg.ai_inference": {"input", "evaluate"} | _ABOVE,
    "cawg.data_mining": {"index", "ai.all", "ALL"},
}


@dataclass(frozen=True)
class Party:
    """An organisation: its edge code and the name it trades under."""

    code: str
    name: str


@dataclass(frozen=True)
class AssetFacts:
    """The granted file as registered.

    `format` is its media type, `source_type` the IPTC name of how it came to be, `sha256` the
    original's, before any manifest went in. `work` is what the file belongs to, by name, and
    `identifier` its standard number, each "" where a licensee is not to know or there is none.
    `left_out` is (element, span of time code or "") of what the licensor keeps back of it,
    `content_code` its ISCC (units of 256 bits, base64), "" while it has none.
    """

    code: str
    title: str
    work: str
    identifier: str
    format: str
    source_type: str
    sha256: str
    left_out: Sequence[tuple[str, str]] = ()
    content_code: str = ""


@dataclass(frozen=True)
class ClipFacts:
    """A part that was cut out of the granted file: [from, to) in milliseconds, its media type."""

    from_ms: int
    to_ms: int
    format: str


@dataclass(frozen=True)
class LedgerFacts:
    """Where the grant stands in the log: its origin line, the entry's index, the receipt, and the
    entry, which the receipt is about: with the log's key they prove inclusion without asking us.
    """

    origin: str
    index: int
    receipt: str
    entry: str


@dataclass(frozen=True)
class GrantFacts:
    """What was granted. The term is [start, end), aware; `end` None is for ever.

    `territory` is a territory expression as the grant states it (text, list or mapping).
    """

    code: str
    licensor: Party
    licensee: Party
    uses: Sequence[str]
    model_kinds: Sequence[str]
    territory: str | Sequence[str] | Mapping[str, Any]
    start: datetime
    end: datetime | None
    exclusivity: str
    agreement_sha256: str
    agreement_url: str
    status_url: str
    status_list: Mapping[str, object]
    url: str
    ledger: LedgerFacts


@dataclass(frozen=True)
class ConsentFacts:
    """What a performer allowed, with no word about who: the record stands behind its hash.

    `record_sha256` is a salted commitment to the consent record, so that nobody guesses it.
    """

    code: str
    attributes: Sequence[str]
    uses: Sequence[str]
    start: datetime
    end: datetime | None
    record_sha256: str


def definition(
    asset: AssetFacts,
    grant: GrantFacts,
    consents: Sequence[ConsentFacts] = (),
    *,
    continues: bool = False,
    part: ClipFacts | None = None,
) -> dict[str, Any]:
    """Return the definition of one licensee's credential for one asset.

    A likeness brings the consents it rests on. `continues`: the file carries a manifest already,
    and the signer adds the action that opened it and the file as its parent. `part`: what is
    signed was cut out of the file, which is its parent. ValueError for a
    source type that does not exist, a grant without a use, a time without a zone, a term that
    ends before it starts.
    """
    if asset.source_type not in _SOURCE_TYPES:
        raise ValueError(f"asset {asset.code}: {asset.source_type!r} is no digital source type")
    if not grant.uses:
        raise ValueError(f"grant {grant.code}: names no use")
    action = {"action": "c2pa.created", "digitalSourceType": f"{_IPTC}{asset.source_type}"}
    actions = [] if continues else [action]
    if part is not None:
        actions = _cutting(asset, part)
    assertions = [
        _assertion(ACTIONS, {"allActionsIncluded": True, "actions": actions}),
        _assertion(TRAINING_MINING, {"entries": training_entries(grant.uses, grant.url)}),
        {**_assertion(METADATA, _metadata(asset, grant)), "kind": "Json"},
        _assertion(GRANT, _grant(asset, grant, part)),
        *(_assertion(CONSENT, consent_said(consent)) for consent in consents),
        _assertion(ASSET_REFERENCE, {"references": [_reference(grant)]}),
        # A part has another content than the file that it was cut out of.
        *([soft_binding(asset.content_code)] if asset.content_code and part is None else []),
        # Never among what is created: C2PA 2.4, assertion.external-reference.created.
        {"label": AGREEMENT, "data": _agreement(grant)},
    ]
    return {
        "claim_generator_info": [dict(_GENERATOR)],
        "title": asset.title,
        "format": asset.format if part is None else part.format,
        "assertions": assertions,
        **({"ingredients": [parent(asset)]} if part is not None else {}),
    }


def soft_binding(content_code: str) -> dict[str, Any]:
    """Return the assertion by whose code a file is found again without its manifest."""
    blocks = [{"scope": {}, "value": content_code}]
    return _assertion(SOFT_BINDING, {"alg": ISCC, "blocks": blocks})


def parent(asset: AssetFacts) -> dict[str, Any]:
    """Return the granted file as the ingredient that a part of it was cut out of."""
    return {
        "label": PARENT,
        "title": asset.title,
        "format": asset.format,
        "relationship": "parentOf",
        # RFC 6920: by its hash, for a reader that has the file.
        "instance_id": f"nih:sha-256;{asset.sha256}",
    }


def _metadata(asset: AssetFacts, grant: GrantFacts) -> dict[str, Any]:
    """What catalogues and search engines read of rights (CAWG metadata 1.1)."""
    named = {"dc:title": asset.work, "dc:identifier": asset.identifier}
    return {
        "@context": _METADATA_CONTEXT,
        **{name: said for name, said in named.items() if said},
        "plus:Licensor": [{"plus:LicensorID": grant.licensor.code,
                           "plus:LicensorName": grant.licensor.name}],
        "xmpRights:Marked": True,
        "xmpRights:WebStatement": grant.url,
    }  # fmt: skip


def _reference(grant: GrantFacts) -> dict[str, Any]:
    return {
        "reference": {"uri": grant.url},
        "description": "Where licensor and licensee of the grant obtain the file",
    }


def _agreement(grant: GrantFacts) -> dict[str, Any]:
    """The agreement by its hash; its address answers to licensor and licensee alone."""
    return {
        "location": {
            "url": grant.agreement_url,
            "alg": "sha256",
            "hash": list(bytes.fromhex(grant.agreement_sha256)),
            "dc:format": "application/pdf",
        },
        "description": "The licence agreement under which the grant was given",
    }


def _cutting(asset: AssetFacts, part: ClipFacts) -> list[dict[str, Any]]:
    """What was done: the file was opened, cut, and written anew."""
    opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": [PARENT]}}
    span = f"{clock(part.from_ms)} - {clock(part.to_ms)} of {asset.code}"
    return [
        opened,
        {
            "action": "c2pa.trimmed",
            "description": span,
            "digitalSourceType": f"{_IPTC}{asset.source_type}",
        },
        {"action": "c2pa.transcoded"},
    ]


def training_entries(uses: Sequence[str], grant_url: str) -> dict[str, dict[str, str]]:
    """Return the entries of `cawg.training-mining` for granted `uses`.

    "constrained" sends the reader to the grant, which alone says what is allowed; it never
    widens it. All else is "notAllowed".
    """
    reached = entries_reached(uses)
    return {
        entry: {"use": "constrained", "constraint_info": grant_url}
        if entry in reached
        else {"use": "notAllowed"}
        for entry in _ENTRIES
    }


def entries_reached(uses: Sequence[str]) -> set[str]:
    """Return the entries that `uses` have to do with, of those that the standard has."""
    granted = {use.removesuffix(".*") for use in uses}
    return {entry for entry, meaning in _ENTRIES.items() if granted & meaning}


def _assertion(label: str, data: dict[str, Any]) -> dict[str, Any]:
    # "created": stated by the signer. The library's default, "gathered", is hearsay.
    return {"label": label, "created": True, "data": data}


def _grant(asset: AssetFacts, grant: GrantFacts, part: ClipFacts | None) -> dict[str, Any]:
    range_ = {"from_ms": part.from_ms, "to_ms": part.to_ms} if part is not None else None
    return {
        "schema": GRANT_SCHEMA,
        "grant": grant.code,
        "asset": {
            "code": asset.code,
            "sha256": asset.sha256,
            **({"range": range_} if range_ else {}),
        },
        "licensor": {"code": grant.licensor.code, "name": grant.licensor.name},
        "licensee": {"code": grant.licensee.code, "name": grant.licensee.name},
        "uses": list(grant.uses),
        "model_kinds": list(grant.model_kinds),
        "territory": grant.territory,
        **_term(f"grant {grant.code}", grant.start, grant.end),
        "exclusivity": grant.exclusivity,
        "left_out": [
            {"element": element, **({"at": at} if at else {})} for element, at in asset.left_out
        ],
        "agreement_sha256": grant.agreement_sha256,
        "status_url": grant.status_url,
        "status_list": dict(grant.status_list),
        "grant_url": grant.url,
        "ledger": {
            "origin": grant.ledger.origin,
            "index": grant.ledger.index,
            "receipt": grant.ledger.receipt,
            "entry": grant.ledger.entry,
        },
    }


def consent_said(consent: ConsentFacts) -> dict[str, Any]:
    """Return what the assertion about a consent says."""
    return {
        "schema": CONSENT_SCHEMA,
        "consent": consent.code,
        "attributes": list(consent.attributes),
        "uses": list(consent.uses),
        **_term(f"consent {consent.code}", consent.start, consent.end),
        "record_sha256": consent.record_sha256,
    }


def _term(name: str, start: datetime, end: datetime | None) -> dict[str, str | None]:
    if end is not None and end <= start:
        raise ValueError(f"{name}: ends before it starts")
    return {"start": _instant(name, start), "end": _instant(name, end) if end else None}


def _instant(name: str, moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError(f"{name}: a time without a zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
