"""Our one process that reads hostile files (`inspect_child`)."""

import atexit
import os
import sys
from pathlib import Path

from edgecode.verify.host import Host

_HOUSE = Path(__file__).resolve().parents[2]

HOST = Host([sys.executable, "-m", "provenance.inspect_child"], _HOUSE)
atexit.register(HOST.close)
os.register_at_fork(after_in_child=HOST.forget)
