from django.apps import AppConfig
from django.core import checks


class ProvenanceConfig(AppConfig):
    name = "provenance"

    def ready(self) -> None:
        from provenance import kinds  # noqa: F401 - registers this room's ledger entries
        from provenance.checks import check_deployment, check_settings, check_stamps

        checks.register(check_settings)
        checks.register(check_deployment, deploy=True)
        checks.register(check_stamps, deploy=True)
