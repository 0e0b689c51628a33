"""The first code of a limited process: gives up what it can, then runs the module it was told.

Started by catalog.sandbox as a file, without the project on the path and without Django.
"""

import json
import os
import runpy
import sys
from pathlib import Path
from typing import NoReturn

REFUSED, OUT_OF_MEMORY = 65, 71


def refuse(reason: str, **params: str | int) -> NoReturn:
    """End the child module: the file cannot be accepted, for this reason, in one line."""
    sys.stderr.write("\n" + json.dumps({"reason": reason, "params": params}) + "\n")
    sys.stderr.flush()
    raise SystemExit(REFUSED)


def main() -> None:
    root = str(Path(__file__).resolve().parent.parent)
    sys.path.insert(0, root)
    from catalog import isolation  # importable only now

    plan = json.loads(sys.argv[1])
    module, arguments = sys.argv[2], sys.argv[3:]
    isolation.limit_resources(**plan["limits"])
    os.environ["SANDBOX_NETWORK"] = isolation.leave_network()
    # After the namespaces: entering one clears it.
    isolation.die_with_parent()
    # Only our rooms' code, not the folder around it: by default the database lies there.
    code = {str(Path(root) / package) for package in ("catalog", module.partition(".")[0])}
    held = isolation.leave_files(code=code, reads=plan["reads"], writes=plan["writes"])
    os.environ["SANDBOX_FILES"] = "landlock" if held else "nothing"
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        sys.stdout.flush()
    except MemoryError:
        raise SystemExit(OUT_OF_MEMORY) from None


if __name__ == "__main__":
    main()
