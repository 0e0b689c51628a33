from django.apps import AppConfig


class CatalogConfig(AppConfig):
    name = "catalog"

    def ready(self) -> None:
        from catalog import consent_kinds, kinds  # noqa: F401 - register this room's ledger entries
