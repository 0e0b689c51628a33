"""Whom an auditor trusts: a policy file, or just the keys of logs."""

from collections.abc import Sequence
from pathlib import Path

from edgecode.log.keys import Algorithm, VerifierKey, parse_vkey
from edgecode.log.policy import LogKey, Policy, parse_policy

_BYTES_MAX = 1_000_000


class BadTrust(ValueError):
    """A policy or a key cannot be used; the message says which and why."""


def read_policy(path: Path | None, vkeys: Sequence[str] | None) -> Policy:
    """Return the policy in a file, or one that trusts these keys and asks for no witness. A key
    is given as such, or as a file that holds it. Raises BadTrust."""
    if path is None:
        return Policy(tuple(LogKey(_key(vkey)) for vkey in vkeys or ()))
    raw = _read(path)
    try:
        policy = parse_policy(raw)
    except ValueError as error:
        raise BadTrust(f"{path}: {error}") from None
    if not policy.logs:
        raise BadTrust(f"{path}: it names no log; add a line: log <vkey>")
    return policy


def _key(vkey: str) -> VerifierKey:
    # A vkey has two plus signs and no file of that name; what is not one is taken for a path.
    text = (
        vkey if vkey.count("+") >= 2 and "\n" not in vkey else _read(Path(vkey)).decode("latin-1")
    )
    try:
        key = parse_vkey(text)
    except ValueError as error:
        raise BadTrust(f"--vkey: {error}") from None
    if key.algorithm is Algorithm.COSIGNATURE:
        raise BadTrust("--vkey: this is the key of a witness, not of a log")
    return key


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_BYTES_MAX)
    except OSError as error:
        raise BadTrust(f"{path}: {error.strerror}") from None
