"""Rights of a title: its facts as a table, a timeline and a chain; record, correct, supersede."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
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
from catalog.merging import lines_of
from catalog.models import HOLDINGS, Fact, FactKind, Title
from catalog.rights import correct_fact, record_fact, supersede
from catalog.titles import get_title
from web import chain, display, timeline
from web.acts import see
from web.entrance import actor_of, member, organisation_of
from web.fact_labels import GROUPS, KINDS
from web.fact_lines import Said, headline, lines_of_fact, term_words, tone_of, zone_of
from web.forms.facts import FactForm
from web.forms.rights import SupersedeForm
from web.forms.verbs import REFUSED, attempt
from web.history import history_of, proof
from web.holders import divisions_at
from web.owners import page_context
from web.words import Text, name_of

_ORDER = {kind: place for place, kind in enumerate(FactKind)}
# More than these are read by their kind; what is left out is counted.
_LINES_SHOWN = 100
_BANDS_SHOWN = 40
_FEW = 20
_MOST_CODE = 8


@dataclass(frozen=True)
class Line:
    """A recorded fact as a page shows it. `of` is the title it was recorded for, where that is
    another row or a work this one is part of; `is_excepted` where that fact leaves this one out."""

    fact: Fact
    stands: bool
    of: Title | None = None
    is_excepted: bool = False

    @property
    def href(self) -> str:
        title = self.of.code if self.of else self.fact.title.code
        return reverse("fact", args=[title, self.fact.code])

    @property
    def what(self) -> str:
        return self.fact.get_kind_display()

    @property
    def headline(self) -> str:
        return headline(self.fact)

    @property
    def is_holding(self) -> bool:
        return self.fact.is_holding

    @property
    def has_scope(self) -> bool:
        return bool(tone_of(self.fact)) or self.fact.kind == FactKind.OPINION

    @property
    def term(self) -> str:
        return term_words(self.fact)

    @property
    def zone(self) -> str:
        return zone_of(self.fact)

    @property
    def said(self) -> list[Said]:
        return lines_of_fact(self.fact)

    @property
    def state(self) -> tuple[str, Text]:
        """The badge: a state and its word."""
        if not self.stands:
            return "superseded", _("Superseded")
        if self.is_excepted:
            return "superseded", _("Not for this part")
        if self.is_holding:
            return "valid", _("Stands")
        if self.fact.kind in (FactKind.RESTRICTION, FactKind.HOLDBACK):
            return "BLOCKED", _("Forbids")
        return "registered", _("Recorded")


@require_safe
@member("studio")
def rights(request: HttpRequest, code: str) -> HttpResponseBase:
    """Who holds what of a title, and what narrows it, as known now or on an earlier day."""
    title = get_title(actor_of(request), code)
    known = _day(request.GET.get("known", ""))
    moment = _end_of(known) if known else timezone.now()
    facts = list(Fact.objects.filter(title=title).select_related("title", "evidence"))
    lines = _sorted(Line(f, _stood(f, moment)) for f in facts if f.recorded_at < moment)
    inherited = _inherited(title, moment)
    standing = [line for line in lines if line.stands]
    reaching = [*standing, *(line for line in inherited if not line.is_excepted)]
    found = _asked(lines, request.GET.get("kind", ""))
    shown = found if "all" in request.GET else found[:_LINES_SHOWN]
    terms = [line for line in reaching if tone_of(line.fact)]
    own_name = organisation_of(request).name
    drawn = _chain(reaching, own_name)
    context = page_context(
        request,
        title,
        until=moment if known else None,
        lines=shown,
        lines_left=len(found) - len(shown),
        total=len(lines),
        chips=_chips(lines) if len(lines) > _FEW else [],
        inherited=inherited,
        timeline=_timeline(terms[:_BANDS_SHOWN]),
        bands_left=max(0, len(terms) - _BANDS_SHOWN),
        chain=drawn,
        divisions=divisions_at([line.fact for line in reaching], moment, own_name) if drawn else [],
        licences=_licences(reaching, moment, drawn.gaps) if drawn else [],
        known=known,
        today=timezone.now().date(),
        days=_days(facts),
    )
    return render(request, "web/titles/rights.html", context)


def _asked(lines: Sequence[Line], kind: str) -> Sequence[Line]:
    """Return the lines of a kind, or those that were set aside; all for any other word."""
    if kind == "superseded":
        return [line for line in lines if not line.stands]
    if kind in FactKind.values:
        return [line for line in lines if line.stands and line.fact.kind == kind]
    return lines


def _chips(lines: Sequence[Line]) -> list[tuple[str, Text, int]]:
    """Return (word of the address, label, count) of each kind that is there."""
    standing = Counter(line.fact.kind for line in lines if line.stands)
    chips: list[tuple[str, Text, int]] = [
        (kind.value, kind.label, standing[kind.value]) for kind in FactKind if standing[kind.value]
    ]
    gone = len(lines) - sum(standing.values())
    return [*chips, ("superseded", _("Superseded"), gone)] if gone else chips


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
    form = FactForm(kind, title, request.POST or None, initial=usual)
    if request.method == "POST":
        fact = attempt(
            form,
            lambda: record_fact(
                actor=actor, title=title, kind=kind, body=form.body(), **form.source()
            ),
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
            lambda: correct_fact(actor=actor, code=fact_code, body=form.body(), **form.source()),
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
        done = attempt(form, lambda: supersede(actor=actor, code=fact_code, **form.cleaned_data))
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
        "history": history_of([], facts=[found]),
        "proof": proof(found.stream, f"{found.family}.recorded"),
    }
    status = REFUSED if form.errors else 200
    return render(request, "web/titles/fact.html", context, status=status)


def _after(title: Title, code: str) -> Fact | None:
    """Return the fact of this title that another one is recorded after, as of the same paper."""
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
    if law := next((f.body["law"] for f in _deeds(title) if "law" in f.body), None):
        usual["law"] = law
    if kind == FactKind.OWNERSHIP:
        owners = [f for f in _deeds(title) if f.kind == FactKind.OWNERSHIP]
        left = 1 - sum((f.share or Fraction() for f in owners), Fraction())
        usual["party"] = own_name if own_name not in {f.party for f in owners} else ""
        usual["share"] = f"{left.numerator}/{left.denominator}" if left > 0 else ""
    elif kind in (FactKind.ASSIGNMENT, FactKind.GRANT_IN):
        holder = next((f.party for f in _deeds(title) if f.kind != FactKind.GRANT_IN), "")
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


def _stood(fact: Fact, moment: datetime) -> bool:
    return fact.superseded_at is None or fact.superseded_at >= moment


def _sorted(lines: Iterable[Line]) -> list[Line]:
    """By kind, in each what stands first, in the order recorded."""
    return sorted(lines, key=_place)


def _place(line: Line) -> tuple[int, bool, int]:
    return _ORDER[FactKind(line.fact.kind)], not line.stands, line.fact.pk


def _inherited(title: Title, moment: datetime) -> list[Line]:
    """Return what reaches this title from other rows of the work and from what it is part of."""
    rows = lines_of([title.pk])[title.pk]
    if len(rows) == 1:
        return []
    titles = Title.objects.in_bulk(rows)
    codes = {each.code for each in titles.values()}
    facts = Fact.objects.filter(title__in=rows - {title.pk}, recorded_at__lt=moment)
    return _sorted(
        Line(
            fact,
            stands=True,
            of=titles[fact.title_id],
            is_excepted=bool(codes.intersection(fact.body.get("excludes", ()))),
        )
        for fact in facts.select_related("evidence")
        if _stood(fact, moment)
    )


def _timeline(lines: Sequence[Line]) -> timeline.Timeline | None:
    return timeline.draw([_term(line) for line in lines], timezone.now()) if lines else None


def _term(line: Line) -> timeline.Term:
    each = line.fact
    label = line.headline
    if each.is_holding:
        uses = display.list_text([str(name_of(use)) for use in each.uses])
        label = str(_("%(party)s: %(uses)s") % {"party": each.party, "uses": uses})
    elif each.kind != FactKind.RESTRICTION:
        label = f"{line.what}: {line.headline}"
    return timeline.Term(label, line.href, each.starts_at, each.ends_at, tone_of(each))


def _chain(lines: Sequence[Line], licensor: str) -> chain.Chain | None:
    deeds = [_deed(line) for line in lines if line.fact.kind in HOLDINGS]
    return chain.draw(deeds, licensor) if deeds else None


def _deed(line: Line) -> chain.Deed:
    fact = line.fact
    if fact.starts_at or fact.ends_at:
        when = display.term_text(fact.starts_at, fact.ends_at, line.zone)[0]
    else:
        when = line.term
    return chain.Deed(
        kind=fact.get_kind_display(),
        giver=str(fact.body.get("from", "")),
        receiver=str(fact.body.get("to") or fact.party),
        share=fact.share,
        when=when,
        href=line.href,
        is_draft=fact.body.get("status") == "draft",
    )


def _licences(
    lines: Sequence[Line], moment: datetime, gaps: Sequence[str]
) -> list[tuple[Line, str]]:
    """Return the licences in that run at a moment, each with its giver, less drafts and those
    whose giver is not known to have had the right."""
    return [
        (line, giver)
        for line in lines
        if line.fact.kind == FactKind.GRANT_IN
        and line.fact.body.get("status") != "draft"
        and (giver := str(line.fact.body.get("from", ""))) not in gaps
        and (line.fact.starts_at is None or line.fact.starts_at <= moment)
        and (line.fact.ends_at is None or moment < line.fact.ends_at)
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


def _days(facts: Sequence[Fact]) -> list[date]:
    """Return the days on which something was recorded or set aside, newest first."""
    instants = [at for fact in facts for at in (fact.recorded_at, fact.superseded_at) if at]
    return sorted({at.astimezone(UTC).date() for at in instants}, reverse=True)[:12]


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
