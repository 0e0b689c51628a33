"""What the frame around every page shows: whose page it is and where one can go."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from web import words

type Text = str | Promise


@dataclass(frozen=True)
class Section:
    """One line of the left rail; `key` is the letter that opens it after `g`."""

    name: str
    label: Text
    key: str
    houses: frozenset[str]


@dataclass(frozen=True)
class Link:
    """A section as this reader sees it."""

    label: Text
    href: str
    key: str
    current: bool


@dataclass(frozen=True)
class Shell:
    """The frame: organisation and sections are empty for a reader who is not signed in."""

    house_name: str
    house_kind: Text
    sections: tuple[Link, ...]
    public: tuple[Link, ...]
    find_url: str | None


_EVERYONE = frozenset(words.HOUSES)
# Named after their URLs, so that a section appears the moment its page exists and never before.
SECTIONS = (
    Section("home", _("Home"), "h", _EVERYONE),
    Section("readiness", _("Readiness"), "y", frozenset({"studio"})),
    Section("counsel", _("Counsel"), "u", frozenset({"studio", "talent"})),
    Section("titles", _("Library"), "t", frozenset({"studio"})),
    Section("likenesses", _("Likenesses"), "l", frozenset({"talent", "studio"})),
    Section("offers", _("Offers"), "o", frozenset({"studio", "talent"})),
    Section("search", _("Search"), "s", frozenset({"lab"})),
    Section("requests", _("Requests"), "r", frozenset({"lab"})),
    Section("deals", _("Deals"), "d", frozenset({"studio", "talent", "lab"})),
    Section("grants", _("Grants"), "g", frozenset({"studio", "talent", "lab"})),
    Section("duties", _("Duties"), "w", frozenset({"studio", "talent", "lab"})),
    Section("approvals", _("Approvals"), "a", frozenset({"studio", "talent", "lab"})),
    Section("outputs", _("Outputs"), "k", frozenset({"studio", "talent", "lab"})),
    Section("sightings", _("Sightings"), "i", frozenset({"studio", "talent", "lab"})),
    Section("cases", _("Cases"), "c", frozenset({"auditor"})),
    Section("verify", _("Verify a file"), "v", _EVERYONE),
    Section("authorised", _("Is it authorised?"), "q", _EVERYONE),
    Section("log", _("Public log"), "p", _EVERYONE),
    Section("organisation", _("Organisation"), "m", _EVERYONE),
)
_PUBLIC = ("verify", "log")


def page(request: HttpRequest) -> dict[str, Any]:
    """Return `shell` for the templates; works for pages without an actor, errors included."""
    actor = getattr(request, "actor", None)
    organisation = getattr(actor, "organisation", None)
    kind = str(getattr(organisation, "kind", ""))
    return {
        "shell": Shell(
            house_name=str(getattr(organisation, "name", "")),
            house_kind=words.HOUSES.get(kind, kind),
            sections=_links(request.path, [s for s in SECTIONS if kind in s.houses]),
            public=_links(request.path, [s for s in SECTIONS if s.name in _PUBLIC]),
            find_url=_address("find"),
        )
    }


def _links(path: str, sections: list[Section]) -> tuple[Link, ...]:
    return tuple(
        Link(section.label, href, section.key, path.startswith(href))
        for section in sections
        if (href := _address(section.name))
    )


def _address(name: str) -> str | None:
    try:
        return reverse(name)
    except NoReverseMatch:
        return None
