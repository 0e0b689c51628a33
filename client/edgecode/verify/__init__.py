"""Whether a file is what was signed, by whom, and under which licence: offline, by the file alone.

from edgecode.verify import read_bundle, verify

verdict = verify(Path("film.mp4"), trust=read_bundle(Path("trust-bundle.pem")))
verdict.name == "licensed"
"""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from edgecode.verify.bundle import BadBundle, Bundle, read_bundle
from edgecode.verify.judging import Check, Found, Name, Outcome, Verdict, judged
from edgecode.verify.reading import CannotRead, Reader
from edgecode.verify.status import TOKEN_BYTES_MAX, check_of

__all__ = [
    "BadBundle",
    "Bundle",
    "CannotRead",
    "Check",
    "Name",
    "Outcome",
    "Verdict",
    "read_bundle",
    "verify",
]

_NOBODY: Final = Bundle()


def verify(
    path: Path,
    *,
    sidecar: Path | None = None,
    trust: Bundle | None = None,
    at: datetime | None = None,
    status: Path | None = None,
) -> Verdict:
    """Return what may be believed of the file at `path`; nothing is fetched, whatever it names.

    `sidecar` is a .c2pa file beside it, `trust` whom to believe, `at` (aware, default now) the time
    that its licence is asked about, `status` a status list that was downloaded. Raises OSError, and
    CannotRead where no file can be read at all.
    """
    now = datetime.now(UTC)
    at, trust = at or now, trust or _NOBODY
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    with Reader() as reader:
        answer = reader.read(path, sidecar, trust)
        if answer is None:
            stopped = Check("reader", Outcome.UNKNOWN, "reader.stopped")
            return Verdict(Name.UNREADABLE, (stopped,), sha256, at)
        if answer["outcome"] == "unreadable":
            failed = Check("reader", Outcome.UNKNOWN, "reader.failed")
            return Verdict(Name.UNREADABLE, (failed,), sha256, at)
        if answer["outcome"] == "none":
            return Verdict(Name.UNSIGNED, (_none(str(answer["remote_url"])),), sha256, at)
        found = Found(answer, None, sha256, sidecar is not None)
        if found.has_identity:
            only = Bundle(identities=trust.identities)
            found = replace(found, identities=reader.read(path, sidecar, only))
    said = None
    if status is not None:
        grants = found.stated("com.edgecode.grant")
        with status.open("rb") as file:
            token = file.read(TOKEN_BYTES_MAX)
        said = check_of(token, grants[0].get("status_list") if grants else None, trust.claims, now)
    return judged(found, trust.logs, at, said)


def _none(remote_url: str) -> Check:
    if remote_url:
        values = {"url": remote_url[:200]}
        return Check("credential", Outcome.FAILED, "credential.remote", values)
    return Check("credential", Outcome.FAILED, "credential.none")
