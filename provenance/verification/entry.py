"""Is what the credential says in the public log?"""

from collections.abc import Callable
from typing import Any

from babel.dates import format_date
from django.utils.translation import gettext_lazy as _

from edgecode.log.leaf import Leaf, parse
from edgecode.verify import codes
from ledger import proofs
from provenance.verification.answers import Check, Outcome
from provenance.verification.wording import locale, number

_ISSUED = frozenset({"grant.issued", "grant.issued.v2"})


def check_issue(grant: Any, leaf: Leaf) -> None:
    """Raise ValueError unless an entry of the log is the issue of this grant."""
    if leaf.kind not in _ISSUED or leaf.stream != f"grant:{grant.get('grant')}":
        raise ValueError("the entry is about something else")


def logged(what: Any, check_entry: Callable[[Leaf], None]) -> Check:
    """Verify the receipt inside the credential, offline, and that its entry is about what is said
    there: `check_entry` raises ValueError where it is not."""
    said = codes.as_map(what.get("ledger"))
    try:
        index = proofs.index_named(str(said["origin"]), int(said["index"]))
        raw = proofs.entry(index)
        at, checkpoint = proofs.open_receipt(str(said["receipt"]), raw)
        if (checkpoint.origin, at) != (said["origin"], int(said["index"])):
            raise ValueError("the receipt is of another place")
        leaf = parse(raw)
        check_entry(leaf)
    except (ValueError, KeyError, TypeError, LookupError):
        return Check("log", Outcome.FAILED, _("The proof from the public log does not hold."))
    return Check(
        "log",
        Outcome.OK,
        _("In the public log since %(day)s, entry %(index)s.")
        % {"day": format_date(leaf.at, "long", locale=locale()), "index": number(index)},
        _("The receipt in the credential proves it, under a signed checkpoint of %(size)s entries.")
        % {"size": number(checkpoint.size)},
    )
