"""What is gathered for terms that are tried: once, however many ask at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier

import pytest
from django.db import connection

from licensing.library.estimates import estimate
from licensing.models import Request
from tests import factories


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("var_dir")
def test_who_asks_at_the_same_time_gets_what_was_gathered_once() -> None:
    draft = factories.draft(factories.lab(), [factories.offered_words(factories.studio())])
    together = Barrier(4)

    def known(_asking: int) -> datetime:
        asked = Request.objects.get(pk=draft.pk)
        together.wait()
        try:
            found = estimate(asked, asked)
        finally:
            connection.close()
        assert found is not None
        return found.as_of

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(known, range(4)))) == 1
