from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0013_settled_numbers")]

    operations = [
        migrations.AddIndex(
            model_name="fact",
            index=models.Index(fields=["recorded_at"], name="fact_recorded"),
        ),
        migrations.AddIndex(
            model_name="fact",
            index=models.Index(
                condition=models.Q(("superseded_at__isnull", False)),
                fields=["superseded_at"],
                name="fact_superseded",
            ),
        ),
    ]
