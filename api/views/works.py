"""Works among works: corrected, named, numbered, credited, merged; and parties."""

from collections.abc import Callable
from functools import partial
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts.access import Actor
from api.endpoint import Endpoint, actor_of, read, read_query
from api.fields import Input
from api.idempotency import once
from api.inputs import works as forms
from api.outputs import catalog as listed
from api.outputs import works as out
from api.paging import PageQuery, page
from api.schema import operation, pages_of
from api.shapes import one, rows
from catalog.merging import merge_titles, split_title
from catalog.models import Credit, Merger, Party, Title, TitleIdentifier, TitleName
from catalog.parties import credit, register_party, search_parties, uncredit
from catalog.party_changes import change_party, merge_parties, split_party
from catalog.titles import change_title, get_title, identify_title, name_title, unname_title

described = partial(operation, tag="catalogue")
told = partial(described, gives=out.TitleDetail, post=True)


class Parts(Endpoint):
    @described("parts_list", "What is part of a title", gives=pages_of(listed.Title),
               query=PageQuery)  # fmt: skip
    def get(self, request: Request, code: str) -> Response:
        query = read_query(request, PageQuery)
        parts = Title.objects.filter(parent=get_title(actor_of(request), code))
        return Response(page(request, listed.Title, parts, query))


class Names(Endpoint):
    @told("names_create", "Say what a work is also called", takes=forms.NewName)
    def post(self, request: Request, code: str) -> Response:
        return _once(request, code, forms.NewName, name_title)


class RemoveName(Endpoint):
    @told("names_remove", "Take a name back", takes=forms.NameGone)
    def post(self, request: Request, code: str) -> Response:
        return _once(request, code, forms.NameGone, unname_title)


class Identifiers(Endpoint):
    @told("identifiers_create", "Record another number of a work", takes=forms.NewIdentifier)
    def post(self, request: Request, code: str) -> Response:
        return _once(request, code, forms.NewIdentifier, identify_title)


class Credits(Endpoint):
    @told("credits_create", "Record what a party did for a work", takes=forms.NewCredit)
    def post(self, request: Request, code: str) -> Response:
        return _once(request, code, forms.NewCredit, _credit)


class RemoveCredit(Endpoint):
    @told("credits_remove", "Take a credit back", takes=forms.CreditGone)
    def post(self, request: Request, code: str) -> Response:
        return _once(request, code, forms.CreditGone, _uncredit)


class Merge(Endpoint):
    @told("titles_merge", "Record that a title is the same work as another", takes=forms.Merge)
    def post(self, request: Request, code: str) -> Response:
        return _once(request, code, forms.Merge, merge_titles)


class Split(Endpoint):
    @told("titles_split", "Record that a title is a work of its own after all", takes=forms.Split)
    def post(self, request: Request, code: str) -> Response:
        return _once(request, code, forms.Split, split_title)


class Parties(Endpoint):
    @described(
        "parties_list",
        "People and companies that the organisation knows",
        gives=pages_of(out.PersonOrCompany),
        query=forms.PartyQuery,
    )
    def get(self, request: Request) -> Response:
        query = read_query(request, forms.PartyQuery)
        found = search_parties(actor_of(request), query.get("q", ""))
        return Response(page(request, out.PersonOrCompany, found, query))

    @described(
        "parties_create",
        "Register a person or a company",
        takes=forms.NewParty,
        gives=out.PersonOrCompany,
        status=(201,),
        post=True,
    )
    def post(self, request: Request) -> Response:
        data = read(request, forms.NewParty)
        actor = actor_of(request)

        def act() -> Response:
            party = register_party(actor=actor, **data)
            shown = one(out.PersonOrCompany, Party.objects.filter(pk=party.pk))
            return Response(shown, status=201)

        return once(request, request.data, act)


class PartyView(Endpoint):
    @described("parties_read", "One person or company", gives=out.PersonOrCompany)
    def get(self, request: Request, code: str) -> Response:
        found = Party.objects.visible_to(actor_of(request)).filter(code=code)
        return Response(one(out.PersonOrCompany, found))

    @described(
        "parties_change",
        "Correct what is said of a person or company",
        takes=forms.PartyChanges,
        gives=out.PersonOrCompany,
    )
    def patch(self, request: Request, code: str) -> Response:
        changes = read(request, forms.PartyChanges)
        actor = actor_of(request)
        change_party(actor=actor, code=code, changes=changes)
        found = Party.objects.visible_to(actor).filter(code=code)
        return Response(one(out.PersonOrCompany, found))


class MergeParty(Endpoint):
    @described(
        "parties_merge",
        "Record that a party is the same as another, which speaks for both",
        takes=forms.Merge,
        gives=out.PersonOrCompany,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        return _once_party(request, code, forms.Merge, merge_parties)


class SplitParty(Endpoint):
    @described(
        "parties_split",
        "Record that a party is one of its own after all",
        takes=forms.Split,
        gives=out.PersonOrCompany,
        post=True,
    )
    def post(self, request: Request, code: str) -> Response:
        return _once_party(request, code, forms.Split, split_party)


def change(request: Request, code: str) -> Response:
    """Correct what is said of a title, and return it whole."""
    changes = read(request, forms.TitleChanges)
    actor = actor_of(request)
    change_title(actor=actor, code=code, changes=changes)
    return Response(detail(actor, code))


def detail(actor: Actor, code: str) -> dict[str, Any]:
    """Return a title of the actor with its names, numbers, credits and duplicates."""
    title = one(out.TitleDetail, Title.objects.visible_to(actor).filter(code=code))
    names = TitleName.objects.filter(title__code=code).order_by("language", "name")
    numbers = TitleIdentifier.objects.filter(title__code=code).standing()
    credits_ = Credit.objects.filter(title__code=code).order_by("role", "position", "pk")
    duplicates = Title.objects.filter(canonical__code=code).order_by("pk")
    split = Merger.objects.filter(split_at__isnull=False).order_by("pk")
    return title | {
        "names": rows(out.Name, names),
        "identifiers": rows(out.Identifier, numbers.order_by("scheme", "value")),
        "credits": rows(out.Credit, credits_),
        "duplicates": list(duplicates.values_list("code", flat=True)),
        "split_off": list(split.filter(kept__code=code).values_list("title__code", flat=True)),
        "split_from": list(split.filter(title__code=code).values_list("kept__code", flat=True)),
        "parts": Title.objects.filter(parent__code=code).count(),
    }


def _once(request: Request, code: str, form: type[Input], verb: Callable[..., object]) -> Response:
    """Do what the body asks of a title, once, and return the title."""
    data = read(request, form)
    actor = actor_of(request)

    def act() -> Response:
        verb(actor=actor, code=code, **data)
        return Response(detail(actor, code))

    return once(request, request.data, act)


def _once_party(
    request: Request, code: str, form: type[Input], verb: Callable[..., object]
) -> Response:
    """Do what the body asks of a party, once, and return the party."""
    data = read(request, form)
    actor = actor_of(request)

    def act() -> Response:
        verb(actor=actor, code=code, **data)
        found = Party.objects.visible_to(actor).filter(code=code)
        return Response(one(out.PersonOrCompany, found))

    return once(request, request.data, act)


def _credit(*, actor: Actor, code: str, party: str, **said: Any) -> None:
    credit(actor=actor, title_code=code, party_code=party, **said)


def _uncredit(*, actor: Actor, code: str, party: str, role: str) -> None:
    uncredit(actor=actor, title_code=code, party_code=party, role=role)
