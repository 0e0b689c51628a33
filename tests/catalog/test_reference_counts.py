"""How many files lie in a studio's own bucket is counted without reading all of its files."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Asset, ReferenceLook
from catalog.reference_list import standing_of
from tests import factories

pytestmark = pytest.mark.django_db


def test_references_are_counted_by_an_index() -> None:
    studio = factories.studio()
    title = factories.title(studio)
    Asset.objects.bulk_create(
        Asset(
            code=f"{title.code}+{number:03d}",
            organisation=studio.organisation,
            title=title,
            number=number,
            kind="picture",
            source_type="digitalCapture",
            filename="reel.mov",
            mime="video/quicktime",
            size_bytes=1,
            sha256=f"{number:064d}",
            object_key=f"key-{number}",
            facts={},
            external_bucket="theirs" if number < 4 else "",
        )
        for number in range(1, 10)
    )
    now = timezone.now()
    for file, state in zip(Asset.objects.order_by("pk"), ("gone", "verified"), strict=False):
        ReferenceLook.objects.create(asset=file, state=state, looked_at=now, due_at=now)
    with CaptureQueriesContext(connection) as asked:
        # What nobody has looked at yet is as it was when it was registered.
        assert standing_of(studio) == {"gone": 1, "verified": 2}
    assert len(asked) == 2
    if connection.vendor == "sqlite":  # a plan that hangs on no statistics
        with connection.cursor() as cursor:
            for query in asked:
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
                assert "asset_in_bucket" in str(cursor.fetchall())
