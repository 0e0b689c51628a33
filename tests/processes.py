"""Other processes of the product on the database of a test that is marked `transaction`."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from django.db import connection

MANAGE = (sys.executable, str(Path(__file__).resolve().parent.parent / "manage.py"))


def environment(var_dir: Path) -> Mapping[str, str]:
    """Return the environment of a process that shares the test's database and this folder."""
    named = {**os.environ, "EDGECODE_VAR_DIR": str(var_dir)}
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        (var_dir / "edgecode.sqlite3").symlink_to(settings["NAME"])
        return named
    user, password = quote(settings["USER"]), quote(settings["PASSWORD"])
    place = f"{settings['HOST']}:{settings['PORT']}/{settings['NAME']}"
    return {**named, "DATABASE_URL": f"postgresql://{user}:{password}@{place}"}
