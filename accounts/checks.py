"""What would let one caller use up what all may do, told before strangers come."""

from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage

from config.env import Environment


def check_deployment(**_: Any) -> list[CheckMessage]:
    """Return what is wrong with how callers are told apart: TLS ends at a proxy."""
    env: Environment = settings.ENV
    if not env.base_url.startswith("https://") or env.trusted_proxies:
        return []
    return [
        checks.Warning(
            "all strangers have the address of the proxy before this server, so any one of them"
            " uses up what all may do: set EDGECODE_TRUSTED_PROXIES to the number of proxies"
            " (docs/threat-model.md)",
            id="accounts.W001",
        )
    ]
