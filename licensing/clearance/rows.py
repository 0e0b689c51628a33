"""The rule tables row by row: what each says, and the same tables with a row put in its place.

A row is named by its table and its key. What it says is its body; the forms are in FIELDS.
"""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from catalog.scope.errors import CaseError
from catalog.scope.instants import read_day, read_duration
from catalog.scope.territory import COUNTRIES

type Body = dict[str, Any]
type Content = dict[str, Any]

CO_OWNERS: Final = "co_owners"
VOID_CONSENT: Final = "void_consent"
MINOR: Final = "minor"
POLICIES: Final = "policies"
GUILDS: Final = "guilds"
GROUPS: Final = "groups"
MEMBERS: Final = "members"
BUNDLES: Final = "bundles"
SUCCESSORS: Final = "successors"
MINOR_KEY: Final = "minor"

_DUTIES: Final = {"notice": "GUILD_NOTICE", "compensate": "GUILD_COMPENSATION"}


class Row(NamedTuple):
    """One row: where it is from, as of which day that was compared, and whether somebody who
    answers for it has confirmed it."""

    table: str
    key: str
    body: Body
    source: str
    as_of: str
    confirmed: bool


class _Form(NamedTuple):
    """A kind of row: its fields with their checks, how its key is checked, where it stands."""

    fields: Mapping[str, Callable[[Any, str], Any]]
    key: Callable[[str, Content], None]
    get: Callable[[Content], Iterator[Row]]
    put: Callable[[Content, str, Body, str], None]
    drop: Callable[[Content, str], None] | None


def rows_of(content: Content) -> Iterator[Row]:
    """Every row of the tables, table by table."""
    for form in FORMS.values():
        yield from form.get(content)


def check_row(table: str, key: str, body: Body | None, content: Content) -> Body | None:
    """The body in canonical form; None takes the row out. `content` is the tables it is for.

    Raises CaseError: at `$.table`, `$.key` or a field of `$.body`.
    """
    form = FORMS.get(table)
    if form is None:
        raise CaseError("$.table", f"must be one of {', '.join(FORMS)}")
    form.key(key, content)
    if body is None:
        if form.drop is None:
            raise CaseError("$.body", "this row can be replaced, but not taken out")
        return None
    for name in body:
        if name not in form.fields:
            raise CaseError(f"$.body.{name}", "unknown field")
    for name in form.fields:
        if name not in body:
            raise CaseError(f"$.body.{name}", "is required")
    checked = {name: check(body[name], f"$.body.{name}") for name, check in form.fields.items()}
    if checked.get("until") and checked["until"] <= checked["from"]:
        raise CaseError("$.body.until", "must be after from")
    return checked


def amended(content: Content, rows: Iterable[tuple[str, str, Body | None, str]]) -> Content:
    """The content with checked rows (table, key, body, source) in their place. Where these touch
    territories, how they were read before stays in it as `house`."""
    before = content["territory"]
    found = copy.deepcopy(content)
    for row in rows:
        put_row(found, *row)
    return found if found["territory"] == before else found | {"house": before}


def put_row(content: Content, table: str, key: str, body: Body | None, source: str) -> None:
    """Put a checked row in its place in the content, which is changed."""
    form = FORMS[table]
    if body is not None:
        form.put(content, key, body, source)
    elif form.drop is not None:
        form.drop(content, key)


def _day(value: Any, path: str) -> str:
    return read_day(value, path).isoformat()


def _day_or_none(value: Any, path: str) -> str | None:
    return None if value is None else _day(value, path)


def _duration(value: Any, path: str) -> str:
    read_duration(value, path)
    return str(value)


def _choice(*options: Any) -> Callable[[Any, str], Any]:
    def check(value: Any, path: str) -> Any:
        if value not in options:
            names = ", ".join("null" if each is None else each for each in options)
            raise CaseError(path, f"must be one of {names}")
        return value

    return check


def _codes(value: Any, path: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise CaseError(path, "must be a list")
    for at, code in enumerate(value):
        if code not in COUNTRIES:
            raise CaseError(f"{path}[{at}]", f"unknown country or group {code!r}")
    if not value:
        raise CaseError(path, "names no country")
    return sorted(set(value))


def _successions(value: Any, path: str) -> list[Body]:
    """The successors of a vanished state, by when the deed names it."""
    if not isinstance(value, list) or not value:
        raise CaseError(path, "must be a list")
    found = []
    for at, row in enumerate(value):
        where = f"{path}[{at}]"
        if not isinstance(row, dict) or set(row) != {"from", "before", "undated", "codes"}:
            raise CaseError(where, "must have from, before, undated and codes")
        begin = _day_or_none(row["from"], f"{where}.from")
        end = _day_or_none(row["before"], f"{where}.before")
        if begin and end and end <= begin:
            raise CaseError(f"{where}.before", "must be after from")
        if not isinstance(row["undated"], bool):
            raise CaseError(f"{where}.undated", "must be true or false")
        codes = _codes(row["codes"], f"{where}.codes")
        found.append({"from": begin, "before": end, "undated": row["undated"], "codes": codes})
    return found


def _country(key: str, content: Content) -> None:
    if key not in COUNTRIES:
        raise CaseError("$.key", f"unknown country or group {key!r}")


def _member(key: str, content: Content) -> None:
    group, _, code = key.partition("/")
    if group not in content["territory"]["dated_groups"]:
        raise CaseError("$.key", f"unknown country or group {group!r}")
    _country(code, content)


def _known(*path: str) -> Callable[[str, Content], None]:
    """The key is one that the tables have: what cases may name is not widened by a row."""

    def check(key: str, content: Content) -> None:
        place: dict[str, Any] = content
        for name in path:
            place = place[name]
        if key not in place:
            raise CaseError("$.key", f"must be one of {', '.join(sorted(place))}")

    return check


def _only_minor(key: str, content: Content) -> None:
    if key != MINOR_KEY:
        raise CaseError("$.key", f"must be {MINOR_KEY}")


def _law(key: str, content: Content) -> None:
    if not key.isascii() or not key.isalnum() or not key.isupper():
        raise CaseError("$.key", "must be the code of a law, such as CA")


def _agreement(key: str, content: Content) -> None:
    guild, _, agreement = key.partition("/")
    if not guild.strip() or not agreement.strip():
        raise CaseError("$.key", "must be GUILD/AGREEMENT, such as WGA/MBA 2026")


def _is_confirmed(row: Mapping[str, Any]) -> bool:
    return bool(row.get("confirmed", False))


def _put(place: Callable[[Content], dict[str, Any]]) -> Callable[[Content, str, Body, str], None]:
    """Put a row among rows by key, each a body with its source."""

    def put(content: Content, key: str, body: Body, source: str) -> None:
        place(content)[key] = {**body, "source": source, "confirmed": True}

    return put


def _drop(place: Callable[[Content], dict[str, Any]]) -> Callable[[Content, str], None]:
    def drop(content: Content, key: str) -> None:
        place(content).pop(key, None)

    return drop


def _get(
    table: str, fields: tuple[str, ...], file: str, place: Callable[[Content], dict[str, Any]]
) -> Callable[[Content], Iterator[Row]]:
    def get(content: Content) -> Iterator[Row]:
        for key, row in place(content).items():
            body = {name: row[name] for name in fields}
            as_of = content[file]["as_of"]
            yield Row(table, key, body, row["source"], as_of, _is_confirmed(row))

    return get


def _laws(content: Content) -> dict[str, Any]:
    laws: dict[str, Any] = content["co_owners"]["laws"]
    return laws


def _void(content: Content) -> dict[str, Any]:
    laws: dict[str, Any] = content["likeness"]["void_consent"]
    return laws


def _policies(content: Content) -> dict[str, Any]:
    policies: dict[str, Any] = content["likeness"]["policies"]
    return policies


def _get_minor(content: Content) -> Iterator[Row]:
    row = content["likeness"]["minor"]
    body = {"of_age": row["of_age"], "cap": row["cap"]}
    as_of = content["likeness"]["as_of"]
    yield Row(MINOR, MINOR_KEY, body, row["source"], as_of, _is_confirmed(row))


def _put_minor(content: Content, key: str, body: Body, source: str) -> None:
    content["likeness"]["minor"] |= {**body, "source": source, "confirmed": True}


def _get_guilds(content: Content) -> Iterator[Row]:
    for row in content["guilds"]["agreements"]:
        yield Row(
            GUILDS,
            f"{row['guild']}/{row['agreement']}",
            {"effective": row["effective"], "duty": row["duty"]},
            row["source"],
            content["guilds"]["as_of"],
            _is_confirmed(row),
        )


def _put_guild(content: Content, key: str, body: Body, source: str) -> None:
    _drop_guild(content, key)
    guild, _, agreement = key.partition("/")
    said = {"reason": _DUTIES.get(body["duty"]), "source": source, "confirmed": True}
    content["guilds"]["agreements"].append({"guild": guild, "agreement": agreement} | body | said)


def _drop_guild(content: Content, key: str) -> None:
    rows = content["guilds"]["agreements"]
    rows[:] = [row for row in rows if f"{row['guild']}/{row['agreement']}" != key]


def _get_groups(content: Content) -> Iterator[Row]:
    for key, row in content["territory"]["groups"].items():
        body = {"codes": row["codes"].split()}
        as_of = content["territory"]["as_of"]
        yield Row(GROUPS, key, body, row["source"], as_of, _is_confirmed(row))


def _put_group(content: Content, key: str, body: Body, source: str) -> None:
    said = {"codes": " ".join(body["codes"]), "source": source, "confirmed": True}
    content["territory"]["groups"][key] = said


def _get_members(content: Content) -> Iterator[Row]:
    for name, group in content["territory"]["dated_groups"].items():
        for code, row in group["members"].items():
            yield Row(
                MEMBERS,
                f"{name}/{code}",
                {"from": row["from"], "until": row["until"]},
                row.get("source", group["source"]),
                content["territory"]["as_of"],
                _is_confirmed(row),
            )


def _put_member(content: Content, key: str, body: Body, source: str) -> None:
    name, _, code = key.partition("/")
    members = content["territory"]["dated_groups"][name]["members"]
    members[code] = {**body, "source": source, "confirmed": True}


def _drop_member(content: Content, key: str) -> None:
    name, _, code = key.partition("/")
    content["territory"]["dated_groups"][name]["members"].pop(code, None)


def _get_bundles(content: Content) -> Iterator[Row]:
    table = content["territory"]["bundles"]
    for key, codes in table["codes"].items():
        own = table.get("own", {}).get(key)
        yield Row(
            BUNDLES,
            key,
            {"codes": codes.split()},
            own or table["source"],
            content["territory"]["as_of"],
            own is not None or _is_confirmed(table),
        )


def _put_bundle(content: Content, key: str, body: Body, source: str) -> None:
    table = content["territory"]["bundles"]
    table["codes"][key] = " ".join(body["codes"])
    table.setdefault("own", {})[key] = source


def _drop_bundle(content: Content, key: str) -> None:
    table = content["territory"]["bundles"]
    table["codes"].pop(key, None)
    table.get("own", {}).pop(key, None)


def _get_successors(content: Content) -> Iterator[Row]:
    table = content["territory"]["historic"]
    for key, rows in table["states"].items():
        own = table.get("own", {}).get(key)
        yield Row(
            SUCCESSORS,
            key,
            {"periods": [row | {"codes": row["codes"].split()} for row in rows]},
            own or table["source"],
            content["territory"]["as_of"],
            own is not None or _is_confirmed(table),
        )


def _put_successors(content: Content, key: str, body: Body, source: str) -> None:
    table = content["territory"]["historic"]
    table["states"][key] = [row | {"codes": " ".join(row["codes"])} for row in body["periods"]]
    table.setdefault("own", {})[key] = source


FORMS: Final[dict[str, _Form]] = {
    CO_OWNERS: _Form(
        {"rule": _choice("account", "consent")},
        _country,
        _get(CO_OWNERS, ("rule",), "co_owners", _laws),
        _put(_laws),
        _drop(_laws),
    ),
    VOID_CONSENT: _Form(
        {"since": _day},
        _law,
        _get(VOID_CONSENT, ("since",), "likeness", _void),
        _put(_void),
        _drop(_void),
    ),
    MINOR: _Form(
        {"of_age": _duration, "cap": _duration}, _only_minor, _get_minor, _put_minor, None
    ),
    POLICIES: _Form(
        {"cap": _duration},
        _known("likeness", "policies"),
        _get(POLICIES, ("cap",), "likeness", _policies),
        _put(_policies),
        None,
    ),
    GUILDS: _Form(
        {"effective": _day_or_none, "duty": _choice("notice", "compensate", None)},
        _agreement,
        _get_guilds,
        _put_guild,
        _drop_guild,
    ),
    GROUPS: _Form({"codes": _codes}, _known("territory", "groups"), _get_groups, _put_group, None),
    MEMBERS: _Form(
        {"from": _day, "until": _day_or_none}, _member, _get_members, _put_member, _drop_member
    ),
    BUNDLES: _Form({"codes": _codes}, _country, _get_bundles, _put_bundle, _drop_bundle),
    SUCCESSORS: _Form(
        {"periods": _successions},
        _known("territory", "historic", "states"),
        _get_successors,
        _put_successors,
        None,
    ),
}
"""Every kind of row, in the order of the contract."""
