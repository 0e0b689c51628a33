"""A reader of RSL 1.0 that knows nothing of how ours is written: conformance and meaning.

It refuses what the specification calls not conformant, and takes every token at its widest, as a
crawler would that wants to do as much as it may.
"""

from dataclasses import dataclass
from xml.etree import ElementTree

NS = "{https://rslstandard.org/rsl}"
USAGE = {"all", "ai-all", "ai-train", "ai-input", "ai-index", "search"}
USER = {"commercial", "non-commercial", "education", "government", "personal"}
PAYMENT = {
    "purchase", "subscription", "training", "crawl", "use", "contribution", "attribution", "free",
}  # fmt: skip
BELOW = {"all": USAGE, "ai-all": {"ai-all", "ai-train", "ai-input", "ai-index"}}
CHILDREN = {
    "rsl": {"content"},
    "content": {"license", "schema", "alternate", "copyright", "terms"},
    "license": {"permits", "prohibits", "payment", "reporting", "legal"},
    "payment": {"standard", "custom", "amount", "accepts"},
}


@dataclass(frozen=True)
class Licence:
    """What one license element allows: tokens, and countries (None: anywhere)."""

    usage: frozenset[str]
    geo: frozenset[str] | None
    payment: str


def read(text: str) -> dict[str, list[Licence]]:
    """Return the licences by the url of their content. Raises AssertionError: not conformant."""
    root = ElementTree.fromstring(text)  # noqa: S314 -- written by ourselves a moment ago
    assert root.tag == f"{NS}rsl"
    assert int(root.get("max-age", "30")) > 0
    for element in root.iter():
        allowed = CHILDREN.get(element.tag.removeprefix(NS), set())
        ours = [child.tag for child in element if child.tag.startswith(NS)]
        assert {tag.removeprefix(NS) for tag in ours} <= allowed, (element.tag, ours)
    contents = root.findall(f"{NS}content")
    urls = [content.attrib["url"] for content in contents]
    assert len(set(urls)) == len(urls)
    return {
        content.attrib["url"]: [_licence(each) for each in content.findall(f"{NS}license")]
        for content in contents
        if content.findall(f"{NS}license") or _refuse(content)
    }


def _licence(element: ElementTree.Element) -> Licence:
    permits, prohibits = _lists(element, "permits"), _lists(element, "prohibits")
    usage = _widened(permits.get("usage", USAGE)) - _widened(prohibits.get("usage", set()))
    geo = permits.get("geo")
    kinds = [each.get("type", "free") for each in element.findall(f"{NS}payment")]
    assert len(kinds) <= 1
    assert set(kinds) <= PAYMENT
    return Licence(
        frozenset(usage),
        None if geo is None else frozenset(geo - prohibits.get("geo", set())),
        kinds[0] if kinds else "free",
    )


def _lists(licence: ElementTree.Element, name: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for element in licence.findall(f"{NS}{name}"):
        kind, tokens = element.attrib["type"], set((element.text or "").split())
        assert kind not in found  # at most one for each type
        assert tokens
        assert kind == "geo" or tokens <= {"usage": USAGE, "user": USER}[kind]
        assert kind != "geo" or all(len(code) == 2 and code.isupper() for code in tokens)
        found[kind] = tokens
    return found


def _widened(tokens: set[str]) -> set[str]:
    return tokens.union(*(BELOW.get(token, set()) for token in tokens))


def _refuse(content: ElementTree.Element) -> bool:
    raise AssertionError(f"{content.attrib['url']}: a content needs a license")
