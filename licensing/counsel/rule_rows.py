"""A studio's counsel adds rows to the rule tables, and supersedes them; nothing is edited."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor, Permission, require
from accounts.codes import allocate
from accounts.errors import Conflict, Invalid, NotFound
from accounts.text import check_name, check_note
from catalog.scope.errors import CaseError
from catalog.scope_words import sentence_of
from ledger.append import append
from licensing.clearance import SHIPPED
from licensing.clearance.rows import check_row
from licensing.counsel.rule_floors import check_floor
from licensing.models import Readiness, RuleRow


@transaction.atomic
def add_rule(
    *,
    actor: Actor,
    table: str,
    key: str,
    body: Mapping[str, Any] | None,
    source: str,
    note: str = "",
    valid_from: date | None = None,
    valid_until: date | None = None,
) -> RuleRow:
    """Record the organisation's own first row of this table and key. It counts for the decisions
    of this organisation from now on; `body` None takes our row out.

    Raises Invalid naming the field, Conflict where the organisation has a row already.
    """
    organisation = require(actor, Permission.EDIT_RULES)
    if RuleRow.objects.filter(organisation=organisation, table=table, key=key).exists():
        raise _there_already()
    row = RuleRow(
        organisation=organisation,
        table=table,
        key=key,
        body=body,
        valid_from=valid_from,
        valid_until=valid_until,
        source=source,
        note=note,
    )
    try:
        with transaction.atomic():
            return _record(actor, row)
    except IntegrityError:  # somebody else was adding the same
        raise _there_already() from None


@transaction.atomic
def supersede_rule(
    *,
    actor: Actor,
    code: str,
    body: Mapping[str, Any] | None,
    source: str,
    note: str = "",
    valid_from: date | None = None,
    valid_until: date | None = None,
) -> RuleRow:
    """Record another row of the same table and key after the newest one, which stays readable:
    for days that the new row does not speak of, the old one still does.

    Raises Invalid naming the field, Conflict for a row that was superseded before, NotFound.
    """
    organisation = require(actor, Permission.EDIT_RULES)
    old = RuleRow.objects.visible_to(actor).select_for_update().filter(code=code).first()
    if old is None:
        raise NotFound
    if RuleRow.objects.filter(supersedes=old).exists():
        raise Conflict(_("Another row has taken its place; supersede the newest one."))
    row = RuleRow(
        organisation=organisation,
        table=old.table,
        key=old.key,
        body=body,
        valid_from=valid_from,
        valid_until=valid_until,
        source=source,
        note=note,
        supersedes=old,
    )
    return _record(actor, row)


def check_rule(table: str, key: str, body: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what a row says in canonical form. Raises Invalid naming the field, also of what our
    tables protect persons with and no row may loosen."""
    try:
        given = None if body is None else dict(body)
        checked = check_row(table, key, given, SHIPPED.content())
    except CaseError as error:
        raise Invalid(error.path.removeprefix("$."), sentence_of(error)) from None
    check_floor(table, key, checked)
    return checked


def check_days(valid_from: date | None, valid_until: date | None) -> None:
    """Raise Invalid where a row would end before it begins."""
    if valid_from and valid_until and valid_until <= valid_from:
        raise Invalid("valid_until", _("The end must lie after the start."))


def _record(actor: Actor, row: RuleRow) -> RuleRow:
    row.body = check_rule(row.table, row.key, row.body)
    check_days(row.valid_from, row.valid_until)
    row.source = check_name("source", row.source, 300)
    row.note = check_note("note", row.note, 500)
    row.recorded_by, row.recorded_at = actor.user, timezone.now()
    row.code = allocate("rule")
    row.save(force_insert=True)
    refs = {"organisation": row.organisation.stream}
    if row.supersedes is not None:
        refs["supersedes"] = row.supersedes.stream
    append(
        "rule.recorded",
        stream=row.stream,
        actor=actor.name,
        refs=refs,
        private={"row": committed(row)},
    )
    # Every answer about the library rests on the tables.
    Readiness.objects.filter(organisation=row.organisation).update(due_at=row.recorded_at)
    return row


def committed(row: RuleRow) -> dict[str, Any]:
    """Return what the log commits to."""
    return {
        "table": row.table,
        "key": row.key,
        "body": row.body,
        "valid_from": row.valid_from and row.valid_from.isoformat(),
        "valid_until": row.valid_until and row.valid_until.isoformat(),
        "source": row.source,
        "note": row.note,
    }


def _there_already() -> Conflict:
    return Conflict(_("You have a row of this kind already; supersede it."))
