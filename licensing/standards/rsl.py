"""Offers as Really Simple Licensing 1.0 (RSL-SPEC-1.0, https://rslstandard.org/rsl).

A token is permitted only where the offer holds all that the token may mean: every kind of model,
every use under it, for as long as the document is used. Else it is prohibited. What is permitted
still has to be asked for: the payment names no amount but the page where a licence is asked for.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from xml.etree import ElementTree

from catalog.scope.territory import COUNTRIES
from catalog.scope.uses import LIKENESS_LEAVES, MODEL_KINDS, USES
from licensing.standards.offered import VOCABULARY, Loss, Offered

MEDIA_TYPE = "application/rsl+xml"
NAMESPACE = "https://rslstandard.org/rsl"
MAX_AGE_DAYS = 1

# The most that each token may mean, in leaves. `all` and `ai-all` mean uses not yet invented.
TOKENS = {
    "ai-train": frozenset(USES["train"]),
    "ai-input": frozenset({"input", "generate.output"}),
    "ai-index": frozenset({"index", "derive"}),
    "search": frozenset({"index"}),
}
# RSL takes the codes of ISO 3166-1, and this one is in use but not of it.
_NO_CODE = frozenset({"XK"})
_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    f'<rsl xmlns="{NAMESPACE}" xmlns:edgecode="{VOCABULARY}" max-age="{MAX_AGE_DAYS}">\n'
)
_FOOT = "</rsl>\n"
_UNSAID = ("approval", "price", "licensee", "exclusivity", "exceptions", "place")


def document(offers: Iterable[Offered], at: datetime) -> Iterator[str]:
    """Yield the document that licenses these offers' titles as of `at`, in pieces of text."""
    yield _HEAD
    for offered in offers:
        yield _text(_content(offered, at))
    yield _FOOT


def reserved() -> str:
    """Return the document for all that no other one licenses: every automated use prohibited."""
    content = ElementTree.Element("content", url="/")
    _prohibit(ElementTree.SubElement(content, "license"), ["all"])
    return _HEAD + _text(content) + _FOOT


def permitted(offered: Offered, at: datetime) -> list[str]:
    """Return the usage tokens that a document as of `at` permits."""
    if offered.model_kinds != frozenset(MODEL_KINDS) or not _countries(offered):
        return []
    if not offered.holds_throughout(at):
        return []
    return [token for token, leaves in TOKENS.items() if leaves <= offered.uses]


def losses(offered: Offered, at: datetime) -> list[Loss]:
    """Return what the document as of `at` does not say as precisely as the offer."""
    return [*_denied(offered, at), *(Loss(what, "unsaid") for what in _UNSAID)]


def _denied(offered: Offered, at: datetime) -> Iterator[Loss]:
    covered = frozenset().union(
        *(TOKENS[token] for token in TOKENS if TOKENS[token] <= offered.uses)
    )
    if offered.model_kinds != frozenset(MODEL_KINDS):
        yield Loss("model_kinds", "denied", _sorted(offered.model_kinds))
    if unnamed := offered.uses - covered - LIKENESS_LEAVES:
        yield Loss("uses", "denied", _sorted(unnamed))
    if partly := [token for token, leaves in TOKENS.items() if _is_part(offered, leaves)]:
        yield Loss("tokens", "denied", tuple(partly))
    if likeness := offered.uses & LIKENESS_LEAVES:
        yield Loss("likeness", "denied", _sorted(likeness))
    if not offered.holds_throughout(at):
        yield Loss("window", "denied")
    elif offered.starts_at or offered.ends_at:
        yield Loss("term", "unsaid")
    if not _is_world(offered) and (nameless := offered.territory & _NO_CODE):
        yield Loss("territory", "denied", _sorted(nameless))


def _is_part(offered: Offered, leaves: frozenset[str]) -> bool:
    return bool(leaves & offered.uses) and not leaves <= offered.uses


def _content(offered: Offered, at: datetime) -> ElementTree.Element:
    content = ElementTree.Element("content", url=f"/id/title/{offered.title}")
    licence = ElementTree.SubElement(content, "license")
    tokens = permitted(offered, at)
    if tokens:
        _say(licence, "permits", "usage", tokens)
        if not _is_world(offered):
            _say(licence, "permits", "geo", _countries(offered))
    _prohibit(licence, [token for token in TOKENS if token not in tokens] if tokens else ["all"])
    if tokens:
        payment = ElementTree.SubElement(licence, "payment", type="purchase")
        ElementTree.SubElement(payment, "custom").text = offered.terms
    ElementTree.SubElement(content, "terms").text = offered.terms
    for loss in losses(offered, at):
        lost = ElementTree.SubElement(content, "edgecode:cannot-say", what=loss.what)
        lost.set("effect", loss.effect)
        lost.text = " ".join(loss.detail) or None
    return content


def _prohibit(licence: ElementTree.Element, tokens: list[str]) -> None:
    if tokens:
        _say(licence, "prohibits", "usage", tokens)


def _say(licence: ElementTree.Element, name: str, kind: str, tokens: list[str]) -> None:
    ElementTree.SubElement(licence, name, type=kind).text = " ".join(tokens)


def _is_world(offered: Offered) -> bool:
    return offered.territory == COUNTRIES


def _countries(offered: Offered) -> list[str]:
    return sorted(offered.territory - _NO_CODE)


def _sorted(codes: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(codes))


def _text(element: ElementTree.Element) -> str:
    ElementTree.indent(element, level=1)
    return f"  {ElementTree.tostring(element, encoding='unicode')}\n"
