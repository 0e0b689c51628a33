from django.apps import AppConfig
from django.core import checks
from django.utils.translation import gettext_lazy as _


class LedgerConfig(AppConfig):
    """What happened: the append-only transparency log. Knows nothing of films or of users."""

    name = "ledger"
    verbose_name = _("ledger")

    def ready(self) -> None:
        from ledger import append_only  # needs the app registry

        checks.register(append_only.check, checks.Tags.database)
