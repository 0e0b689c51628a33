"""The public answer: does this person allow this use, as far as anything is registered here?

It says yes or no and nothing else: a stranger cannot tell somebody who is not registered from
somebody who said no, suspended or withdrew. Who is asked for is found by a whole name or code,
never listed; the same queries run whoever is asked for, and the answer leaves at a fixed time.
"""

import time
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid
from catalog.checks import check_uses
from catalog.consents.names import digest_of, normal_form
from catalog.consents.speaking import SPEAKS
from catalog.models import Attribute, Authority, Consent, Performer
from catalog.scope.uses import expand_uses

MAX_NAME = 200
ANSWERS_AFTER_SECONDS = 0.15
_MOST_CONSENTS = 500


class Answer(StrEnum):
    """Whether a registered authority and a live consent are there."""

    YES = "yes"
    NO = "no"


def authorised(
    *,
    person: str,
    use: str,
    attribute: str = "",
    licensee: str = "",
    at: datetime | None = None,
    wait: Callable[[float], None] = time.sleep,
) -> Answer:
    """Return whether this person, by a whole name or edge code, allows this use now, somewhere.

    `yes`: one person is of that name, somebody may speak for them, and a consent in force covers
    every part of the use, of that attribute if one is asked for, for that licensee (by edge code)
    or for anyone. `no`: whatever else. Raises Invalid for what no question can be about.
    """
    began = time.monotonic()
    leaves = expand_uses(check_uses("use", [use]))
    if attribute and attribute not in Attribute.values:
        choices = ", ".join(Attribute.values)
        raise Invalid("attribute", _("Choose one of: %(kinds)s.") % {"kinds": choices})
    if not normal_form(person) or len(person) > MAX_NAME:
        raise Invalid("person", _("Write the whole name, or an edge code."))
    answer = _answer(person, leaves, attribute, licensee, at or timezone.now())
    # A slow moment of the machine is rounded up too: no answer leaves between the beats.
    wait(ANSWERS_AFTER_SECONDS - (time.monotonic() - began) % ANSWERS_AFTER_SECONDS)
    return answer


def _answer(
    person: str, leaves: frozenset[str], attribute: str, licensee: str, at: datetime
) -> Answer:
    code = person.upper().replace(" ", "").removeprefix("EC")
    asked = Q(name_keys__digest=digest_of(person)) | Q(code=code)
    found = list(Performer.objects.filter(asked).distinct().order_by("pk")[:2])
    one = found[0] if len(found) == 1 else None
    # For somebody unknown the same queries are made, of nobody.
    key = one.pk if one else 0
    for_whom = Q(grantee__isnull=True) | Q(grantee__code=_code(licensee) or "-")
    consents = list(
        Consent.objects.live(at)
        .filter(for_whom, likeness__performer=key)
        .values_list("uses", "attributes", "max_outputs", "used_outputs")[:_MOST_CONSENTS]
    )
    standing = (one or Performer(name="")).standing_at(at)
    speaks = (
        Performer.objects.filter(pk=key)
        .filter(authorities__in=Authority.objects.in_force(at).filter(basis__in=SPEAKS[standing]))
        .exists()
    )
    covered = any(
        leaves <= expand_uses(uses)
        and (not attribute or attribute in attributes)
        and (most is None or used < most)
        for uses, attributes, most, used in consents
    )
    return Answer.YES if one is not None and speaks and covered else Answer.NO


def _code(text: str) -> str:
    return text.strip().upper().replace(" ", "").removeprefix("EC")[:20]
