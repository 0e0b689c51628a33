from django.apps import AppConfig


class LicensingConfig(AppConfig):
    name = "licensing"

    def ready(self) -> None:
        from licensing import kinds  # noqa: F401 - registers this room's ledger entries
