"""Whether a file is what was signed, by whom, and under which licence: offline, by the file alone.

from edgecode.verify import read_bundle, verify

verdict = verify(Path("film.mp4"), trust=read_bundle(Path("trust-bundle.pem")))
verdict.name == "licensed"

The chain from a file to its verdict, each module on those before it:

- vouching, found: whose signature counts; what the signers of one file state.
- integrity, coverage: the content is what was signed, and the signature covers all of it.
- signer, stamp, identity: who signed it, when, and who stands behind what it says.
- receipt, term, grant, consents, past: the licence, its entry in the log, what it rests on.
- gathering: from the file to what was found of it.
- licence, declared, outputs: the sum, of what was licensed and of what a licensee made.

codes says what the reader's codes mean, boxes what no hash covers; status reads status lists.
"""

import hashlib
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from edgecode.verify.bundle import BadBundle, Bundle, read_bundle
from edgecode.verify.declared import declared_in
from edgecode.verify.found import GRANT, Found
from edgecode.verify.gathering import check_on_disk, gathered
from edgecode.verify.licence import judged
from edgecode.verify.outputs import judged_output
from edgecode.verify.reading import CannotRead, Reader
from edgecode.verify.status import TOKEN_BYTES_MAX, Entry, check_of_all
from edgecode.verify.verdict import Check, Name, Outcome, Verdict

__all__ = [
    "BadBundle",
    "Bundle",
    "CannotRead",
    "Check",
    "Name",
    "Outcome",
    "Reader",
    "Verdict",
    "read_bundle",
    "verify",
]

_NOBODY: Final = Bundle()
# As the reader writes it of files that carry some.
_NO_MANIFESTS: Final = {
    "@context": {
        "@vocab": "https://c2pa.org/crjson",
        "extras": "https://c2pa.org/crjson/extras",
    },
    "manifests": [],
}


def verify(
    path: Path,
    *,
    sidecar: Path | None = None,
    trust: Bundle | None = None,
    at: datetime | None = None,
    status: Path | None = None,
    reader: Reader | None = None,
) -> Verdict:
    """Return what may be believed of the file at `path`; nothing is fetched, whatever it names.

    `sidecar` is a .c2pa file beside it, `trust` whom to believe, `at` (aware, default now) the time
    that its licence is asked about, `status` a status list that was downloaded. Of many files one
    `reader` may read all: `with Reader() as reader`. Raises OSError, ValueError for a
    time to come, and CannotRead where no file can be read at all.
    """
    now = datetime.now(UTC)
    if at is not None and at > now:
        raise ValueError("nobody knows yet what will hold then; ask about the past")
    trust = trust or _NOBODY
    for each in (path, sidecar):
        if each is not None:
            check_on_disk(each)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    with nullcontext(reader) if reader is not None else Reader() as reading:
        found = gathered(reading, path, sidecar, trust, sha256=sha256, now=now)
    if isinstance(found, Check):
        return _unread(found, sha256, at or now)
    return _judged(found, trust, status, now, at)


def _judged(
    found: Found, trust: Bundle, status: Path | None, now: datetime, at: datetime | None
) -> Verdict:
    """Return the verdict on what was found of a file: on its licence, and where a signer whom one
    trusts names none and says what a licensee made, on that."""
    declared, state = declared_in(found), None
    if status is not None:
        entries = _entries(found) if declared is None else declared.entries
        state = _state(status, entries, trust, now, at)
    verdict = judged(found, trust.logs, at or now, state, now=now, signers=trust.signers)
    if declared is not None and any(check.said == "grant.none" for check in verdict.checks):
        return judged_output(verdict, declared, trust.logs, at or now, state)
    return verdict


def _unread(why: Check, sha256: str, at: datetime) -> Verdict:
    """Return the verdict on a file in which no manifest was read."""
    if why.id == "reader":
        return Verdict(Name.UNREADABLE, (why,), sha256, at)
    return Verdict(Name.UNSIGNED, (why,), sha256, at, crjson=_NO_MANIFESTS)


def _entries(found: Found) -> list[Entry]:
    """Return where a file says that the state of its grant stands, and whether it rests on a
    consent."""
    return [
        Entry(said.get("status_list"), found.on_consent) for said in found.said.stated(GRANT)[:1]
    ]


def _state(
    status: Path, entries: Sequence[Entry], trust: Bundle, now: datetime, at: datetime | None
) -> Check:
    """Return what the status list in a file says of the grants with these entries."""
    with status.open("rb") as file:
        return check_of_all(file.read(TOKEN_BYTES_MAX), entries, trust.lists, now, at)
