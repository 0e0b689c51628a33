"""Who is counted for what, where many come through one proxy."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import Settings  # type: ignore[attr-defined]

from accounts.checks import check_deployment
from accounts.pace import address_of

PROXY = "10.0.0.1"


@pytest.fixture(autouse=True)
def _own_counters() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def behind(settings: Settings, proxies: int) -> None:
    settings.ENV = settings.ENV.model_copy(update={"trusted_proxies": proxies})


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, "203.0.113.1", PROXY),
        (1, "203.0.113.1", "203.0.113.1"),
        (1, "198.51.100.7, 203.0.113.1", "203.0.113.1"),
        (1, "198.51.100.7,203.0.113.1:49152", "203.0.113.1"),
        (1, "[2001:DB8::1]:49152", "2001:db8::1"),
        (1, "2001:db8:0::1", "2001:db8::1"),
        (2, "198.51.100.7, 203.0.113.1, 10.0.0.2", "203.0.113.1"),
        (2, "203.0.113.1", PROXY),
        (1, "unknown", PROXY),
        (1, "x" * 5000, PROXY),
        (1, "", PROXY),
    ],
)
def test_an_address_is_the_one_that_the_first_of_our_proxies_wrote(
    settings: Settings, proxies: int, forwarded: str, address: str
) -> None:
    behind(settings, proxies)
    meta = {"REMOTE_ADDR": PROXY, "HTTP_X_FORWARDED_FOR": forwarded}
    assert address_of(meta) == address


def test_who_guesses_passwords_locks_nobody_else_out(db: None, settings: Settings) -> None:
    behind(settings, 1)

    def tried(address: str, person: int) -> int:
        form = {"login": f"nobody{person}@lumen.example", "password": "wrong"}
        headers = {"X-Forwarded-For": f"192.0.2.9, {address}"}
        return Client().post("/accounts/login/", form, headers=headers).status_code

    statuses = [tried("203.0.113.1", at) for at in range(40)]
    assert (statuses[0], statuses[-1]) == (200, 429)
    assert tried("198.51.100.7", 99) == 200


def test_before_others_come_it_is_said_that_they_would_share_one_address(
    settings: Settings,
) -> None:
    def told(base_url: str, proxies: int) -> list[str]:
        changed = {"base_url": base_url, "trusted_proxies": proxies}
        settings.ENV = settings.ENV.model_copy(update=changed)
        return [each.msg for each in check_deployment()]

    [warning] = told("https://edgecode.example", 0)
    assert "EDGECODE_TRUSTED_PROXIES" in warning
    assert told("https://edgecode.example", 1) == told("http://127.0.0.1:8000", 0) == []
