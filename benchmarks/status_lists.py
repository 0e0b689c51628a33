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

_GRANT = (
    *("id", "code", "deal_id", "licensor_id", "licensee_id", "uses", "model_kinds", "territory"),
    *("exclusivity", "starts_at", "ends_at", "issued_at", "revoked_at", "revocation_reason"),
)


def main(grants: int) -> None:
    """Fill a list, and time what a platform that asks every minute costs."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, transaction
    from django.test import Client
    from django.utils import timezone

    from ledger.inserting import insert_rows
    from licensing.models import Grant
    from provenance import status_lists
    from provenance.models import StatusIndex, StatusList
    from provenance.status_tokens import index_of

    call_command("migrate", verbosity=0)
    now, seed = timezone.now(), b"s" * 32
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys=OFF")  # grants alone, without all that they rest on
    of = StatusList.objects.create(number=1, seed=seed, given=grants)
    old, over, gone = (now - timedelta(days=days) for days in (9, 1, 2))
    with transaction.atomic():
        insert_rows(
            Grant,
            _GRANT,
            (
                (
                    *(number + 1, f"{number:08d}", number + 1, 1, 1, ["train"], [], "WORLD"),
                    *("non_exclusive", old, over if number % 20 == 0 else None, old),
                    *(gone if number % 100 == 1 else None, ""),
                )
                for number in range(grants)
            ),
        )
        insert_rows(
            StatusIndex,
            ("grant_id", "list_id", "index", "given_at", "starts_at", "ends_at"),
            (
                (
                    *(number + 1, of.pk, index_of(seed, number), old, old),
                    over if number % 20 == 0 else None,
                )
                for number in range(grants)
            ),
        )
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
