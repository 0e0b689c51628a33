"""What Edgecode writes is for its own user alone: unreleased films, and the keys to them."""

import os
from pathlib import Path

# What earlier versions may have left readable by others. Named, because the folder itself may
# be one that somebody else's files lie in too.
_OURS = ("demo", "keys", "ledger", "objects", "static", "tmp", "edgecode.sqlite3*", "secret-key")


def keep(folder: Path) -> None:
    """Make the folder if it is missing, and let this process create nothing that others read.

    What is already there and ours loses every right of others; what belongs to another user is
    left to whoever runs both.
    """
    os.umask(0o077)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in (found for name in _OURS for found in folder.glob(name)):
        status = path.lstat()
        if status.st_mode & 0o077 and status.st_uid == os.getuid() and not path.is_symlink():
            path.chmod(status.st_mode & 0o700)
