"""The measurements that need a database, on the one that the environment names."""

import django
from django.core.management import call_command

from benchmarks.measure import table


def main() -> None:
    """Migrate, measure, print."""
    django.setup()
    call_command("migrate", verbosity=0)
    from django.db import connection

    from benchmarks.ledger import appends, latency, sequencing  # only now: they need the apps

    found = sequencing.measure(50_000)
    found += latency.measure(20)
    if connection.vendor == "postgresql":
        found += appends.measure(5)
    print(table(f"The ledger on {connection.display_name}", found), flush=True)


if __name__ == "__main__":
    main()
