"""Cases are kept once for the files that share them."""

from typing import Any

import django.db.models.deletion
import orjson
from django.db import migrations, models

_AT_ONCE = 1_000


def _share(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    clearances = apps.get_model("licensing", "Clearance").objects.using(alias)
    decisions = apps.get_model("licensing", "Decision")
    last = 0
    while some := list(clearances.filter(pk__gt=last).order_by("pk")[:_AT_ONCE]):
        last = some[-1].pk
        decisions.objects.using(alias).bulk_create(
            [
                decisions(
                    case_sha256=each.case_sha256,
                    case_text=_canonical(each.case),
                    reasons=" ".join(each.result["reasons"]),
                    engine=each.engine,
                    result=each.result,
                )
                for each in some
            ],
            ignore_conflicts=True,
        )
    clearances.update(decision_id=models.F("case_sha256"))


def _canonical(value: object) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


class Migration(migrations.Migration):
    dependencies = [("licensing", "0010_readiness_longest")]

    operations = [
        migrations.CreateModel(
            name="Decision",
            fields=[
                (
                    "case_sha256",
                    models.CharField(max_length=64, primary_key=True, serialize=False),
                ),
                ("case_text", models.TextField()),
                ("reasons", models.TextField()),
                ("engine", models.CharField(max_length=40)),
                ("result", models.JSONField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("result__isnull", True)),
                        fields=["case_sha256"],
                        name="decision_to_write_out",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="clearance",
            name="decision",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="clearances",
                to="licensing.decision",
            ),
        ),
        migrations.RunPython(_share, migrations.RunPython.noop, elidable=True),
    ]
