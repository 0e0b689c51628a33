from typing import Any

from django.db import migrations, models
from django.utils import timezone


def index_what_is_over(apps: Any, _schema_editor: Any) -> None:
    """Let search learn of offers whose window is over: it called them on offer."""
    over = apps.get_model("licensing", "Offer").objects.filter(
        withdrawn_at__isnull=True, ends_at__lte=timezone.now(), title__isnull=False
    )
    stale = apps.get_model("licensing", "StaleTitle")
    keys = set(over.values_list("title", flat=True))
    stale.objects.bulk_create((stale(title_id=key) for key in keys), ignore_conflicts=True)


class Migration(migrations.Migration):
    dependencies = [("licensing", "0012_decision_of_each_clearance")]

    operations = [
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(fields=["ends_at"], name="offer_ends"),
        ),
        migrations.RunPython(index_what_is_over, migrations.RunPython.noop),
    ]
