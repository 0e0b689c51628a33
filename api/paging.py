"""Long lists in pages, newest first: `{"next", "previous", "results"}`.

A cursor is a place between two rows, sealed: it says nothing about them and cannot be made up.
Rows that come or go meanwhile neither repeat nor hide others.
"""

import base64
from collections.abc import Sequence
from functools import cache
from typing import Any
from urllib.parse import urlencode

from cryptography.fernet import Fernet, InvalidToken
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

from accounts.errors import Invalid
from accounts.prepared import Prepared
from api.fields import Input, Text
from api.shapes import Output, Row, build, columns

DEFAULT_SIZE = 50
MAX_SIZE = 200


class PageQuery(Input):
    """What every list takes."""

    limit = serializers.IntegerField(
        min_value=1, max_value=MAX_SIZE, default=DEFAULT_SIZE, help_text="Rows per page."
    )
    cursor = Text(max_length=200, required=False, help_text="From `next` or `previous`.")


class SearchQuery(PageQuery):
    q = Text(max_length=200, required=False, help_text="Words that must all occur.")
    kind = Text(max_length=30, required=False, help_text="Only this kind.")


def page(
    request: Request,
    form: type[Output],
    found: QuerySet[Any],
    query: dict[str, Any],
    *,
    falling: bool = True,
) -> dict[str, Any]:
    """Return one page of the rows of `found`, whatever its order was, newest first unless not
    `falling`. One query.

    `query` is a checked PageQuery. Raises Invalid("cursor").
    """
    size = query["limit"]
    forward, key = _open(query["cursor"]) if query.get("cursor") else (True, None)
    if key is not None:
        found = found.filter(pk__lt=key) if forward is falling else found.filter(pk__gt=key)
    ordered = found.order_by("-pk" if forward is falling else "pk")
    listed = list(ordered.values_list(*columns(form), "pk")[: size + 1])
    more = len(listed) > size
    listed = listed[:size] if forward else listed[:size][::-1]
    before = key is not None if forward else more
    after = more if forward else True
    return _present(request, form, listed, before=before, after=after)


def newest(form: type[Output], found: QuerySet[Any], size: int) -> Prepared:
    """Return the query for the first page of `found`, for `first_page`."""
    return Prepared(found.order_by("-pk").values_list(*columns(form), "pk")[: size + 1])


def first_page(
    request: Request, form: type[Output], prepared: Prepared, query: dict[str, Any]
) -> dict[str, Any]:
    """Return what `page` does for a query without a cursor."""
    size = query["limit"]
    listed = prepared.rows()
    return _present(request, form, listed[:size], before=False, after=len(listed) > size)


def chosen(
    request: Request,
    form: type[Output],
    rows: QuerySet[Any],
    keys: Sequence[int],
    following: str | None,
) -> dict[str, Any]:
    """Return the rows with these keys in their order as a page; `following` is the cursor of the
    next, and no way leads back."""
    known = {row[-1]: row for row in rows.filter(pk__in=keys).values_list(*columns(form), "pk")}
    return {
        "next": _with_cursor(request, following) if following else None,
        "previous": None,
        "results": [build(form, known[key]) for key in keys if key in known],
    }


def _present(
    request: Request, form: type[Output], listed: Sequence[Row], *, before: bool, after: bool
) -> dict[str, Any]:
    """Return the page of these rows, whose last column is the key."""
    after, before = after and bool(listed), before and bool(listed)
    return {
        "next": _address(request, forward=True, key=listed[-1][-1]) if after else None,
        "previous": _address(request, forward=False, key=listed[0][-1]) if before else None,
        "results": [build(form, row) for row in listed],
    }


def _address(request: Request, *, forward: bool, key: int) -> str:
    token = _box().encrypt(f"{'<' if forward else '>'}{key}".encode()).decode()
    return _with_cursor(request, token)


def _with_cursor(request: Request, cursor: str) -> str:
    query = request.query_params.dict() | {"cursor": cursor}
    return request.build_absolute_uri(f"{request.path}?{urlencode(query)}")


def _open(cursor: str) -> tuple[bool, int]:
    try:
        place = _box().decrypt(cursor).decode()
    except (InvalidToken, ValueError):
        raise Invalid("cursor", _("Take a cursor from “next” or “previous” of a page.")) from None
    return place[0] == "<", int(place[1:])


@cache
def _box() -> Fernet:
    key = salted_hmac("edgecode.api.cursor", "", algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
