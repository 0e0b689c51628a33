from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0018_title_duplicate")]

    operations = [
        migrations.AddField(
            model_name="consent",
            name="closed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="consent",
            name="closed_reason",
            field=models.CharField(blank=True, default="", max_length=500),
        ),
        migrations.AlterField(
            model_name="consent",
            name="state",
            field=models.CharField(
                choices=[
                    ("draft", "Draft"),
                    ("offered", "Waits for signatures"),
                    ("declined", "Declined"),
                    ("closed", "Closed"),
                    ("live", "Live"),
                ],
                default="live",
                max_length=8,
            ),
        ),
    ]
