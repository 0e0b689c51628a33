"""What the C2PA conformance programme asks of a signed file (its asset rubric for the programme's
version 0.2 and the specification's 2.4, published 2026-08-06): 31 statements about the newest
manifest in a crJSON document, each a function of its published name that says whether it holds.

Written anew in Python, because the programme's own evaluator needs a library that no package index
has; on some thousand documents, right ones and wrong ones, both said the same.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, Final

type Json = dict[str, Any]

_VERSION: Final = ("2", "4")
_OPENERS: Final = {"c2pa.created", "c2pa.opened"}
# What leaves the look and sound of a thing as they were.
_IMPERCEPTIBLE: Final = _OPENERS | {
    f"c2pa.{name}"
    for name in (
        "converted",
        "edited.metadata",
        "enhanced",
        "placed",
        "published",
        "redacted",
        "repackaged",
        "resized.proportional",
        "transcoded",
        "watermarked",
        "watermarked.bound",
        "watermarked.unbound",
    )
}
_ACTIONS: Final = _IMPERCEPTIBLE | {
    f"c2pa.{name}"
    for name in (
        "addedText",
        "adjustedColor",
        "changedSpeed",
        "color_adjustments",
        "cropped",
        "deleted",
        "drawing",
        "dubbed",
        "edited",
        "filtered",
        "mastered",
        "mixed",
        "orientation",
        "remixed",
        "removed",
        "resized",
        "translated",
        "trimmed",
        "unknown",
    )
}
_FORMER_ACTIONS: Final = {
    f"c2pa.{name}"
    for name in (
        "color_adjustments",
        "copied",
        "formatted",
        "managed",
        "printed",
        "produced",
        "saved",
        "version_updated",
        "watermarked",
    )
}
_PARAMETERS: Final = {
    "description",
    "ingredient",
    "ingredients",
    "italic",
    "multipleInstances",
    "optical-size",
    "ranges",
    "redacted",
    "relatedAssertions",
    "slant",
    "sourceLanguage",
    "targetLanguage",
    "weight",
    "width",
}
_FORMER_ASSERTIONS: Final = {
    f"c2pa.{name}"
    for name in ("actions", "asset-type", "claim", "hash.bmff.v2", "ingredient", "ingredient.v2")
}
_ASSERTIONS: Final = _FORMER_ASSERTIONS | {
    f"c2pa.{name}"
    for name in (
        "actions.v2",
        "ai-disclosure",
        "alternative-content-representation",
        "assertion.metadata",
        "asset-ref",
        "asset-type.v2",
        "certificate-status",
        "cloud-data",
        "depthmap.GDepth",
        "embedded-data",
        "environmental-sustainability",
        "external-reference",
        "hash.bmff.v3",
        "hash.boxes",
        "hash.collection.data",
        "hash.data",
        "hash.data.part",
        "hash.multi-asset",
        "icon",
        "ingredient.v3",
        "metadata",
        "repository-receipt",
        "session-keys",
        "soft-binding",
        "thumbnail.claim",
        "thumbnail.ingredient",
        "time-stamp",
    )
}
_MALFORMED: Final = {
    "assertion.action.malformed",
    "assertion.alternativeContentRepresentation.malformed",
    "assertion.alternativeContentRepresentation.missing",
    "assertion.bmffHash.malformed",
    "assertion.boxesHash.malformed",
    "assertion.boxesHash.unknownBox",
    "assertion.cbor.invalid",
    "assertion.collectionHash.malformed",
    "assertion.dataHash.malformed",
    "assertion.external-reference.created",
    "assertion.external-reference.labelMismatch",
    "assertion.external-reference.malformed",
    "assertion.ingredient.malformed",
    "assertion.json.invalid",
    "assertion.multiAssetHash.malformed",
    "assertion.multipleHardBindings",
    "claim.cbor.invalid",
    "claim.hardBindings.missing",
    "claim.malformed",
    "claim.missing",
    "claim.multiple",
    "hashedURI.missing",
    "ingredient.manifest.missing",
    "manifest.compressed.invalid",
    "manifest.html.multipleManifests",
    "manifest.inaccessible",
    "manifest.multipleParents",
    "manifest.structuredText.emptyReference",
    "manifest.structuredText.malformedReference",
    "manifest.structuredText.multipleReferences",
    "manifest.structuredText.noManifest",
    "manifest.structuredText.noResolutionPath",
    "manifest.timestamp.invalid",
    "manifest.timestamp.wrongParents",
    "manifest.update.invalid",
    "manifest.update.wrongParents",
}
_MISMATCHED: Final = {
    "assertion.action.ingredientMismatch",
    "assertion.action.redactionMismatch",
    "assertion.alternativeContentRepresentation.hashMismatch",
    "assertion.bmffHash.mismatch",
    "assertion.boxesHash.mismatch",
    "assertion.collectionHash.mismatch",
    "assertion.dataHash.mismatch",
    "assertion.external-reference.hashMismatch",
    "assertion.hardBinding.redacted",
    "assertion.hashedURI.mismatch",
    "assertion.multiAssetHash.mismatch",
    "claimSignature.missing",
    "claimSignature.mismatch",
    "hashedURI.mismatch",
    "ingredient.claimSignature.mismatch",
    "ingredient.claimSignature.missing",
    "ingredient.manifest.mismatch",
}


class Newest:
    """The newest manifest of a crJSON document, which is its first."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.manifest: Json = document["manifests"][0]
        self.assertions: Json = self.manifest.get("assertions") or {}
        self.claim: Json = self.manifest.get("claim.v2") or {}

    @cached_property
    def said(self) -> list[Json]:
        return [data for data in self.assertions.values() if isinstance(data, dict)]

    @cached_property
    def actions(self) -> list[Json]:
        return [action for data in self.said for action in data.get("actions") or ()]

    @cached_property
    def ingredients(self) -> list[Json]:
        return [data for data in self.said if data.get("relationship") is not None]

    @cached_property
    def failures(self) -> set[str] | None:
        results = self.manifest.get("validationResults")
        return None if results is None else {item["code"] for item in results.get("failure") or ()}

    def done(self, name: str) -> Iterator[Json]:
        return (action for action in self.actions if action["action"] == name)


STATEMENTS: Final[dict[str, Callable[[Newest], bool]]] = {}


def failing(document: Mapping[str, Any]) -> set[str]:
    """Return the names of the statements that do not hold of a crJSON document."""
    newest = Newest(document)
    return {name for name, holds in STATEMENTS.items() if not holds(newest)}


def _statement(holds: Callable[[Newest], bool]) -> Callable[[Newest], bool]:
    STATEMENTS[holds.__name__] = holds
    return holds


# What a validator found.


def _has_results(newest: Newest) -> bool:
    return newest.failures is not None


# Two statements that say the same, once for each of the two after them.
STATEMENTS["well_formed_data_present"] = STATEMENTS["valid_data_present"] = _has_results


@_statement
def well_formed_success(newest: Newest) -> bool:
    return newest.failures is not None and not newest.failures & _MALFORMED


@_statement
def valid_success(newest: Newest) -> bool:
    return newest.failures is not None and not newest.failures & _MISMATCHED


# Manifest and claim.


@_statement
def active_manifest_urn(newest: Newest) -> bool:
    return str(newest.manifest.get("label")).startswith("urn:c2pa:")


@_statement
def mandatory_spec_version(newest: Newest) -> bool:
    generator = newest.claim.get("claim_generator_info")
    if isinstance(generator, list):
        generator = generator[0] if generator else None
    version = (generator or {}).get("specVersion")
    return isinstance(version, str) and tuple(version.split(".")[:2]) == _VERSION


@_statement
def no_deprecated_claim_fields(newest: Newest) -> bool:
    return newest.claim.get("specVersion") is None  # it stands with the generator since 2.4


# Assertions.


@_statement
def no_deprecated_assertions(newest: Newest) -> bool:
    return not any(
        label.startswith("stds.") or label in _FORMER_ASSERTIONS for label in newest.assertions
    )


@_statement
def no_unsupported_assertions(newest: Newest) -> bool:
    standard = (label for label in newest.assertions if label.startswith("c2pa."))
    # A second assertion of a kind has a number: c2pa.ingredient.v3__1.
    return all(label.partition("__")[0] in _ASSERTIONS for label in standard)


@_statement
def no_unrecognized_custom_assertions(newest: Newest) -> bool:
    return all("." in label for label in newest.assertions)


@_statement
def no_url_in_hashes(newest: Newest) -> bool:
    hashes = (newest.assertions.get(f"c2pa.hash.{kind}") for kind in ("data", "bmff.v3"))
    return not any((data or {}).get("url") for data in hashes)


@_statement
def no_box_hash_for_tiff(newest: Newest) -> bool:
    kind = (newest.assertions.get("c2pa.asset-type.v2") or {}).get("dc:format")
    return not (
        kind in ("image/tiff", "image/x-adobe-dng") and "c2pa.hash.boxes" in newest.assertions
    )


@_statement
def review_ratings_datasource(newest: Newest) -> bool:
    by_hand = ("humanEntry.anonymous", "humanEntry.credentialed")
    rated = (data for data in newest.said if data.get("reviewRatings") is not None)
    return not any((data.get("dataSource") or {}).get("type") in by_hand for data in rated)


@_statement
def alternative_content_representation_choice(newest: Newest) -> bool:
    preserved = "exif.originalPreservationImage"
    ways = ("multiAssetPartIndex", "embeddedOriginalPreservationImage")
    for data in newest.said:
        parameters = data.get("parameters") or {}
        if preserved in (data.get("type"), parameters.get("type")) and (
            sum(parameters.get(way) is not None for way in ways) != 1
        ):
            return False
    return True


@_statement
def forbidden_labels_in_external_references(newest: Newest) -> bool:
    for data in newest.said:
        label = data.get("label")
        is_reference = data.get("url") is not None and data.get("relationship") is None
        if label is None or not is_reference:
            continue
        whole = ("c2pa.actions", "c2pa.actions.v2", "c2pa.cloud-data", "c2pa.external-reference")
        if label in whole or label.startswith(("c2pa.hash", "c2pa.ingredient")):
            return False
    return True


# Actions.


@_statement
def inception_action_position(newest: Newest) -> bool:
    created = (item["url"] for item in newest.claim.get("created_assertions") or ())
    first = next((url for url in created if "c2pa.actions" in url), "")
    starts = not any(newest.done("c2pa.created")) or newest.actions[0]["action"] in _OPENERS
    return first.endswith("c2pa.actions.v2") and starts


@_statement
def mandatory_all_actions_included(newest: Newest) -> bool:
    lists = (data for data in newest.said if data.get("actions") is not None)
    return all(data.get("allActionsIncluded") is not None for data in lists)


@_statement
def mandatory_dst_for_created_action(newest: Newest) -> bool:
    return all(
        action.get("digitalSourceType") is not None for action in newest.done("c2pa.created")
    )


@_statement
def mandatory_dst_for_perceptible_transformations(newest: Newest) -> bool:
    return not any(
        action["action"].startswith("c2pa.")
        and action["action"] not in _IMPERCEPTIBLE
        and action.get("digitalSourceType") is None
        for action in newest.actions
    )


@_statement
def no_dst_for_opened_action(newest: Newest) -> bool:
    return all(action.get("digitalSourceType") is None for action in newest.done("c2pa.opened"))


@_statement
def opened_action_ingredient_reference(newest: Newest) -> bool:
    opened = [action.get("parameters") or {} for action in newest.done("c2pa.opened")]
    return all(len(parameters.get("ingredients") or ()) == 1 for parameters in opened)


@_statement
def all_actions_included_opened(newest: Newest) -> bool:
    if [action["action"] for action in newest.actions] != ["c2pa.opened"]:
        return True
    listed = newest.assertions.get("c2pa.actions.v2") or {}
    return listed.get("allActionsIncluded") is True


@_statement
def no_deprecated_actions(newest: Newest) -> bool:
    return not any(action["action"] in _FORMER_ACTIONS for action in newest.actions)


@_statement
def no_unsupported_actions(newest: Newest) -> bool:
    standard = {action["action"] for action in newest.actions if action["action"][:5] == "c2pa."}
    return standard <= _ACTIONS


@_statement
def no_unrecognized_custom_actions(newest: Newest) -> bool:
    return all("." in action["action"] for action in newest.actions)


@_statement
def no_unrecognized_custom_action_parameters(newest: Newest) -> bool:
    names = {name for action in newest.actions for name in action.get("parameters") or ()}
    return all("." in name for name in names - _PARAMETERS)


@_statement
def discouraged_legacy_action_parameters(newest: Newest) -> bool:
    given = [action.get("parameters") or {} for action in newest.actions]
    former = ("description", "ingredient")
    return not any(parameters.get(name) is not None for parameters in given for name in former)


# Ingredients.


@_statement
def ingredient_relationship_values(newest: Newest) -> bool:
    known = ("parentOf", "inputTo", "componentOf")
    return all(data["relationship"] in known for data in newest.ingredients)


@_statement
def ingredient_v3_no_active_manifest(newest: Newest) -> bool:
    bare = (data for data in newest.ingredients if data.get("activeManifest") is None)
    return all(data.get("validationResults") is None for data in bare)


@_statement
def ingredient_v3_mandatory_validation_results(newest: Newest) -> bool:
    signed = (data for data in newest.ingredients if data.get("activeManifest") is not None)
    return all(data.get("validationResults") is not None for data in signed)


@_statement
def ingredient_v3_choice(newest: Newest) -> bool:
    signed = (data for data in newest.ingredients if data.get("activeManifest") is not None)
    return all(data.get("digitalSourceType") is None for data in signed)
