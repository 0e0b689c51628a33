from django.apps import AppConfig
from django.core import checks


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import kinds  # noqa: F401 - registers this room's ledger entries
        from accounts.checks import check_deployment

        checks.register(check_deployment, deploy=True)
