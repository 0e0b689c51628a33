"""Receipts: that one entry is in a log, shown offline by whoever holds the receipt."""

from datetime import UTC, datetime

from edgecode.audit.freshness import believed
from edgecode.log import cose, notes
from edgecode.log.checkpoints import Checkpoint
from edgecode.log.keys import Algorithm
from edgecode.log.policy import Policy
from edgecode.log.shardlist import first_of


class BadReceipt(ValueError):
    """The receipt does not verify; the message says why."""


def describe(raw: bytes, entry: bytes, policy: Policy) -> list[str]:
    """Return in lines what a receipt (.tlog-proof or .cose) shows of these bytes. Raises
    BadReceipt."""
    ignored = 0
    try:
        if raw.startswith(b"c2sp.org/"):
            index, checkpoint, witnesses = _tlog_proof(raw, entry, policy)
        else:
            index, checkpoint = _cose(raw, entry, policy)
            witnesses = ()
            ignored = len(cose.unsigned_labels(raw))
    except ValueError as error:
        raise BadReceipt(f"the receipt does not verify: {error}") from None
    lines = [
        f"Log         {checkpoint.origin}",
        f"Entry       {index:,} of {checkpoint.size:,}",
        f"Root        {checkpoint.root.hex()}",
        f"Witnesses   {', '.join(witnesses) or 'none'}",
    ]
    if checkpoint.origin not in {log.key.name for log in policy.logs}:
        first = first_of(checkpoint.origin)
        lines.append(
            f"Name        not in the policy: its keys for {first} and the logs after it count for"
            " this name too; that the log goes on from those, only an audit shows"
        )
    if ignored:
        lines.append(f"Ignored     {ignored} labels of the header that nobody signed")
    return [*lines, "Result      VERIFIED: these very bytes are in the log"]


def _tlog_proof(
    raw: bytes, entry: bytes, policy: Policy
) -> tuple[int, Checkpoint, tuple[str, ...]]:
    receipt = notes.parse_receipt(raw.decode())
    standing, left_out = believed(
        policy.check(receipt.checkpoint), policy, datetime.now(UTC), None, ()
    )
    if not standing.is_witnessed:
        reasons = "".join(f"; {reason}" for reason in left_out)
        raise BadReceipt(
            f"the witnesses that the policy demands did not cosign its checkpoint{reasons}"
        )
    notes.check_inclusion(receipt, entry, standing.checkpoint)
    return receipt.index, standing.checkpoint, standing.witnesses


def _cose(raw: bytes, entry: bytes, policy: Policy) -> tuple[int, Checkpoint]:
    if not policy.is_met_by(()):
        raise BadReceipt("the policy demands witnesses, and a COSE receipt carries none")
    reason: ValueError = BadReceipt("the policy names no log with an Ed25519 key")
    for log in policy.keys_of(cose.issuer(raw)) or policy.logs:
        if log.key.algorithm is Algorithm.ED25519:
            try:
                return cose.verify_inclusion(raw, entry, log.key)
            except ValueError as error:
                reason = error
    raise reason
