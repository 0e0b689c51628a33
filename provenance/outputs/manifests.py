"""What the manifest of a licensee's output says: who made what with whose files. Pure.

Few files stand in it one by one, as ingredients with the manifests they were delivered under. Many
stand as a data set: the root of a tree over all of them (client/edgecode/dataset.py). The forms of
the assertions are in `schemas/`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from provenance import manifests
from provenance.manifests import ConsentFacts, LedgerFacts, Party
from provenance.outputs.label_duties import LabelDuty

OUTPUT: Final = "com.edgecode.output"
DATASET: Final = "com.edgecode.dataset"
OUTPUT_SCHEMA: Final = "com.edgecode.output/2"
DATASET_SCHEMA: Final = "com.edgecode.dataset/1"
INGREDIENTS_MAX: Final = 25

_IPTC: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_C2PA: Final = "http://c2pa.org/digitalsourcetype/"
_OF_C2PA: Final = frozenset({"trainedAlgorithmicData"})


@dataclass(frozen=True)
class OutputFacts:
    """The output as it was declared. `format` is the file's media type, `status_url` where it is
    told how it stands now."""

    code: str
    kind: str
    title: str
    format: str
    made_by: str
    maker: Party
    use: str
    model_kind: str
    territory: Any
    made_at: datetime
    status_url: str
    ledger: LedgerFacts


@dataclass(frozen=True)
class Ingredient:
    """A granted file by its credential: its name, media type, and the manifest store."""

    title: str
    format: str
    store: bytes


@dataclass(frozen=True)
class SourceFacts:
    """What was used of one grant: one by one in `ingredients`, or, where these are empty, as a
    data set. `relation` is C2PA's word, `proof_url` where to ask whether a file is a member.
    `status_list` is the place of the grant in a status list; `on_consent`: files of performers are
    among them, whose licence may end with a consent."""

    grant: str
    status_url: str
    status_list: Mapping[str, Any]
    on_consent: bool
    relation: str
    members: int
    root: str
    proof_url: str
    ingredients: Sequence[Ingredient] = ()


def output_definition(
    output: OutputFacts,
    sources: Sequence[SourceFacts],
    consents: Sequence[ConsentFacts],
    duties: Sequence[LabelDuty],
    *,
    continues: bool = False,
) -> dict[str, Any]:
    """Return the definition of an output's manifest.

    `continues`: the file carries manifests already, and is its own parent.
    """
    ingredients = [
        _ingredient(f"source{at}.{number}", source.relation, each)
        for at, source in enumerate(sources)
        for number, each in enumerate(source.ingredients)
    ]
    if continues:
        ingredients.insert(0, _parent(output))
    sets = [source for source in sources if not source.ingredients]
    return {
        "claim_generator_info": [
            {"name": "Edgecode", "version": "0.1.0", "specVersion": manifests.SPECIFICATION}
        ],
        "title": output.title,
        "format": output.format,
        "assertions": [
            _said(manifests.ACTIONS, _actions(output, ingredients)),
            _said(OUTPUT, _output(output, sources, duties)),
            *(_said(DATASET, _data_set(source)) for source in sets),
            *(_said(manifests.CONSENT, manifests.consent_said(each)) for each in consents),
        ],
        **({"ingredients": ingredients} if ingredients else {}),
    }


def consent_label(number: int) -> str:
    """Return the label of the consent of that number in a manifest, from 0."""
    return manifests.CONSENT if number == 0 else f"{manifests.CONSENT}__{number}"


def _ingredient(label: str, relation: str, file: Ingredient) -> dict[str, Any]:
    return {
        "label": label,
        "title": file.title,
        "format": file.format,
        "relationship": relation,
        "store": file.store,
    }


def _parent(output: OutputFacts) -> dict[str, Any]:
    return {
        "label": manifests.PARENT,
        "title": output.title,
        "format": output.format,
        "relationship": "parentOf",
    }


def _actions(output: OutputFacts, ingredients: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What was done: made with what went in, and put together with what is seen in it."""
    vocabulary = _C2PA if output.made_by in _OF_C2PA else _IPTC
    opened = {"action": "c2pa.opened", **_naming(ingredients, "parentOf")}
    made = {
        "action": "c2pa.edited" if "parameters" in opened else "c2pa.created",
        "digitalSourceType": f"{vocabulary}{output.made_by}",
        "when": _instant(output.made_at),
        **_naming(ingredients, "inputTo"),
    }
    placed = {"action": "c2pa.placed", **_naming(ingredients, "componentOf")}
    actions = [
        *([opened] if "parameters" in opened else []),
        made,
        *([placed] if "parameters" in placed else []),
    ]
    # Of what else was done to it we know nothing.
    return {"allActionsIncluded": False, "actions": actions}


def _naming(ingredients: Sequence[Mapping[str, Any]], relation: str) -> dict[str, Any]:
    named = [each["label"] for each in ingredients if each["relationship"] == relation]
    return {"parameters": {"ingredientIds": named}} if named else {}


def _output(
    output: OutputFacts, sources: Sequence[SourceFacts], duties: Sequence[LabelDuty]
) -> dict[str, Any]:
    return {
        "schema": OUTPUT_SCHEMA,
        "output": output.code,
        "kind": output.kind,
        "maker": {"code": output.maker.code, "name": output.maker.name},
        "use": output.use,
        "model_kind": output.model_kind,
        "territory": output.territory,
        "made_at": _instant(output.made_at),
        "sources": [
            {
                "grant": source.grant,
                "status_url": source.status_url,
                "status_list": dict(source.status_list),
                "on_consent": source.on_consent,
                "relation": source.relation,
                "files": source.members,
            }
            for source in sources
        ],
        "label_duties": [_duty(each) for each in duties],
        "status_url": output.status_url,
        "ledger": {
            "origin": output.ledger.origin,
            "index": output.ledger.index,
            "receipt": output.ledger.receipt,
            "entry": output.ledger.entry,
        },
    }


def _duty(duty: LabelDuty) -> dict[str, Any]:
    return {
        "jurisdiction": duty.jurisdiction,
        "law": duty.law,
        "duty": duty.duty,
        "confirmed": duty.confirmed,
        "as_of": duty.as_of.isoformat(),
    }


def _data_set(source: SourceFacts) -> dict[str, Any]:
    return {
        "schema": DATASET_SCHEMA,
        "grant": source.grant,
        "relation": source.relation,
        "members": source.members,
        "alg": "sha256",
        "tree": "RFC 6962",
        "root": source.root,
        "proof_url": source.proof_url,
    }


def _said(label: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"label": label, "created": True, "data": data}


def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
