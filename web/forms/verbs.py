"""Between a form and a verb: the form only parses, the verb decides."""

import re
from collections.abc import Callable, Container

from django.forms import Form
from django.utils.translation import gettext as _

from accounts.errors import Conflict, DomainError, Invalid, TooLarge, Unavailable

# What a browser is told when a form comes back with its errors.
REFUSED = 422


def attempt[T](form: Form, verb: Callable[[], T]) -> T | None:
    """Return what `verb` returns, or None when it refused: the form then says why.

    A refusal stands beside the field it names, or above the form. NotFound and NotAllowed pass.
    """
    if not form.is_valid():
        return None
    try:
        return verb()
    except (Invalid, Conflict, TooLarge, Unavailable) as refusal:
        place_error(form, refusal)
        return None


def place_error(form: Form, refusal: DomainError) -> None:
    """Put a refusal beside the field it names (`names.ko` and `names[1]` are `names`,
    `terms.approvals.hours` is `hours`)."""
    names = re.split(r"[.\[]", refusal.field or "")
    name = next((each for each in names if each in form.fields), None)
    form.add_error(name, str(refusal.message))


def ask_again(form: Form, files: Container[str], *names: str) -> None:
    """Say of each of these fields for which a file was sent (`files`) that it is not kept with what
    was typed: a page cannot."""
    for name in names:
        if name in files and not form.has_error(name):
            form.add_error(name, _("A page cannot keep the file: choose it again."))


def refused_unread[F: Form](form: F, refusal: DomainError) -> F:
    """Return a form that was refused before anything of it was read: with that refusal alone."""
    form.full_clean()
    form.errors.clear()
    place_error(form, refusal)
    return form


def gather(form: Form, *checks: Callable[[], object]) -> None:
    """Put what each check of a room refuses beside its field, so that all of it is said at once.

    For a form's `clean`: the verb makes the same checks and stops at the first. A check that
    reads a value that is missing, because its field was refused already, is passed over.
    """
    for check in checks:
        try:
            check()
        except KeyError:
            continue
        except Invalid as refusal:
            place_error(form, refusal)
