"""Registering works, by one and by hundred, with EIDRs that are checked."""

from typing import Any

import pytest

from accounts.access import Permission
from accounts.errors import Conflict, Invalid, NotFound
from catalog.identifiers import canonical_eidr
from catalog.models import Title, TitleKind
from catalog.titles import TitleRow, get_title, register_many, register_title
from ledger.models import Event
from tests import factories
from tests.accounts.witness import at_once, facts, last, only_with, refs, refused

NEW = {"kind": "film", "name": "Big Buck Bunny", "language": "en"}


@pytest.mark.django_db
@pytest.mark.parametrize("kind", TitleKind)
def test_a_work_is_registered_and_logged_without_its_name(kind: str) -> None:
    studio = factories.studio()
    series = factories.title(studio, kind="series")
    title = register_title(
        actor=studio,
        kind=kind,
        parent=series.code if kind in {TitleKind.SEASON, TitleKind.EPISODE} else None,
        name="  Big Buck Bunny ",
        language="EN",
        year=2008,
        eidr=f"doi:{factories.EIDR.lower()}",
        names={"ko": "빅 벅 버니", "de": "Der Hase"},
    )
    assert (title.name, title.language, title.eidr) == ("Big Buck Bunny", "en", factories.EIDR)
    assert sorted(title.names.values_list("language", "name")) == [
        ("de", "Der Hase"),
        ("ko", "빅 벅 버니"),
    ]
    event = last("title.registered")
    assert event.facts().data == {"title_kind": kind}
    assert refs(event) == {"organisation": studio.name}
    assert facts(event) == {
        "name": {"name": "Big Buck Bunny", "language": "en", "year": 2008},
        "eidr": factories.EIDR,
    }
    assert b"Bunny" not in bytes(event.leaf)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "play"}, "kind"),
        ({"name": " \t"}, "name"),
        ({"name": "B" * 301}, "name"),
        ({"name": "B\0"}, "name"),
        ({"name": "B\udfff"}, "name"),
        ({"language": "english"}, "language"),
        ({"language": ""}, "language"),
        ({"year": 1887}, "year"),
        ({"year": 2101}, "year"),
        ({"eidr": "10.5240/7791-8534-2C23-9030-8610-6"}, "eidr"),
        ({"eidr": "10.5241/7791-8534-2C23-9030-8610-5"}, "eidr"),
        ({"eidr": "Big Buck Bunny"}, "eidr"),
        ({"names": {"xx-yy-zz-1": "Hase"}}, "names.xx-yy-zz-1"),
        ({"names": {"de": ""}}, "names.de"),
    ],
)
def test_what_is_no_work_leaves_nothing(change: dict[str, Any], field: str) -> None:
    studio = factories.studio()
    with refused(Invalid, field):
        register_title(actor=studio, **(NEW | change))
    assert not Title.objects.exists()


@pytest.mark.parametrize("position", range(8, len(factories.EIDR)))
def test_one_wrong_character_of_an_eidr_is_noticed(position: int) -> None:
    right = factories.EIDR[position]
    wrong = "0" if right != "0" else "1"
    with pytest.raises(Invalid):
        canonical_eidr(factories.EIDR[:position] + wrong + factories.EIDR[position + 1 :])


@pytest.mark.django_db
def test_one_language_written_twice_is_one_name() -> None:
    title = register_title(
        actor=factories.studio(), names={"de": "Hase", "DE": "Hase", "De": "Bunny"}, **NEW
    )
    assert sorted(title.names.values_list("language", "name")) == [("de", "Bunny"), ("de", "Hase")]


@pytest.mark.django_db
def test_only_a_studios_editors_register_works() -> None:
    studio = factories.studio()
    only_with(Permission.EDIT_TITLES, studio, lambda actor: register_title(actor=actor, **NEW))
    only_with(Permission.EDIT_TITLES, studio, lambda actor: register_many(actor=actor, rows=[]))


@pytest.mark.django_db
def test_an_eidr_is_registered_once_by_each_and_others_do_not_see_it() -> None:
    first, second = factories.studio(), factories.studio()
    title = factories.title(first, eidr=factories.EIDR)
    with refused(Conflict, "eidr"):
        factories.title(first, eidr=factories.EIDR.lower())
    other = factories.title(second, eidr=factories.EIDR)
    assert get_title(first, title.code) == title
    for stranger in (second, factories.lab(), factories.talent()):
        with pytest.raises(NotFound):
            get_title(stranger, title.code)
    assert list(Title.objects.visible_to(second)) == [other]


@pytest.mark.django_db(transaction=True)
def test_one_eidr_registered_four_times_at_once_is_one_title() -> None:
    studio = factories.studio()
    before = Event.objects.count()
    raised = at_once(*[lambda: factories.title(studio, eidr=factories.EIDR)] * 4)
    assert sorted(type(error).__name__ for error in raised) == ["Conflict"] * 3 + ["NoneType"]
    assert (Title.objects.count(), Event.objects.count()) == (1, before + 1)


@pytest.mark.django_db
def test_a_batch_is_registered_in_order_or_not_at_all() -> None:
    studio = factories.studio()
    rows: list[TitleRow] = [
        {"kind": "film", "name": f"Film {number}", "language": "en", "year": 2000 + number}
        for number in range(50)
    ]
    titles = register_many(actor=studio, rows=rows)
    assert [title.name for title in titles] == [row["name"] for row in rows]
    events = list(Event.objects.filter(kind="title.registered").order_by("pk"))
    assert [event.stream_id for event in events] == [title.stream for title in titles]
    assert facts(events[7])["name"] == {"name": "Film 7", "language": "en", "year": 2007}
    rows[30]["language"] = "klingon"
    with refused(Invalid, "titles[30].language"):
        register_many(actor=studio, rows=rows)
    assert Title.objects.count() == 50
