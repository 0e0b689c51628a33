"""Evidence that others can check without us, without the log, and without this auditor.

A JSON file: the claim in words, the signed checkpoint, and each entry that shows it with the proof
that it is in the log under that checkpoint (C2SP tlog-proof). Where a log showed two histories:
both signed checkpoints, and the proof of what the newer one begins with.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from edgecode.audit.findings import CLEARANCE, FORM, OPENING, LogFindings, Seen
from edgecode.audit.rules import RULES, Violation
from edgecode.audit.sources import Missing, Source
from edgecode.audit.tree import beginning
from edgecode.audit.web import Unreadable
from edgecode.log import merkle
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.keys import from_base64, to_base64
from edgecode.log.notes import Receipt, check_inclusion, parse_receipt
from edgecode.log.policy import Policy
from edgecode.log.tiles import WIDTH, Tile, decode_bundle, node_reader, tile_at
from edgecode.log.witness import Fork

FORMAT = "edgecode-evidence/1"
BYTES_MAX = 64 * 1024 * 1024
TITLES: Mapping[str, str] = {
    FORM: "An entry is canonical JSON of the fields that every entry has.",
    OPENING: "What an auditor is shown opens the commitment in the log.",
    CLEARANCE: "A verdict follows from its case, and the case from what stood in the log.",
    **{rule.id: rule.title for rule in RULES},
}
_TWO_TREES = "signed two trees of which neither begins with the other"
type Document = dict[str, Any]


class BadEvidence(ValueError):
    """The file is no evidence, or what it says does not verify; the message says which."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a file of evidence shows: the entries that are in the log, or the signed histories.

    `claim` is in this program's words; `said`, in those of the file, which anybody can write.
    """

    claim: str
    said: str
    checkpoint: Checkpoint
    entries: Mapping[int, bytes]
    facts: tuple[str, ...]


def collect(found: LogFindings, source: Source | None) -> Iterator[Document]:
    """Yield evidence for what was found in a log: the violations that were kept, and every
    earlier checkpoint that the log does not continue. That a larger tree came before a smaller one
    no file shows to others: any log that grows has signed both. Where the files of the larger one
    are still there, as in a mirror, they show whether it begins with the smaller."""
    if found.checkpoint is None:
        return
    reader = _Files(found, source)
    for seen in found.conflicting:
        if seen.checkpoint.size <= found.checkpoint.size:
            yield reader.of_history(seen)
        elif (document := reader.of_larger(seen)) is not None:
            yield document
    for violation in found.violations.first:
        yield reader.of_violation(violation)


def of_fork(now: Checkpoint, fork: Fork) -> Document:
    """Return the evidence that a witness has: two notes of one log, and what the later, which is
    `now`, begins with."""
    document = _of_history(now, fork.later, fork.earlier)
    if fork.root:
        proof = [to_base64(each) for each in fork.proof]
        document.update({"root": to_base64(fork.root), "proof": proof})
    return document


def _of_history(now: Checkpoint, note: str, earlier: str) -> Document:
    return {
        "format": FORMAT,
        "claim": "history",
        "message": f"{now.origin} {_TWO_TREES}",
        "log": now.origin,
        "checkpoint": note,
        "earlier": earlier,
    }


class _Files:
    """Makes evidence out of the files of one log. Each proof is verified before it is given."""

    def __init__(self, found: LogFindings, source: Source | None) -> None:
        assert found.checkpoint is not None  # noqa: S101 - collect() saw to it
        self._found, self._source = found, source
        self._checkpoint = found.checkpoint
        self._node = node_reader(self._checkpoint.size, self._read)

    def of_violation(self, violation: Violation) -> Document:
        return {
            "format": FORMAT,
            "claim": "rule",
            "rule": violation.rule,
            "title": TITLES.get(violation.rule, ""),
            "message": violation.message,
            "log": self._checkpoint.origin,
            "checkpoint": self._found.note,
            "entries": [self._entry(index) for index in violation.indices],
        }

    def of_history(self, seen: Seen) -> Document:
        then, now = seen.checkpoint, self._checkpoint
        document = _of_history(now, self._found.note, seen.note)
        if then.size < now.size:
            with_proof = self._tried(lambda: self._prefix(now, then.size))
            document.update(with_proof or {})
        return document

    def of_larger(self, seen: Seen) -> Document | None:
        """Return the evidence that a larger tree of before does not begin with this one, or None
        when it does or its files are gone."""
        then, now = seen.checkpoint, self._checkpoint
        with_proof = self._tried(lambda: self._prefix(then, now.size)) if now.size else None
        if with_proof is None or with_proof["root"] == to_base64(now.root):
            return None
        return _of_history(now, seen.note, self._found.note) | with_proof

    def _prefix(self, whole: Checkpoint, size: int) -> Document:
        """Return the root of the tree of `size` entries as a larger tree has it, with proof."""
        if self._source is None:
            raise Missing("the log")
        root, proof = beginning(self._source, whole, size)
        return {"root": to_base64(root), "proof": [to_base64(each) for each in proof]}

    def _entry(self, index: int) -> Document:
        return self._tried(lambda: self._proven(index)) or {"index": index}

    def _proven(self, index: int) -> Document:
        now = self._checkpoint
        bundle = tile_at(None, index // WIDTH, now.size)
        entry = decode_bundle(self._read(bundle), bundle.width)[index % WIDTH]
        proof = merkle.prove_inclusion(index, now.size, self._node)
        receipt = Receipt(index, tuple(proof), self._found.note)
        check_inclusion(receipt, entry, now)
        return {"index": index, "entry": to_base64(entry), "proof": str(receipt)}

    def _tried(self, make: Callable[[], Document]) -> Document | None:
        """Return what is made, or None when the log's files do not give it (any more)."""
        try:
            return make()
        except (Missing, Unreadable, ValueError):
            return None

    def _read(self, tile: Tile) -> bytes:
        if self._source is None:
            raise Missing(tile.path)
        return next(self._source.copies(tile))


def verify(raw: bytes, policy: Policy) -> Shown:
    """Return what a file of evidence shows to whoever trusts the keys of `policy`. Raises
    BadEvidence."""
    try:
        value: Any = json.loads(raw)
    except (ValueError, RecursionError):
        raise BadEvidence("not JSON") from None
    try:
        if not isinstance(value, dict) or value.get("format") != FORMAT:
            raise BadEvidence(f"not a file of the format {FORMAT}")
        checkpoint = policy.check(value["checkpoint"]).checkpoint
        if value["claim"] == "history":
            return _history(value, checkpoint, policy)
        return _rule(value, checkpoint)
    except BadEvidence:
        raise
    except KeyError as error:
        raise BadEvidence(f"the field {error} is missing") from None
    except (TypeError, AttributeError):
        raise BadEvidence("a field has another form than in evidence") from None
    except (ValueError, binascii.Error) as error:
        raise BadEvidence(f"{error}") from None


def _rule(value: Document, checkpoint: Checkpoint) -> Shown:
    entries: dict[int, bytes] = {}
    missing = []
    for item in value["entries"]:
        if "proof" not in item:
            missing.append(item["index"])
            continue
        entry = base64.b64decode(item["entry"], validate=True)
        receipt = parse_receipt(item["proof"])
        if receipt.index != item["index"] or receipt.checkpoint != value["checkpoint"]:
            raise BadEvidence(f"the proof of entry {item['index']!r:.40} is of another place")
        check_inclusion(receipt, entry, checkpoint)
        entries[receipt.index] = entry
    if not entries:
        raise BadEvidence("it holds no entry with a proof")
    facts = [f"entry {index} is in the log under this checkpoint" for index in entries]
    facts += [f"entry {index!r:.40} is named without a proof" for index in missing]
    rule = str(value["rule"])
    claim = f"{rule}: {TITLES.get(rule, 'a rule that this program does not know')}"
    return Shown(claim, str(value["message"]), checkpoint, entries, tuple(facts))


def _history(value: Document, now: Checkpoint, policy: Policy) -> Shown:
    then = policy.check(value["earlier"]).checkpoint
    if then.origin != now.origin:
        raise BadEvidence(f"the checkpoints are of two logs, {now.origin} and {then.origin}")
    signed = f"{now.origin} signed {then.size} entries with root {then.root.hex()}"
    if then.size > now.size:
        raise BadEvidence("a log that grows signs many sizes; which came first, no file can show")
    root = now.root
    if then.size < now.size:
        root = from_base64(value["root"], "the root")
        proof = [from_base64(line, "a proof line") for line in value["proof"]]
        merkle.verify_consistency(then.size, now.size, root, now.root, proof)
    if root == then.root:
        raise BadEvidence("the two checkpoints agree")
    other = f"and {now.size} entries, of which the first {then.size} have root {root.hex()}"
    return Shown(f"{now.origin} {_TWO_TREES}", "", now, {}, (signed, other))


def describe(raw: bytes, policy: Policy) -> list[str]:
    """Return in lines what a file of evidence shows. Raises BadEvidence."""
    shown = verify(raw, policy)
    now = shown.checkpoint
    lines = [
        f"Claim       {shown.claim}",
        f"Log         {now.origin}, {now.size:,} entries, root {now.root.hex()}",
    ]
    lines += [f"Says        {shown.said}"] if shown.said else []
    lines += [f"Shown       {fact}" for fact in shown.facts]
    for index, entry in shown.entries.items():
        lines.append(f"Entry {index:<6}{entry.decode(errors='replace')}")
    rest = "; whether it breaks the rule is for you to judge" if shown.said else ""
    return [*lines, f"Result      VERIFIED: what is shown was signed by the log{rest}"]
