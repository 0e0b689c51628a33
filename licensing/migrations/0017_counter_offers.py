import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import OuterRef, Subquery

TERMS = (
    "uses", "model_kinds", "territory", "starts_at", "ends_at", "exclusivity", "price_minor",
)  # fmt: skip
EXCLUSIVITY = [
    ("non_exclusive", "Non-exclusive"),
    ("sole", "Sole"),
    ("exclusive", "Exclusive"),
]


def take_the_terms_of_requests(apps, schema_editor):
    deals = apps.get_model("licensing", "Deal").objects
    asked = apps.get_model("licensing", "Request").objects.filter(pk=OuterRef("request_id"))
    deals.update(**{name: Subquery(asked.values(name)[:1]) for name in TERMS})


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("licensing", "0016_rule_rows"),
    ]

    operations = [
        migrations.AddField("deal", "uses", models.JSONField(default=list), preserve_default=False),
        migrations.AddField(
            "deal", "model_kinds", models.JSONField(default=list), preserve_default=False
        ),
        migrations.AddField(
            "deal", "territory", models.JSONField(default=list), preserve_default=False
        ),
        migrations.AddField(
            "deal",
            "starts_at",
            models.DateTimeField(default=django.utils.timezone.now),
            preserve_default=False,
        ),
        migrations.AddField("deal", "ends_at", models.DateTimeField(null=True)),
        migrations.AddField(
            "deal",
            "exclusivity",
            models.CharField(choices=EXCLUSIVITY, default="non_exclusive", max_length=15),
            preserve_default=False,
        ),
        migrations.AddField(
            "deal",
            "price_minor",
            models.PositiveBigIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.AddField("deal", "terms_number", models.PositiveIntegerField(default=0)),
        migrations.RunPython(take_the_terms_of_requests, migrations.RunPython.noop),
        migrations.AlterField(
            "deal",
            "state",
            models.CharField(
                choices=[
                    ("open", "Awaiting the licensor"),
                    ("countered", "Other terms proposed"),
                    ("approved", "Agreed, awaiting payment"),
                    ("settled", "Paid, grant being issued"),
                    ("held", "Paid, but no longer clear"),
                    ("refunding", "Cancelled, refund due"),
                    ("cancelled", "Cancelled, money returned"),
                    ("granted", "Granted"),
                    ("declined", "Declined"),
                    ("withdrawn", "Withdrawn"),
                    ("lapsed", "Not paid in time"),
                ],
                default="open",
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            "CounterOffer",
            [
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("uses", models.JSONField()),
                ("model_kinds", models.JSONField()),
                ("territory", models.JSONField()),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField(null=True)),
                ("exclusivity", models.CharField(choices=EXCLUSIVITY, max_length=15)),
                ("price_minor", models.PositiveBigIntegerField()),
                ("number", models.PositiveIntegerField()),
                ("made_role", models.CharField(blank=True, default="", max_length=10)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("message", models.CharField(blank=True, default="", max_length=1000)),
                ("expires_at", models.DateTimeField()),
                (
                    "answer",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("accepted", "Accepted"),
                            ("refused", "Refused"),
                            ("countered", "Answered with other terms"),
                            ("taken_back", "Taken back"),
                            ("lapsed", "Not answered in time"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                ("answered_at", models.DateTimeField(null=True)),
                ("answered_role", models.CharField(blank=True, default="", max_length=10)),
                ("reason", models.CharField(blank=True, default="", max_length=500)),
                (
                    "deal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="counter_offers",
                        to="licensing.deal",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.organisation",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("answer", "")),
                        fields=["expires_at"],
                        name="counter_offer_waits_until",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("deal", "number"), name="counter_offer_in_turn"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("answer", "")),
                        fields=("deal",),
                        name="one_counter_offer_waits",
                    ),
                ],
            },
        ),
    ]
