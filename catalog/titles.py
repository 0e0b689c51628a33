"""Registering works and changing what is said of them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NotRequired, Required, Unpack

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate, allocate_many
from accounts.errors import Conflict, Invalid, NotFound
from accounts.text import check_name
from catalog.descriptions import Description, check_description, check_language
from catalog.identifiers import canonical_eidr, canonical_identifier
from catalog.models import NameKind, Scheme, Title, TitleIdentifier, TitleKind, TitleName
from ledger.append import NewEvent, append, append_many

# What a kind of work may be part of. Every step leads up this list, so no work is part of itself.
PARENTS: Mapping[TitleKind, frozenset[TitleKind]] = {
    TitleKind.FRANCHISE: frozenset(),
    TitleKind.SERIES: frozenset({TitleKind.FRANCHISE}),
    TitleKind.SEASON: frozenset({TitleKind.SERIES}),
    TitleKind.EPISODE: frozenset({TitleKind.SERIES, TitleKind.SEASON}),
    TitleKind.FILM: frozenset({TitleKind.FRANCHISE}),
    TitleKind.SHORT: frozenset({TitleKind.FRANCHISE}),
    TitleKind.CREATOR_VIDEO: frozenset({TitleKind.SERIES, TitleKind.SEASON}),
    TitleKind.EDIT: frozenset(
        {TitleKind.FILM, TitleKind.EPISODE, TitleKind.SHORT, TitleKind.CREATOR_VIDEO}
    ),
    TitleKind.VERSION: frozenset(
        {TitleKind.EDIT, TitleKind.FILM, TitleKind.EPISODE, TitleKind.SHORT}
        | {TitleKind.CREATOR_VIDEO}
    ),
}
_MOST_NUMBER = 2**31 - 1


def check_placed[K: str](kind: K, *, has_parent: bool) -> K:
    """Return `kind`, or raise Invalid("parent") for an episode or a season of nothing."""
    if kind == TitleKind.EPISODE and not has_parent:
        raise Invalid("parent", _("An episode is part of a season or a series: say of which."))
    if kind == TitleKind.SEASON and not has_parent:
        raise Invalid("parent", _("A season is part of a series: say of which."))
    return kind


@transaction.atomic
def register_title(
    *,
    actor: Actor,
    kind: str,
    name: str,
    language: str,
    eidr: str | None = None,
    names: Mapping[str, str] | None = None,
    parent: str | None = None,
    number: int | None = None,
    **described: Unpack[Description],
) -> Title:
    """Register a work; `names` maps language tags to translated names, `parent` is the code of
    the work it is part of, as its `number`.

    Raises Invalid naming the field, or Conflict when the organisation already has the EIDR.
    """
    organisation = require(actor, Permission.EDIT_TITLES)
    title = Title(
        code=allocate("title"),
        organisation=organisation,
        kind=_check_kind("kind", kind),
        name=check_name("name", name),
        language=check_language("language", language),
        eidr=canonical_eidr(eidr) if eidr else None,
        number=_check_number(number),
        **check_description(described),
    )
    title.parent = _parent(actor, title.kind, parent) if parent else None
    check_placed(title.kind, has_parent=title.parent is not None)
    if title.eidr:
        _require_free(title, Scheme.EIDR, title.eidr, "eidr")
    try:
        with transaction.atomic():  # the constraint decides, also between two at once
            title.save(force_insert=True)
    except IntegrityError:
        raise _taken("eidr") from None
    TitleName.objects.bulk_create(
        TitleName(title=title, language=language, name=name)
        for language, name in _translated(names or {})
    )
    append_many([_registered(actor, title)])
    return title


@transaction.atomic
def change_title(*, actor: Actor, code: str, changes: Mapping[str, Any]) -> Title:
    """Correct what is said of a work: `name`, `language`, `kind`, `eidr`, `parent` (a code, or
    None), `number` and the fields of Description; what is not named stays.

    The log keeps both what was said and what is said now, as a commitment. Raises Invalid naming
    the field, Conflict for an EIDR of another title, NotFound.
    """
    require(actor, Permission.EDIT_TITLES)
    title = lock_title(actor, code)
    checked = _checked_changes(actor, title, changes)
    changed = {name: new for name, new in checked.items() if getattr(title, name) != new}
    if not changed:
        return title
    before = {name: getattr(title, name) for name in changed}
    _keep_corrected(title, _plain(before), _plain(changed))
    for name, new in changed.items():
        setattr(title, name, new)
    _check_place(title)
    if changed.keys() & {"kind", "parent"}:
        check_placed(title.kind, has_parent=title.parent is not None)
    if changed.get("eidr"):
        _require_free(title, Scheme.EIDR, changed["eidr"], "eidr")
    try:
        with transaction.atomic():
            title.changed_at = timezone.now()
            title.save(update_fields=[*changed, "corrected", "changed_at"])
    except IntegrityError:
        raise _taken("eidr") from None
    append(
        "title.changed",
        stream=title.stream,
        actor=actor.name,
        data={"fields": sorted(changed)},
        private={"change": {"from": _plain(before), "to": _plain(changed)}},
    )
    return title


@transaction.atomic
def name_title(
    *, actor: Actor, code: str, language: str, name: str, kind: str = NameKind.TRANSLATED
) -> Title:
    """Add what a work is also called. The same name twice changes nothing. Raises Invalid."""
    require(actor, Permission.EDIT_TITLES)
    title = lock_title(actor, code)
    if kind not in NameKind.values:
        raise Invalid(
            "kind", _("Choose one of: %(kinds)s.") % {"kinds": ", ".join(NameKind.values)}
        )
    said = {"language": check_language("language", language), "name": check_name("name", name)}
    _also, new = TitleName.objects.get_or_create(title=title, **said, defaults={"kind": kind})
    if new:
        touch_title(title)
        append("title.named", stream=title.stream, actor=actor.name, private={"name": said})
    return title


@transaction.atomic
def unname_title(*, actor: Actor, code: str, language: str, name: str) -> Title:
    """Take back what a work is also called. Raises NotFound where it is not called so."""
    require(actor, Permission.EDIT_TITLES)
    title = lock_title(actor, code)
    said = {"language": language, "name": name}
    gone, _rows = TitleName.objects.filter(title=title, **said).delete()
    if not gone:
        raise NotFound
    touch_title(title)
    append("title.unnamed", stream=title.stream, actor=actor.name, private={"name": said})
    return title


@transaction.atomic
def identify_title(*, actor: Actor, code: str, scheme: str, value: str) -> Title:
    """Record another number of a work; its first EIDR becomes the title's own.

    Raises Invalid where the number fails its check, Conflict where it names another title.
    """
    require(actor, Permission.EDIT_TITLES)
    title = lock_title(actor, code)
    value = canonical_identifier(scheme, value)
    if (scheme == Scheme.EIDR and title.eidr == value) or TitleIdentifier.objects.filter(
        title=title, scheme=scheme, value=value
    ).exists():
        return title
    _require_free(title, scheme, value, "value")
    if scheme == Scheme.EIDR and title.eidr is None:
        title.eidr = value
        title.save(update_fields=["eidr"])
    else:
        TitleIdentifier.objects.create(
            title=title, organisation=title.organisation, scheme=scheme, value=value
        )
    touch_title(title)
    append(
        "title.identified",
        stream=title.stream,
        actor=actor.name,
        data={"scheme": scheme},
        private={"identifier": value},
    )
    return title


def touch_title(title: Title) -> None:
    """Tell those who pull what changed that something of a locked title did."""
    title.changed_at = timezone.now()
    title.save(update_fields=["changed_at"])


def _translated(names: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return (language, name) pairs without repetition: `en` and `EN` are one language."""
    return list(
        dict.fromkeys(
            (check_language(f"names.{tag}", tag), check_name(f"names.{tag}", name))
            for tag, name in names.items()
        )
    )


class TitleRow(Description):
    """A work in a batch; as the arguments of `register_title`."""

    kind: Required[str]
    name: Required[str]
    language: Required[str]
    parent: NotRequired[str | None]
    number: NotRequired[int | None]


@transaction.atomic
def register_many(*, actor: Actor, rows: Sequence[TitleRow]) -> list[Title]:
    """Register works in the order given, all or none; `parent` names one that is there already.

    Raises Invalid naming row and field: `titles[3].language`.
    """
    organisation = require(actor, Permission.EDIT_TITLES)
    codes = allocate_many("title", len(rows))
    named = {row["parent"] for row in rows if row.get("parent")}
    mine = Title.objects.visible_to(actor).filter(code__in=named)
    parents = {parent.code: parent for parent in mine}
    titles = []
    for number, (code, row) in enumerate(zip(codes, rows, strict=True)):
        place = f"titles[{number}]"
        title = Title(
            code=code,
            organisation=organisation,
            kind=_check_kind(f"{place}.kind", row["kind"]),
            name=check_name(f"{place}.name", row["name"]),
            language=check_language(f"{place}.language", row["language"]),
            **check_description(described_of(row), f"{place}."),
        )
        try:
            above = row.get("parent")
            title.parent = _placed(title.kind, parents.get(above)) if above else None
            title.number = _check_number(row.get("number"))
            check_placed(title.kind, has_parent=title.parent is not None)
        except Invalid as error:
            raise Invalid(f"{place}.{error.field}", error.message) from None
        titles.append(title)
    Title.objects.bulk_create(titles)
    append_many([_registered(actor, title) for title in titles])
    return titles


def described_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a row is its Description."""
    return {name: row[name] for name in Description.__annotations__ if name in row}


def _checked_changes(actor: Actor, title: Title, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that `changes` set, checked one by one."""
    checked = check_description(described_of(changes))
    for field, value in changes.items():
        match field:
            case "kind":
                checked[field] = _check_kind(field, value)
            case "name":
                checked[field] = check_name(field, value)
            case "language":
                checked[field] = check_language(field, value)
            case "eidr":
                checked[field] = canonical_eidr(value) if value else None
            case "number":
                checked[field] = _check_number(value)
            case "parent":
                kind = changes.get("kind", title.kind)
                checked["parent"] = _parent(actor, kind, value) if value else None
    return checked


def _parent(actor: Actor, kind: str, code: str) -> Title:
    return _placed(kind, Title.objects.visible_to(actor).filter(code=code).first())


def _placed(kind: str, parent: Title | None) -> Title:
    """Return what a work of this kind is to be part of, or raise Invalid("parent")."""
    if parent is None:
        raise Invalid("parent", _("You have no title of this code."))
    if parent.kind not in PARENTS[TitleKind(kind)]:
        raise _misplaced(kind, parent)
    return parent


def _check_place(title: Title) -> None:
    """Raise Invalid unless the title's kind fits what it is part of, and what is part of it."""
    if title.parent is not None and title.parent.kind not in PARENTS[TitleKind(title.kind)]:
        raise _misplaced(title.kind, title.parent)
    for kind in title.children.order_by().values_list("kind", flat=True).distinct():
        if title.kind not in PARENTS[TitleKind(kind)]:
            raise Invalid(
                "kind",
                _("It has parts of the kind “%(part)s”, which this kind has not.")
                % {"part": TitleKind(kind).label},
            )


def _misplaced(kind: str, parent: Title) -> Invalid:
    return Invalid(
        "parent",
        _("“%(kind)s” cannot be part of “%(parent)s”.")
        % {"kind": TitleKind(kind).label, "parent": parent.get_kind_display()},
    )


def _check_number(number: int | None) -> int | None:
    if number is not None and not 0 <= number <= _MOST_NUMBER:
        raise Invalid("number", _("Give a number of 0 or more."))
    return number


def _require_free(title: Title, scheme: str, value: str, field: str) -> None:
    """Raise Conflict when the number names another title of the organisation."""
    mine = Title.objects.filter(organisation=title.organisation).exclude(pk=title.pk)
    if (scheme == Scheme.EIDR and mine.filter(eidr=value).exists()) or (
        TitleIdentifier.objects.filter(
            organisation=title.organisation, scheme=scheme, value=value, verified=True
        )
        .exclude(title=title.pk)
        .exists()
    ):
        raise _taken(field)


def _taken(field: str) -> Conflict:
    if field == "eidr":
        return Conflict(_("You have already registered a title with this EIDR."), field=field)
    return Conflict(_("This number already names another of your titles."), field=field)


def _keep_corrected(title: Title, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Remember what a file may go on saying of columns that a person corrects; who puts back what
    it said has corrected nothing."""
    for name, new in after.items():
        if title.corrected.setdefault(name, before[name]) == new:
            del title.corrected[name]


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return columns as the log commits to them."""
    return {name: plain_value(value) for name, value in values.items()}


def plain_value(value: Any) -> Any:
    """Return what a column holds as the log commits to it: a title by code, a day in ISO 8601."""
    match value:
        case Title():
            return value.code
        case date():
            return value.isoformat()
    return value


def _check_kind(field: str, kind: str) -> str:
    if kind not in TitleKind.values:
        raise Invalid(
            field, _("Choose one of: %(kinds)s.") % {"kinds": ", ".join(TitleKind.values)}
        )
    return kind


def _registered(actor: Actor, title: Title) -> NewEvent:
    return NewEvent(
        kind="title.registered",
        stream=title.stream,
        actor=actor.name,
        refs={"organisation": title.organisation.stream},
        data={"title_kind": title.kind},
        private={
            "name": {"name": title.name, "language": title.language, "year": title.year},
            "eidr": title.eidr,
        },
    )


def lock_title(actor: Actor, code: str) -> Title:
    """Return the actor's own title, locked until the transaction ends, or raise NotFound."""
    title = Title.objects.visible_to(actor).select_for_update().filter(code=code).first()
    if title is None:
        raise NotFound
    return title


def get_title(actor: Actor, code: str) -> Title:
    """Return the actor's own title, or raise NotFound."""
    title = Title.objects.visible_to(actor).filter(code=code).first()
    if title is None:
        raise NotFound
    return title
