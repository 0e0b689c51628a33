from django.db import migrations, models


class Migration(migrations.Migration):
    """A lab may ask for parts of a file: ranges in milliseconds, none for the whole of it."""

    dependencies = [("licensing", "0006_search_stage")]

    operations = [
        migrations.AddField(
            model_name="requestitem",
            name="ranges",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="grantedasset",
            name="ranges",
            field=models.JSONField(blank=True, default=list),
        ),
    ]
