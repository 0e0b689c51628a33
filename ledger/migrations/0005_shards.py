from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_append_function")]

    operations = [
        migrations.CreateModel(
            name="ClosedShard",
            fields=[
                (
                    "name",
                    models.CharField(blank=True, max_length=4, unique=True, verbose_name="name"),
                ),
                (
                    "first",
                    models.PositiveBigIntegerField(
                        primary_key=True, serialize=False, verbose_name="first entry"
                    ),
                ),
                ("size", models.PositiveBigIntegerField(verbose_name="size")),
                ("checkpoint", models.TextField(verbose_name="checkpoint")),
            ],
            options={"verbose_name": "closed shard"},
        ),
        migrations.AddField(
            "logstate",
            "shard",
            models.CharField(blank=True, default="", max_length=4, verbose_name="shard"),
        ),
        migrations.AddField(
            "logstate",
            "first",
            models.PositiveBigIntegerField(default=0, verbose_name="first entry"),
        ),
        migrations.AddField(
            "logstate",
            "opens",
            models.CharField(blank=True, default="", max_length=4, verbose_name="next shard"),
        ),
        migrations.AddConstraint(
            "logstate",
            models.CheckConstraint(
                condition=models.Q(first__lte=models.F("integrated")),
                name="ledger_state_first_lte_integrated",
            ),
        ),
        # What it knew the witnesses tell again when they are asked.
        migrations.DeleteModel("WitnessState"),
        migrations.CreateModel(
            name="WitnessState",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("url", models.CharField(max_length=500)),
                ("shard", models.CharField(blank=True, default="", max_length=4)),
                ("asked_at", models.DateTimeField(null=True)),
                ("size", models.PositiveBigIntegerField(default=0)),
                ("trouble", models.CharField(blank=True, default="", max_length=400)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("url", "shard"), name="ledger_witness_asked_once"
                    )
                ],
            },
        ),
    ]
