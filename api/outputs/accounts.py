"""What the API says about organisations, people and keys."""

from rest_framework import serializers

from accounts.models import OrganisationKind, Role, Scope
from api.fields import word, words
from api.shapes import Output, apart


class Organisation(Output):
    code = serializers.CharField(help_text="Edge code.")
    kind = word(OrganisationKind)
    name = serializers.CharField()


class Party(Output):
    """An organisation as its counterparties see it."""

    code = serializers.CharField()
    name = serializers.CharField()


class Person(Output):
    email = serializers.EmailField()
    name = serializers.CharField()


class Member(Output):
    email = serializers.EmailField(source="user__email")
    name = serializers.CharField(source="user__name")
    role = word(Role)
    created_at = serializers.DateTimeField()


class ApiKey(Output):
    prefix = serializers.CharField(help_text="Names the key: it begins with `eck_<prefix>_`.")
    name = serializers.CharField()
    role = word(Role)
    scopes = words(Scope)
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)


class NewApiKey(ApiKey):
    secret = apart(serializers.CharField(help_text="Shown only now: keep it safe."))


class SignedUp(Output):
    organisation = Organisation()
    owner = Person()


class Me(Output):
    organisation = Organisation()
    role = word(Role)
    permissions = serializers.ListField(child=serializers.CharField())
    person = Person(allow_null=True)
    api_key = serializers.CharField(allow_null=True, help_text="Prefix of the key that calls.")
