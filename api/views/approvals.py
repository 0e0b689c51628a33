"""Who approves the deals of an organisation."""

from functools import partial

from rest_framework.request import Request
from rest_framework.response import Response

from api.endpoint import Endpoint, actor_of, read, read_query
from api.idempotency import once
from api.inputs import approvals as forms
from api.outputs import approvals as out
from api.paging import PageQuery, page
from api.schema import operation, pages_of
from api.shapes import one
from licensing.deals.approval_policies import set_approval_policy
from licensing.models import ApprovalPolicy

described = partial(operation, tag="licensing")


class ApprovalPolicies(Endpoint):
    @described(
        "approval_policies_list",
        "Who approves your deals: the policy that counts, and those before it",
        gives=pages_of(out.ApprovalPolicy),
        query=PageQuery,
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, PageQuery)
        found = ApprovalPolicy.objects.visible_to(actor_of(request))
        return Response(page(request, out.ApprovalPolicy, found, query))

    @described(
        "approval_policies_set",
        "Record who approves your deals from now on",
        takes=forms.ApprovalPolicy,
        gives=out.ApprovalPolicy,
        status=(201,),
        post=True,
    )
    def post(self, request: Request) -> Response:
        data = read(request, forms.ApprovalPolicy)
        actor = actor_of(request)

        def act() -> Response:
            made = set_approval_policy(actor=actor, **data)
            mine = ApprovalPolicy.objects.filter(pk=made.pk)
            return Response(one(out.ApprovalPolicy, mine), status=201)

        return once(request, request.data, act)
