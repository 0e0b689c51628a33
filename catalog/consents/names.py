"""Names of people as they are asked for: the same however they are written, and nothing near."""

import hashlib
import unicodedata


def normal_form(name: str) -> str:
    """Return the name without what people write differently: width, case, accents' encoding,
    blanks and punctuation between its parts. Korean and Latin letters stay as they are."""
    text = unicodedata.normalize("NFKC", name).casefold()
    kept = (char if char.isalnum() or unicodedata.combining(char) else " " for char in text)
    return " ".join("".join(kept).split())


def digest_of(name: str) -> str:
    """Return what a name is looked up by."""
    return hashlib.sha256(normal_form(name).encode()).hexdigest()
