"""Films get a contact sheet; those whose pictures were made have them made anew, with it."""

from django.db import migrations, models
from django.utils import timezone


def make_anew(apps, schema_editor):
    films = apps.get_model("catalog", "Asset").objects.filter(kind="picture", pictures_state="done")
    films.update(pictures_state="due", pictures_attempts=0, pictures_not_before=timezone.now())


class Migration(migrations.Migration):
    dependencies = [("catalog", "0021_assets_in_buckets")]

    operations = [
        migrations.AddField(
            model_name="asset",
            name="sheet_key",
            field=models.CharField(default="", max_length=200),
        ),
        migrations.RunPython(make_anew, migrations.RunPython.noop),
    ]
