"""What a witness must never lose: its key, and the last note it cosigned of each log.

The key is a PEM file for its owner only; the state is one SQLite file, written through to the
disk at every change. Both are made on the first run and belong together from then on: a key
without its state could be led to cosign a second history, so it is refused.
"""

import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from edgecode.log.checkpoints import Checkpoint
from edgecode.log.keys import PrivateKey, VerifierKey, cosigner_key
from edgecode.log.policy import Policy
from edgecode.log.witness import Witness

FORKS_MAX = 100
_END = b"-----END PRIVATE KEY-----\n"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS identity (name TEXT NOT NULL, vkeys TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS log (origin TEXT PRIMARY KEY, note TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fork (
    origin TEXT NOT NULL, checkpoint TEXT NOT NULL, at INTEGER NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (origin, checkpoint)
);
"""


class NoWitness(ValueError):
    """Key and state do not make a witness; the message says what to do."""


class State:
    """The state file: edgecode.log.witness.Storage, and the evidence it kept."""

    def __init__(self, path: Path) -> None:
        self._lock = Lock()
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        # Every change is one statement. EXTRA also syncs the folder, so that a change that was
        # answered for is not undone by a power cut.
        try:
            self._database.execute("PRAGMA synchronous=EXTRA")
            self._database.execute("PRAGMA fullfsync=ON")
            self._database.executescript(_SCHEMA)
        except sqlite3.Error:
            self._database.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def load(self, origin: str) -> str | None:
        """Return the note kept for `origin`, or None before the first."""
        rows = self._rows("SELECT note FROM log WHERE origin = ?", origin)
        return str(rows[0][0]) if rows else None

    def swap(self, origin: str, old: str | None, new: str) -> bool:
        """Keep `new` if `old` is what is kept; returns whether it was. Then it is on the disk."""
        if old is None:
            statement = "INSERT INTO log (note, origin) VALUES (?, ?) ON CONFLICT DO NOTHING"
            return self._change(statement, new, origin)
        return self._change(
            "UPDATE log SET note = ? WHERE origin = ? AND note = ?", new, origin, old
        )

    def keep_fork(self, forked: Checkpoint, document: str) -> bool:
        """Keep the evidence (edgecode-evidence/1) against a log that signed this checkpoint and
        should not have: each once, a hundred at most of each log. Returns whether it is new."""
        return self._change(
            "INSERT INTO fork (origin, checkpoint, at, document) SELECT ?1, ?2, ?3, ?4 WHERE"
            " (SELECT count(*) FROM fork WHERE origin = ?1) < ?5 ON CONFLICT DO NOTHING",
            *(forked.origin, forked.text, int(time.time()), document, FORKS_MAX),
        )

    def forks(self, origin: str) -> list[str]:
        """Return the evidence against a log, oldest first; `edgecode evidence` verifies each."""
        rows = self._rows("SELECT document FROM fork WHERE origin = ? ORDER BY rowid", origin)
        return [str(document) for (document,) in rows]

    def identity(self) -> tuple[str, str] | None:
        """Return the name and the vkeys this state belongs to, or None for a new file."""
        rows = self._rows("SELECT name, vkeys FROM identity")
        return (str(rows[0][0]), str(rows[0][1])) if rows else None

    def identify(self, name: str, vkeys: Sequence[VerifierKey]) -> None:
        """Say whose state this is; refused once something was cosigned."""
        if self._rows("SELECT 1 FROM log"):
            raise NoWitness("this state has cosigned with a key that is gone: restore the key")
        self._change("DELETE FROM identity")
        self._change("INSERT INTO identity VALUES (?, ?)", name, " ".join(map(str, vkeys)))

    def _rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()

    def _change(self, statement: str, *values: object) -> bool:
        with self._lock:
            return self._database.execute(statement, values).rowcount > 0


def open_witness(
    policy: Policy, key_file: Path, state_file: Path, name: str | None
) -> tuple[Witness, State]:
    """Return the witness of these files for the logs of `policy`; the first time they are made,
    for which it needs `name`. Raises NoWitness, or another ValueError, with one line."""
    if not policy.logs:
        raise NoWitness("the policy names no log")
    if key_file.exists() and not state_file.exists():
        raise NoWitness(
            f"{key_file} has cosigned before and its state {state_file} is gone: restore it. If "
            "it is lost, this witness must end: move the key away and begin anew, under a new name."
        )
    try:
        state = State(state_file)
    except sqlite3.Error as error:
        raise NoWitness(f"{state_file}: {error}") from None
    try:
        name, keys = _identity(state, key_file, name)
        return Witness(name, keys, [log.key for log in policy.logs], state), state
    except BaseException:
        state.close()
        raise


def _identity(state: State, key_file: Path, name: str | None) -> tuple[str, Sequence[PrivateKey]]:
    known = state.identity()
    if not key_file.exists():
        if name is None:
            raise NoWitness("the first run needs --name, such as witness.example.org/edgecode")
        keys: Sequence[PrivateKey] = (Ed25519PrivateKey.generate(), MLDSA44PrivateKey.generate())
        # The state first: a key that is there has always had one.
        state.identify(name, [cosigner_key(name, key) for key in keys])
        _write_keys(key_file, keys)
        return name, keys
    if known is None:
        raise NoWitness(f"the state is empty, and {key_file} is of another: restore the right one")
    own_name, vkeys = known
    if name not in {None, own_name}:
        raise NoWitness(f"this witness is {own_name}: a new name needs a new key and a new state")
    keys = _read_keys(key_file)
    if " ".join(str(cosigner_key(own_name, key)) for key in keys) != vkeys:
        raise NoWitness(f"{key_file} is not the key of this state: restore the right one")
    return own_name, keys


def _read_keys(path: Path) -> Sequence[PrivateKey]:
    keys: list[PrivateKey] = []
    for block in path.read_bytes().split(_END)[:-1]:
        key = load_pem_private_key(block + _END, password=None)
        if not isinstance(key, Ed25519PrivateKey | MLDSA44PrivateKey):
            raise NoWitness(f"{path} holds a key that is neither Ed25519 nor ML-DSA-44")
        keys.append(key)
    return keys


def _write_keys(path: Path, keys: Sequence[PrivateKey]) -> None:
    """Write the keys for their owner only, whole or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        for key in keys:
            file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        os.fsync(descriptor)
    draft.rename(path)
