from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("provenance", "0007_outputs")]

    operations = [
        migrations.AddIndex(
            model_name="credential",
            index=models.Index(
                condition=models.Q(("stamped_at__isnull", True), ("state", "done")),
                fields=["id"],
                name="credential_unstamped",
            ),
        ),
    ]
