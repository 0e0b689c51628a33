from django.apps import AppConfig


class ProvenanceConfig(AppConfig):
    name = "provenance"

    def ready(self) -> None:
        from provenance import kinds  # noqa: F401 - registers this room's ledger entries
