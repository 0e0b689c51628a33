"""What the API says about what licensees made."""

from rest_framework import serializers

from api.fields import Territory, word
from api.outputs.accounts import Party
from api.outputs.catalog import strings
from api.outputs.provenance import GrantStatus
from api.shapes import Output as Shape
from api.shapes import apart, made
from catalog.models import WorkState
from licensing.models import ModelKind
from provenance.models import MadeBy, OutputForm, OutputKind, Relation
from provenance.outputs.label_duties import rows_of


def _duties(ids: list[str]) -> list[dict[str, object]]:
    return [
        {
            "jurisdiction": row.jurisdiction,
            "law": row.law,
            "duty": row.duty,
            "since": row.since,
            "confirmed": row.confirmed,
            "note": row.note,
            "source": row.source,
            "as_of": row.as_of,
        }
        for row in rows_of(ids)
    ]


class OutputFile(Shape):
    """A file that was received to be declared."""

    sha256 = serializers.CharField()
    filename = serializers.CharField()
    mime = serializers.CharField()
    size_bytes = serializers.IntegerField()


class LabelDuty(Shape):
    """A label that a law may ask for. No legal advice: the law says who owes it, and what is
    exempt."""

    jurisdiction = serializers.CharField()
    law = serializers.CharField()
    duty = serializers.CharField(help_text="`visible_label`, `machine_mark` or `disclosure`.")
    since = serializers.DateField()
    confirmed = serializers.BooleanField(help_text="False: not certain to hold as written.")
    note = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    as_of = serializers.DateField(help_text="When we read it.")


class OutputSource(Shape):
    """What was used of one grant of yours."""

    grant = serializers.CharField(source="grant__code")
    relation = word(Relation)
    files = strings(help_text="Empty: all of the grant.")
    members = made(serializers.IntegerField(), len, "members")
    root = serializers.CharField(  # type: ignore[assignment]
        help_text="Of the tree over all members, SHA-256."
    )


class OutputConsent(Shape):
    """A consent that it was made under."""

    consent = serializers.CharField(source="consent__code")
    attributes = strings()
    use = serializers.CharField(source="use__code", help_text="What took it from the number.")


class OutputDispute(Shape):
    by = Party(source="organisation")
    reason = serializers.CharField()
    disputed_at = serializers.DateTimeField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)


class OutputUpdate(Shape):
    """A later manifest, in which consents that have ended are struck out."""

    manifest = serializers.CharField(source="manifest_id")
    consents = strings()
    made_at = serializers.DateTimeField()


class Output(Shape):
    """What a licensee made under grants and consents."""

    code = serializers.CharField()
    maker = Party(source="organisation")
    kind = word(OutputKind)
    name = serializers.CharField()
    made_by = word(MadeBy)
    use = serializers.CharField()
    model_kind = word(ModelKind)
    territory = Territory()
    made_at = serializers.DateTimeField()
    note = serializers.CharField()
    sha256 = serializers.CharField(source="file_sha256")
    filename = serializers.CharField()
    is_shown = serializers.BooleanField()
    state = word(WorkState)
    problem = serializers.CharField()
    form = word(OutputForm)
    manifest = serializers.CharField(source="manifest_id", help_text="Empty while not signed.")
    signed_sha256 = serializers.CharField(
        source="signed", help_text="For its maker, and for others where it is shown."
    )
    declared_at = serializers.DateTimeField()
    signed_at = serializers.DateTimeField(allow_null=True)


class OutputDetail(Output):
    """With what is yours of it: of its sources, consents and disputes, a licensor reads its own."""

    label_duties = made(LabelDuty(many=True), _duties, "label_duties")
    sources = apart(OutputSource(many=True))
    consents = apart(OutputConsent(many=True))
    disputes = apart(OutputDispute(many=True))
    updates = apart(OutputUpdate(many=True))


class MemberProof(Shape):
    """That a granted file is among those that an output was made with; `edgecode.dataset` of the
    client verifies it against the manifest."""

    asset = serializers.CharField()
    manifest = serializers.CharField()
    sha256 = serializers.CharField()
    place = serializers.IntegerField(help_text="In the order of the tree, from 0.")
    size = serializers.IntegerField()
    hashes = serializers.ListField(child=serializers.CharField())
    root = serializers.CharField()  # type: ignore[assignment]


class MemberProofs(Shape):
    proofs = MemberProof(many=True)


class ConsentStatus(Shape):
    consent = serializers.CharField()
    state = serializers.CharField(help_text="`active`, `suspended`, `ended` or `pending`.")
    since = serializers.CharField(allow_null=True)


class OutputStatus(Shape):
    """How an output stands, now or at a time: `standing`, `past_in_doubt`, `licence_ended`,
    `consent_ended`, `disputed`, or `pending` at a time before it was made."""

    output = serializers.CharField()
    state = serializers.CharField()
    manifest = serializers.CharField(help_text="The newest by then; empty while it was not signed.")
    grants = GrantStatus(many=True)
    consents = ConsentStatus(many=True)
    at = serializers.CharField(allow_null=True, help_text="What was asked about; null: now.")
    checked_at = serializers.CharField()
