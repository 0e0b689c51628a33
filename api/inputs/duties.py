"""What callers send about duties and about their use of grants."""

from rest_framework import serializers

from api.fields import Day, Input, Instant, Option, Territory, Text, Whole, Words, word
from api.paging import PageQuery
from licensing.grants.duties import MAX_DAYS
from licensing.grants.usage import MAX_FILES, MAX_MS
from licensing.models import GRANT_STATES, Ground, ModelKind


class GrantQuery(PageQuery):
    ends_within = serializers.IntegerField(
        min_value=1,
        max_value=MAX_DAYS,
        required=False,
        help_text="Only those that stand and whose term ends within so many days.",
    )
    state = Option(choices=GRANT_STATES, required=False)


class DutyQuery(PageQuery):
    owed_by = Option(choices=["us", "them"], required=False)
    state = Option(choices=["owed", "overdue", "met", "waived"], required=False)


class Demanded(Input):
    """A tier of a revocation: stop, suppress, retrain or destroy."""

    kind = Text(max_length=12)
    days = Whole(
        min_value=1,
        max_value=MAX_DAYS,
        help_text="From now; as many at least as the agreement gives: stop 7, destroy 30,"
        " suppress 60, retrain 180.",
    )


class MoreDemands(Input):
    reason = Text(max_length=500, help_text="The lab reads it.")
    ground = word(
        Ground,
        required=False,
        help_text="Left out: `other`. Never `condition`, `term` or `amendment`.",
    )
    demands = Demanded(many=True, min_length=1, max_length=4)  # type: ignore[call-arg]


class Attestation(Input):
    done_on = Day()
    done_by = Text(max_length=200, help_text="Who answers for it.")
    statement = Text(max_length=1000, help_text="What was done.")
    evidence_sha256 = Text(
        max_length=64,
        required=False,
        allow_blank=True,
        help_text="Of what shows it, which you keep. Needed where files were destroyed.",
    )


class Waiver(Input):
    reason = Text(max_length=500, help_text="The other side reads it.")
    by = Text(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="Who waived a condition: a guild, a co-owner. Not for what a lab owes.",
    )


class NewUsage(Input):
    use = Text(max_length=40)
    model_kind = word(ModelKind)
    run = Text(max_length=200, help_text="Your own name of the model and the run.")
    territory = Territory()
    started_at = Instant()
    ended_at = Instant(allow_null=True, help_text="The first instant after; null: it goes on.")
    files = Words(max_length=MAX_FILES, each=15, allow_empty=False, help_text="Codes of files.")
    used_ms = Whole(
        min_value=0,
        max_value=MAX_MS,
        help_text="Of the files' running time, in milliseconds, each part counted once; 0 where"
        " they have none.",
    )
    note = Text(max_length=1000, required=False, allow_blank=True)
