import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import EdgeCode
from catalog.merging import rows_of_many
from catalog.models import Title
from tests import factories


@pytest.mark.django_db
def test_rows_are_found_by_as_many_keys_as_there_are() -> None:
    studio = factories.studio()
    titles = [factories.title(studio, name=name) for name in ("One", "Two", "Three")]
    keys = {title.pk for title in titles[:2]} | set(range(10**6, 10**6 + 40_000))
    with CaptureQueriesContext(
        connection,
    ) as told:
        found = Title.objects.filter(pk__among=keys).order_by("pk")
        assert [title.name for title in found] == ["One", "Two"]
    assert len(told) == 1
    codes = {titles[2].code, "it's", '"', "\\"}
    assert EdgeCode.objects.get(code__among=codes).code == titles[2].code
    Title.objects.filter(pk=titles[1].pk).update(canonical=titles[0])
    assert Title.objects.get(canonical__among={titles[0].pk}) == titles[1]
    assert Title.objects.filter(organisation__titles__among={titles[2].pk}).count() == 3
    assert rows_of_many([titles[1].pk]) == {titles[1].pk: {titles[0].pk, titles[1].pk}}


@pytest.mark.django_db
def test_nothing_is_among_no_keys() -> None:
    factories.title(factories.studio())
    assert not Title.objects.filter(pk__among=set()).exists()
    assert Title.objects.exclude(pk__among=set()).exists()
