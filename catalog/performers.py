"""Performers: people whose likeness may be licensed."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Invalid, NotFound
from accounts.text import check_name
from catalog.consents.ending import stops_at
from catalog.consents.names import digest_of
from catalog.models import Consent, HeirsRule, Performer, PerformerName
from ledger.append import append

_MOST_NAMES = 20
_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", re.ASCII)


@transaction.atomic
def register_performer(
    *, actor: Actor, name: str, born: date | None = None, **more: Any
) -> Performer:
    """Register a person the organisation represents. `more`: as `change_performer`.

    Raises Invalid naming the field.
    """
    organisation = require(actor, Permission.EDIT_LIKENESSES)
    said = _checked({"name": name, "born": born, **more}, {})
    performer = Performer.objects.create(
        code=allocate("performer"), organisation=organisation, **said
    )
    _index(performer)
    append(
        "performer.registered",
        stream=performer.stream,
        actor=actor.name,
        refs={"organisation": organisation.stream},
        private={"person": _record(performer, {"name", "born", *said})},
    )
    return performer


@transaction.atomic
def change_performer(*, actor: Actor, code: str, **changes: Any) -> Performer:
    """Correct or complete what is said of a performer: `name`, `stage_names`, `born`,
    `deceased_on`, `domicile`, `guilds`, `heirs_rule`.

    Raises NotFound, or Invalid naming the field.
    """
    require(actor, Permission.EDIT_LIKENESSES)
    performer = find_performer(actor, code)
    performer = Performer.objects.select_for_update().get(pk=performer.pk)
    before = {name: getattr(performer, name) for name in changes}
    said = _checked(changes, {"born": performer.born, "deceased_on": performer.deceased_on})
    changed = sorted(name for name, value in said.items() if before[name] != value)
    if not changed:
        return performer
    for name in changed:
        setattr(performer, name, said[name])
    performer.save(update_fields=changed)
    _index(performer)
    _date_consents(performer)
    append(
        "performer.changed",
        stream=performer.stream,
        actor=actor.name,
        data={"fields": changed},
        private={"person": _record(performer, changed)},
    )
    return performer


def find_performer(actor: Actor, code: str) -> Performer:
    """Return the actor's own performer, or raise NotFound."""
    performer = Performer.objects.visible_to(actor).filter(code=code).first()
    if performer is None:
        raise NotFound
    return performer


def _date_consents(performer: Performer) -> None:
    """End the performer's consents when rules of birth and death say so."""
    # Locked like every change of a consent: a grant is cleared wholly before or after it.
    list(performer.likenesses.select_for_update().order_by("pk"))
    for consent in Consent.objects.filter(likeness__performer=performer).order_by("pk"):
        end = stops_at(
            consent.terms,
            consent.starts_at,
            born=performer.born,
            deceased_on=performer.deceased_on,
        )
        if end != consent.stops_at:
            Consent.objects.filter(pk=consent.pk).update(stops_at=end)


def _index(performer: Performer) -> None:
    """Let the performer be found by every name, and by no former one."""
    digests = {digest_of(name) for name in (performer.name, *performer.stage_names)}
    performer.name_keys.exclude(digest__in=digests).delete()
    PerformerName.objects.bulk_create(
        [PerformerName(performer=performer, digest=digest) for digest in sorted(digests)],
        ignore_conflicts=True,
    )


def _record(performer: Performer, names: Sequence[str] | set[str]) -> dict[str, Any]:
    values = {name: getattr(performer, name) for name in sorted(names)}
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
    }


def _checked(said: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    checked = {name: _CHECKS[name](name, value) for name, value in said.items()}
    dates = {**known, **checked}
    born, died = dates.get("born"), dates.get("deceased_on")
    if born is not None and died is not None and died < born:
        raise Invalid("deceased_on", _("The date of death lies before the date of birth."))
    return checked


def _past(future: Any) -> Any:
    def check(field: str, value: date | None) -> date | None:
        if value is not None and value > timezone.now().date():
            raise Invalid(field, future)
        return value

    return check


def _names(field: str, values: Sequence[str]) -> list[str]:
    if len(values) > _MOST_NAMES:
        raise Invalid(field, _("At most %(most)d, please.") % {"most": _MOST_NAMES})
    return list(dict.fromkeys(check_name(field, value, 200) for value in values))


def _domicile(field: str, value: str) -> str:
    text = value.strip().upper()
    if text and _PLACE.fullmatch(text) is None:
        raise Invalid(field, _("Write a country or state by its ISO code, such as KR or US-CA."))
    return text


def _rule(field: str, value: str) -> str:
    if value not in HeirsRule.values:
        raise Invalid(
            field, _("Choose one of: %(kinds)s.") % {"kinds": ", ".join(HeirsRule.values)}
        )
    return value


_CHECKS: dict[str, Any] = {
    "name": lambda field, value: check_name(field, value, 200),
    "stage_names": _names,
    "born": _past(_("The date of birth lies in the future.")),
    "deceased_on": _past(_("The date of death lies in the future.")),
    "domicile": _domicile,
    "guilds": _names,
    "heirs_rule": _rule,
}
