"""From a file on a disk to what was found of it: read with the credential beside it and without
it, and the manifests in it told apart into those that are vouched for and the others."""

import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from edgecode.verify.boxes import left_out
from edgecode.verify.bundle import Bundle
from edgecode.verify.codes import as_map, is_as_signed, is_bound_as_film
from edgecode.verify.coverage import has_room
from edgecode.verify.found import OUTPUT, Found
from edgecode.verify.reading import CannotRead, Reader
from edgecode.verify.verdict import Check, Outcome
from edgecode.verify.vouching import vouched_for

_NAMESAKE: Final = "?"
_STORE: Final = b"jumb"  # the kind of the box that a .c2pa file is


def check_on_disk(path: Path) -> None:
    """Raise CannotRead for a pipe: a file is read more than once, and one cannot go back in it."""
    mode = path.stat().st_mode
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):  # of a folder the system says that it is one
        raise CannotRead(f"{path}: no file on a disk, and others cannot be read twice; save it")


def gathered(
    reader: Reader, path: Path, sidecar: Path | None, trust: Bundle, *, sha256: str, now: datetime
) -> Found | Check:
    """Return what was found of the file at `path`, by itself and with its sidecar, or a check that
    says why no manifest was read. `trust` as it stands `now` says whom to believe of its past.
    Raises OSError and CannotRead."""
    answer = reader.read(path, sidecar, trust)
    if answer["outcome"] == "none":
        return _without_credential(path, sidecar, str(answer["remote_url"]))
    if answer["outcome"] != "read":
        return _why_unread(answer)
    left = left_out(path, is_film=is_bound_as_film(answer["report"]))
    found = _with_past(Found(answer, sha256, sidecar is not None, left), trust, now)
    if sidecar is None:
        return found
    own = reader.read(path, None, trust)
    is_work = found.said.only(OUTPUT) is not None
    if own["outcome"] == "stopped" and (has_room(found) or is_work):
        return _why_unread(own)  # nobody has seen what fills it, or what it was made from
    if own["outcome"] == "read":
        alone = _with_past(Found(own, sha256, has_sidecar=False, left=left), trust, now)
        return _with_own(found, _with_itself(alone, trust, now))
    return found


def _without_credential(path: Path, sidecar: Path | None, url: str) -> Check:
    """Return where the credential of a file may be that carries none: beside it and not named, at
    an address, or the file is one itself."""
    if sidecar is None and _is_store(path):
        return Check("credential", Outcome.FAILED, "credential.alone")
    if sidecar is None and (name := _beside(path)):
        return Check("credential", Outcome.FAILED, "credential.beside", {"name": name})
    if url:
        return Check("credential", Outcome.FAILED, "credential.remote", {"url": url[:200]})
    return Check("credential", Outcome.FAILED, "credential.none")


def _beside(path: Path) -> str:
    """Return the name of a .c2pa file that lies beside a file and is called like it, or ""."""
    names = {f"{path.name}.c2pa", f"{path.stem}.c2pa"} - {path.name}
    with suppress(OSError):  # a name that is too long for the system
        return next((each for each in sorted(names) if path.with_name(each).is_file()), "")
    return ""


def _is_store(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(8)[4:] == _STORE


def _why_unread(answer: Mapping[str, Any]) -> Check:
    if answer["outcome"] == "stopped":
        return Check("reader", Outcome.UNKNOWN, f"reader.{answer['limit']}", answer["values"])
    said = "reader.sidecar" if answer["of"] == "sidecar" else "reader.failed"
    return Check("reader", Outcome.UNKNOWN, said)


def _with_past(found: Found, trust: Bundle, now: datetime) -> Found:
    """Return what was read of a file with the manifests of its past that are vouched for, and say
    what was signed."""
    inner = found.answer["inner"]
    signed = vouched_for(found.answer, now, trust.signers)
    vouched = frozenset(name for name in signed if is_as_signed(inner[name]["report"]))
    return replace(found, vouched=vouched, altered=signed.keys() - vouched)


def _with_itself(found: Found, trust: Bundle, now: datetime) -> Found:
    """Return the same, the newest manifest among those that are vouched for where it is, be the
    content what that was signed for or not."""
    itself = {"report": found.report, "certificate": found.answer["certificate"]}
    newest = vouched_for({"inner": {found.manifest_id: itself}}, now, trust.signers).keys()
    if is_as_signed(found.report):
        return replace(found, vouched={*found.vouched, *newest})
    return replace(found, altered={*found.altered, *newest})


def _with_own(beside: Found, own: Found) -> Found:
    """Return what was read of a file and of the manifest beside it, with what a reading without
    that one says. A manifest that has only the name of the one beside it is not called by it."""
    answers = (own.answer, beside.answer)
    names = [str(as_map(each["report"]).get("active_manifest") or "") for each in answers]
    signed = [(each["certificate"], each["state"]) for each in answers]
    is_namesake = names[0] == names[1] and signed[0] != signed[1]
    inside = f"{names[0]} ({_NAMESAKE})" if is_namesake else names[0]
    return replace(beside, inside=inside, own=own)
