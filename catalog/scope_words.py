"""What the reader of scopes refuses, as sentences in the reader's language.

The reader is pure and says it in half sentences of English, beside a path; an auditor reads those.
"""

import re
from typing import Final

from django.utils.translation import gettext_lazy as _

from accounts.errors import Text
from catalog.scope.errors import CaseError

# By the whole message; groups are what the sentence names.
_SENTENCES: Final[tuple[tuple[str, Text], ...]] = (
    (r"unknown use (?P<value>.*)", _("“%(value)s” is no use that can be licensed.")),
    (
        r"unknown country or group (?P<value>.*)",
        _("“%(value)s” is no country or group of countries. Write its code, such as KR."),
    ),
    (
        r"(?P<value>.*) needs as_of: a date, dynamic or unknown",
        _("The members of %(value)s change: say as of which date, or “dynamic” or “unknown”."),
    ),
    (
        r"a request cannot use a group whose date is unknown",
        _("A request cannot name a group of countries whose date is unknown."),
    ),
    (
        r"a request cannot name the vanished state (?P<value>.*)",
        _("%(value)s does not exist any more; a request names states of today."),
    ),
    (
        r"a request cannot hang on an event",
        _("A request cannot begin or end with an event; give a date."),
    ),
    (r"must be after (start|from)", _("The end must lie after the start.")),
    (r"names no country", _("Name at least one country.")),
    (r"must be GUILD/.*", _("Write the guild and its agreement, such as WGA/MBA 2026.")),
    (r"must be the code of a law.*", _("Write the code of a law, such as CA.")),
    (r"this row can be replaced.*", _("This row can be replaced, but not taken out.")),
    (r"must have from, before.*", _("Each period has from, before, undated and codes.")),
    (r"needs a start to count from", _("A duration needs a start to count from.")),
    (r"must be an object", _("Write an object.")),
    (r"is required", _("This is required.")),
    (r"must be a list", _("Write a list.")),
    (r"must be true or false", _("Write true or false.")),
    (
        r"must be a whole number, (?P<value>.*) or more",
        _("Write a whole number, %(value)s or more."),
    ),
    (r"unknown field", _("There is no such field.")),
    (r"must be a text that is not empty", _("Write a text that is not empty.")),
    (r"holds half a character.*", _("It holds half a character, which no file can hold.")),
    (r"must be one of (?P<value>.*)", _("Choose one of: %(value)s.")),
    (r"must be a text or a list of texts", _("Write a text or a list of texts.")),
    (
        r"unknown time zone (?P<value>.*)",
        _("“%(value)s” is no time zone. Write one such as Asia/Seoul."),
    ),
    (r"must be a date, YYYY-MM-DD", _("Write a date as YYYY-MM-DD.")),
    (r"no such date( or time)? (?P<value>.*)", _("There is no such day or time: %(value)s.")),
    (
        r"must be a duration such as P5Y, P18M or P2W",
        _("Write a duration such as P5Y, P18M or P2W."),
    ),
    (r"runs past the year 9999", _("This runs past the year 9999.")),
    (
        r"must be YYYY-MM-DD or YYYY-MM-DDTHH:MM\[:SS\], with Z or \+HH:MM or not",
        _("Write YYYY-MM-DD, or YYYY-MM-DDTHH:MM with Z or an offset such as +09:00."),
    ),
    (r"no such offset (?P<value>.*)", _("There is no such offset: %(value)s.")),
    (
        r"(?P<value>.*) is not in the case",
        _("It names the record %(value)s, which does not stand any more."),
    ),
    (
        r"event (?P<value>.*) is recorded twice at the same time",
        _("The event “%(value)s” has two dates that were recorded in the same second."),
    ),
    (
        r"tell too many points of the request apart",
        _("The records differ in too many ways for one question. Ask for less at once."),
    ),
    (
        r"licences lead to the title in too many ways to follow",
        _("Licences lead to the title in too many ways to follow."),
    ),
    (
        r"is outside the years 1 to 9999 in UTC",
        _("This lies outside the years 1 to 9999."),
    ),
)  # fmt: skip
_MOST: Final = 60


def sentence_of(error: CaseError) -> Text:
    """Return what is wrong and what to write, as a whole sentence."""
    for pattern, sentence in _SENTENCES:
        if found := re.fullmatch(pattern, error.message, re.DOTALL):
            named = found.groupdict()
            if "value" not in named:
                return sentence
            return str(sentence) % {"value": named["value"].strip("'\"")[:_MOST]}
    return error.message
