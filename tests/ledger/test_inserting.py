"""Many rows at once come out as if Django had saved each."""

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import EdgeCode
from catalog.models import Fact, FactKind, Title, TitleName
from ledger.inserting import insert_rows, update_rows
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("count", [0, 1, 3, 300])
def test_rows_are_those_that_django_would_have_saved(count: int) -> None:
    title = factories.title(factories.studio())
    now = timezone.now()
    body = {"party": 'Ä "quoted"\t\\N', "share": "1/3", "list": [1, None, True]}
    insert_rows(
        Fact,
        ("code", "title_id", "kind", "body", "starts_at", "document", "clause", "note",
         "recorded_at"),
        ((f"{number:08}", title.pk, FactKind.OWNERSHIP, body, now, "a\nb", "", "", now)
         for number in range(count)),
    )  # fmt: skip
    for fact in Fact.objects.all():
        assert (fact.title, fact.kind, fact.body) == (title, "ownership", body)
        assert (fact.starts_at, fact.ends_at, fact.document) == (now, None, "a\nb")
    assert Fact.objects.count() == count
    assert Fact.objects.filter(body__party=body["party"]).count() == count


@pytest.mark.parametrize("count", [2, 300])
def test_a_row_that_is_there_already_lets_none_in(count: int) -> None:
    rows = [(f"{number:08}", "title") for number in range(count)]
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(EdgeCode, ("code", "kind"), [*rows, rows[0]])
    assert EdgeCode.objects.count() == 0


def test_a_column_without_its_value_is_refused() -> None:
    title = factories.title(factories.studio())
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(TitleName, ("title_id", "language"), [(title.pk, "ko")])


def test_rows_are_changed_as_django_would_change_them() -> None:
    studio = factories.studio()
    first, second, third = (factories.title(studio, name=f"Film {n}") for n in range(3))
    moment = timezone.now()
    update_rows(
        Title,
        ("name", "eidr", "created_at"),
        [(first.pk, "가나다", factories.EIDR, moment), (second.pk, "%s", None, moment)],
    )
    told = dict(Title.objects.values_list("pk", "name"))
    assert told == {first.pk: "가나다", second.pk: "%s", third.pk: third.name}
    first.refresh_from_db()
    assert (first.eidr, first.created_at) == (factories.EIDR, moment)
    update_rows(Title, ("name",), [])
