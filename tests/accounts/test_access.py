"""The one table of permissions: who may do what, as role, organisation kind and key scope."""

import pytest

from accounts.access import ANONYMOUS, RULES, Permission, permissions_of, require
from accounts.errors import NotAllowed
from accounts.models import Organisation, OrganisationKind, Role, Scope
from tests import factories


@pytest.mark.parametrize("permission", Permission)
def test_each_right_needs_its_kind_its_role_and_its_scope(permission: Permission) -> None:
    rule = RULES[permission]
    for kind in OrganisationKind:
        for role in Role:
            for scopes in (None, [rule.scope], list(Scope), [], set(Scope) - {rule.scope}):
                allowed = (
                    kind in rule.kinds
                    and role in rule.roles
                    and (scopes is None or rule.scope in scopes)
                )
                assert (permission in permissions_of(kind, role, scopes)) is allowed


def test_nobody_who_only_looks_can_bind_pay_or_change() -> None:
    for kind in OrganisationKind:
        viewer = permissions_of(kind, Role.VIEWER, None)
        assert viewer <= {Permission.VIEW, Permission.SEARCH_MARKET}
    for kind in (OrganisationKind.AUDITOR, OrganisationKind.PLATFORM):
        everything = permissions_of(kind, Role.OWNER, None)
        assert everything == {Permission.VIEW, Permission.MANAGE_MEMBERS, Permission.MANAGE_KEYS}


def test_finance_moves_money_and_approves_nothing() -> None:
    for kind in OrganisationKind:
        finance = permissions_of(kind, Role.FINANCE, None)
        assert not finance & {Permission.DECIDE_DEALS, Permission.REVOKE_GRANTS}
        approver = permissions_of(kind, Role.APPROVER, None)
        assert not approver & {Permission.RECORD_PAYMENTS, Permission.PAY_DEALS}


def test_a_stranger_may_nothing_and_is_called_so() -> None:
    assert ANONYMOUS.name == "anonymous"
    for permission in Permission:
        with pytest.raises(NotAllowed):
            require(ANONYMOUS, permission)


@pytest.mark.django_db
def test_an_actor_sees_its_own_organisation_only() -> None:
    studio, lab = factories.studio(), factories.lab()
    assert list(Organisation.objects.visible_to(studio)) == [studio.organisation]
    assert list(Organisation.objects.visible_to(lab)) == [lab.organisation]
    assert not Organisation.objects.visible_to(ANONYMOUS).exists()
    assert studio.organisation is not None
    assert studio.name == f"organisation:{studio.organisation.code}"
