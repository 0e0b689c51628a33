"""Every clearance has its decision. A step of its own: PostgreSQL changes no table in the
transaction that has written to it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("licensing", "0011_decisions")]

    operations = [
        migrations.RemoveField(model_name="clearance", name="case"),
        migrations.RemoveField(model_name="clearance", name="case_sha256"),
        migrations.RemoveField(model_name="clearance", name="result"),
        migrations.AlterField(
            model_name="clearance",
            name="decision",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="clearances",
                to="licensing.decision",
            ),
        ),
    ]
