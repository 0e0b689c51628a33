"""The rule tables of a studio: what counts today, its own rows, adding and superseding them."""

from functools import partial

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Actor, Permission, require
from api.endpoint import Endpoint, actor_of, read, read_query
from api.idempotency import once
from api.inputs import rules as forms
from api.outputs import rules as out
from api.paging import PageQuery, page
from api.schema import operation, pages_of
from api.shapes import one
from licensing.counsel.rule_rows import add_rule, supersede_rule
from licensing.counsel.tables import in_force
from licensing.models import RuleRow

described = partial(operation, tag="licensing")


class Rules(Endpoint):
    @described(
        "rules_list",
        "The rows that you recorded, with those that were superseded",
        gives=pages_of(out.Rule),
        query=PageQuery,
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, PageQuery)
        found = RuleRow.objects.visible_to(actor_of(request))
        return Response(page(request, out.Rule, found, query))

    @described(
        "rules_add",
        "Put a row of your own beside ours, or in place of one",
        takes=forms.NewRule,
        gives=out.Rule,
        status=(201,),
        post=True,
    )
    def post(self, request: Request) -> Response:
        data = read(request, forms.NewRule)
        actor = actor_of(request)

        def act() -> Response:
            row = add_rule(actor=actor, **data)
            return Response(_row(actor, row.code), status=201)

        return once(request, request.data, act)


class RuleView(Endpoint):
    @described("rules_read", "One row that you recorded", gives=out.Rule)
    def get(self, request: Request, code: str) -> Response:
        return Response(_row(actor_of(request), code))


class SupersedeRule(Endpoint):
    @described(
        "rules_supersede",
        "Record another row after your newest one of a key",
        takes=forms.RuleBody,
        gives=out.Rule,
        status=(201,),
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, forms.RuleBody)
        actor = actor_of(request)

        def act() -> Response:
            row = supersede_rule(actor=actor, code=code, **data)
            return Response(_row(actor, row.code), status=201)

        return once(request, request.data, act)


class RulesInForce(Endpoint):
    @described(
        "rules_in_force",
        "The rule tables that your clearances apply today, and their version",
        gives=out.RulesInForce,
    )
    def get(self, request: Request) -> Response:
        organisation = require(actor_of(request), Permission.VIEW)
        tables, rows = in_force(organisation)
        told = [{**row._asdict(), "code": own and own.code} for row, own in rows]
        return Response({"version": tables.version, "rows": told})


def _row(actor: Actor, code: str) -> object:
    return one(out.Rule, RuleRow.objects.visible_to(actor).filter(code=code))
