"""Grants: the licence page of the two sides, and the public status for everybody else."""

import json
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.access import Actor, Permission, require
from accounts.errors import NotFound
from catalog.models import WorkState
from licensing.deals.amended import under_way
from licensing.grants.ending import ends_soon
from licensing.grants.grant_policies import policy_of
from licensing.grants.issuing import demand_more, may_demand, revoke_grant
from licensing.grants.usage import left_of
from licensing.models import Duty, Grant, GrantedAsset, Ground, Verdict, lineage
from licensing.models.grants import GrantQuerySet
from licensing.standards.grant_policy import LOSSES
from licensing.verdicts.resting import ended_by_consents
from provenance.credentials.delivery import link, open_delivery, paused_files, unconsented
from provenance.credentials.giving import given
from provenance.credentials.progress import Progress, progress_of
from provenance.credentials.updates import newest_manifest
from provenance.models import Certificate, Credential, Delivery, Sighting
from provenance.sightings.reading import seen_under
from provenance.status import GrantStatus, grant_status, holds, status_of, successor_of
from web.acts import press, see
from web.addresses import printable
from web.amendments import chain_of, may_amend
from web.clips import Part, parts_of
from web.entrance import actor_of, member, organisation_of
from web.forms.duties import DemandForm
from web.forms.grants import RevokeForm
from web.forms.verbs import REFUSED, attempt
from web.history import history_of, proof
from web.paging import page
from web.standard_words import told
from web.verdicts import Condition, read_condition

HOUSES = ("studio", "talent", "lab")
FILES = 50
# What a page calls a grant's state; the grant itself says `pending` for one not yet begun.
BADGES = {"pending": "upcoming"}
_STEPS = ("grant.issued", "grant.issued.v2", "grant.revoked", "grant.ended", "grant.superseded")
_STATES = (
    ("active", gettext_lazy("In force")),
    ("pending", gettext_lazy("Not yet in force")),
    ("without_consent", gettext_lazy("Consent ended")),
    ("expired", gettext_lazy("Expired")),
    ("superseded", gettext_lazy("Superseded")),
    ("revoked", gettext_lazy("Revoked")),
)


@dataclass(frozen=True)
class Links:
    """A delivery that still works: where its bytes are, and until when."""

    file: str
    sidecar: str
    expires_at: datetime


@dataclass(frozen=True)
class Signed:
    """A file of a grant, or one part of it, with its credential and the links that are open."""

    credential: Credential | None
    links: Links | None
    part: Part | None = None

    @property
    def state(self) -> str:
        """Return `waiting`, `signed` or `failed`."""
        if self.credential is None or self.credential.state == WorkState.DUE:
            return "waiting"
        return "signed" if self.credential.state == WorkState.DONE else "failed"


@dataclass(frozen=True)
class File:
    """One file of a grant, as it is delivered: whole, or in parts; `paused`: not for now;
    `unconsented`: none of the consents stands that it was granted on."""

    granted: GrantedAsset
    signed: list[Signed]
    paused: bool
    unconsented: str

    @property
    def is_delivered(self) -> bool:
        return not (self.paused or self.unconsented)

    @property
    def left_out(self) -> list[Condition]:
        """What the licensor declares to be cut out of it."""
        if self.granted.clearance.verdict != Verdict.CONDITIONAL:
            return []
        conditions = self.granted.clearance.result["conditions"]
        found = [read_condition(each, licensor=False) for each in conditions]
        return [each for each in found if each.rests_on_word]


@require_safe
@member(*HOUSES)
def grants(request: HttpRequest) -> HttpResponse:
    """List the grants given or held, newest first, by state."""
    mine = Grant.objects.visible_to(actor_of(request))
    ended = ended_by_consents(mine.standing())
    numbers = _counted(mine, ended)
    state = request.GET.get("state", "")
    found = mine
    if state == "without_consent":
        found = mine.filter(pk__among=ended)
    elif state in numbers:
        found = mine.in_state(state).exclude(pk__among=ended)
    rows = found.select_related("licensor", "licensee", "deal__amends").annotate(
        files=Count("granted_assets")
    )
    shown = page(rows, cursor=request.GET.get("cursor", ""))
    context = {
        "counts": [(name, label, numbers[name]) for name, label in _STATES if numbers[name]],
        "every": sum(numbers.values()),
        "page": shown,
        "ended": ended,
        "is_lab": organisation_of(request).kind == "lab",
    }
    return render(request, "web/grants/list.html", context)


def _counted(mine: GrantQuerySet, ended: set[int]) -> dict[str, int]:
    """Return how many are in each state; `ended` are those without a file that consents carry."""
    numbers = mine.counts_by_state()
    apart = mine.filter(pk__among=ended).counts_by_state()
    left = {state: number - apart[state] for state, number in numbers.items()}
    return left | {"without_consent": len(ended)}


@require_safe
def grant(request: HttpRequest, code: str) -> HttpResponse:
    """Show the licence to its two sides, and to anybody else whether it stands."""
    found = _find(actor_of(request), code)
    if found is None:
        return _public(request, code)
    return _show(request, found, _revoke_form(request, found))


@require_safe
@member(*HOUSES)
def policy(request: HttpRequest, code: str) -> HttpResponse:
    """Give the grant as machines read it, as a download."""
    found = _find(actor_of(request), code)
    if found is None:
        raise NotFound
    text = json.dumps(policy_of(found), ensure_ascii=False, indent=2)
    name = f'attachment; filename="grant-{code}.jsonld"'
    return HttpResponse(
        text, content_type="application/ld+json", headers={"Content-Disposition": name}
    )


@require_safe
@member(*HOUSES)
@never_cache
def manifest(request: HttpRequest, code: str, credential: str) -> HttpResponseBase:
    """Give the newest manifest of a signed file, as a download, also once that file is no longer
    delivered."""
    return given(request, newest_manifest(actor_of(request), credential))


@require_POST
@member("lab")
def deliver(request: HttpRequest, code: str) -> HttpResponse:
    """Open the links to one signed file."""
    credential = printable(request.POST.get("credential", ""))
    return press(
        request,
        lambda: open_delivery(actor=actor_of(request), credential_code=credential),
        done=_("The links are open. Each download is recorded."),
        back=f"{reverse('grant', args=[code])}?{request.GET.urlencode()}#files",
    )


@require_POST
@member("studio", "talent")
def revoke(request: HttpRequest, code: str) -> HttpResponse:
    """End the grant from now on."""
    actor = actor_of(request)
    found = _find(actor, code)
    if found is None or found.licensor != actor.organisation:
        raise NotFound
    require(actor, Permission.REVOKE_GRANTS)
    form = RevokeForm(found, request.POST)
    done = attempt(
        form,
        lambda: revoke_grant(actor=actor, code=code, **form.terms()),
    )
    if done is not None:
        return see(reverse("grant", args=[code]))
    return _show(request, found, form, status=REFUSED)


@require_POST
@member("studio", "talent")
def demand(request: HttpRequest, code: str) -> HttpResponse:
    """Demand more of the lab, once the grant or a consent to its files has ended."""
    actor = actor_of(request)
    found = _find(actor, code)
    if found is None or found.licensor != actor.organisation:
        raise NotFound
    form = _demands(request.POST)
    if attempt(form, lambda: demand_more(actor=actor, code=code, **form.terms())) is not None:
        return see(f"{reverse('grant', args=[code])}#duties")
    return _show(request, found, RevokeForm(found), demands=form, status=REFUSED)


def _demands(data: QueryDict | None = None) -> DemandForm:
    """Return the form that may stand beside that for revoking: each has ids of its own."""
    return DemandForm(data, auto_id="demand_%s")


def _revoke_form(request: HttpRequest, found: Grant) -> RevokeForm:
    """Return the form, filled in where a duty that the lab did not meet led here."""
    form = RevokeForm(found)
    named = printable(request.GET.get("because", ""))
    owed = Duty.objects.filter(grant__in=lineage({found.pk}), code=named)
    duty = owed.select_related("deal", "grant").first()
    if duty is not None and duty.is_breach:
        said = _("“%(duty)s” (%(code)s) was due before %(day)s and was not done.")
        form.initial["ground"] = Ground.BREACH
        form.initial["reason"] = said % {
            "duty": duty.name,
            "code": duty.display_code,
            "day": f"{duty.due_at:%Y-%m-%d}",
        }
    return form


def _find(actor: Actor, code: str) -> Grant | None:
    rows = Grant.objects.visible_to(actor).select_related(
        "licensor", "licensee", "deal__agreement", "deal__request", "superseded_by"
    )
    return rows.filter(code=code).first()


def _public(request: HttpRequest, code: str) -> HttpResponse:
    try:
        status = grant_status(code)
    except NotFound as error:
        raise Http404(str(error)) from None
    context = standing_of(status) | {
        "code": code,
        "checked_at": datetime.fromisoformat(status["checked_at"]),
        "successor": successor_in(Grant.objects.select_related("superseded_by").get(code=code)),
        "status_url": f"{settings.BASE_URL}/api/v1/status/{code}/",
    }
    return render(request, "web/grants/status.html", context)


def standing_of(status: GrantStatus) -> dict[str, Any]:
    """Return what pages show of a status: the badge, since when, and how the consents stand. Where
    no consent is left to any file, whatever the grant says is no licence."""
    is_over = status["is_without_consent"] and status["state"] in {"active", "pending"}
    state = BADGES.get(status["state"], status["state"])
    return {
        "state": "without_consent" if is_over else state,
        "since": None if is_over else _instant(status["since"]),
        "consent_ended": _instant(status["consent_ended"]),
        "consent_suspended": _instant(status["consent_suspended"]),
    }


def successor_in(found: Grant) -> dict[str, Any] | None:
    """Return the newest amendment in the place of a grant, and whether that one holds."""
    later = successor_of(found)
    return {"code": later["grant"], "holds": holds(later)} if later is not None else None


def _instant(said: str | None) -> datetime | None:
    return datetime.fromisoformat(said) if said else None


def _progress(found: Grant) -> Progress:
    """Return how far its files are signed, of however many of them the page shows."""
    ranges = found.granted_assets.values_list("ranges", flat=True)
    credentials = Credential.objects.filter(granted_asset__grant=found).order_by()
    counted = credentials.values_list("state").annotate(Count("pk"))
    return progress_of(ranges, dict(counted))


def _show(
    request: HttpRequest,
    found: Grant,
    form: RevokeForm,
    *,
    demands: DemandForm | None = None,
    status: int = 200,
) -> HttpResponse:
    actor = actor_of(request)
    is_licensor = found.licensor == actor.organisation
    may_download = not is_licensor and actor.may(Permission.DOWNLOAD_FILES)
    granted = found.granted_assets.select_related(
        "asset__title", "asset__likeness__performer", "clearance__decision"
    )
    shown = page(
        granted,
        cursor=request.GET.get("cursor", ""),
        order="asset__code",
        size=FILES,
        code="asset__code",
    )
    standing = standing_of(status_of(found))
    chain = chain_of(found)
    total = found.granted_assets.count()
    progress = _progress(found)
    is_left = progress.signed + progress.failed < progress.due
    certificates = [each.stream for each in Certificate.objects.filter(grant=found)]
    context: dict[str, Any] = standing | {
        "grant": found,
        "successor": successor_in(found),
        "deal": found.deal,
        "is_licensor": is_licensor,
        "is_active": found.state == "active",
        "is_over": found.state == "expired",
        "is_ending": found.state in {"active", "pending"} and ends_soon(found),
        "told": found.end_notices.order_by("-pk"),
        "files": _files(
            shown.rows,
            may_download=may_download and found.state == "active",
            paused=paused_files(found),
        ),
        "page": shown,
        "total": total,
        "signed": progress.signed,
        "due": progress.due,
        "is_signing": is_left and found.state in {"active", "pending"},
        "may_download": may_download,
        "may_revoke": is_licensor
        and actor.may(Permission.REVOKE_GRANTS)
        and found.state in {"active", "pending"},
        "chain": chain,
        "ended": ended_by_consents(
            Grant.objects.standing().filter(pk__in=[link.grant.pk for link in chain])
        ),
        "may_amend": may_amend(actor, found),
        "amending": under_way(found),
        "form": form,
        "demands": demands or _demands(),
        "refused": demands or form,
        "duties": found.deal.duties.select_related(
            "grant", "deal__licensor", "deal__request__organisation"
        ).order_by("due_at"),
        "may_demand": is_licensor and actor.may(Permission.REVOKE_GRANTS) and may_demand(found),
        "left": left_of(found),
        "exceeded": found.usages.exclude(exceeded=[]).count(),
        "reports": found.usages.count(),
        "proof": proof(found.stream, *_STEPS),
        "events": history_of(
            # Both sides see that a certificate was made, and by whom; what it says is the same.
            [found.stream, found.deal.stream, *certificates],
            without=("asset.granted", "asset.granted.v2"),
        ),
        "sightings": seen_under(Sighting.objects.visible_to(actor), found.code).count(),
        "base_url": settings.BASE_URL,
        "lost": told(LOSSES),
        "trail": [(_("Grants"), reverse("grants"))],
    }
    return render(request, "web/grants/grant.html", context, status=status)


def _files(rows: list[GrantedAsset], *, may_download: bool, paused: Collection[str]) -> list[File]:
    """Return the files with their credentials, and to who may download the open links."""
    credentials: dict[int, dict[int, Credential]] = defaultdict(dict)
    for credential in Credential.objects.filter(granted_asset__in=rows).select_related("clip"):
        credentials[credential.granted_asset_id][credential.part] = credential
    open_: dict[int, Links] = {}
    if may_download:
        deliveries = Delivery.objects.filter(
            credential__granted_asset__in=rows, expires_at__gt=timezone.now()
        ).select_related("credential__granted_asset__asset", "credential__clip")
        for delivery in deliveries.order_by("pk"):
            open_[delivery.credential_id] = _links(delivery)
    parts = parts_of({row.asset_id: row.ranges for row in rows})
    refused = unconsented(rows)

    def signed(row: GrantedAsset, number: int, part: Part | None) -> Signed:
        credential = credentials[row.pk].get(number)
        return Signed(credential, open_.get(credential.pk) if credential else None, part)

    return [
        File(
            row,
            [signed(row, number, part) for number, part in enumerate(parts[row.asset_id], 1)]
            or [signed(row, 0, None)],
            row.asset.code in paused,
            refused.get(row.pk, ""),
        )
        for row in rows
    ]


def _links(delivery: Delivery) -> Links:
    sidecar = link(delivery, "sidecar") if delivery.credential.has_sidecar else ""
    return Links(link(delivery), sidecar, delivery.expires_at)


urlpatterns: list[URLPattern] = [
    path("grants/", grants, name="grants"),
    path("grants/<edge:code>/", grant, name="grant"),
    path("grants/<edge:code>/policy.jsonld", policy, name="grant-policy"),
    path("grants/<edge:code>/manifests/<edge:credential>/", manifest, name="grant-manifest"),
    path("grants/<edge:code>/deliver/", deliver, name="grant-deliver"),
    path("grants/<edge:code>/revoke/", revoke, name="grant-revoke"),
    path("grants/<edge:code>/demand/", demand, name="grant-demand"),
]
