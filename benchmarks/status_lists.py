"""A status list of a million grants: making it whole, keeping it up to date, serving it.

python -m benchmarks.status_lists [GRANTS]

Prints CPU seconds. It works in a database of its own, which is removed.
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta


def main(grants: int) -> None:
    """Fill a list, and time what a platform that asks every minute costs."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client
    from django.utils import timezone

    from licensing.models import Grant
    from provenance import status_lists
    from provenance.models import StatusIndex, StatusList
    from provenance.status_tokens import index_of

    call_command("migrate", verbosity=0)
    now, seed = timezone.now(), b"s" * 32
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys=OFF")  # grants alone, without all that they rest on
    of = StatusList.objects.create(number=1, seed=seed, given=grants)
    for first in range(0, grants, 50_000):
        numbers = range(first, min(first + 50_000, grants))
        Grant.objects.bulk_create(
            Grant(
                pk=number + 1, code=f"{number:08d}", deal_id=number + 1, licensor_id=1,
                licensee_id=1, uses=["train"], model_kinds=[], territory="WORLD",
                exclusivity="non_exclusive", starts_at=now - timedelta(days=9),
                issued_at=now - timedelta(days=9),
                ends_at=now - timedelta(days=1) if number % 20 == 0 else None,
                revoked_at=now - timedelta(days=2) if number % 100 == 1 else None,
            )
            for number in numbers
        )  # fmt: skip
        StatusIndex.objects.bulk_create(
            StatusIndex(
                grant_id=number + 1, list=of, index=index_of(seed, number),
                given_at=now - timedelta(days=9), starts_at=now - timedelta(days=9),
                ends_at=now - timedelta(days=1) if number % 20 == 0 else None,
            )
            for number in numbers
        )  # fmt: skip
    address, client = "/api/v1/status-lists/1/", Client(SERVER_NAME="localhost")
    print(f"{grants:,} grants, 6 % of them ended")
    timed("made whole", lambda: status_lists.etag_of(1))
    StatusList.objects.update(checked_at=now - timedelta(minutes=1))
    Grant.objects.filter(pk__in=range(2_000, 2_100)).update(revoked_at=now)
    timed("brought up to date, 100 revoked", lambda: status_lists.etag_of(1))
    StatusList.objects.update(checked_at=now - timedelta(minutes=1))
    timed("brought up to date, nothing changed", lambda: status_lists.etag_of(1))
    tag = client.get(address).headers["ETag"]
    timed("served whole", lambda: client.get(address))
    headers = {"if-none-match": tag}
    timed("served as 304", lambda: client.get(address, headers=headers))
    print(f"{len(client.get(address).content):,} bytes")


def timed(what: str, act: Callable[[], object]) -> None:
    start = time.process_time()
    act()
    print(f"{what:40} {time.process_time() - start:8.4f} s")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "EDGECODE_DEBUG": "true",
            "EDGECODE_VAR_DIR": folder,
        }
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
