"""An organisation's own pages: details, members, API keys, and what each role may do."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import Permission, require
from accounts.errors import NotFound
from accounts.keys import create_api_key, revoke_api_key
from accounts.middleware import SESSION_KEY
from accounts.models import ApiKey, Membership, Role, Scope
from accounts.signup import add_member
from licensing.deals.approval_policies import APPROVERS, set_approval_policy
from web import display
from web.acts import see
from web.addresses import printable
from web.entrance import actor_of, member, organisation_of
from web.forms.confirm import ConfirmForm
from web.forms.organisation import KeyForm, MemberForm, PolicyForm
from web.forms.verbs import REFUSED, attempt
from web.history import history_of, proof
from web.roles import role_table
from web.templatetags.parts import Tab


@require_safe
@member()
def organisation(request: HttpRequest) -> HttpResponse:
    """What the organisation is, and where else this person is a member."""
    mine = organisation_of(request)
    memberships = _memberships(request).select_related("organisation")
    others = [each for each in memberships.order_by("pk") if each.organisation_id != mine.pk]
    context = _frame(request, others=others, role_name=Role(actor_of(request).role).label)
    return render(request, "web/organisation/details.html", context)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
@member()
def members(request: HttpRequest) -> HttpResponseBase:
    """Who belongs to the organisation; a POST adds a person."""
    actor = actor_of(request)
    form = MemberForm(request.POST or None)
    if request.method == "POST":
        require(actor, Permission.MANAGE_MEMBERS)
        added = attempt(form, lambda: add_member(actor=actor, **form.cleaned_data))
        if added is not None:
            messages.success(
                request,
                _("%(name)s is a member. Hand over the first password yourself.")
                % {"name": added.user.name},
            )
            return see(request.path)
    rows = Membership.objects.visible_to(actor).select_related("user")
    context = _frame(
        request,
        form=form,
        members=rows.order_by("user__name", "pk"),
        may_manage=actor.may(Permission.MANAGE_MEMBERS),
    )
    status = REFUSED if form.errors else 200
    return render(request, "web/organisation/members.html", context, status=status)


@never_cache
@require_http_methods(["GET", "POST"])
@member()
def keys(request: HttpRequest) -> HttpResponseBase:
    """API keys; a POST makes one and answers with its secret, which is never stored."""
    actor = actor_of(request)
    form, made = KeyForm(request.POST or None), None
    if request.method == "POST":
        require(actor, Permission.MANAGE_KEYS)
        made = attempt(form, lambda: create_api_key(actor=actor, **form.values()))
    key, secret = made or (None, "")
    if made is not None:
        form = KeyForm()
    rows = ApiKey.objects.visible_to(actor).select_related("created_by").order_by("-pk")
    context = _frame(
        request,
        form=form,
        keys=[(row, [Scope(scope).label for scope in row.scopes]) for row in rows],
        key=key,
        secret=secret,
        may_manage=actor.may(Permission.MANAGE_KEYS),
    )
    status = REFUSED if form.errors else 200
    return render(request, "web/organisation/keys.html", context, status=status)


@require_http_methods(["GET", "POST"])
@member()
def revoke_key(request: HttpRequest, prefix: str) -> HttpResponseBase:
    """What ends with an API key; a POST with its name typed ends it now."""
    actor, back = actor_of(request), reverse("organisation_keys")
    require(actor, Permission.MANAGE_KEYS)
    key = ApiKey.objects.visible_to(actor).filter(prefix=printable(prefix)).first()
    if key is None:
        raise NotFound
    form = ConfirmForm(request.POST if request.method == "POST" else None, name=key.name)
    ended = attempt(form, lambda: revoke_api_key(actor=actor, prefix=prefix))
    if ended is not None:
        messages.success(
            request, _("The key has ended. Programs that use it are refused from now on.")
        )
        return see(back)
    context = {
        "heading": _("Revoke the key %(name)s") % {"name": key.name},
        "effects": [
            _("Programs that use it are refused from now on. It cannot be undone."),
            _("It was last used %(when)s.") % {"when": display.date_text(key.last_used_at)}
            if key.last_used_at
            else _("It was never used."),
        ],
        "button": _("Revoke: its programs are refused now"),
        "form": form,
        "trail": [(_("Organisation"), reverse("organisation")), (_("API keys"), back)],
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/confirm.html", context, status=status)


@require_safe
@member()
def roles(request: HttpRequest) -> HttpResponse:
    """What each role may do in an organisation of this kind."""
    context = _frame(request, table=role_table(organisation_of(request).kind))
    return render(request, "web/organisation/roles.html", context)


@require_http_methods(["GET", "POST"])
@member("studio", "talent")
def approvals(request: HttpRequest) -> HttpResponseBase:
    """Who approves deals, and who did before; a POST records another policy."""
    actor, mine = actor_of(request), organisation_of(request)
    every = list(mine.approval_policies.select_related("recorded_by").order_by("-number"))
    newest = every[0] if every else None
    form = PolicyForm(request.POST or None, policy=newest)
    if request.method == "POST":
        require(actor, Permission.SET_APPROVALS)
        made = attempt(form, lambda: set_approval_policy(actor=actor, **form.values()))
        if made is not None:
            messages.success(request, _("The policy is recorded. It counts from now on."))
            return see(request.path)
    context = _frame(
        request,
        form=form,
        policy=newest,
        policies=every,
        approvers=Membership.objects.visible_to(actor).filter(role__in=APPROVERS).count(),
        may_set=actor.may(Permission.SET_APPROVALS),
    )
    status = REFUSED if form.errors else 200
    return render(request, "web/organisation/approvals.html", context, status=status)


@require_POST
@member()
def switch(request: HttpRequest) -> HttpResponseBase:
    """Act for another organisation of this person from now on."""
    code = printable(request.POST.get("organisation", ""))
    chosen = _memberships(request).filter(organisation__code=code)
    if not chosen.exists():
        raise NotFound
    request.session[SESSION_KEY] = code
    return see(reverse("home"))


def _memberships(request: HttpRequest) -> QuerySet[Membership]:
    return Membership.objects.filter(user=actor_of(request).user)


def _frame(request: HttpRequest, **more: Any) -> dict[str, Any]:
    mine = organisation_of(request)
    tabs: list[Tab] = [
        {"label": _("Details"), "href": reverse("organisation")},
        {"label": _("Members"), "href": reverse("organisation_members")},
        {"label": _("API keys"), "href": reverse("organisation_keys")},
        {"label": _("Roles"), "href": reverse("organisation_roles")},
    ]
    if mine.kind in {"studio", "talent"}:
        tabs.append({"label": _("Deal approvals"), "href": reverse("organisation_approvals")})
    return {
        "organisation": mine,
        "tabs": tabs,
        "history": history_of([mine.stream]),
        "proof": proof(mine.stream, "organisation.registered"),
        **more,
    }


urlpatterns: list[URLPattern] = [
    path("organisation/", organisation, name="organisation"),
    path("organisation/members/", members, name="organisation_members"),
    path("organisation/keys/", keys, name="organisation_keys"),
    path("organisation/keys/<str:prefix>/revoke/", revoke_key, name="revoke_key"),
    path("organisation/roles/", roles, name="organisation_roles"),
    path("organisation/approvals/", approvals, name="organisation_approvals"),
    path("organisation/switch/", switch, name="switch_organisation"),
]
