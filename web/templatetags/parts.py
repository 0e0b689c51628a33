"""Parts of a page: `{% load parts %}`. Each renders one template of `web/parts/`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from django import template
from django.forms import BaseForm, BoundField, CheckboxInput
from django.http import HttpRequest, QueryDict
from django.template.context import Context
from django.utils.functional import Promise

register = template.Library()

type Text = str | Promise


class Tab(TypedDict):
    """One tab of an object's page; the one whose `href` is the page's path is current."""

    label: Text
    href: str
    count: NotRequired[int]


class Event(TypedDict):
    """One line of an object's history. `index` is the ledger entry's, None if not recorded;
    `about` says which of several things it happened to."""

    what: Text
    about: NotRequired[Text]
    who: str
    at: datetime
    index: NotRequired[int | None]
    href: NotRequired[str]


@register.inclusion_tag("web/parts/crumbs.html")
def crumbs(trail: Sequence[tuple[Text, str]]) -> dict[str, Any]:
    """Show where the page stands: pairs of label and address, the page itself left out."""
    return {"trail": trail}


@register.inclusion_tag("web/parts/object_head.html", takes_context=True)
def object_head(
    context: Context,
    *,
    name: Text,
    code: str,
    kind: Text,
    state: str = "",
    state_label: Text = "",
    since: datetime | None = None,
    action: Text = "",
    action_href: str = "",
    action_method: str = "get",
) -> dict[str, Any]:
    """Show what an object is, its state since when, and the one main action.

    `action_method="post"` makes the action a form with its token, for acts without a page.
    """
    return {
        "name": name,
        "code": code,
        "kind": kind,
        "state": state,
        "state_label": state_label,
        "since": since,
        "action": action,
        "action_href": action_href,
        "action_method": action_method,
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("web/parts/tabs.html", takes_context=True)
def tabs(context: Context, items: Sequence[Tab], label: Text = "") -> dict[str, Any]:
    """Show tabs, each an address of its own."""
    path = _request(context).path
    return {"items": [{**item, "current": item["href"] == path} for item in items], "label": label}


@register.inclusion_tag("web/parts/history.html")
def history(events: Sequence[Event]) -> dict[str, Any]:
    """Show what happened to an object: who, when, entry number."""
    return {"events": events}


@register.inclusion_tag("web/parts/field.html")
def field(bound: BoundField) -> dict[str, Any]:
    """Show a form's field: label above, help below, error beside."""
    is_box = isinstance(bound.field.widget, CheckboxInput)
    return {"field": bound, "is_box": is_box}


@register.inclusion_tag("web/parts/error_summary.html")
def error_summary(form: BaseForm) -> dict[str, Any]:
    """Show every error of a form at its top, each a link to its field; takes the focus."""
    fields = [bound for bound in form if bound.errors]
    return {"form": form, "fields": fields, "general": form.non_field_errors()}


@register.inclusion_tag("web/parts/empty_state.html")
def empty_state(
    title: Text, text: Text, href: str = "", action: Text = "", example: Text = ""
) -> dict[str, Any]:
    """Teach what is missing: what this is, why it is empty, the one thing to do, an example."""
    return {"title": title, "text": text, "href": href, "action": action, "example": example}


@register.inclusion_tag("web/parts/notice.html")
def notice(text: Text, tone: str = "neutral") -> dict[str, Any]:
    """Show one line that the reader must not miss, in a state's tone."""
    return {"text": text, "tone": tone}


@register.inclusion_tag("web/parts/chip.html", takes_context=True)
def chip(
    context: Context, parameter: str, value: str, label: Text, count: int | None = None
) -> dict[str, Any]:
    """Show a filter that lives in the address: following it sets or clears `parameter=value`."""
    query = _query(context)
    active = query.get(parameter, "") == value
    if active or not value:
        query.pop(parameter, None)
    else:
        query[parameter] = value
    return {"href": _href(query), "active": active, "label": label, "count": count}


@register.inclusion_tag("web/parts/pagination.html", takes_context=True)
def pagination(
    context: Context,
    next_cursor: str | None,
    previous_cursor: str | None = None,
    shown: int | None = None,
    total: int | None = None,
) -> dict[str, Any]:
    """Show the way to the next and the previous page by cursor: `?cursor=...`."""
    links = {}
    for direction, cursor in (("next", next_cursor), ("previous", previous_cursor)):
        query = _query(context)
        if cursor:
            query["cursor"] = cursor
            links[direction] = _href(query)
    return {**links, "shown": shown, "total": total}


@register.inclusion_tag("web/parts/upload_progress.html")
def upload_progress() -> dict[str, Any]:
    """Show the progress of the `<form data-upload>` it stands in, once the upload starts."""
    return {}


@register.inclusion_tag("web/parts/drop.html")
def drop_zone(bound: BoundField, prompt: Text) -> dict[str, Any]:
    """Show a file field as a place to drop a file on; without scripts a plain file field."""
    return {"field": bound, "prompt": prompt}


def _request(context: Context) -> HttpRequest:
    request: HttpRequest = context["request"]
    return request


def _query(context: Context) -> QueryDict:
    """Return the page's parameters without the cursor: a changed list starts at its beginning."""
    query = _request(context).GET.copy()
    query.pop("cursor", None)
    return query


def _href(query: QueryDict) -> str:
    return f"?{query.urlencode()}" if query else "."
