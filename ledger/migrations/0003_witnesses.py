from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_documents")]

    operations = [
        migrations.CreateModel(
            name="WitnessState",
            fields=[
                (
                    "url",
                    models.CharField(
                        max_length=500, primary_key=True, serialize=False, verbose_name="address"
                    ),
                ),
                ("asked_at", models.DateTimeField(null=True, verbose_name="asked")),
                ("size", models.PositiveBigIntegerField(default=0, verbose_name="size")),
                (
                    "trouble",
                    models.CharField(
                        blank=True, default="", max_length=400, verbose_name="trouble"
                    ),
                ),
            ],
        ),
    ]
