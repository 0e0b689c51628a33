"""Performers, their likenesses and what they consent to."""

from functools import partial

from rest_framework.request import Request
from rest_framework.response import Response

from api.endpoint import Endpoint, actor_of, read, read_query
from api.idempotency import once
from api.inputs import catalog as forms
from api.inputs import consents as consent_forms
from api.outputs import catalog as out
from api.paging import PageQuery, page
from api.schema import operation, pages_of
from api.shapes import one
from catalog.likenesses import (
    find_likeness,
    record_consent,
    register_likeness,
)
from catalog.models import Consent, Likeness, Performer
from catalog.performers import register_performer
from catalog.withdrawing import withdraw_consent

described = partial(operation, tag="likenesses")


class Performers(Endpoint):
    @described(
        "performers_list",
        "Performers the organisation represents",
        gives=pages_of(out.Performer),
        query=PageQuery,
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, PageQuery)
        found = Performer.objects.visible_to(actor_of(request))
        return Response(page(request, out.Performer, found, query))

    @described(
        "performers_create",
        "Register a performer",
        takes=forms.NewPerformer,
        gives=out.Performer,
        status=(201,),
        post=True,
    )
    def post(self, request: Request) -> Response:
        data = read(request, forms.NewPerformer)

        def act() -> Response:
            performer = register_performer(actor=actor_of(request), **data)
            return Response(
                one(out.Performer, Performer.objects.filter(pk=performer.pk)), status=201
            )

        return once(request, request.data, act)


class Likenesses(Endpoint):
    @described(
        "likenesses_list",
        "Likenesses of the organisation's performers",
        gives=pages_of(out.Likeness),
        query=PageQuery,
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, PageQuery)
        found = Likeness.objects.visible_to(actor_of(request))
        return Response(page(request, out.Likeness, found, query))

    @described(
        "likenesses_create",
        "Register which attributes of a performer there are files of",
        takes=forms.NewLikeness,
        gives=out.Likeness,
        status=(201,),
        post=True,
    )
    def post(self, request: Request) -> Response:
        data = read(request, forms.NewLikeness)
        performer = data.pop("performer")

        def act() -> Response:
            likeness = register_likeness(actor=actor_of(request), performer_code=performer, **data)
            return Response(one(out.Likeness, Likeness.objects.filter(pk=likeness.pk)), status=201)

        return once(request, request.data, act)


class LikenessView(Endpoint):
    @described("likenesses_read", "One likeness", gives=out.Likeness)
    def get(self, request: Request, code: str) -> Response:
        found = Likeness.objects.visible_to(actor_of(request)).filter(code=code)
        return Response(one(out.Likeness, found))


class Consents(Endpoint):
    @described(
        "consents_list",
        "What the performer allows, withdrawn consents too",
        gives=pages_of(out.Consent),
        query=PageQuery,
    )
    def get(self, request: Request, code: str) -> Response:
        query = read_query(request, PageQuery)
        likeness = find_likeness(actor_of(request), code)
        return Response(page(request, out.Consent, likeness.consents.all(), query))

    @described(
        "consents_create",
        "Record a consent of the performer",
        takes=forms.NewConsent,
        gives=out.Consent,
        status=(201,),
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, forms.NewConsent)
        if "grantee" in data:
            data["grantee_code"] = data.pop("grantee")
        actor = actor_of(request)
        likeness = find_likeness(actor, code)

        def act() -> Response:
            consent = record_consent(actor=actor, likeness_code=likeness.code, **data)
            return Response(one(out.Consent, Consent.objects.filter(pk=consent.pk)), status=201)

        return once(request, request.data, act)


class WithdrawConsent(Endpoint):
    @described(
        "consents_withdraw",
        "End a consent: now, or after the notice that it agreed to",
        takes=consent_forms.Withdraw,
        gives=out.Consent,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, consent_forms.Withdraw)

        def act() -> Response:
            consent = withdraw_consent(actor=actor_of(request), code=code, **data)
            return Response(one(out.Consent, Consent.objects.filter(pk=consent.pk)))

        return once(request, request.data, act)
