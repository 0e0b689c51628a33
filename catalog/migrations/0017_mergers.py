"""Titles know what was split off from them; what happened before is read from the log."""

from django.db import migrations, models

from edgecode.log.leaf import parse


def read_from_log(apps, schema_editor):
    Title = apps.get_model("catalog", "Title")
    Merger = apps.get_model("catalog", "Merger")
    Event = apps.get_model("ledger", "Event")
    found = {}
    events = Event.objects.filter(kind__in=["title.merged", "title.split"]).order_by("pk")
    for event in events.iterator(chunk_size=2_000):
        facts = parse(bytes(event.leaf))
        is_split = event.kind == "title.split"
        kept = facts.refs["from" if is_split else "into"].partition("@")[0]
        found[facts.stream[6:], kept[6:]] = event.recorded_at if is_split else None
    for (title, kept), split_at in found.items():
        Merger.objects.create(
            title=Title.objects.get(code=title),
            kept=Title.objects.get(code=kept),
            split_at=split_at,
        )


class Migration(migrations.Migration):
    dependencies = [("catalog", "0016_clips"), ("ledger", "0005_shards")]

    operations = [
        migrations.CreateModel(
            name="Merger",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("split_at", models.DateTimeField(null=True)),
                (
                    "kept",
                    models.ForeignKey(
                        on_delete=models.deletion.CASCADE,
                        related_name="merged",
                        to="catalog.title",
                    ),
                ),
                (
                    "title",
                    models.ForeignKey(
                        on_delete=models.deletion.CASCADE,
                        related_name="mergers",
                        to="catalog.title",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("title", "kept"), name="merger_once")
                ]
            },
        ),
        migrations.RunPython(read_from_log, migrations.RunPython.noop),
    ]
