from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_documents")]

    operations = [
        migrations.CreateModel(
            name="WitnessState",
            fields=[
                ("url", models.CharField(max_length=500, primary_key=True, serialize=False)),
                ("asked_at", models.DateTimeField(null=True)),
                ("size", models.PositiveBigIntegerField(default=0)),
                ("trouble", models.CharField(blank=True, default="", max_length=400)),
            ],
        ),
    ]
