"""Whether a file is what was signed, by whom, and under which licence: offline, by the file alone.

from edgecode.verify import read_bundle, verify

verdict = verify(Path("film.mp4"), trust=read_bundle(Path("trust-bundle.pem")))
verdict.name == "licensed"
"""

import hashlib
import stat
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from edgecode.verify.boxes import left_out
from edgecode.verify.bundle import BadBundle, Bundle, read_bundle
from edgecode.verify.codes import as_map, is_as_signed, is_bound_as_film
from edgecode.verify.judging import GRANT, Check, Found, Name, Outcome, Verdict, judged, vouched_for
from edgecode.verify.outputs import declared_in, judged_output
from edgecode.verify.reading import CannotRead, Reader
from edgecode.verify.status import TOKEN_BYTES_MAX, Entry, check_of_all

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
_NAMESAKE: Final = "?"
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
            _check_on_disk(each)
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    with nullcontext(reader) if reader is not None else Reader() as reading:
        answer = reading.read(path, sidecar, trust)
        if answer is None or answer["outcome"] != "read":
            return _unread(answer, sha256, at or now)
        left = left_out(path, is_film=is_bound_as_film(answer["report"]))
        found = _with_past(Found(answer, sha256, sidecar is not None, left), trust, now)
        if sidecar is not None:
            own = reading.read(path, None, trust)
            if own is None and found.has_room:
                return _unread(own, sha256, at or now)  # nobody has seen what fills it
            if own is not None and own["outcome"] == "read":
                alone = _with_past(Found(own, sha256, has_sidecar=False, left=left), trust, now)
                found = _with_own(found, _with_itself(alone, trust, now))
        declared = declared_in(found)
    said = None
    if status is not None:
        only = [
            (grant.get("status_list"), found.on_consent) for grant in found.said.stated(GRANT)[:1]
        ]
        entries = only if declared is None else declared.entries
        with status.open("rb") as file:
            token = file.read(TOKEN_BYTES_MAX)
        named = [Entry(place, on_consent) for place, on_consent in entries]
        said = check_of_all(token, named, trust.lists, now, at)
    verdict = judged(found, trust.logs, at or now, said, now=now, signers=trust.signers)
    if declared is not None and any(check.said == "grant.none" for check in verdict.checks):
        return judged_output(verdict, declared, trust.logs, at or now, said)
    return verdict


def _check_on_disk(path: Path) -> None:
    """A file is read more than once, and a pipe cannot be gone back in."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # of a folder the system says that it is one
        raise CannotRead(f"{path}: no file on a disk, and others cannot be read twice; save it")


def _with_past(found: Found, trust: Bundle, now: datetime) -> Found:
    """Return what was read of a file with the manifests of its past that are vouched for, and say
    what was signed."""
    inner = found.answer["inner"]
    signed = vouched_for(found.answer, now, trust.signers)
    vouched = frozenset(name for name in signed if is_as_signed(inner[name]["report"]))
    return replace(found, vouched=vouched)


def _with_itself(found: Found, trust: Bundle, now: datetime) -> Found:
    """Return the same, the newest manifest among those that are vouched for where it is, be the
    content what that was signed for or not."""
    itself = {"report": found.report, "certificate": found.answer["certificate"]}
    signed = vouched_for({"inner": {found.manifest_id: itself}}, now, trust.signers)
    newest = [name for name in signed if is_as_signed(found.report)]
    return replace(found, vouched={*found.vouched, *newest})


def _with_own(beside: Found, own: Found) -> Found:
    """Return what was read of a file and of the manifest beside it, with what a reading without
    that one says. A manifest that has only the name of the one beside it is not called by it."""
    answers = (own.answer, beside.answer)
    names = [str(as_map(each["report"]).get("active_manifest") or "") for each in answers]
    signed = [(each["certificate"], each["state"]) for each in answers]
    is_namesake = names[0] == names[1] and signed[0] != signed[1]
    inside = f"{names[0]} ({_NAMESAKE})" if is_namesake else names[0]
    return replace(beside, inside=inside, own=own)


def _unread(answer: Mapping[str, Any] | None, sha256: str, at: datetime) -> Verdict:
    """Return the verdict on a file in which no manifest was read."""
    if answer is None:
        check = Check("reader", Outcome.UNKNOWN, "reader.stopped")
    elif answer["outcome"] == "unreadable":
        said = "reader.sidecar" if answer["of"] == "sidecar" else "reader.failed"
        check = Check("reader", Outcome.UNKNOWN, said)
    elif url := str(answer["remote_url"])[:200]:
        check = Check("credential", Outcome.FAILED, "credential.remote", {"url": url})
    else:
        check = Check("credential", Outcome.FAILED, "credential.none")
    if check.id == "reader":
        return Verdict(Name.UNREADABLE, (check,), sha256, at)
    return Verdict(Name.UNSIGNED, (check,), sha256, at, crjson=_NO_MANIFESTS)
