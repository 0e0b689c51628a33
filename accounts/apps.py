from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import kinds  # noqa: F401 - registers this room's ledger entries
