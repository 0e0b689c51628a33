"""The numbers by which others know a work or a party: their forms, and what they check."""

import re

from django.utils.translation import gettext_lazy as _
from eidr import EIDRID, EIDRIDFormatError
from stdnum import isan, isni
from stdnum.exceptions import ValidationError

from accounts.errors import Invalid
from accounts.text import check_name
from catalog.models import Scheme

_IMDB = re.compile(r"tt\d{7,10}", re.ASCII)
_PARTY = re.compile(r"10\.5237/[0-9A-F]{4}-[0-9A-F]{4}", re.ASCII)


def canonical_eidr(text: str, field: str = "eidr") -> str:
    """Return an EIDR content id in canonical form; raise Invalid(field) when it is none.

    The check character is verified (EIDR ID Format 1.5, section 2.2, by the `eidr` package).
    """
    try:
        return EIDRID.parse(text.strip().upper().removeprefix("DOI:")).canonical()
    except EIDRIDFormatError:
        raise Invalid(
            field,
            _(
                "Not an EIDR: its form is 10.5240/XXXX-XXXX-XXXX-XXXX-XXXX-C, and the check"
                " character C must fit the digits before it."
            ),
        ) from None


def canonical_identifier(scheme: str, value: str) -> str:
    """Return a title's number in the form that `scheme` writes, its check characters verified
    (ISAN: ISO 15706-2). Raises Invalid("scheme") or Invalid("value")."""
    value = value.strip()
    match scheme:
        case Scheme.EIDR:
            return canonical_eidr(value, "value")
        case Scheme.ISAN:
            return _isan(value)
        case Scheme.IMDB:
            return _imdb(value)
        case Scheme.OWN:
            return check_name("value", value, 100)
    raise Invalid("scheme", _("Choose one of: %(kinds)s.") % {"kinds": ", ".join(Scheme.values)})


def _isan(value: str) -> str:
    try:
        number = isan.validate(value.upper().removeprefix("ISAN").strip())
        return str(isan.format(number, add_check_digits=True))
    except ValidationError:
        raise Invalid(
            "value",
            _("Not an ISAN: 16 or 24 hexadecimal digits, and check characters that fit them."),
        ) from None


def _imdb(value: str) -> str:
    found = _IMDB.search(value.lower())
    if found is None:
        raise Invalid("value", _("Not an IMDb number, such as tt0468492."))
    return found[0]


def canonical_party_eidr(text: str) -> str:
    """Return an EIDR party id, 10.5237/XXXX-XXXX, or raise Invalid("eidr")."""
    value = text.strip().upper().removeprefix("DOI:")
    if _PARTY.fullmatch(value) is None:
        raise Invalid("eidr", _("Not an EIDR party, such as 10.5237/9241-7F5A."))
    return value


def canonical_isni(text: str) -> str:
    """Return an ISNI as 16 characters, the check character verified (ISO 27729), or raise
    Invalid("isni")."""
    try:
        return str(isni.validate(text))
    except ValidationError:
        raise Invalid(
            "isni", _("Not an ISNI: 16 digits, the last one of which checks the others.")
        ) from None
