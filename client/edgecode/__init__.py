"""What a lab or an auditor needs to work with Edgecode from outside. No Django, no database."""

from edgecode.client import Client, NotSetUp
from edgecode.site import Refused, Unreachable

__all__ = ["Client", "NotSetUp", "Refused", "Unreachable"]
