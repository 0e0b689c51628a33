"""API keys: shown once, narrow, and dead when they should be."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.access import Permission, for_api_key
from accounts.errors import Invalid, NotAllowed, NotFound
from accounts.keys import authenticate, create_api_key, revoke_api_key
from accounts.models import ApiKey, Scope
from accounts.prepared import columns
from ledger.models import Event
from tests import factories
from tests.accounts.witness import facts, last, only_with, refused

pytestmark = pytest.mark.django_db


def test_a_key_is_made_shown_once_and_logged_without_its_secret() -> None:
    owner = factories.lab()
    key, secret = create_api_key(actor=owner, name=" nightly ", scopes=["read", "delivery", "read"])
    assert authenticate(secret) == key
    assert (key.name, key.scopes, key.role) == ("nightly", ["delivery", "read"], "owner")
    assert secret not in str(ApiKey.objects.filter(pk=key.pk).values())
    event = last("api_key.created")
    assert facts(event) == {
        "key": {"prefix": key.prefix, "name": "nightly", "scopes": ["delivery", "read"]}
    }
    assert key.prefix.encode() not in bytes(event.leaf)
    assert for_api_key(key).permissions == {
        Permission.VIEW,
        Permission.SEARCH_MARKET,
        Permission.DOWNLOAD_FILES,
    }


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "n" * 101}, "name"),
        ({"name": "n\0"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["read", "root"]}, "scopes"),
        ({"expires_at": timezone.now() - timedelta(seconds=1)}, "expires_at"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(change: dict[str, Any], field: str) -> None:
    owner = factories.lab()
    with refused(Invalid, field):
        create_api_key(**({"actor": owner, "name": "n", "scopes": ["read"]} | change))
    assert not ApiKey.objects.exists()


def test_owners_make_and_end_keys_and_keys_make_none() -> None:
    owner, outsider = factories.lab(), factories.lab()
    key = create_api_key(actor=owner, name="one", scopes=Scope.values)[0]
    only_with(
        Permission.MANAGE_KEYS,
        owner,
        lambda actor: create_api_key(actor=actor, name="n", scopes=["read"]),
    )
    only_with(
        Permission.MANAGE_KEYS, owner, lambda actor: revoke_api_key(actor=actor, prefix=key.prefix)
    )
    with refused(NotAllowed):
        create_api_key(actor=for_api_key(key), name="n", scopes=["read"])
    with refused(NotFound):
        revoke_api_key(actor=outsider, prefix=key.prefix)
    assert ApiKey.objects.get().is_live


def test_a_key_ends_once() -> None:
    owner = factories.lab()
    key, secret = create_api_key(actor=owner, name="n", scopes=["read"])
    ended = revoke_api_key(actor=owner, prefix=key.prefix).revoked_at
    assert facts(last("api_key.revoked")) == {"key": {"prefix": key.prefix}}
    assert authenticate(secret) is None
    count = Event.objects.count()
    assert revoke_api_key(actor=owner, prefix=key.prefix).revoked_at == ended
    assert Event.objects.count() == count


def test_each_secret_finds_its_own_key_whole_in_one_query() -> None:
    made = [create_api_key(actor=factories.lab(), name="n", scopes=["read"]) for _ in range(3)]
    for key, secret in made:
        authenticate(secret)  # the first use is noted
        with CaptureQueriesContext(connection) as queries:
            found = authenticate(secret)
            assert found is not None
            assert found.organisation == key.organisation
            assert found.organisation.name == key.organisation.name
        assert len(queries) == 1
        kept = ApiKey.objects.get(pk=key.pk)
        assert [getattr(found, name) for name in columns(ApiKey)] == [
            getattr(kept, name) for name in columns(ApiKey)
        ]


def test_an_expired_key_and_its_look_alikes_are_nobody() -> None:
    soon = timezone.now() + timedelta(hours=1)
    key, secret = create_api_key(actor=factories.lab(), name="n", scopes=["read"], expires_at=soon)
    assert authenticate(secret) == key
    for other in (
        "",
        "eck_",
        f"eck_{key.prefix}_",
        secret[:-1],
        secret + "x",
        secret.upper(),
        f"eck_\0_{secret}",
        f"eck_{key.prefix}_\ud800",
        secret.replace("eck_", "ecq_"),
    ):
        assert authenticate(other) is None
    with time_machine.travel(soon):
        assert authenticate(secret) is None


def test_use_is_noted_once_a_minute() -> None:
    key, secret = create_api_key(actor=factories.lab(), name="n", scopes=["read"])
    with time_machine.travel(timezone.now(), tick=False) as clock:
        authenticate(secret)
        first = ApiKey.objects.get(pk=key.pk).last_used_at
        clock.shift(30)
        authenticate(secret)
        assert ApiKey.objects.get(pk=key.pk).last_used_at == first
        clock.shift(31)
        authenticate(secret)
        assert ApiKey.objects.get(pk=key.pk).last_used_at == timezone.now()
