"""Names that strangers wrote, for a sentence of ours."""

import unicodedata


def visible(name: object) -> str:
    """Return a name without what turns or hides the words beside it: Unicode's category Cf."""
    return "".join(char for char in str(name) if unicodedata.category(char) != "Cf")
