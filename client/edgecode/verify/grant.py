"""What a credential says of a grant: its term, how far it reaches, and its entry in the log."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from edgecode.log.leaf import Leaf
from edgecode.log.policy import Policy
from edgecode.verify.codes import as_map, as_maps
from edgecode.verify.found import GRANT
from edgecode.verify.receipt import logged
from edgecode.verify.shown import SHOWN_MAX, clock, listed, territory
from edgecode.verify.term import term_of
from edgecode.verify.verdict import Check, Outcome

_FORMS: Final = frozenset({f"{GRANT}/1", f"{GRANT}/2", f"{GRANT}/3"})
_ISSUED: Final = frozenset({"grant.issued", "grant.issued.v2"})


def grant_of(grant: Mapping[str, Any], logs: Policy, at: datetime) -> Iterator[Check]:
    """Yield the answers about a grant: its term at a time, which part of a file it is of, what it
    leaves out, its entry under the keys of these logs, and its form where that is unknown."""
    issued, log = _logged(grant, logs)
    yield grant_term(grant, at, issued)
    yield from _extent(grant)
    yield log
    yield from _form(grant)


def grant_term(grant: Mapping[str, Any], at: datetime, issued: datetime | None = None) -> Check:
    """Return whether the term of a grant runs at a time, and whether it had been issued by then."""
    values = {
        "grant": str(grant.get("grant"))[:40],
        "licensor": str(as_map(grant.get("licensor")).get("name") or "-")[:SHOWN_MAX],
        "licensee": str(as_map(grant.get("licensee")).get("name") or "-")[:SHOWN_MAX],
        "uses": listed(grant.get("uses")),
        "model_kinds": listed(grant.get("model_kinds")),
        "territory": territory(grant.get("territory")),
        "exclusivity": str(grant.get("exclusivity") or "-")[:40],
        "start": str(grant.get("start"))[:40],
        "end": str(grant.get("end") or "-")[:40],
    }
    if issued is not None and at < issued:  # whatever its term: nothing was granted then
        values |= {"issued": f"{issued:%Y-%m-%d %H:%M:%S} UTC"}
        return Check("term", Outcome.FAILED, "term.unissued", values)
    return term_of("term", grant, at, values)


def _extent(grant: Mapping[str, Any]) -> Iterator[Check]:
    """Yield which part of the file as registered this is, and what of it the licence leaves out."""
    part = as_map(as_map(grant.get("asset")).get("range"))
    if part:
        values = {"first": clock(part.get("from_ms")), "last": clock(part.get("to_ms"))}
        yield Check("part", Outcome.OK, "part.cut", values)
    if grant.get("left_out"):
        passages = (
            f"{str(each.get('element'))[:60]} {str(each.get('at') or '')[:60]}".strip()
            for each in as_maps(grant["left_out"])
        )
        # Never shortened: what is not named would be taken for licensed.
        values = {"passages": "; ".join(passages) or "-"}
        yield Check("extent", Outcome.WARNING, "extent.less", values)


def _logged(grant: Mapping[str, Any], logs: Policy) -> tuple[datetime | None, Check]:
    """Return when the log says that this grant was issued, None while nothing proves that."""
    issued: list[datetime] = []

    def check_issue(leaf: Leaf) -> None:
        if leaf.kind not in _ISSUED or leaf.stream != f"grant:{grant.get('grant')}":
            raise ValueError("the entry is about something else")
        issued.append(leaf.at)

    check = logged(grant, logs, check_issue)
    return (issued[0] if check.outcome == Outcome.OK else None), check


def _form(grant: Mapping[str, Any]) -> Iterator[Check]:
    """Yield a check where the grant is of a form that this program does not know: what is new in it
    may take back what it seems to say."""
    if str(grant.get("schema")) not in _FORMS:
        shown = str(grant.get("schema"))[:40]
        yield Check("grant", Outcome.UNKNOWN, "grant.form", {"schema": shown})
