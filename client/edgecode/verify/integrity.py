"""Whether the content of a file is what was signed: by what failed of what the reader tried."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from edgecode.verify.codes import as_map, as_maps, concerns_content, leaves_more_out
from edgecode.verify.found import Found
from edgecode.verify.shown import SHOWN_MAX
from edgecode.verify.verdict import Check, Outcome

_OTHER_CONTENT: Final = re.compile(r"assertion\.(data|bmff|boxes|collection)Hash\.mismatch")


def integrity_of(found: Found) -> Check:
    """Return whether content and statements are what was signed, by whomever."""
    codes = list(failures(found.report))
    wrong = [code for code in codes if concerns_content(code)]
    if wrong:
        shown = ", ".join(dict.fromkeys(wrong))[:SHOWN_MAX]
        # Beside another file than its own a credential fits as little as beside a changed one.
        is_misplaced = found.has_sidecar and all(map(_OTHER_CONTENT.fullmatch, wrong))
        said = "integrity.beside" if is_misplaced else "integrity.altered"
        return Check("integrity", Outcome.FAILED, said, {"codes": shown})
    # Invalid for its signer alone (expired, of a wrong kind): the bytes are still what was signed.
    if found.answer.get("state") in {"Trusted", "Valid"} or codes:
        if found.left.is_stray or found.left.has_index or leaves_more_out(found.report):
            return Check("integrity", Outcome.WARNING, "integrity.covered")
        return Check("integrity", Outcome.OK, "integrity.intact")
    return Check("integrity", Outcome.FAILED, "integrity.altered", {"codes": "-"})


def failures(report: Mapping[str, Any], *, of_past: bool = True) -> Iterator[str]:
    """Yield the codes of what failed in the newest manifest; `of_past`: and in what it was made
    from."""
    results = as_map(report.get("validation_results"))
    deltas = [
        as_map(each.get("validationDeltas"))
        for each in as_maps(results.get("ingredientDeltas") if of_past else None)
    ]
    for part in (as_map(results.get("activeManifest")), *deltas):
        for each in as_maps(part.get("failure")):
            yield str(each.get("code"))
