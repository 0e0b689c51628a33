from django.apps.registry import Apps
from django.db import migrations
from django.db.models import Exists, OuterRef


def note_taken_up(apps: Apps, schema_editor: object) -> None:
    """Spare the job that signs a walk through all files that had credentials before it was noted
    which of them await some."""
    credentials = apps.get_model("provenance", "Credential").objects
    granted = apps.get_model("licensing", "GrantedAsset").objects
    known = credentials.filter(granted_asset=OuterRef("pk"))
    granted.filter(Exists(known)).update(awaits_credential=False)


class Migration(migrations.Migration):
    dependencies = [
        ("licensing", "0031_files_that_await_credentials"),
        ("provenance", "0011_sightings_of_outputs"),
    ]

    operations = [migrations.RunPython(note_taken_up, migrations.RunPython.noop)]
