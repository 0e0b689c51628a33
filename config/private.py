"""What Edgecode writes is for its own user alone: unreleased films, and the keys to them."""

import os
from contextlib import suppress
from pathlib import Path

# What earlier versions may have left readable by others. Named, because the folder itself may
# be one that somebody else's files lie in too.
_OURS = ("demo", "keys", "ledger", "objects", "static", "tmp", "edgecode.sqlite3*", "secret-key")


def create_for_owner_only() -> None:
    """Let this process and its children create nothing that others may read."""
    os.umask(0o077)


def keep(folder: Path) -> None:
    """Make the folder if it is missing. What is already there and ours loses every right of
    others; what belongs to another user is left to whoever runs both."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in (found for name in _OURS for found in folder.glob(name)):
        with suppress(FileNotFoundError):  # SQLite's files beside the database come and go
            status = path.lstat()
            if status.st_mode & 0o077 and status.st_uid == os.getuid() and not path.is_symlink():
                path.chmod(status.st_mode & 0o700)
