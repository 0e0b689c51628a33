"""The rule tables that a studio's clearances apply, and the rows that its counsel adds."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

import web.addresses  # noqa: F401 - registers `<edge:code>`
from accounts.access import Permission, require
from accounts.errors import NotFound
from licensing.clearance.rows import FORMS
from licensing.counsel.rule_rows import add_rule, supersede_rule
from licensing.models import RuleRow, RuleTable
from web.acts import see
from web.entrance import actor_of, member
from web.forms.rules import RuleForm
from web.forms.verbs import REFUSED, attempt
from web.history import history_of, proof
from web.rules import Line, body_text, changes, key_text, ours, tables_of_studio, validity


@require_safe
@member("studio")
def rules(request: HttpRequest) -> HttpResponse:
    """Every row that counts today, table by table: what it says, its source, who confirmed it."""
    actor = actor_of(request)
    chosen = request.GET.get("table", "")
    context = {
        "tables": tables_of_studio(actor, chosen if chosen in RuleTable.values else ""),
        "choices": RuleTable.choices,
        "may_edit": actor.may(Permission.EDIT_RULES),
        "keyed": [RuleTable.MINOR, RuleTable.POLICIES, RuleTable.GROUPS, RuleTable.SUCCESSORS],
        "trail": [(_("Counsel"), reverse("counsel"))],
    }
    return render(request, "web/rules/tables.html", context)


@require_http_methods(["GET", "POST"])
@member("studio")
def new_rule(request: HttpRequest, table: str) -> HttpResponse:
    """Add a row of one's own, for a key without one or in place of ours (`?key=`)."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_RULES)
    if table not in RuleTable.values:
        raise Http404
    key = request.GET.get("key", "")
    known = ours(table, key)
    if known is None:
        key = ""
    if own := RuleRow.objects.visible_to(actor).filter(table=table, key=key).last():
        return see(reverse("rule", args=[own.code]))
    form = RuleForm(
        table,
        key,
        request.POST or None,
        body=known.body if known else None,
        can_be_taken_out=FORMS[table].drop is not None and known is not None,
    )
    if request.method == "POST":
        row = attempt(
            form,
            lambda: add_rule(
                actor=actor, table=table, key=form.key, body=form.body(), **form.rest()
            ),
        )
        if row is not None:
            return _recorded(request, row)
    context = {
        "form": form,
        "table": RuleTable(table).label,
        "about": key_text(table, key) if key else "",
        "before": Line(known, None) if known else None,
        "trail": _trail(),
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/rules/form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@member("studio")
def rule(request: HttpRequest, code: str) -> HttpResponse:
    """One recorded row with its history; a POST supersedes the newest one."""
    actor = actor_of(request)
    row = RuleRow.objects.visible_to(actor).filter(code=code).first()
    if row is None:
        raise NotFound
    every = list(
        RuleRow.objects.visible_to(actor)
        .filter(table=row.table, key=row.key)
        .select_related("recorded_by")
        .order_by("-pk")
    )
    newest = every[0]
    form = RuleForm(
        row.table,
        row.key,
        request.POST or None,
        body=newest.body,
        can_be_taken_out=FORMS[row.table].drop is not None,
    )
    if request.method == "POST":
        require(actor, Permission.EDIT_RULES)
        if row != newest:
            messages.error(request, _("Another row has taken its place; supersede the newest one."))
            return see(reverse("rule", args=[newest.code]))
        made = attempt(
            form,
            lambda: supersede_rule(actor=actor, code=code, body=form.body(), **form.rest()),
        )
        if made is not None:
            return _recorded(request, made)
    context = {
        "row": row,
        "about": key_text(row.table, row.key),
        "says": body_text(row.table, row.body),
        "validity": validity(row.valid_from, row.valid_until),
        "newest": newest,
        "versions": _versions(row, every),
        "form": form,
        "may_edit": actor.may(Permission.EDIT_RULES) and row == newest,
        "proof": proof(row.stream),
        "events": history_of([each.stream for each in every]),
        "trail": _trail(),
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/rules/rule.html", context, status=status)


def _versions(row: RuleRow, every: list[RuleRow]) -> list[tuple[RuleRow, Any]]:
    """Return each row of the key with what it says otherwise than the one before it; the first
    one is compared with ours."""
    before: list[Any] = [*every[1:], ours(row.table, row.key)]
    return [(each, changes(old, each)) for each, old in zip(every, before, strict=True)]


def _recorded(request: HttpRequest, row: RuleRow) -> HttpResponse:
    messages.success(
        request, _("The row is recorded. Your clearances count it from now on; past ones stand.")
    )
    return see(reverse("rule", args=[row.code]))


def _trail() -> list[tuple[Any, str]]:
    return [(_("Counsel"), reverse("counsel")), (_("Rule tables"), reverse("rules"))]


urlpatterns: list[URLPattern] = [
    path("rules/", rules, name="rules"),
    path("rules/new/<slug:table>/", new_rule, name="new_rule"),
    path("rules/<edge:code>/", rule, name="rule"),
]
