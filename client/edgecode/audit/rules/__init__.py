"""The semantic audit: the entries of a log, replayed against the rules of the market.

    replay = Replay()
    for index, leaf in enumerate(leaves):
        violations = replay.entry(index, leaf)
    violations = replay.end()

docs/invariants.md has the rules in words, and what they cannot see.
"""

from edgecode.audit.rules.finding import Rule, Violation
from edgecode.audit.rules.plan import RULES
from edgecode.audit.rules.replay import Replay, shipped_kinds

__all__ = ["RULES", "Replay", "Rule", "Violation", "shipped_kinds"]
