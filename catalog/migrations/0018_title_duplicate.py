from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalog", "0017_mergers")]

    operations = [
        migrations.AddIndex(
            model_name="title",
            index=models.Index(
                condition=models.Q(("canonical__isnull", False)),
                fields=["organisation"],
                name="title_duplicate",
            ),
        ),
    ]
