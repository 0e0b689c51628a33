"""`manage.py serve` has its port for itself."""

import socket

import pytest
from django.core.management import CommandError, call_command


def test_a_port_that_another_server_shares_out_is_refused() -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as the server does
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(CommandError, match=f"port {port} cannot be used"):
            call_command("serve", port=port)
