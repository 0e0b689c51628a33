from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("licensing", "0008_offer_drafts"),
    ]

    operations = [
        migrations.AddField(
            model_name="readinesssweep",
            name="new_after",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddIndex(
            model_name="grant",
            index=models.Index(fields=["issued_at"], name="grant_issued"),
        ),
        migrations.AddIndex(
            model_name="grant",
            index=models.Index(
                condition=models.Q(("revoked_at__isnull", False)),
                fields=["revoked_at"],
                name="grant_revoked",
            ),
        ),
    ]
