"""Rights of a title: its facts as a table, a timeline and a chain; record, correct, supersede."""

from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import partial
from typing import Any

from django.contrib import messages
from django.db.models import Case, Count, Q, QuerySet, When
from django.db.models.functions import TruncDate
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import Permission, require
from accounts.errors import NotFound
from catalog.models import HOLDINGS, Fact, FactKind, Title
from catalog.titles import get_title
from licensing.counsel.records import correct as correct_record
from licensing.counsel.records import record, set_aside
from licensing.library.readiness import USES, answer_at, verdict_by_use
from licensing.models import Readiness
from web import chain, clearance_map, display, timeline
from web.acts import see
from web.entrance import actor_of, member, organisation_of
from web.fact_labels import GROUPS, KINDS
from web.fact_lines import TONES, headline, tone_of
from web.fact_lists import Asked, Line, Reach, listed
from web.forms.facts import FactForm
from web.forms.rights import SupersedeForm
from web.forms.verbs import REFUSED, attempt
from web.history import history_of, proof
from web.holders import divisions_at
from web.owners import page_context
from web.words import name_of

# Up to so many terms are drawn, and of more a few.
_MOST_BANDS = 40
_BANDS_OF_MANY = 15
_LICENCES_SHOWN = 10
_GAPS_NAMED = 5
# More shares than a work has owners, and than can be worked out while somebody waits.
_MOST_DEEDS_WEIGHED = 200
_MOST_SOURCES = 10
_FEW = 20
_MOST_CODE = 8
_DAYS_SHOWN = 12
# The kinds that have a term, in the order of the timeline.
_TERMS = (*HOLDINGS, *TONES)
_PLACE = Case(*(When(kind=kind, then=place) for place, kind in enumerate(_TERMS)))
# What says who owns a title; opinions and revocations name records that must then stay.
_DECIDING = (
    FactKind.OWNERSHIP,
    FactKind.ASSIGNMENT,
    FactKind.EVENT,
    FactKind.REVOCATION,
    FactKind.OPINION,
)


@require_safe
@member("studio")
def rights(request: HttpRequest, code: str) -> HttpResponseBase:
    """Who holds what of a title, and what narrows it, as known now or on an earlier day."""
    title = get_title(actor_of(request), code)
    known = _day(request.GET.get("known", ""))
    moment = _end_of(known) if known else timezone.now()
    own_name = organisation_of(request).name
    reach = Reach.of(title, moment)
    asked = Asked.of(request.GET)
    own = listed(reach, asked.narrowed(reach.own), asked.kind, asked.cursor)
    is_narrowed = bool(asked.who or asked.on)
    # Who asks for some of the facts wants the list, and not the pictures above it again.
    is_overview = not (is_narrowed or asked.kind or asked.inherited)
    pictures = _terms(reach, moment) | _chain(reach, moment, own_name) if is_overview else {}
    if is_overview and not known:
        pictures |= _map(title, request.GET.get("use", ""))
    context = page_context(
        request,
        title,
        until=moment if known else None,
        asked=asked,
        own=own,
        inherited={} if asked.kind or is_narrowed else _inherited(reach, asked),
        is_many=own.total > _FEW or is_narrowed,
        is_narrowed=is_narrowed,
        known=known,
        today=timezone.now().date(),
        days=_days(title),
        answered=_answered_then(title, moment) if known and is_overview else None,
        **pictures,
    )
    return render(request, "web/titles/rights.html", context)


def _answered_then(title: Title, moment: datetime) -> list[tuple[str, str, str]] | None:
    """Return the verdict for each use of the standard question, and the reason first in the way,
    as of a moment and as known then; None before the title was registered."""
    if title.created_at > moment:
        return None
    _case, result, _tables = answer_at(title, moment)
    return list(verdict_by_use(result))


def _inherited(reach: Reach, asked: Asked) -> dict[str, Any]:
    """Return what reaches a title from elsewhere, and the titles with the most of it."""
    if len(reach.titles) == 1:
        return {}
    found = listed(reach, reach.inherited, asked.inherited, asked.cursor)
    rows = reach.inherited.order_by().values_list("title").annotate(facts=Count("pk"))
    most = rows.order_by("-facts", "title")[:_MOST_SOURCES]
    sources = [(reach.titles[key], count) for key, count in most] if found.total else []
    return {"listing": found, "sources": sources}


@require_safe
@member("studio")
def fact_kinds(request: HttpRequest, code: str) -> HttpResponseBase:
    """What may be recorded: a choice of forms."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_TITLES)
    title = get_title(actor, code)
    groups = [(label, [(kind, *KINDS[kind]) for kind in kinds]) for label, kinds in GROUPS]
    after = _after(title, request.GET.get("after", ""))
    context = {"owner": title, "groups": groups, "trail": _trail(title), "after": after}
    return render(request, "web/titles/fact_kinds.html", context)


@require_http_methods(["GET", "POST"])
@member("studio")
def new_fact(request: HttpRequest, code: str, kind: str) -> HttpResponseBase:
    """Record a fact of one kind."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_TITLES)
    title = get_title(actor, code)
    if kind not in KINDS:
        raise Http404
    after = _after(title, request.GET.get("after", ""))
    usual = _usual(title, kind, after, organisation_of(request).name)
    usual |= {"evidence": request.GET["evidence"]} if "evidence" in request.GET else {}
    if about := _after(title, request.GET.get("about", "")):
        usual |= {"about": [about.code], "target": about.code}
    form = FactForm(kind, title, request.POST or None, initial=usual)
    if request.method == "POST":
        fact = attempt(
            form,
            lambda: record(actor=actor, title=title, kind=kind, body=form.body(), **form.source()),
        )
        if fact is not None:
            messages.success(request, _("It is recorded. Clearance counts it from now on."))
            if "another" in request.POST:
                return see(f"{reverse('fact_kinds', args=[code])}?after={fact.code}")
            return see(_rights_tab(title))
    label, lead = KINDS[kind]
    context = {"form": form, "owner": title, "trail": _trail(title), "kind": label, "lead": lead}
    status = REFUSED if form.errors else 200
    return render(request, "web/titles/fact_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@member("studio")
def correct(request: HttpRequest, code: str, fact_code: str) -> HttpResponseBase:
    """Record the right fact in place of one that was wrong; the form holds what stands."""
    actor = actor_of(request)
    require(actor, Permission.EDIT_TITLES)
    title = get_title(actor, code)
    old = _own_fact(title, fact_code)
    if old.superseded_at is not None:
        messages.error(request, _("This record has already been superseded."))
        return see(reverse("fact", args=[code, fact_code]))
    form = FactForm(old.kind, title, request.POST or None, correcting=old)
    if request.method == "POST":
        fact = attempt(
            form,
            lambda: correct_record(actor=actor, code=fact_code, body=form.body(), **form.source()),
        )
        if fact is not None:
            messages.success(request, _("The correction is recorded in place of the old record."))
            return see(reverse("fact", args=[code, fact.code]))
    context = {
        "form": form,
        "owner": title,
        "trail": [*_trail(title), (headline(old), reverse("fact", args=[code, fact_code]))],
        "kind": KINDS[old.kind][0],
        "correcting": old,
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/titles/fact_form.html", context, status=status)


@require_http_methods(["GET", "POST"])
@member("studio")
def fact(request: HttpRequest, code: str, fact_code: str) -> HttpResponseBase:
    """One recorded fact, whole, with what it corrects; a POST supersedes it."""
    actor = actor_of(request)
    title = get_title(actor, code)
    found = _own_fact(title, fact_code)
    form = SupersedeForm(request.POST or None)
    if request.method == "POST":
        require(actor, Permission.EDIT_TITLES)
        done = attempt(form, lambda: set_aside(actor=actor, code=fact_code, **form.cleaned_data))
        if done is not None:
            messages.success(request, _("The record no longer stands. Clearance ignores it now."))
            return see(reverse("fact", args=[code, fact_code]))
    context = {
        "line": Line(found, found.superseded_at is None),
        "fact": found,
        "corrects": found.corrects,
        "corrected_by": Fact.objects.filter(corrects=found).first(),
        "form": form,
        "trail": _trail(title),
        "may_edit": actor.may(Permission.EDIT_TITLES),
        "can_be_revoked": found.kind in (FactKind.GRANT_IN, FactKind.GRANT_OUT),
        "history": history_of([], facts=[found]),
        "proof": proof(found.stream, f"{found.family}.recorded"),
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/titles/fact.html", context, status=status)


def _after(title: Title, code: str) -> Fact | None:
    """Return the fact of this title that another one is recorded after or about."""
    if len(code) > _MOST_CODE or not code.isalnum():
        return None
    return Fact.objects.filter(title=title, code=code).select_related("evidence").first()


def _usual(title: Title, kind: str, after: Fact | None, own_name: str) -> dict[str, Any]:
    """Return what most likely stands in a new form: the zone and the law of the title's last
    fact; who holds the right by now as the one who gives it; the paper of the fact before."""
    last = after or Fact.objects.filter(title=title).order_by("-pk").first()
    seoul = (get_language() or "").startswith("ko")
    body = last.body if last else {}
    usual: dict[str, Any] = {"tz": body.get("tz", "Asia/Seoul" if seoul else "UTC")}
    if lawful := _deeds(title).filter(body__has_key="law").first():
        usual["law"] = lawful.body["law"]
    if kind == FactKind.OWNERSHIP:
        owners = list(_deeds(title).filter(kind=FactKind.OWNERSHIP))
        left = 1 - sum((f.share or Fraction() for f in owners), Fraction())
        usual["party"] = own_name if own_name not in {f.party for f in owners} else ""
        usual["share"] = f"{left.numerator}/{left.denominator}" if left > 0 else ""
    elif kind in (FactKind.ASSIGNMENT, FactKind.GRANT_IN):
        owner = _deeds(title).exclude(kind=FactKind.GRANT_IN).first()
        holder = owner.party if owner else ""
        usual["from"] = holder
        usual["to"] = own_name if holder != own_name else ""
    if after is not None:
        usual |= {"document": after.document, "clause": after.clause}
        usual |= {"evidence": after.evidence.code} if after.evidence else {}
    return usual


def _deeds(title: Title) -> QuerySet[Fact]:
    """Return what gives title, the newest first."""
    return Fact.objects.filter(title=title).standing().holdings().order_by("-pk")


def _own_fact(title: Title, code: str) -> Fact:
    rows = Fact.objects.filter(title=title).select_related("evidence", "corrects", "title")
    found = rows.filter(code=code).first()
    if found is None:
        raise NotFound
    return found


def _map(title: Title, asked: str) -> dict[str, Any]:
    """Return what may be licensed where and when, for one of the uses that every title is asked
    about: the answer that stands, and when it was given."""
    answer = Readiness.objects.filter(title=title.canonical_id or title.pk).first()
    if answer is None:
        return {"is_being_asked": True}
    use = asked if asked in USES else USES[0]
    return {
        "answer": answer,
        "map_use": use,
        "map_uses": [(each, name_of(each)) for each in USES],
        "map": clearance_map.draw(answer.result, use),
    }


def _terms(reach: Reach, moment: datetime) -> dict[str, Any]:
    """Return the timeline, with what runs at a moment before other terms, and how many terms it
    leaves out."""
    found = reach.reaching().filter(kind__in=_TERMS)
    runs = Q(starts_at=None) | Q(starts_at__lte=moment)
    runs &= Q(ends_at=None) | Q(ends_at__gt=moment)
    ordered = found.annotate(over=Case(When(runs, then=0), default=1))
    first = list(ordered.order_by("over", _PLACE, "-pk")[: _MOST_BANDS + 1])
    facts = first if len(first) <= _MOST_BANDS else first[:_BANDS_OF_MANY]
    facts.sort(key=lambda fact: (_TERMS.index(FactKind(fact.kind)), fact.pk))
    drawn = timeline.draw([_term(reach.line(f)) for f in facts], timezone.now()) if facts else None
    return {
        "timeline": drawn,
        "bands_left": found.count() - len(facts) if len(first) > len(facts) else 0,
    }


def _term(line: Line) -> timeline.Term:
    each = line.fact
    label = line.headline
    if each.is_holding:
        uses = display.list_text([str(name_of(use)) for use in each.uses])
        label = str(_("%(party)s: %(uses)s") % {"party": each.party, "uses": uses})
    elif each.kind != FactKind.RESTRICTION:
        label = f"{line.what}: {line.headline}"
    return timeline.Term(label, line.href, each.starts_at, each.ends_at, tone_of(each))


def _chain(reach: Reach, moment: datetime, own_name: str) -> dict[str, Any]:
    """Return the chain of title and, beside it, who holds the title and by which licences."""
    facts = list(reach.reaching().filter(kind__in=HOLDINGS).order_by("-pk"))
    if not facts:
        return {}
    if len(facts) <= chain.MOST_DEEDS:
        facts.reverse()
    facts.sort(key=lambda fact: HOLDINGS.index(FactKind(fact.kind)))
    drawn = chain.draw([_deed(reach.line(fact)) for fact in facts], own_name)
    deciding = reach.reaching().filter(kind__in=_DECIDING).select_related("evidence")
    too_many = deciding.count() > _MOST_DEEDS_WEIGHED
    licences = _licences(facts, moment, set(drawn.gaps))
    return {
        "chain": drawn,
        "gaps_named": drawn.gaps[:_GAPS_NAMED],
        "gaps_left": max(0, len(drawn.gaps) - _GAPS_NAMED),
        "deeds_left": drawn.total - drawn.shown,
        "too_many_deeds": too_many,
        "divisions": [] if too_many else divisions_at(list(deciding), moment, own_name),
        "licences": [(reach.line(fact), giver) for fact, giver in licences[:_LICENCES_SHOWN]],
        "licences_left": max(0, len(licences) - _LICENCES_SHOWN),
    }


def _deed(line: Line) -> chain.Deed:
    body = line.fact.body
    return chain.Deed(
        giver=str(body.get("from", "")),
        receiver=str(body.get("to") or line.fact.party),
        share=line.fact.share,
        tell=partial(_told, line),
        is_draft=body.get("status") == "draft",
    )


def _told(line: Line) -> chain.Told:
    fact = line.fact
    if fact.starts_at or fact.ends_at:
        when = display.term_text(fact.starts_at, fact.ends_at, line.zone)[0]
    else:
        when = line.term
    return chain.Told(line.what, when, line.href)


def _licences(
    facts: Sequence[Fact], moment: datetime, gaps: Collection[str]
) -> list[tuple[Fact, str]]:
    """Return the licences in that run at a moment, each with its giver, less drafts and those
    whose giver is not known to have had the right."""
    return [
        (fact, giver)
        for fact in facts
        if fact.kind == FactKind.GRANT_IN
        and fact.body.get("status") != "draft"
        and (giver := str(fact.body.get("from", ""))) not in gaps
        and (fact.starts_at is None or fact.starts_at <= moment)
        and (fact.ends_at is None or moment < fact.ends_at)
    ]


def _day(text: str) -> date | None:
    """Return the day asked for; None where it is none, or today or later."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day < timezone.now().date() else None


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), UTC)


def _days(title: Title) -> list[date]:
    """Return the last days on which something was recorded or set aside, newest first."""
    found: set[date] = set()
    for column in ("recorded_at", "superseded_at"):
        rows = Fact.objects.filter(title=title, **{f"{column}__isnull": False})
        days = rows.annotate(day=TruncDate(column, tzinfo=UTC)).values_list("day", flat=True)
        found.update(days.distinct().order_by("-day")[:_DAYS_SHOWN])
    return sorted(found, reverse=True)[:_DAYS_SHOWN]


def _trail(title: Title) -> list[tuple[Any, str]]:
    return [
        (_("Library"), reverse("titles")),
        (title.name, reverse("title", args=[title.code])),
        (_("Rights"), _rights_tab(title)),
    ]


def _rights_tab(title: Title) -> str:
    return reverse("rights", args=[title.code])


urlpatterns: list[URLPattern] = [
    path("titles/<str:code>/rights/", rights, name="rights"),
    path("titles/<str:code>/rights/new/", fact_kinds, name="fact_kinds"),
    path("titles/<str:code>/rights/new/<str:kind>/", new_fact, name="new_fact"),
    path("titles/<str:code>/rights/<str:fact_code>/", fact, name="fact"),
    path("titles/<str:code>/rights/<str:fact_code>/correct/", correct, name="correct_fact"),
]
