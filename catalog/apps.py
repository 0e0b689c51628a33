from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        from catalog import kinds  # noqa: F401 - registers this room's ledger entries
