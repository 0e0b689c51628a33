"""What the API says about duties and reported use."""

from rest_framework import serializers

from api.fields import Territory, word
from api.outputs.accounts import Party
from api.outputs.catalog import strings
from api.shapes import Output, apart, made
from licensing.models import DutyKind, Exceeded, Ground, ModelKind, Side, duty_standing


class Duty(Output):
    """What one side of a deal owes the other."""

    code = serializers.CharField()
    deal = serializers.CharField(source="deal__code")
    grant = serializers.CharField(source="grant__code", allow_null=True)
    consent = serializers.CharField(
        source="consent__code", allow_null=True, help_text="Whose end brought it about."
    )
    licensor = Party(source="deal__licensor")
    licensee = Party(source="deal__request__organisation")
    owed_by = word(Side)
    kind = word(DutyKind)
    detail = serializers.CharField(
        help_text="Its particulars: what an amendment took from a licence, or what goes back. Of a"
        " condition empty for a lab, but of what is left out of the material."
    )
    ground = word(Ground)
    reason = serializers.CharField()
    files = strings()
    state = made(
        serializers.CharField(help_text="`owed`, `overdue`, `met`, `waived`, or `moot`."),
        duty_standing,
        "state",
        "deal__state",
        "due_at",
    )
    imposed_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(help_text="The first instant that it is late.")
    acknowledged_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True, help_text="When it was met or waived.")
    done_on = serializers.DateField(allow_null=True)
    done_by = serializers.CharField(help_text="Or who waived it.")
    statement = serializers.CharField()
    evidence_sha256 = serializers.CharField()
    waiver = serializers.CharField(help_text="Why it was waived.")


class Usage(Output):
    """A use that the licensee reported, beside its grant."""

    code = serializers.CharField()
    grant = serializers.CharField(source="grant__code")
    use = serializers.CharField()
    model_kind = word(ModelKind)
    run = serializers.CharField()
    territory = Territory()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    files = strings()
    used_ms = serializers.IntegerField()
    exceeded = serializers.ListField(
        child=word(Exceeded), help_text="In what it goes beyond the grant; empty: in nothing."
    )
    note = serializers.CharField()
    reported_at = serializers.DateTimeField()


class Left(Output):
    """What the reports leave of a grant."""

    files = serializers.IntegerField()
    files_used = serializers.IntegerField()
    ms = serializers.IntegerField(help_text="Running time that is granted; 0 where there is none.")
    ms_left = serializers.IntegerField()


class UsageMade(Usage):
    left = apart(Left())
