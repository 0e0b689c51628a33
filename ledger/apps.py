from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    """What happened: the append-only transparency log. Knows nothing of films or of users."""

    name = "ledger"
    verbose_name = _("ledger")

    def ready(self) -> None:
        from ledger import (  # needs the app registry
            among,  # noqa: F401 - registers a lookup
            append_only,
        )

        checks.register(append_only.check, checks.Tags.database)
