"""Giving out edge codes."""

from accounts.models import EdgeCode
from ledger import edge_code
from ledger.inserting import insert_rows


def allocate(kind: str) -> str:
    """Return a new code of 8 symbols, reserved for an object of `kind` ("title", "grant", …).

    Call it inside the transaction that creates the object: a roll-back gives the code back.
    """
    return allocate_many(kind, 1)[0]


def allocate_many(kind: str, count: int) -> list[str]:
    """Return `count` new codes at the cost of two queries."""
    codes: set[str] = set()
    while len(codes) < count:
        drawn = {edge_code.new() for _ in range(count - len(codes))}
        taken = EdgeCode.objects.filter(code__among=drawn).values_list("code", flat=True)
        codes |= drawn.difference(taken)
    insert_rows(EdgeCode, ("code", "kind"), ((code, kind) for code in codes))
    return list(codes)
