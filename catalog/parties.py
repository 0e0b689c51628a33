"""People and companies, and what they did for a work."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid, NotFound
from accounts.text import check_name
from catalog.descriptions import check_language
from catalog.identifiers import canonical_isni, canonical_party_eidr
from catalog.models import Credit, CreditRole, Party, PartyKind
from catalog.search.query import MOST_WORDS
from catalog.titles import lock_title, touch_title
from ledger.append import append

# Names in other languages are found in these; a search across all keys of JSON is no portable one.
_SEARCHED = ("en", "ko", "ja", "zh")
_MOST_POSITION = 32767  # what a small integer column holds


@transaction.atomic
def register_party(
    *,
    actor: Actor,
    kind: str,
    name: str,
    names: Mapping[str, str] | None = None,
    eidr: str | None = None,
    isni: str | None = None,
) -> Party:
    """Register a person or company; `names` maps language tags to names in other languages.

    Equal names stay different parties. Raises Invalid naming the field, Conflict where the EIDR
    party or the ISNI is that of another.
    """
    organisation = require(actor, Permission.EDIT_TITLES)
    said = check_party(kind=kind, name=name, names=names or {}, eidr=eidr, isni=isni)
    party = Party(code=allocate("party"), organisation=organisation, **said)
    try:
        with transaction.atomic():
            party.save(force_insert=True)
    except IntegrityError:
        raise Conflict(_("You already know a party with this EIDR party or ISNI.")) from None
    append(
        "party.registered",
        stream=party.stream,
        actor=actor.name,
        refs={"organisation": organisation.stream},
        data={"party_kind": kind},
        private={"party": {"name": party.name, "eidr": party.eidr, "isni": party.isni}},
    )
    return party


def check_party(
    *, kind: str, name: str, names: Mapping[str, str], eidr: str | None, isni: str | None
) -> dict[str, Any]:
    """Return what is said of a party in canonical form, or raise Invalid naming the field."""
    if kind not in PartyKind.values:
        raise Invalid(
            "kind", _("Choose one of: %(kinds)s.") % {"kinds": ", ".join(PartyKind.values)}
        )
    return {
        "kind": kind,
        "name": check_name("name", name, 200),
        "names": {
            check_language(f"names.{tag}", tag): check_name(f"names.{tag}", other, 200)
            for tag, other in names.items()
        },
        "eidr": canonical_party_eidr(eidr) if eidr else None,
        "isni": canonical_isni(isni) if isni else None,
    }


@transaction.atomic
def credit(
    *,
    actor: Actor,
    title_code: str,
    party_code: str,
    role: str,
    character: str = "",
    position: int = 0,
) -> Credit:
    """Record what a party did for a work. The same again changes its `position` in the billing.

    Raises Invalid naming the field, NotFound.
    """
    require(actor, Permission.EDIT_TITLES)
    title, party = lock_title(actor, title_code), get_party(actor, party_code)
    party = party.canonical or party
    if role not in CreditRole.values:
        raise Invalid(
            "role", _("Choose one of: %(kinds)s.") % {"kinds": ", ".join(CreditRole.values)}
        )
    if not 0 <= position <= _MOST_POSITION:
        raise Invalid("position", _("Give a number of 0 or more."))
    if character:
        character = check_name("character", character, 200)
    found, new = Credit.objects.update_or_create(
        title=title,
        party=party,
        role=role,
        character=character,
        defaults={"position": position},
    )
    if new:
        touch_title(title)
        append(
            "title.credited",
            stream=title.stream,
            actor=actor.name,
            refs={"party": party.stream},
            data={"role": role},
        )
    return found


@transaction.atomic
def uncredit(*, actor: Actor, title_code: str, party_code: str, role: str) -> None:
    """Take a credit back, whatever character it names. Raises NotFound where there is none."""
    require(actor, Permission.EDIT_TITLES)
    title, party = lock_title(actor, title_code), get_party(actor, party_code)
    gone, _rows = Credit.objects.filter(title=title, party=party, role=role).delete()
    if not gone:
        raise NotFound
    touch_title(title)
    append(
        "title.uncredited",
        stream=title.stream,
        actor=actor.name,
        refs={"party": party.stream},
        data={"role": role},
    )


def get_party(actor: Actor, code: str) -> Party:
    """Return a party that the actor's organisation registered, or raise NotFound."""
    found = Party.objects.visible_to(actor).select_related("canonical")
    party = found.filter(code=code).first()
    if party is None:
        raise NotFound
    return party


def search_parties(actor: Actor, text: str) -> QuerySet[Party]:
    """Return the actor's parties that `text` names, by name, EIDR party or ISNI; empty: all.

    Of parties that are one, the one that speaks for them is found, by what each is called.
    """
    found = Party.objects.visible_to(actor)
    if "\0" in text:  # which a name never holds, and PostgreSQL does not even compare
        return found.none()
    for word in list(dict.fromkeys(text.split()))[:MOST_WORDS]:
        plain = word.replace("-", "")
        condition = Q(eidr=word.upper()) | Q(isni=plain)
        for form in sorted({word, *(unicodedata.normalize(f, word) for f in ("NFC", "NFD"))}):
            condition |= Q(name__icontains=form)
            for language in _SEARCHED:
                condition |= Q(**{f"names__{language}__icontains": form})
        found = found.filter(condition)
    speaking = Party.objects.visible_to(actor).filter(canonical__isnull=True)
    if not text.split():
        return speaking
    duplicates = found.filter(canonical__isnull=False).values("canonical")
    return speaking.filter(Q(pk__in=found.values("pk")) | Q(pk__in=duplicates))
