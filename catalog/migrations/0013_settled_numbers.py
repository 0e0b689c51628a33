from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0012_merged_parties")]

    operations = [
        migrations.AddField(
            model_name="titleidentifier",
            name="dismissed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddConstraint(
            model_name="titleidentifier",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("verified", False), ("dismissed_at__isnull", True), _connector="OR"
                ),
                name="number_dismissed_unverified",
            ),
        ),
    ]
