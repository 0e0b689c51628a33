"""Who speaks for a performer, consents that are signed here, and what is made of them."""

from collections.abc import Callable
from functools import partial
from typing import Any, override

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import NotFound
from api.endpoint import Endpoint, PublicEndpoint, actor_of, read, read_query
from api.fields import Nothing
from api.idempotency import once
from api.inputs import consents as forms
from api.outputs import consents as out
from api.paging import PageQuery, page
from api.schema import operation, pages_of
from api.shapes import one, rows
from api.throttling import WindowThrottle, address
from catalog.approvals import ask_approval, decide_approval
from catalog.authorised import authorised
from catalog.authorities import end_authority, record_authority, voice_of
from catalog.closing import close_consent
from catalog.consent_uses import record_use
from catalog.consenting import (
    change_draft,
    draft_consent,
    findings_of,
    offer_consent,
    resume_after_strike,
    resume_consent,
    suspend_consent,
    suspend_for_strike,
    take_back_consent,
)
from catalog.consents.findings import words_of
from catalog.consents.life import State
from catalog.likenesses import find_likeness
from catalog.models import Approval, Authority, Consent, ConsentUse, Performer
from catalog.offered_forms import why_unbound
from catalog.performers import change_performer, find_performer
from catalog.signing import form_of, invite

described = partial(operation, tag="likenesses")
_PER_MINUTE = 30


class PerformerView(Endpoint):
    @described("performers_read", "One performer", gives=out.PerformerDetail)
    def get(self, request: Request, code: str) -> Response:
        found = Performer.objects.visible_to(actor_of(request)).filter(code=code)
        return Response(one(out.PerformerDetail, found))


class ChangePerformer(Endpoint):
    @described(
        "performers_change",
        "Correct or complete what is said of a performer",
        takes=forms.PerformerChange,
        gives=out.PerformerDetail,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, forms.PerformerChange)

        def act() -> Response:
            performer = change_performer(actor=actor_of(request), code=code, **data)
            return Response(one(out.PerformerDetail, Performer.objects.filter(pk=performer.pk)))

        return once(request, request.data, act)


class Authorities(Endpoint):
    @described(
        "authorities_list",
        "Who may sign for a performer, those that ended too",
        gives=pages_of(out.Authority),
        query=PageQuery,
    )
    def get(self, request: Request, code: str) -> Response:
        query = read_query(request, PageQuery)
        performer = find_performer(actor_of(request), code)
        return Response(page(request, out.Authority, performer.authorities.all(), query))

    @described(
        "authorities_create",
        "Record that somebody may sign for a performer",
        takes=forms.NewAuthority,
        gives=out.Authority,
        status=(201,),
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, forms.NewAuthority)

        def act() -> Response:
            made = record_authority(actor=actor_of(request), performer_code=code, **data)
            return Response(one(out.Authority, Authority.objects.filter(pk=made.pk)), status=201)

        return once(request, request.data, act)


class EndAuthority(Endpoint):
    @described(
        "authorities_end",
        "End an authority from now on",
        takes=Nothing,
        gives=out.Authority,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        read(request, Nothing)

        def act() -> Response:
            ended = end_authority(actor=actor_of(request), code=code)
            return Response(one(out.Authority, Authority.objects.filter(pk=ended.pk)))

        return once(request, request.data, act)


class Drafts(Endpoint):
    @described(
        "consents_draft",
        "Draft a consent for signature",
        takes=forms.NewDraft,
        gives=out.ConsentDetail,
        status=(201,),
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = _named(read(request, forms.NewDraft))
        data["replaces_code"] = data.pop("replaces", None)
        actor = actor_of(request)
        likeness = find_likeness(actor, code)

        def act() -> Response:
            draft = draft_consent(actor=actor, likeness_code=likeness.code, **data)
            return Response(consent_detail(draft), status=201)

        return once(request, request.data, act)


class ConsentView(Endpoint):
    @described("consents_read", "One consent, with its signatures", gives=out.ConsentDetail)
    def get(self, request: Request, code: str) -> Response:
        return Response(consent_detail(_own(request, code)))


class ChangeDraft(Endpoint):
    @described(
        "consents_change",
        "Write a draft anew",
        takes=forms.Draft,
        gives=out.ConsentDetail,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = _named(read(request, forms.Draft))
        return _act(request, lambda: change_draft(actor=actor_of(request), code=code, **data))


class Findings(Endpoint):
    @described(
        "consents_findings",
        "What is wrong with a consent before it is signed; no legal advice",
        gives=out.ConsentFindings,
    )
    def get(self, request: Request, code: str) -> Response:
        consent, now = _own(request, code), timezone.now()
        voice = voice_of(consent.likeness.performer, now)
        found = findings_of(consent, voice, now)
        return Response(
            {
                "findings": [
                    {
                        "code": each.code,
                        "level": each.level,
                        "field": each.field,
                        "text": str(words_of(each)),
                        "source": each.source,
                        "as_of": each.as_of,
                        "until": each.until,
                    }
                    for each in found
                ],
                "problem": str(voice.problem) if voice.problem is not None else None,
            }
        )


class Offer(Endpoint):
    @described(
        "consents_offer",
        "Put a draft before those who must sign it",
        takes=Nothing,
        gives=out.ConsentDetail,
        post=True,
        waits=True,
    )
    def post(self, request: Request, code: str) -> Response:
        read(request, Nothing)
        return _act(request, lambda: offer_consent(actor=actor_of(request), code=code))


class Invite(Endpoint):
    @described(
        "consents_invite",
        "Send a link to everybody who has yet to sign; former links end",
        takes=Nothing,
        gives=out.Invited,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        read(request, Nothing)

        def act() -> Response:
            sent = invite(actor=actor_of(request), code=code)
            shown = [
                {
                    "authority": each.authority.code,
                    "holder": each.authority.holder,
                    "address": f"{settings.BASE_URL}/sign/{each.token}/" if each.token else None,
                    "expires_at": each.expires_at,
                }
                for each in sent
            ]
            return Response({"invitations": shown}, headers={"Cache-Control": "no-store"})

        return once(request, request.data, act, kept=_without_links)


class TakeBack(Endpoint):
    @described(
        "consents_take_back",
        "Make an offered consent a draft again, as long as nobody has signed",
        takes=Nothing,
        gives=out.ConsentDetail,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        read(request, Nothing)
        return _act(request, lambda: take_back_consent(actor=actor_of(request), code=code))


class CloseConsent(Endpoint):
    @described(
        "consents_close",
        "Close an offered consent for good; whoever signed it is told",
        takes=forms.Close,
        gives=out.ConsentDetail,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, forms.Close)
        return _act(
            request, lambda: close_consent(actor=actor_of(request), code=code, **data).consent
        )


class SuspendConsent(Endpoint):
    @described(
        "consents_suspend",
        "Let a consent rest: nothing is cleared on it meanwhile",
        takes=forms.Suspend,
        gives=out.ConsentDetail,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, forms.Suspend)
        return _act(request, lambda: suspend_consent(actor=actor_of(request), code=code, **data))


class ResumeConsent(Endpoint):
    @described(
        "consents_resume",
        "End a consent's suspension",
        takes=Nothing,
        gives=out.ConsentDetail,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        read(request, Nothing)
        return _act(request, lambda: resume_consent(actor=actor_of(request), code=code))


class SuspendForStrike(Endpoint):
    @described(
        "strikes_suspend",
        "Let every consent of a guild's performers rest that says that a strike suspends it",
        takes=forms.Strike,
        gives=out.Struck,
        post=True,
    )
    def post(self, request: Request) -> Response:
        data = read(request, forms.Strike)
        return _struck(request, lambda: suspend_for_strike(actor=actor_of(request), **data))


class EndStrike(Endpoint):
    @described(
        "strikes_end",
        "Let every consent go on that rests because of a guild's strike",
        takes=forms.StrikeEnd,
        gives=out.Struck,
        post=True,
    )
    def post(self, request: Request) -> Response:
        data = read(request, forms.StrikeEnd)
        return _struck(request, lambda: resume_after_strike(actor=actor_of(request), **data))


class Form(Endpoint):
    @described(
        "consents_form",
        "The form that was offered for signature",
        gives=OpenApiTypes.BINARY,
        media="application/pdf",
        query=forms.FormQuery,
        waits=True,
    )
    def get(self, request: Request, code: str) -> HttpResponse:
        language = read_query(request, forms.FormQuery).get("language", "en")
        pdf, _sha256 = form_of(_own(request, code), language)
        return HttpResponse(
            pdf, content_type="application/pdf", headers={"Cache-Control": "private, no-store"}
        )


class Approvals(Endpoint):
    @described(
        "approvals_list",
        "Approvals asked for, by and of the organisation",
        gives=pages_of(out.Approval),
        query=PageQuery,
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, PageQuery)
        found = Approval.objects.visible_to(actor_of(request))
        return Response(page(request, out.Approval, found, query))

    @described(
        "approvals_ask",
        "Ask whether one use is as the performer wants it",
        takes=forms.NewApproval,
        gives=out.Approval,
        status=(201,),
        post=True,
    )
    def post(self, request: Request) -> Response:
        data = read(request, forms.NewApproval)
        data["consent_code"] = data.pop("consent")

        def act() -> Response:
            asked = ask_approval(actor=actor_of(request), **data)
            return Response(one(out.Approval, Approval.objects.filter(pk=asked.pk)), status=201)

        return once(request, request.data, act)


class DecideApproval(Endpoint):
    @described(
        "approvals_decide",
        "Answer for the performer",
        takes=forms.Decide,
        gives=out.Approval,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, forms.Decide)

        def act() -> Response:
            decided = decide_approval(actor=actor_of(request), code=code, **data)
            return Response(one(out.Approval, Approval.objects.filter(pk=decided.pk)))

        return once(request, request.data, act)


class Uses(Endpoint):
    @described(
        "uses_list",
        "What was made under consents, by and of the organisation",
        gives=pages_of(out.Use),
        query=forms.UseQuery,
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, forms.UseQuery)
        found = ConsentUse.objects.visible_to(actor_of(request))
        if code := query.get("consent"):
            found = found.filter(consent__code=code)
        return Response(page(request, out.Use, found, query))


class ConsentUses(Endpoint):
    @described(
        "uses_create",
        "Record a use; its outputs are taken from the agreed number",
        takes=forms.NewUse,
        gives=out.Use,
        status=(201,),
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        data = read(request, forms.NewUse)
        data["approval_code"] = data.pop("approval", "")

        def act() -> Response:
            use = record_use(actor=actor_of(request), consent_code=code, **data)
            return Response(one(out.Use, ConsentUse.objects.filter(pk=use.pk)), status=201)

        return once(request, request.data, act)


class AuthorisedThrottle(WindowThrottle):
    """Questions about persons from one address, whoever asks: names are not to be tried out."""

    name = "authorised"

    @override
    def limit(self, request: Request) -> int:
        return _PER_MINUTE

    @override
    def whom(self, request: Request) -> str:
        return address(request)


class Authorised(PublicEndpoint):
    throttle_classes = [AuthorisedThrottle]

    @operation(
        "authorised",
        "Is there a registered authority and a live consent for this person and use?",
        gives=out.Authorised,
        query=forms.AuthorisedQuery,
        tag="verification",
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, forms.AuthorisedQuery)
        answer = authorised(**query)
        return Response({"answer": answer.value}, headers={"Cache-Control": "no-store"})


def _without_links(made: Response) -> Response:
    """What a repeated call gets: what opens a link is kept nowhere, so it cannot be told again."""
    told = [each | {"address": None} for each in made.data["invitations"]]
    return Response({"invitations": told})


def _act(request: Request, verb: Callable[[], Consent]) -> Response:
    return once(request, request.data, lambda: Response(consent_detail(verb())))


def _struck(request: Request, verb: Callable[[], list[Consent]]) -> Response:
    return once(
        request,
        request.data,
        lambda: Response({"consents": [consent.code for consent in verb()]}),
    )


def _own(request: Request, code: str) -> Consent:
    rows_ = Consent.objects.visible_to(actor_of(request))
    consent = rows_.select_related("likeness__performer").filter(code=code).first()
    if consent is None:
        raise NotFound
    return consent


def consent_detail(consent: Consent) -> dict[str, Any]:
    """Return a consent as the API shows it, with its state and signatures."""
    row, now = Consent.objects.get(pk=consent.pk), timezone.now()
    state = row.state_at(now)
    return {
        **one(out.ConsentDetail, Consent.objects.filter(pk=row.pk)),
        "state": state.value,
        "changed": why_unbound(row, now) if state is State.OFFERED else None,
        "signatures": rows(out.Signature, row.signatures.order_by("pk")),
    }


def _named(data: dict[str, Any]) -> dict[str, Any]:
    if "grantee" in data:
        data["grantee_code"] = data.pop("grantee")
    return data
