"""The clause library, for anybody who reads an agreement."""

from functools import partial

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import NotFound
from api.endpoint import PublicEndpoint
from api.outputs import clauses as out
from api.schema import operation

described = partial(operation, tag="licensing")


class Clauses(PublicEndpoint):
    @described(
        "clauses_list",
        "Every wording that an agreement can hold, section by section, for anybody",
        gives=out.ClauseLibrary,
    )
    def get(self, request: Request) -> Response:
        return Response(out.library())


class ClauseView(PublicEndpoint):
    @described("clauses_read", "One clause with its versions", gives=out.AgreementClause)
    def get(self, request: Request, name: str) -> Response:
        found = out.clause(name)
        if found is None:
            raise NotFound
        return Response(found)
