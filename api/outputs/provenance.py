"""What the API says about credentials, deliveries and checked files."""

from rest_framework import serializers

from api.fields import word
from api.outputs.catalog import JsonObject
from api.shapes import Output, made
from catalog.models import WorkState
from provenance.models import CredentialForm


def _has_sidecar(form: str, is_beside: bool) -> bool:
    return form == CredentialForm.SIDECAR or is_beside


class Credential(Output):
    code = serializers.CharField()
    asset = serializers.CharField(source="granted_asset__asset__code")
    grant = serializers.CharField(source="granted_asset__grant__code")
    part = serializers.IntegerField(help_text="Which of the file's parts, from 1; 0: all of it.")
    from_ms = serializers.IntegerField(source="clip__from_ms", allow_null=True)
    to_ms = serializers.IntegerField(source="clip__to_ms", allow_null=True)
    form = word(CredentialForm)
    state = word(WorkState)
    problem = serializers.CharField(help_text="Why it could not be signed yet; else empty.")
    manifest_id = serializers.CharField(help_text="Empty until signed, like what follows.")
    file_sha256 = serializers.CharField(
        help_text="Of the file as it is delivered; of a long one empty until it was reckoned."
    )
    file_size = serializers.IntegerField()
    newest_id = serializers.CharField(
        help_text="The newest manifest, once consents that ended were struck out; else empty."
    )
    has_sidecar = made(serializers.BooleanField(), _has_sidecar, "form", "is_beside")
    signer_sha256 = serializers.CharField()
    signed_at = serializers.DateTimeField(allow_null=True)


class Placed(Output):
    """How a file is checked whose manifest was put into a place that it has for one: with zeros
    there it has one hash for every licensee, and what stands there has another."""

    offset = serializers.IntegerField()
    length = serializers.IntegerField()
    manifest_sha256 = serializers.CharField(help_text="Of the bytes in the place.")
    blank_sha256 = serializers.CharField(help_text="Of the file with zeros in the place.")


class Delivery(Output):
    """Links that work until `expires_at`, for whoever holds them; ranges are supported."""

    code = serializers.CharField()
    file_url = serializers.CharField()
    sidecar_url = serializers.CharField(allow_null=True)
    expires_at = serializers.DateTimeField()
    sha256 = serializers.CharField(
        help_text="Of the file; of a long one empty until it was reckoned: `placed` says as much."
    )
    placed = Placed(allow_null=True)
    size_bytes = serializers.IntegerField()


class GrantStatus(Output):
    grant = serializers.CharField()
    state = serializers.CharField(
        help_text="`pending`, `active`, `expired`, `superseded` or `revoked`."
    )
    since = serializers.DateTimeField(allow_null=True)
    superseded_by = serializers.CharField(
        allow_null=True, help_text="The grant of an amendment that took the place of this one."
    )
    consent_ended = serializers.DateTimeField(
        allow_null=True,
        help_text="Since when the licence of some files has ended with a consent; `verify/` says of"
        " each.",
    )
    is_without_consent = serializers.BooleanField(
        help_text="None of its files may be used any more: no consent is left to any."
    )
    consent_suspended = serializers.DateTimeField(
        allow_null=True,
        help_text="Since when files of it rest on suspended consents alone: nothing new may be made"
        " of them meanwhile.",
    )
    at = serializers.DateTimeField(allow_null=True, help_text="What was asked about; null: now.")
    checked_at = serializers.DateTimeField()


class StatusLists(Output):
    status_lists = serializers.ListField(child=serializers.CharField())


class NamedObject(Output):
    """What an edge code names, for who asks."""

    code = serializers.CharField()
    display = serializers.CharField(help_text="The printed form, `EC 7K3F 2Q9D`.")
    kind = serializers.CharField()
    url = serializers.CharField(allow_null=True, help_text="Its address in this API, if any.")


class Check(Output):
    """One question about the file, and its answer."""

    id = serializers.CharField()
    outcome = serializers.CharField(help_text="`ok`, `warning`, `failed` or `unknown`.")
    title = serializers.CharField()
    detail = serializers.CharField()


class Report(Output):
    """What may be believed of a file. Only `authorised` means: sound, ours, granted now."""

    filename = serializers.CharField()
    verdict = serializers.CharField()
    headline = serializers.CharField()
    checks = Check(many=True)
    at = serializers.DateTimeField(allow_null=True, help_text="What was asked about; null: now.")
    grant_status = GrantStatus(allow_null=True)
    output = JsonObject(
        allow_null=True,
        help_text="Of a licensee's work that we signed: what was declared, as the credential states"
        " it (`com.edgecode.output`).",
    )
    proves = serializers.ListField(child=serializers.CharField())
    does_not_prove = serializers.ListField(child=serializers.CharField())
    inspection = JsonObject(help_text="Everything the inspection found, with its findings.")
    crjson = JsonObject(
        allow_null=True,
        help_text="The reader's own findings as C2PA's crJSON, where asked for; not our verdict.",
    )
