#!/usr/bin/env python
"""Django's command line: `python manage.py help`."""

import os
import sys

from config.private import create_for_owner_only

# What these write is the project's source, which is for everybody.
_WRITE_SOURCE = {"makemessages", "makemigrations"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if _WRITE_SOURCE.isdisjoint(sys.argv[1:2]):
        create_for_owner_only()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
