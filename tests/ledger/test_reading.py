"""Many rows at once come out as the objects that Django would have read."""

from typing import Any

import pytest
from django.forms.models import model_to_dict

from catalog.models import Asset, Fact
from ledger.reading import give, read_rows
from tests import factories

pytestmark = pytest.mark.django_db


def test_objects_are_those_that_django_would_have_read() -> None:
    studio = factories.studio()
    film = factories.title(studio)
    for share in ("1/2", "1/3", "1/3"):
        factories.ownership(studio, film, share=share)
    names = [each.attname for each in Fact._meta.concrete_fields]
    rows = Fact.objects.order_by("code")
    read, plain = read_rows(rows, names, title=("id", "name", "code")), list(rows)
    assert read == plain
    assert [model_to_dict(each) for each in read] == [model_to_dict(each) for each in plain]
    assert not read[0].get_deferred_fields()
    assert {each.title.name for each in read} == {film.name}


def test_what_was_left_out_is_read_when_it_is_asked_for(django_assert_num_queries: Any) -> None:
    studio = factories.studio()
    asset = factories.words(studio, factories.title(studio))
    with django_assert_num_queries(1):
        (read,) = read_rows(Asset.objects.all(), ("id", "title_id"), title=("id", "code"))
        assert (read.pk, read.title_id) == (asset.pk, asset.title_id)
        assert read.title is not None
        assert read.title.code == asset.code.partition("+")[0]
    with django_assert_num_queries(1):
        assert read.sha256 == asset.sha256
    with django_assert_num_queries(2):  # its column, and the row that this names
        assert read.organisation == asset.organisation


def test_objects_share_what_they_are_given(django_assert_num_queries: Any) -> None:
    studio = factories.studio()
    owner, film = studio.organisation, factories.title(studio)
    assert owner is not None
    for text in ("One", "Two"):
        factories.words(studio, film, text)
    read = read_rows(Asset.objects.all(), ("id", "organisation_id"))
    with django_assert_num_queries(0):
        give(read, "organisation", {owner.pk: owner})
        assert all(each.organisation is owner for each in read)
