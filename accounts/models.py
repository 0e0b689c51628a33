"""Who: people, the organisations they act for, and the keys their programs carry."""

from typing import ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.owned import Acting, Owned
from ledger import edge_code


class EdgeCode(models.Model):
    """Every code ever given out, and to which kind of object: one name space for all of them."""

    code = models.CharField(max_length=8, primary_key=True)
    kind = models.CharField(max_length=30)

    def __str__(self) -> str:
        return edge_code.display(self.code)


class Coded(models.Model):
    """An object with a public name: its edge code. `accounts.codes.allocate` makes one."""

    code = models.CharField(max_length=8, unique=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.display_code

    @property
    def display_code(self) -> str:
        """The printed form, `EC 7K3F 2Q9D`."""
        return edge_code.display(self.code)


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username or "")


class User(AbstractBaseUser):
    """A person who logs in with an e-mail address."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    def __str__(self) -> str:
        return self.name or self.email


class OrganisationKind(models.TextChoices):
    STUDIO = "studio", _("Studio")
    TALENT = "talent", _("Talent")
    LAB = "lab", _("AI lab")
    AUDITOR = "auditor", _("Auditor")
    PLATFORM = "platform", _("Platform")


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def visible_to(self, actor: Acting) -> Self:
        """The actor's own organisation."""
        return self.filter(pk=actor.organisation.pk) if actor.organisation else self.none()


class Organisation(Coded):
    """A tenant: every row of the catalogue and of licensing belongs to one."""

    kind = models.CharField(max_length=10, choices=OrganisationKind)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now)

    objects = OrganisationQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def stream(self) -> str:
        return f"organisation:{self.code}"


class Role(models.TextChoices):
    """What a member may do in the organisation; `accounts.access` has the table."""

    VIEWER = "viewer", _("Viewer")
    EDITOR = "editor", _("Editor")
    APPROVER = "approver", _("Approver")
    FINANCE = "finance", _("Finance")
    OWNER = "owner", _("Owner")


class MembershipQuerySet(Owned["Membership"]):
    """All members see who the others are."""


class Membership(models.Model):
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(default=timezone.now)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "organisation"], name="one_role_each")
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.organisation} · {self.role}"


class Scope(models.TextChoices):
    """What an API key may be used for; never more than its maker's role allows."""

    READ = "read", _("Read")
    CATALOG = "catalog", _("Change the catalogue")
    LICENSING = "licensing", _("Request and negotiate licences")
    BINDING = "binding", _("Approve deals and revoke grants")
    FINANCE = "finance", _("Record and make payments")
    DELIVERY = "delivery", _("Download granted files")


class ApiKeyQuerySet(Owned["ApiKey"]):
    pass


class ApiKey(models.Model):
    """A program's credential. Only the SHA-256 of the secret is kept; it is shown once."""

    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="api_keys"
    )
    created_by = models.ForeignKey(User, on_delete=models.PROTECT)
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=8, unique=True)
    digest = models.CharField(max_length=64)
    role = models.CharField(max_length=10, choices=Role)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ApiKeyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.name} (eck_{self.prefix}…)"

    @property
    def is_live(self) -> bool:
        expired = self.expires_at is not None and self.expires_at <= timezone.now()
        return self.revoked_at is None and not expired
