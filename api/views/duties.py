"""What the sides of a licence owe each other, and the use that a lab reports."""

from collections.abc import Callable
from functools import partial
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Actor
from accounts.errors import NotFound
from api.endpoint import Endpoint, actor_of, read, read_query
from api.fields import Input, Nothing
from api.idempotency import once
from api.inputs import duties as forms
from api.outputs import duties as out
from api.paging import PageQuery, page
from api.schema import operation, pages_of
from api.shapes import one
from licensing.grants.duties import Demand, acknowledge_duty, meet_duty, waive_duty
from licensing.grants.issuing import demand_more
from licensing.grants.usage import left_of, report_usage
from licensing.models import Duty, DutyState, Grant, Usage, both_read_detail

described = partial(operation, tag="grants")


class Duties(Endpoint):
    @described(
        "duties_list",
        "What is owed under your deals and grants, by you or to you",
        gives=pages_of(out.Duty),
        query=forms.DutyQuery,
    )
    def get(self, request: Request) -> Response:
        query, actor = read_query(request, forms.DutyQuery), actor_of(request)
        found = Duty.objects.visible_to(actor)
        if (side := query.get("owed_by")) and actor.organisation is not None:
            mine = Duty.objects.owed_by(actor.organisation).values("pk")
            found = found.filter(pk__in=mine) if side == "us" else found.exclude(pk__in=mine)
        match query.get("state"):
            case "owed":
                found = found.owed()
            case "overdue":
                found = found.overdue()
            case "met" | "waived" as state:
                found = found.filter(state=DutyState(state))
        listed = page(request, out.Duty, found, query)
        return Response(listed | {"results": [_shown(actor, row) for row in listed["results"]]})


class DutyView(Endpoint):
    @described("duties_read", "One duty: what, by when, and what became of it", gives=out.Duty)
    def get(self, request: Request, code: str) -> Response:
        return Response(_detail(actor_of(request), code))


class AcknowledgeDuty(Endpoint):
    @described(
        "duties_acknowledge",
        "Say, for the side that owes it, that the notice has arrived",
        takes=Nothing,
        gives=out.Duty,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        return _step(request, code, Nothing, acknowledge_duty)


class MeetDuty(Endpoint):
    @described(
        "duties_meet",
        "Attest, for the side that owes it, what was done",
        takes=forms.Attestation,
        gives=out.Duty,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        return _step(request, code, forms.Attestation, meet_duty)


class WaiveDuty(Endpoint):
    @described(
        "duties_waive",
        "Let the other side off, or record that those whom a condition protects waived it",
        takes=forms.Waiver,
        gives=out.Duty,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        return _step(request, code, forms.Waiver, waive_duty)


class Demands(Endpoint):
    @described(
        "grants_demand",
        "Demand more of the lab, once a grant or a consent to its files has ended",
        takes=forms.MoreDemands,
        gives=pages_of(out.Duty),
        status=(201,),
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data, actor = read(request, forms.MoreDemands), actor_of(request)

        def act() -> Response:
            demand_more(actor=actor, code=code, **with_demands(data))
            found = Duty.objects.visible_to(actor).filter(grant__code=code)
            return Response(page(request, out.Duty, found, {"limit": 50}), status=201)

        return once(request, request.data, act)


class Usages(Endpoint):
    @described(
        "usage_list",
        "The use that the licensee of a grant has reported",
        gives=pages_of(out.Usage),
        query=PageQuery,
    )
    def get(self, request: Request, code: str) -> Response:
        query, actor = read_query(request, PageQuery), actor_of(request)
        if not Grant.objects.visible_to(actor).filter(code=code).exists():
            raise NotFound
        found = Usage.objects.visible_to(actor).filter(grant__code=code)
        return Response(page(request, out.Usage, found, query))

    @described(
        "usage_create",
        "Report a use; in what it goes beyond the grant is recorded, and refused is nothing",
        takes=forms.NewUsage,
        gives=out.UsageMade,
        status=(201,),
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data, actor = read(request, forms.NewUsage), actor_of(request)

        def act() -> Response:
            usage = report_usage(actor=actor, code=code, **data)
            left = left_of(usage.grant)
            shown = one(out.Usage, Usage.objects.filter(pk=usage.pk))
            return Response(
                shown
                | {
                    "left": {
                        "files": left.files,
                        "files_used": left.files_used,
                        "ms": left.ms,
                        "ms_left": left.ms_left,
                    }
                },
                status=201,
            )

        return once(request, request.data, act)


def with_demands(data: dict[str, Any]) -> dict[str, Any]:
    """Return a checked body with its demands as the verbs take them."""
    return data | {"demands": [Demand(**each) for each in data.get("demands", [])]}


def _step(request: Request, code: str, form: type[Input], verb: Callable[..., object]) -> Response:
    data, actor = read(request, form), actor_of(request)

    def act() -> Response:
        verb(actor=actor, code=code, **data)
        return Response(_detail(actor, code))

    return once(request, request.data, act)


def _detail(actor: Actor, code: str) -> dict[str, Any]:
    return _shown(actor, one(out.Duty, Duty.objects.visible_to(actor).filter(code=code)))


def _shown(actor: Actor, row: dict[str, Any]) -> dict[str, Any]:
    """Return a duty without the particulars that this side may not read."""
    own = actor.organisation.code if actor.organisation else ""
    is_ours = row["licensor" if row["owed_by"] == "licensor" else "licensee"]["code"] == own
    may_read = is_ours or both_read_detail(row["kind"], row["owed_by"])
    return row if may_read else row | {"detail": ""}
