"""Whether the log holds what a credential says: by the receipt in it (C2SP tlog-proof), a
proof of inclusion under a checkpoint that keys signed which we know."""

from collections.abc import Callable, Mapping
from typing import Any

from edgecode.log import notes
from edgecode.log.leaf import Leaf, parse
from edgecode.log.policy import Policy
from edgecode.verify.codes import as_map
from edgecode.verify.shown import SHOWN_MAX
from edgecode.verify.verdict import Check, Outcome


def logged(said: Mapping[str, Any], logs: Policy, check_entry: Callable[[Leaf], None]) -> Check:
    """Verify the receipt inside a credential, and that its entry is what is said there:
    `check_entry` raises ValueError where it is not."""
    ledger = as_map(said.get("ledger"))
    origin, index = str(ledger.get("origin"))[:SHOWN_MAX], ledger.get("index")
    values = {"origin": origin, "index": str(index)[:20]}
    if not logs.keys_of(origin):
        return Check("log", Outcome.UNKNOWN, "log.unknown", values)
    try:
        entry = str(ledger["entry"]).encode()
        receipt = notes.parse_receipt(str(ledger["receipt"]))
        standing = logs.check(receipt.checkpoint)
        notes.check_inclusion(receipt, entry, standing.checkpoint)
        if (standing.checkpoint.origin, receipt.index) != (ledger["origin"], index):
            raise ValueError("the receipt is of another place")
        leaf = parse(entry)
        check_entry(leaf)
    except KeyError:
        return Check("log", Outcome.UNKNOWN, "log.absent", values)
    except (ValueError, TypeError):
        return Check("log", Outcome.FAILED, "log.broken", values)
    values |= {"since": f"{leaf.at:%Y-%m-%d}", "size": str(standing.checkpoint.size)}
    return Check("log", Outcome.OK, "log.proven", values)
