"""Keys of objects in buckets of others: which there can be, and how their letters are written."""

import unicodedata

from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid, Text

MAX_KEY_BYTES = 1024


def check_key(key: str) -> None:
    """Raise Invalid("key"), saying why, for what no bucket can hold an object under.

    A slash at the beginning and two in a row are parts of a key like any other.
    """
    if not key:
        raise Invalid("key", _("Give the key of an object, as the bucket names it."))
    for number, letter in enumerate(key, 1):
        if unicodedata.category(letter) in {"Cc", "Cs"}:
            raise Invalid(
                "key",
                _("Letter %(number)d of the key is a control character; take it out.")
                % {"number": number},
            )
    if (size := len(key.encode())) > MAX_KEY_BYTES:
        raise Invalid(
            "key",
            _("The key has %(size)d bytes in UTF-8; a bucket takes %(most)d at most.")
            % {"size": size, "most": MAX_KEY_BYTES},
        )
    if part := next((each for each in key.split("/") if each in {".", ".."}), None):
        raise Invalid(
            "key",
            _(
                "A part of the key is “%(part)s”, which means another folder and is never in a key."
                " Write the whole key, as the bucket names it."
            )
            % {"part": part},
        )


def spellings(key: str) -> list[str]:
    """Return the key as given, then with its letters composed and decomposed where that differs:
    files from a Mac are often named in the other way, and look the same."""
    forms = (unicodedata.normalize(form, key) for form in ("NFC", "NFD"))
    fit = [each for each in forms if len(each.encode()) <= MAX_KEY_BYTES]
    return list(dict.fromkeys([key, *fit]))


def not_found(key: str) -> Text:
    """Return why there may be no object under a key that there could be."""
    if "://" in key:
        return _("There is no such object. Give the key alone, without the address of the bucket.")
    if key.startswith("/") or "//" in key:
        return _(
            "There is no such object, or it may not be read. The key begins with a slash or has two"
            " in a row; most keys do not."
        )
    return _("There is no such object, or it may not be read.")
