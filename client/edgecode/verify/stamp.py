"""When a file's newest manifest was signed, as far as a time stamp (RFC 3161) says so."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from edgecode.verify.codes import as_map, as_maps, is_time_trusted
from edgecode.verify.found import Found
from edgecode.verify.shown import SHOWN_MAX
from edgecode.verify.term import instant
from edgecode.verify.verdict import Check, Outcome
from edgecode.verify.vouching import DEVELOPMENT


def time_of(found: Found) -> Check:
    """Return whether somebody whom we trust says when it was signed."""
    holds = _succeeded(found.report, found.manifest_id)
    moment = str(_moment(found) or "")[:40]
    authority = str(found.answer.get("time_authority") or "-")[:SHOWN_MAX]
    if not moment or "timeStamp.validated" not in holds:
        return Check("time", Outcome.UNKNOWN, "time.none")
    values = {"time": moment, "authority": authority}
    if not is_time_trusted(found.report, found.manifest_id):
        return Check("time", Outcome.WARNING, "time.untrusted", values)
    if DEVELOPMENT in authority:  # who stamps may be another than who signs
        return Check("time", Outcome.WARNING, "time.development", values)
    return Check("time", Outcome.OK, "time.trusted", values)


def signed_by(found: Found, now: datetime) -> datetime:
    """Return the time by which the newest manifest had been signed: the moment of its stamp where
    that is trusted, else now."""
    if not is_time_trusted(found.report, found.manifest_id):
        return now
    try:
        return min(instant(_moment(found)), now)
    except (ValueError, OverflowError):
        return now


def _moment(found: Found) -> object:
    return as_map(found.manifest.get("signature_info")).get("time")


def _succeeded(report: Mapping[str, Any], manifest_id: str) -> set[str]:
    """Return the codes of what holds in the newest manifest itself."""
    active = as_map(as_map(report.get("validation_results")).get("activeManifest"))
    return {
        str(each.get("code"))
        for each in as_maps(active.get("success"))
        if manifest_id and f"/{manifest_id}/" in str(each.get("url"))
    }
