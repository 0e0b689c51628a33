"""The rule tables: data files, each row with its source, as of the date inside."""

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def table(name: str) -> Any:
    """The parsed content of `<name>.json` in this directory."""
    return json.loads(files(__name__).joinpath(f"{name}.json").read_text(encoding="utf-8"))
