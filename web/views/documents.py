"""Documents that facts rest on: handed in, listed, given back to their own organisation."""

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Permission, require
from accounts.errors import TooLarge
from accounts.models import OrganisationKind
from catalog.evidence import evidence_link, get_evidence, hand_in_evidence
from catalog.models import Authority, Evidence, Fact
from catalog.uploads import streamed_upload, uploaded
from web.acts import see
from web.entrance import actor_of, member
from web.forms.documents import DocumentForm
from web.forms.verbs import REFUSED, attempt, refused_unread
from web.history import history_of, proof
from web.paging import page

# Of a document that very many facts rest on, the page shows the first.
_FACTS_SHOWN = 200


# The token is checked by `_receive`, once a place for the file is ready.
@csrf_exempt
@require_http_methods(["GET", "POST"])
@member("studio")
def documents(request: HttpRequest) -> HttpResponseBase:
    """What was handed in, newest first; a POST brings another one."""
    if request.method != "POST":
        return _show(request, DocumentForm())
    require(actor_of(request), Permission.EDIT_TITLES)
    try:
        return _receive(request)
    except TooLarge as refusal:
        form = refused_unread(DocumentForm({}), refusal)
        return _show(request, form, status=refusal.status)


@streamed_upload
def _receive(request: HttpRequest) -> HttpResponseBase:
    form = DocumentForm(request.POST, request.FILES)
    taken = attempt(form, lambda: _take(request, form.cleaned_data["file"]))
    if taken is None:
        return _show(request, form, status=REFUSED)
    evidence, is_new = taken
    if is_new:
        messages.success(request, _("The document is kept. Name it now where facts rest on it."))
    else:
        messages.info(request, _("This document is already here, to the last byte."))
    address = reverse("evidence", args=[evidence.code])
    if request.headers.get("X-Requested-With") == "XMLHttpRequest":
        return HttpResponse(status=201, headers={"Location": address})
    return see(address)


def _take(request: HttpRequest, file: "UploadedFile[bytes]") -> tuple[Evidence, bool]:
    return hand_in_evidence(
        actor=actor_of(request), intake=uploaded(request, "file"), filename=file.name or ""
    )


def _show(request: HttpRequest, form: DocumentForm, status: int = 200) -> HttpResponse:
    actor = actor_of(request)
    found = Evidence.objects.visible_to(actor)
    context = {
        "form": form,
        "page": page(found, cursor=request.GET.get("cursor", "")),
        "may_edit": actor.may(Permission.EDIT_TITLES),
        "trail": [(_("Library"), reverse("titles"))],
    }
    return render(request, "web/documents/list.html", context, status=status)


@require_safe
@member("studio", "talent")
def document(request: HttpRequest, code: str) -> HttpResponse:
    """A document: its hash, and what rests on it."""
    found = get_evidence(actor_of(request), code)
    is_studio = found.organisation.kind == OrganisationKind.STUDIO
    library = [(_("Library"), reverse("titles")), (_("Documents"), reverse("documents"))]
    facts = Fact.objects.filter(evidence=found).select_related("title").order_by("-pk")
    context = {
        "evidence": found,
        "facts": facts[:_FACTS_SHOWN],
        "opinions": found.opinions.select_related("likeness__performer").order_by("-pk")[
            :_FACTS_SHOWN
        ],
        "authorities": Authority.objects.filter(evidence=found).select_related("performer"),
        "trail": library if is_studio else [(_("Likenesses"), reverse("likenesses"))],
        "history": history_of([found.stream]),
        "proof": proof(found.stream, "evidence.recorded"),
    }
    return render(request, "web/documents/document.html", context)


@require_safe
@member("studio", "talent")
def download(request: HttpRequest, code: str) -> HttpResponseBase:
    """The document itself, by a link that lives some minutes: to be saved, never opened as part of
    this site."""
    response = HttpResponseRedirect(evidence_link(actor_of(request), code).url)
    response["Cache-Control"] = "no-store"
    return response


urlpatterns: list[URLPattern] = [
    path("documents/", documents, name="documents"),
    path("documents/<str:code>/", document, name="evidence"),
    path("documents/<str:code>/file/", download, name="evidence_file"),
]
