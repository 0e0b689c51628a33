from typing import Any

from django.db import migrations, models
from django.db.models import Q

from catalog.consents.speaking import standing_at


def name_those_asked(apps: Any, _schema_editor: Any) -> None:
    """Write down whom the forms name that wait for signatures now."""
    for consent in apps.get_model("catalog", "Consent").objects.filter(state="offered"):
        at, performer = consent.offered_at, consent.likeness.performer
        standing = standing_at(performer.born, performer.deceased_on, at.date()).value
        authorities = performer.authorities.filter(
            Q(starts_at__isnull=True) | Q(starts_at__lte=at),
            Q(ends_at__isnull=True) | Q(ends_at__gt=at),
            Q(ended_at__isnull=True) | Q(ended_at__gt=at),
            recorded_at__lte=at,
        )
        consent.asked = {
            "standing": standing,
            "rule": performer.heirs_rule,
            "authorities": list(authorities.order_by("pk").values_list("code", flat=True)),
        }
        consent.save(update_fields=["asked"])


class Migration(migrations.Migration):
    dependencies = [("catalog", "0019_closed_consents")]

    operations = [
        migrations.AddField(
            model_name="consent",
            name="asked",
            field=models.JSONField(default=dict),
        ),
        migrations.RunPython(name_those_asked, migrations.RunPython.noop),
    ]
