"""What the API says about who speaks for performers, and about consents that are signed here."""

from rest_framework import serializers

from api.fields import word
from api.outputs.accounts import Party
from api.outputs.catalog import Consent, JsonObject, Performer, strings
from api.shapes import Output, apart, made
from catalog.authorised import Answer
from catalog.consents.life import State
from catalog.consents.lint import Level
from catalog.models import Basis, Decision, HeirsRule, Stage


class PerformerDetail(Performer):
    stage_names = strings()
    deceased_on = serializers.DateField(allow_null=True)
    domicile = serializers.CharField()
    guilds = strings()
    heirs_rule = word(HeirsRule)


class Struck(Output):
    """What changed because of a strike."""

    consents = strings(help_text="The codes of the consents.")


class Authority(Output):
    """Somebody who may sign for a performer."""

    code = serializers.CharField()
    performer = serializers.CharField(source="performer__code")
    holder = serializers.CharField()
    email = serializers.CharField()
    basis = word(Basis)
    share = made(
        serializers.CharField(help_text="An exact fraction of the estate."),
        "{}/{}".format,
        "share_numerator",
        "share_denominator",
    )
    starts_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)
    evidence = serializers.CharField(
        source="evidence__code", allow_null=True, help_text="The document that shows it."
    )
    recorded_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)


class Signature(Output):
    authority = serializers.CharField(source="authority__code")
    name = serializers.CharField(help_text="As typed by who signed.")
    role = serializers.CharField()
    form_sha256 = serializers.CharField()
    language = serializers.CharField()
    marks = strings(help_text="The terms marked one by one.")
    signed_at = serializers.DateTimeField(help_text="On paper: when it was brought in.")
    document = made(
        serializers.CharField(
            allow_null=True, help_text="On paper: the SHA-256 of the file that shows it."
        ),
        lambda document: document.get("sha256"),
        "document",
    )


class ConsentDetail(Consent):
    terms = JsonObject(help_text="What else was agreed.")
    used_outputs = serializers.IntegerField()
    replaces = serializers.CharField(source="replaces__code", allow_null=True)
    offered_at = serializers.DateTimeField(allow_null=True)
    signed_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(
        allow_null=True, help_text="Closed for good, before enough had signed."
    )
    closed_reason = serializers.CharField()
    state = apart(
        serializers.ChoiceField(
            choices=[(each.value, each.value) for each in State],
            help_text="Of this moment. `live` says nothing of the end: a consent whose notice runs"
            " is live until `withdrawn_at`, one whose term is over stays live; see `over_at`.",
        )
    )
    signatures = apart(Signature(many=True))
    changed = apart(
        serializers.CharField(
            allow_null=True,
            help_text="Of an offered one: why its form can no longer be signed. Who must sign, or"
            " the rule of the estate, is no longer as it says.",
        )
    )


class ConsentFinding(Output):
    """One thing to mend or to know before a consent is signed; no legal advice."""

    code = serializers.CharField()
    level = serializers.ChoiceField(choices=[(each.value, each.value) for each in Level])
    field = serializers.CharField(help_text="Where.")
    text = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    as_of = serializers.CharField(help_text="The day the rule was last read.")
    until = serializers.DateField(allow_null=True)


class ConsentFindings(Output):
    findings = ConsentFinding(many=True)
    problem = serializers.CharField(allow_null=True, help_text="Why nobody can sign yet.")


class Sent(Output):
    """A link to sign. `address` is told where no letter was sent, and only this once."""

    authority = serializers.CharField()
    holder = serializers.CharField()
    address = serializers.CharField(allow_null=True)
    expires_at = serializers.DateTimeField()


class Invited(Output):
    invitations = Sent(many=True)


class Approval(Output):
    """A question to who speaks for the performer."""

    code = serializers.CharField()
    consent = serializers.CharField(source="consent__code")
    asker = Party()
    stage = word(Stage)
    description = serializers.CharField()
    sha256 = serializers.CharField()
    asked_at = serializers.DateTimeField()
    deadline_at = serializers.DateTimeField()
    decision = word(Decision)
    by_silence = serializers.BooleanField()
    reason = serializers.CharField()
    decided_at = serializers.DateTimeField(allow_null=True)


class Use(Output):
    """Something that was made under a consent."""

    code = serializers.CharField()
    consent = serializers.CharField(source="consent__code")
    user = Party()
    approval = serializers.CharField(source="approval__code", allow_null=True)
    outputs = serializers.IntegerField()
    description = serializers.CharField()
    sha256 = serializers.CharField()
    platform = serializers.CharField()
    url = serializers.CharField()
    used_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()


class Authorised(Output):
    """The whole of the answer."""

    answer = serializers.ChoiceField(choices=[(each.value, each.value) for each in Answer])
