"""Whether a signature covers every byte of a file, or leaves room in which anything can stand.

A credential inside a file leaves out of the hash where it stands itself, and whatever else stands
there nobody signed: that room is measured here. One beside a file names the hash of all of it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from edgecode.verify.codes import (
    as_map,
    as_maps,
    is_blank,
    is_bound_as_data,
    is_claim_trusted,
    is_stamp_unknown,
)
from edgecode.verify.found import GRANT, Found
from edgecode.verify.integrity import integrity_of
from edgecode.verify.shown import SHOWN_MAX
from edgecode.verify.verdict import Check, Outcome

_BINDING: Final = "c2pa.hash.data"
_HEADS_MAX: Final = 16  # of the box that a format puts around its manifests


def hash_of(found: Found, grant: Mapping[str, Any] | None, *, is_ours: bool) -> Check:
    """Return whether every byte is covered. `grant` is what a signer whom we trust (`is_ours`) says
    of one. What other signers fill their own room with is their own affair, whoever certifies them:
    a stamp of another kind, or an answer that their certificate is not revoked."""
    asset = as_map((grant or {}).get("asset"))
    values = {"sha256": found.file_sha256}
    if found.left.is_stray or (is_ours and found.said.speaks_as_ours and _has_more(found)):
        return Check("hash", Outcome.FAILED, "hash.more", values)
    if found.left.has_index:
        return Check("hash", Outcome.WARNING, "hash.index", values)
    is_inside = not found.has_sidecar or found.inside == found.manifest_id
    if is_inside or "range" in asset or not asset:  # no hash is named, or another one
        if _is_covered(found):
            return Check("hash", Outcome.OK, "hash.whole", values)
        return Check("hash", Outcome.UNKNOWN, "hash.elsewhere", values)
    return _hash_named(found, asset, values)


def _hash_named(found: Found, asset: Mapping[str, Any], values: Mapping[str, str]) -> Check:
    """Return whether the file has the hash that the credential beside it names."""
    if asset.get("sha256") == found.file_sha256:
        return Check("hash", Outcome.OK, "hash.same", values)
    if found.is_updated:  # beside a file that carries its first credential inside
        return Check("hash", Outcome.UNKNOWN, "hash.elsewhere", values)
    return Check("hash", Outcome.FAILED, "hash.other", values)


def inside_of(found: Found, integrity: Check, hashed: Check, *, is_ours: bool) -> Iterator[Check]:
    """Yield what there is to say, beside one credential, of the one that the file carries itself:
    that it is another one, which nothing covers, or that it is the one to ask instead."""
    if is_ours and found.carries_another and hashed.outcome != Outcome.OK:
        values = {"manifest": found.inside[:SHOWN_MAX]}
        yield Check("inside", Outcome.FAILED, "inside.other", values)
    if integrity.said == "integrity.beside" and found.inside:
        yield Check("inside", Outcome.UNKNOWN, "inside.own")


def is_whole(found: Found) -> bool:
    """Return whether it is said to have this very SHA-256, which leaves nothing out."""
    asset = as_map((found.said.only(GRANT) or {}).get("asset"))
    return asset.get("sha256") == found.file_sha256


def has_room(found: Found) -> bool:
    """Return whether the hash of its content leaves room for manifests that stand in the file."""
    return _excluded(found) > 0 or found.left.own > 0


def _has_more(found: Found) -> bool:
    """Return whether the room that a file has for its manifests holds anything else, or more of
    what nobody signs than this house writes there."""
    standing = as_map(found.answer.get("standing"))
    if not standing:  # nobody can tell
        return True
    # Of a stamp that is nobody's whom one trusts for that the answer about the time tells.
    is_blank_beside = is_blank(found.answer) or is_stamp_unknown(found.answer)
    if found.has_sidecar:
        return not is_blank_beside or _hides(found)
    room = _excluded(found) > standing["written"] + _HEADS_MAX
    return room or found.left.has_room(standing["store"]) or not is_blank_beside


def _hides(found: Found) -> bool:
    """Return whether the room that the credential beside a file passes over holds anything else
    than one that this is or follows. Of another one than that `inside` tells."""
    if found.carries_another or not has_room(found):
        return False
    if found.own is None:  # it carries none that can be read
        return True
    carried = replace(found.own, left=found.left)
    return not _follows(found, carried) or _has_more(carried)


def _follows(found: Found, carried: Found) -> bool:
    """Return whether what a file carries itself is the very manifest that this one names so:
    anybody can give a manifest a name that is another's."""
    name = carried.manifest_id
    return (
        name in found.updates
        and _claim_of(found, name) == _claim_of(carried, name) != {}
        and is_claim_trusted(carried.report, name)
        and integrity_of(carried).holds
    )


def _is_covered(found: Found) -> bool:
    """Return whether the manifest beside it is bound to every byte: what the file carries itself is
    among them, another credential too."""
    name = found.said.manifest_id
    said = as_map(_signed(found, name).get("assertions"))
    bindings = [label for label in said if label.startswith("c2pa.hash.")]
    return (
        found.has_sidecar
        and bindings == [_BINDING]
        and not as_map(said[_BINDING]).get("exclusions")
        and is_bound_as_data(found.report, name)
    )


def _excluded(found: Found) -> int:
    """Return how many bytes the hash of its content leaves out, as far as it counts them."""
    said = as_map(_signed(found, found.said.manifest_id).get("assertions"))
    parts = as_maps(as_map(said.get(_BINDING)).get("exclusions"))
    lengths = [each.get("length") for each in parts]
    return sum(length for length in lengths if isinstance(length, int))


def _claim_of(found: Found, name: str) -> Mapping[str, Any]:
    """Return what the signer of a manifest signed: the hashes of all that is said in it."""
    signed = _signed(found, name)
    return as_map(signed.get("claim.v2") or signed.get("claim"))


def _signed(found: Found, name: str) -> Mapping[str, Any]:
    """Return the manifest of this name as crJSON has it: with its claim, and every assertion."""
    manifests = as_maps(as_map(found.answer.get("crjson")).get("manifests"))
    return next((each for each in manifests if each.get("label") == name), {})
