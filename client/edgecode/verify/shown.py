"""What a file says, as it goes into a sentence: on one line, and no longer than one reads."""

import json
from typing import Final

SHOWN_MAX: Final = 200
_LISTED_MAX: Final = 40
_PLACES_MAX: Final = 300  # more than there are countries: a list that is cut off would say less


def listed(value: object, most: int = _LISTED_MAX) -> str:
    """Return a list on one line; one that is shortened ends in an ellipsis."""
    items = value if isinstance(value, list | tuple) else []
    more = ["…"] if len(items) > most else []
    return ", ".join([*(str(each)[:60] for each in items[:most]), *more]) or "-"


def shortened(text: str, most: int) -> str:
    """Return a text, with an ellipsis at its end where it is longer than so many letters."""
    return text if len(text) <= most else f"{text[:most]}…"


def territory(value: object) -> str:
    """Return a territory expression on one line: `KR, DE`, `WORLD except CN`; one of another form
    as JSON."""
    match value:
        case str():
            return value[:SHOWN_MAX] or "-"
        case list():
            return listed(value, _PLACES_MAX)
        case {"include": list(inside), "except": list(outside), **more} if not more:
            without = f" except {listed(outside, _PLACES_MAX)}" if outside else ""
            return listed(inside, _PLACES_MAX) + without
        case {"include": list(inside), **more} if not more:
            return listed(inside, _PLACES_MAX)
        case None:
            return "-"
    return json.dumps(value, ensure_ascii=False)


def clock(at_ms: object) -> str:
    """Return a moment of a file's time as `00:12:30.500`, or what stands for one as it is."""
    if type(at_ms) is not int or at_ms < 0:
        return str(at_ms)[:40]
    seconds, milliseconds = divmod(at_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"
