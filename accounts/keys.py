"""API keys: made once, shown once, checked on every call."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from django.db import DEFAULT_DB_ALIAS, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.errors import Invalid, NotAllowed, NotFound
from accounts.models import ApiKey, Organisation, Role, Scope
from accounts.prepared import HOLE, Prepared, columns
from accounts.text import check_name
from ledger.append import append

_OF_KEY, _OF_ORGANISATION = columns(ApiKey), columns(Organisation)
_USE_RECORDED_EVERY = timedelta(minutes=1)


@transaction.atomic
def create_api_key(
    *, actor: Actor, name: str, scopes: Sequence[str], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Return a new key of the actor's organisation and role, and its secret, shown only now.

    Raises Invalid for an empty name, an unknown scope or an expiry (aware UTC) in the past.
    """
    organisation = require(actor, Permission.MANAGE_KEYS)
    if actor.user is None:
        raise NotAllowed(_("A key cannot make keys; log in as an owner."))
    name = check_name("name", name, 100)
    unknown = sorted(set(scopes) - set(Scope.values))
    if unknown or not scopes:
        raise Invalid(
            "scopes", _("Choose at least one of: %(scopes)s.") % {"scopes": ", ".join(Scope.values)}
        )
    if expires_at is not None and expires_at <= timezone.now():
        raise Invalid("expires_at", _("The expiry must lie in the future."))
    prefix = secrets.token_hex(4)
    secret = f"eck_{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        organisation=organisation,
        created_by=actor.user,
        name=name,
        prefix=prefix,
        digest=_digest(secret),
        role=Role(actor.role),
        scopes=sorted(set(scopes)),
        expires_at=expires_at,
    )
    append(
        "api_key.created",
        stream=organisation.stream,
        actor=actor.name,
        private={"key": {"prefix": prefix, "name": key.name, "scopes": key.scopes}},
    )
    return key, secret


@transaction.atomic
def revoke_api_key(*, actor: Actor, prefix: str) -> ApiKey:
    """End a key now. Revoking twice changes nothing."""
    organisation = require(actor, Permission.MANAGE_KEYS)
    key = ApiKey.objects.visible_to(actor).select_for_update().filter(prefix=prefix).first()
    if key is None:
        raise NotFound
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        append(
            "api_key.revoked",
            stream=organisation.stream,
            actor=actor.name,
            private={"key": {"prefix": prefix}},
        )
    return key


def authenticate(secret: str) -> ApiKey | None:
    """Return the live key a secret belongs to, or None; what is wrong is not told."""
    parts = secret.split("_", 2)
    if len(parts) != 3 or parts[0] != "eck" or not secret.isascii() or not parts[1].isalnum():
        return None
    key = _find(parts[1])
    # Compare even without a key, so that a prefix cannot be guessed by the clock.
    known = key.digest if key else "0" * 64
    if not hmac.compare_digest(_digest(secret), known) or key is None or not key.is_live:
        return None
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > _USE_RECORDED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def _find(prefix: str) -> ApiKey | None:
    for row in _by_prefix().rows(prefix):
        mine, its = row[: len(_OF_KEY)], row[len(_OF_KEY) :]
        key = ApiKey.from_db(DEFAULT_DB_ALIAS, _OF_KEY, mine)
        key.organisation = Organisation.from_db(DEFAULT_DB_ALIAS, _OF_ORGANISATION, its)
        return key
    return None


@cache
def _by_prefix() -> Prepared:
    """Every call of the API begins with this query; compiled anew it took six times as long."""
    its = [f"organisation__{name}" for name in _OF_ORGANISATION]
    return Prepared(ApiKey.objects.filter(prefix=HOLE).values_list(*_OF_KEY, *its))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
