"""`manage.py serve` has its port for itself."""

import socket
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from api.management.commands.serve import base_url
from config.env import Environment


def test_a_port_that_another_server_shares_out_is_refused() -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as the server does
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"port {port} cannot be used"):
            call_command("serve", port=port)


@pytest.mark.parametrize(
    ("set_to", "host", "links"),
    [
        ({}, "127.0.0.1", "http://127.0.0.1:8123"),
        ({}, "0.0.0.0", "http://127.0.0.1:8123"),  # noqa: S104 - only named
        ({}, "::1", "http://[::1]:8123"),
        ({"base_url": "https://edgecode.example"}, "127.0.0.1", None),
        ({"debug": False, "secret_key": "x"}, "127.0.0.1", None),
    ],
)
def test_links_lead_to_the_port_that_is_served_unless_an_address_is_set(
    set_to: dict[str, Any], host: str, links: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EDGECODE_BASE_URL", raising=False)
    environment = Environment(**({"debug": True} | set_to))
    assert base_url(environment, host, 8123).get("EDGECODE_BASE_URL") == links
