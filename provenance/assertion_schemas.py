"""The forms of the assertions that no standard has, as they are published: one file a version.

None ever changes once it is out: what says more is a new version.
"""

from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "schemas"


@cache
def schemas() -> dict[str, bytes]:
    """Return the JSON schemas by their names, such as `com.edgecode.grant-3`."""
    return {path.stem: path.read_bytes() for path in sorted(_FOLDER.glob("*.json"))}
