"""What the licence of a file does not extend to, as its credential says it, in words.

Passages of others were left out on the licensor's word; nobody has examined the file for them.
"""

from collections.abc import Mapping
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from edgecode.verify.codes import as_maps
from provenance.names import visible
from provenance.verification.answers import Check, Outcome

type Text = str | Promise

_NAMED_MOST: Final = 20
_ELEMENTS: Final[Mapping[str, Text]] = {
    "music": pgettext_lazy("left out of a file", "music"),
    "stock": pgettext_lazy("left out of a file", "stock footage"),
    "artwork": pgettext_lazy("left out of a file", "artwork"),
    "trademark": pgettext_lazy("left out of a file", "a trademark"),
    "archive": pgettext_lazy("left out of a file", "archive material"),
    "location": pgettext_lazy("left out of a file", "a location"),
}


def passages_in(grant: Mapping[str, Any]) -> list[str]:
    """Return what a grant assertion leaves out of its file, each passage in words."""
    return [_passage(each) for each in as_maps(grant.get("left_out"))]


def _passage(said: Mapping[str, Any]) -> str:
    element, where = str(said.get("element", "")), str(said.get("at") or "")
    named = _ELEMENTS.get(element) or visible(element.replace("_", " "))
    if not where:
        return _("%(element)s in the sound") % {"element": named}
    return _("%(element)s at %(span)s") % {"element": named, "span": visible(where)}


def extent(grant: Mapping[str, Any]) -> Check | None:
    """Return what the licence does not extend to, where the licensor left something out."""
    passages = passages_in(grant)
    if not passages:
        return None
    named = "; ".join(passages[:_NAMED_MOST])
    if len(passages) > _NAMED_MOST:
        more = _("%(passages)s … (%(count)s in all)")
        named = more % {"passages": named, "count": len(passages)}
    return Check(
        "extent",
        Outcome.WARNING,
        _("The licence does not extend to parts of it: %(passages)s.") % {"passages": named},
        _(
            "They are of others and were left out by the licensor's declaration; nobody has"
            " examined whether they are in the file."
        ),
    )
