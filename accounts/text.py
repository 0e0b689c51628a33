"""What people write into one field: trimmed, of bounded length, of characters that can be kept."""

import unicodedata

from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid

# Control characters (NUL above all: PostgreSQL keeps none) and halves of surrogate pairs.
_NOT_KEPT = {"Cc", "Cs"}
# They turn the letters after them around: a name would not read as it is written.
_OVERRIDES = {"\N{LEFT-TO-RIGHT OVERRIDE}", "\N{RIGHT-TO-LEFT OVERRIDE}"}
# What nobody sees; a name needs more than that.
_INVISIBLE = {"Cf", "Cn", "Co", "Zl", "Zp", "Zs"}


def check_name(field: str, name: str, limit: int = 300) -> str:
    """Return one line without surrounding blanks, or raise Invalid(field)."""
    name = name.strip()
    seen = any(unicodedata.category(char) not in _INVISIBLE for char in name)
    if not seen or len(name) > limit:
        raise Invalid(field, _("Give a name of 1 to %(limit)d characters.") % {"limit": limit})
    if any(map(_is_not_kept, name)) or _OVERRIDES & set(name):
        raise Invalid(
            field,
            _(
                "Control characters are not allowed: leave out tabs, line breaks and what turns the"
                " direction of text."
            ),
        )
    return name


def check_note(field: str, text: str, limit: int) -> str:
    """Return a text that may be empty and have several lines, or raise Invalid(field).

    Nothing is cut off: half a clause can say the opposite of the whole one.
    """
    text = text.strip()
    if len(text) > limit:
        raise Invalid(field, _("Say it in at most %(limit)d characters.") % {"limit": limit})
    if any(_is_not_kept(char) for char in text if char not in "\r\n\t"):
        raise Invalid(field, _("Leave out characters that are no text."))
    return text


def _is_not_kept(char: str) -> bool:
    return unicodedata.category(char) in _NOT_KEPT
