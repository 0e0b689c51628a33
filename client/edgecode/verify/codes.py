"""What the reader's codes say of one manifest: of its signature, of an identity in it, of its past.

The reader keeps one list of codes for a file's newest manifest and some of those that it was made
from, and names one list of trust, of whichever of them it came to last. So a code counts for the
address that it was told of, and under the list that stands in its explanation.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

CLAIMS_LIST: Final = "urn:edgecode:trust:claims"
TIMES_LIST: Final = "urn:edgecode:trust:times"
IDENTITIES_LIST: Final = "urn:edgecode:trust:identities"
IDENTITY: Final = "cawg.identity"
# By an answer of its authority that stands beside the signature; the reader asks nobody.
REVOKED: Final = "signingCredential.ocsp.revoked"
_STRIKING: Final = ("c2pa.opened", "c2pa.redacted")
_BOUND_AS_FILM: Final = "assertion.bmffHash.match"
_BOUND_AS_DATA: Final = "assertion.dataHash.match"
_BOUND: Final = re.compile(r"assertion\.[a-zA-Z]+Hash\.match")  # of content; URIs have another
_LEFT_OUT: Final = re.compile(r"assertion\.[a-zA-Z]+Hash\.additionalExclusionsPresent")
# Of what a manifest states; that it states something in addition the reader takes for no manifest.
_ALTERED: Final = ("assertion.hashedURI.mismatch", "assertion.undeclared")
_BINDING: Final = re.compile(r"self#jumbf=/c2pa/([^/]+)/c2pa\.assertions/")
# The one failure that the days of an identity's certificate have.
_OVER: Final = "cawg.x509.signature.outside_validity"
# Failures of the signer, the clock or a further identity: the content is what was signed.
_NOT_CONTENT: Final = (
    *("signingCredential.", "timeStamp.", "claimSignature.outsideValidity", "cawg."),
)


@dataclass(frozen=True)
class Identity:
    """Who signed a statement inside a manifest, by the certificate; whether that signature holds,
    whether it stands under a root of identities, and the labels of what it signs. `over`: it is
    none of its certificate's days, so that the reader asks no root."""

    common_name: str
    organisation: str
    sound: bool
    trusted: bool
    about: tuple[str, ...]
    over: bool = False

    def is_of(self, code: object) -> bool:
        """Return whether the certificate names the organisation with this edge code."""
        return isinstance(code, str) and self.common_name.endswith(f" EC {code}")


def concerns_content(code: str) -> bool:
    """Return whether a failure of this code means that the content is not what was signed."""
    return not code.startswith(_NOT_CONTENT)


def is_claim_trusted(report: Mapping[str, Any], manifest_id: str) -> bool:
    """Return whether a manifest itself is signed under a root of claims."""
    said = _told(report, "success", f"self#jumbf=/c2pa/{manifest_id}/c2pa.signature")
    return said.get("signingCredential.trusted", "").endswith(f"[{CLAIMS_LIST}] trust anchors")


def is_revoked(report: Mapping[str, Any], manifest_id: str) -> bool:
    """Return whether the certificate that signed a manifest was revoked, as an answer says that the
    manifest carries, and no time stamp shows that it signed before."""
    return REVOKED in _told(report, "failure", f"self#jumbf=/c2pa/{manifest_id}/c2pa.signature")


def is_inner_trusted(report: Mapping[str, Any], manifest_id: str) -> bool:
    """Return whether a manifest inside a file is signed under a root of claims, by our own reading
    of that one alone. What they found who put it in is hearsay: any tool that has not been told of
    our roots calls it untrusted, and anybody can call his own trusted."""
    place = f"self#jumbf=/c2pa/{manifest_id}/c2pa.signature"
    holds = "claimSignature.validated" in _told(report, "success", place)
    fails = _told(report, "failure", place)
    return holds and not fails and is_claim_trusted(report, manifest_id)


def is_as_signed(report: Mapping[str, Any]) -> bool:
    """Return whether nothing that a manifest states is other than what was signed, by our reading
    of that one alone; some of it may be struck out."""
    return not any(each.get("code") in _ALTERED for each in as_maps(_active(report).get("failure")))


def is_time_trusted(report: Mapping[str, Any], manifest_id: str) -> bool:
    """Return whether the time stamp of a manifest's signature stands under a root of times."""
    said = _told(report, "success", f"self#jumbf=/c2pa/{manifest_id}/c2pa.signature")
    return said.get("timeStamp.trusted", "").endswith(f", trust list: {TIMES_LIST}")


def is_blank(answer: Mapping[str, Any]) -> bool:
    """Return whether beside the signature that was read stand no more than a time stamp and zeros:
    anybody can put a stamp there, of anything, that stands under no root of times."""
    standing = as_map(answer.get("standing"))
    is_stamp = not standing.get("stamped") or _is_time_trusted(answer)
    return bool(standing.get("blank")) and is_stamp


def is_stamp_unknown(answer: Mapping[str, Any]) -> bool:
    """Return whether nothing else stands there but a time stamp under no root of times: a short one
    of this very signature. It may be of an authority that was asked before, or since."""
    report = as_map(answer.get("report"))
    newest = str(report.get("active_manifest") or "")
    holds = _told(report, "success", f"self#jumbf=/c2pa/{newest}/c2pa.signature")
    is_short = bool(as_map(answer.get("standing")).get("bounded"))
    return is_short and "timeStamp.validated" in holds and not _is_time_trusted(answer)


def _is_time_trusted(answer: Mapping[str, Any]) -> bool:
    report = as_map(answer.get("report"))
    return is_time_trusted(report, str(report.get("active_manifest") or ""))


def identity_in(report: Mapping[str, Any], manifest_id: str) -> Identity | None:
    """Return who else signed in a manifest; None for nobody, and for more than one: which of them
    stands for what nobody could say."""
    manifest = as_map(as_map(report.get("manifests")).get(manifest_id))
    found = [each for each in as_maps(manifest.get("assertions")) if bare(each) == IDENTITY]
    if len(found) != 1 or not as_map(found[0].get("data")):
        return None
    said = as_map(found[0]["data"])
    by = as_map(said.get("signature_info"))
    place = f"self#jumbf=/c2pa/{manifest_id}/c2pa.assertions/{found[0].get('label')}"
    holds, fails = _told(report, "success", place), _told(report, "failure", place)
    trusted = holds.get("cawg.x509.credential.trusted", "")
    return Identity(
        common_name=str(by.get("common_name") or ""),
        organisation=str(by.get("issuer") or ""),
        sound="cawg.x509.signature.validated" in holds
        and not any("untrusted" not in code for code in fails if code != _OVER),
        trusted=trusted.endswith(f"[{IDENTITIES_LIST}] trust anchors") and _OVER not in fails,
        about=tuple(_signed_by(as_map(said.get("signer_payload")), manifest_id)),
        over=_OVER in fails,
    )


def identity_until(crjson: Mapping[str, Any], manifest_id: str) -> str:
    """Return until when the certificate is good of who else signed in a manifest (RFC 3339), "" for
    nobody, and for more than one."""
    named = (each for each in as_maps(crjson.get("manifests")) if each.get("label") == manifest_id)
    said = as_map(next(named, {}).get("assertions"))
    found = [as_map(said[label]) for label in said if label.partition("__")[0] == IDENTITY]
    if len(found) != 1:
        return ""
    certificate = as_map(as_map(found[0].get("signature")).get("certificateInfo"))
    return str(as_map(certificate.get("validity")).get("notAfter") or "")


def updates(report: Mapping[str, Any], newest: str, vouched: Collection[str]) -> list[str]:
    """Return the manifests of which each only strikes assertions out of the next, the newest first;
    the last says what the file is. Each is vouched for: who strikes something out of a manifest
    does not stand for what is left of it."""
    manifests = as_map(report.get("manifests"))
    found, bound = [newest], _bound(report)
    if not is_claim_trusted(report, newest):
        return found
    for _ in manifests:  # no further than there are manifests, also where they go in a circle
        # One that is bound to content itself is of that, whatever its parent was of.
        if found[-1] in bound:
            return found
        parent = _parent_updated(as_map(manifests.get(found[-1])))
        if parent not in vouched:
            break
        found.append(parent)
    return [newest]  # those before it were of some other content


def updates_within(
    report: Mapping[str, Any], ingredient: str, vouched: Collection[str]
) -> list[str]:
    """Return the same of a manifest that the file was made from, and that is vouched for. Nobody
    looks at what content those were bound to: the last is the first that says more."""
    manifests = as_map(report.get("manifests"))
    found = [ingredient]
    for _ in manifests:  # no further than there are manifests, also where they go in a circle
        parent = _parent_updated(as_map(manifests.get(found[-1])))
        if parent not in vouched or parent in found:
            break
        found.append(parent)
    return found


def is_bound_as_film(report: Mapping[str, Any]) -> bool:
    """Return whether the hash of the content that was verified is one of ISO media boxes, which
    leaves some of them out."""
    return any(each.get("code") == _BOUND_AS_FILM for each in _held(report))


def is_bound_as_data(report: Mapping[str, Any], manifest_id: str) -> bool:
    """Return whether a manifest binds itself to the content that the file has by the hash of its
    bytes, and of no form's parts."""
    label = f"self#jumbf=/c2pa/{manifest_id}/c2pa.assertions/c2pa.hash.data"
    return _BOUND_AS_DATA in _told(report, "success", label)


def leaves_more_out(report: Mapping[str, Any]) -> bool:
    """Return whether a signer left parts of the content out of its hash that need not be."""
    bound = _bound(report)
    found = (
        _BINDING.match(str(each.get("url")))
        for each in as_maps(_active(report).get("informational"))
        if _LEFT_OUT.fullmatch(str(each.get("code")))
    )
    return any(each is not None and each[1] in bound for each in found)


def _bound(report: Mapping[str, Any]) -> set[str]:
    """Return the manifests, by name, that bind themselves to the content that the file has."""
    found = (
        _BINDING.match(str(each.get("url")))
        for each in _held(report)
        if _BOUND.fullmatch(str(each.get("code")))
    )
    return {each[1] for each in found if each is not None}


def _held(report: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what was found to hold."""
    return as_maps(_active(report).get("success"))


def _active(report: Mapping[str, Any]) -> Mapping[str, Any]:
    return as_map(as_map(report.get("validation_results")).get("activeManifest"))


def _parent_updated(manifest: Mapping[str, Any]) -> str:
    """Return the manifest that this one strikes something out of and adds nothing to, or ""."""
    match manifest:
        case {
            "redactions": [_, *_],
            "assertions": [{"data": {"actions": [*actions]}}],
            "ingredients": [{"relationship": "parentOf", "active_manifest": str(parent)}],
        } if all(as_map(each).get("action") in _STRIKING for each in actions):
            return parent
    return ""


def _signed_by(payload: Mapping[str, Any], manifest_id: str) -> Iterator[str]:
    for each in as_maps(payload.get("referenced_assertions")):
        manifest, _, label = str(each.get("url")).rpartition("c2pa.assertions/")
        if manifest in {"self#jumbf=", f"self#jumbf=/c2pa/{manifest_id}/"}:
            yield label


def broken_past(report: Mapping[str, Any], manifest_id: str) -> list[str]:
    """Return of what a manifest was made from the names of what did not match its own credential,
    when it went in or since."""
    manifest = as_map(as_map(report.get("manifests")).get(manifest_id))
    changed = changed_since(report)
    return [
        str(each.get("title") or each.get("active_manifest") or "-")
        for each in as_maps(manifest.get("ingredients"))
        if not ingredient_holds(each) or address_in(manifest_id, each) in changed
    ]


def changed_since(report: Mapping[str, Any]) -> set[str]:
    """Return the addresses of what manifests were made from that no longer matches its own
    credential. Of whom its signer is nothing is told."""
    results = as_map(report.get("validation_results"))
    return {
        str(each.get("ingredientAssertionURI"))
        for each in as_maps(results.get("ingredientDeltas"))
        if _breaks(as_map(each.get("validationDeltas")))
    }


def address_in(manifest_id: str, ingredient: Mapping[str, Any]) -> str:
    """Return where the assertion of an ingredient stands in its manifest."""
    return f"self#jumbf=/c2pa/{manifest_id}/c2pa.assertions/{ingredient.get('label')}"


def ingredient_holds(ingredient: Mapping[str, Any]) -> bool:
    """Return whether what went in matched its own credential then, as who put it in says."""
    results = as_map(ingredient.get("validation_results"))
    older = {"failure": ingredient.get("validation_status")}  # the form before C2PA 2.1
    return not _breaks(as_map(results.get("activeManifest"))) and not _breaks(older)


def ingredients_of(report: Mapping[str, Any], manifest_id: str) -> Iterator[Mapping[str, Any]]:
    """Yield what a manifest was made from, and what that was made from in turn."""
    manifests, left, seen = as_map(report.get("manifests")), [manifest_id], {manifest_id}
    while left:
        for each in as_maps(as_map(manifests.get(left.pop())).get("ingredients")):
            yield each
            inner = str(each.get("active_manifest") or "")
            if inner not in seen:
                seen.add(inner)
                left.append(inner)


def _breaks(part: Mapping[str, Any]) -> bool:
    return any(concerns_content(str(each.get("code"))) for each in as_maps(part.get("failure")))


def _told(report: Mapping[str, Any], kind: str, place: str) -> dict[str, str]:
    """Return the codes of this kind that were told of one address, with their explanations."""
    return {
        str(each.get("code")): str(each.get("explanation"))
        for each in as_maps(_active(report).get(kind))
        if each.get("url") == place
    }


def bare(assertion: Mapping[str, Any]) -> str:
    """Return an assertion's label without its number: a second one is called label__1."""
    return str(assertion.get("label", "")).partition("__")[0]


def as_map(value: object) -> Mapping[str, Any]:
    """Return a mapping, an empty one for what is none: what a file says can be of any form."""
    return value if isinstance(value, Mapping) else {}


def as_maps(value: object) -> list[Mapping[str, Any]]:
    """Return the mappings of a list, none of what is no list."""
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
