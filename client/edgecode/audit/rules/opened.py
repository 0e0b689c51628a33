"""Rules about what lies behind commitments, wherever an auditor was shown it.

The replay is given only openings that open their commitments. Whatever is not given is not
judged, so the fewer openings there are, the less these rules see.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple

from edgecode.audit.rules import parts, returning, scopes
from edgecode.audit.rules.credentials import part_of
from edgecode.audit.rules.finding import Rule
from edgecode.audit.rules.step import Step
from edgecode.audit.rules.things import (
    Asset,
    Consent,
    Credential,
    Deal,
    Grant,
    Material,
    OfDeal,
    Output,
    Request,
    Thing,
)
from edgecode.log.canonical import JSON
from edgecode.log.commitments import Opening
from edgecode.log.leaf import SKEW


def _rule(number: int, title: str, *needs: str) -> Rule:
    return Rule(f"R{number}", title, needs, opened=True)


KEPT = _rule(
    39, "What opens a commitment is destroyed when its stream is erased.", "subject.erased"
)
PRICE = _rule(
    40,
    "A deal's price is the request's, or that of the terms accepted since, for each of its files;"
    " or what the rate cards say of each, as they were when it was opened.",
    "request.submitted", "amendment.proposed", "deal.opened", "deal.terms_proposed",
    "deal.terms_answered", "deal.approved",
)  # fmt: skip
PAID = _rule(
    41,
    "What is received is the price agreed, and what is returned is what was received.",
    "deal.approved", "settlement.recorded", "refund.recorded",
)  # fmt: skip
SCOPE = _rule(
    42,
    "A grant has the scope that was requested, or that of the terms accepted since.",
    "request.submitted", "amendment.proposed", "deal.terms_proposed", "deal.terms_answered",
    "grant.issued",
)  # fmt: skip
AGREED = _rule(
    43,
    "The files agreed on were requested of that licensor, each once; just those are granted, in"
    " the same parts. An amendment asks for files in the parts that were granted.",
    "request.submitted", "amendment.proposed", "deal.approved", "asset.granted",
)  # fmt: skip
CONDITIONS = _rule(
    44,
    "A file is granted on a CONDITIONAL verdict only when its conditions were confirmed.",
    "clearance.decided", "deal.approved", "deal.conditions_confirmed", "asset.granted",
)  # fmt: skip
TERM = _rule(
    45,
    "A file is delivered only within the term of its grant; that it is over is said only once it"
    " is.",
    "grant.issued", "grant.ended", "delivery.authorised",
)  # fmt: skip
EXCLUSIVE = _rule(
    46,
    "No two grants meet in use, kind of model, country and time where either is exclusive:"
    " of one work or likeness to two labs, or of one file to one lab; but parts of one file that"
    " have nothing in common do not meet, nor does an amendment and what it takes the place of.",
    "grant.issued", "asset.granted", "grant.revoked", "grant.superseded", "title.merged",
    "title.split",
)  # fmt: skip
CONSENT = _rule(
    47,
    "A likeness's file is granted within the uses, kinds of models, countries and term, and to the"
    " lab, that its consents name.",
    "consent.recorded", "grant.issued", "asset.granted",
)  # fmt: skip
SAME_FILE = _rule(
    48,
    "The same bytes are registered once under a title or likeness.",
    "asset.registered",
)  # fmt: skip
OUTPUTS = _rule(
    73,
    "No more outputs are made of a consent than it allows.",
    "consent.recorded", "consent.used",
)  # fmt: skip
SIDECAR = _rule(
    49,
    "A file with its manifest beside it is delivered as it was registered.",
    "asset.registered", "credential.signed",
)  # fmt: skip
PART = _rule(
    75,
    "What is signed is the whole file where all of it was granted, and else a part as granted.",
    "grant.issued", "credential.signed",
)  # fmt: skip
RETURNED = _rule(
    85,
    "What goes back of a licence that ended early is what was paid for these files and falls on the"
    " rest of the term that it was paid for, each price once.",
    "deal.opened", "deal.approved", "grant.issued", "duty.imposed",
)  # fmt: skip
MADE = _rule(
    94,
    "An output is of a use, a kind of model, countries and an instant that each grant and consent"
    " covers which it names.",
    "grant.issued", "consent.recorded", "consent.used", "output.declared",
)  # fmt: skip
STOPPED = _rule(
    87,
    "Where a grant that takes the place of another allows fewer uses, kinds of models or countries,"
    " the lab owes to stop the rest.",
    "grant.issued", "grant.superseded", "duty.imposed",
)  # fmt: skip
RULES = (
    KEPT, PRICE, PAID, SCOPE, AGREED, CONDITIONS, TERM, EXCLUSIVE, CONSENT, SAME_FILE, SIDECAR,
    OUTPUTS, PART, RETURNED, STOPPED, MADE,
)  # fmt: skip

_MOMENT = timedelta(microseconds=1)  # what an instant is of time that is half-open
_NO_SCOPE = {"price_minor", "by_card", "currency", "message", "expires_at"}
# Their first versions were of whole files alone.
_SAY_PARTS = ("request.submitted", "grant.issued")


class _NotOpened(KeyError):
    """A fact that a rule compares was not opened."""


class Facts:
    """What was opened so far, by the thing that it is about. `odd` are the entries with facts that
    were opened and are of no form that could be judged."""

    def __init__(self) -> None:
        self.odd: list[int] = []  # by their place in the history
        self._facts: dict[Thing, dict[str, Any]] = {}
        self._proposed: dict[Thing, Any] = {}  # the newest terms for a deal; None: not opened
        self._terms: dict[Thing, Any] = {}  # those that were accepted last; as they are
        self._entries: dict[Thing, list[int]] = {}
        # What rules would compare with facts that were opened, and was not; where.
        self.missed: dict[tuple[str, str], list[int]] = {}
        self._blind: set[Material | None] = set()  # of which a grant's scope cannot be judged
        self._scopes: dict[Grant, scopes.Scope] = {}  # of those that are of a known form
        self._files: set[tuple[Material | None, str]] = set()
        self._grants: dict[Material | None, dict[Grant, None]] = {}
        self._outputs: dict[Thing, int] = {}  # made of a consent
        # The grants of which one in their place does not allow all, until that is to be stopped.
        self.narrowed: dict[Grant, None] = {}
        # The files whose price went back under a grant; None: that was not opened.
        self._returned: dict[Grant, set[str] | None] = {}
        self._agreed: dict[Grant, set[str]] = {}  # of what was agreed on, what is not granted yet

    def take(self, step: Step, thing: Thing, given: Mapping[str, Opening]) -> None:
        """Take up what opens the commitments of the entry at hand."""
        known = self._facts.setdefault(thing, {})
        self._entries.setdefault(thing, []).append(step.place)
        for name, opening in given.items():
            known.setdefault(name, opening.value)  # what was said once, no later entry says anew
        if step.leaf.kind in _SAY_PARTS:
            known.setdefault("ranges", {})

    def check(self, step: Step, kind: str, thing: Thing) -> None:
        """Check the entry at hand by what was opened until now."""
        # Each by itself: what one of them cannot judge is nothing to the others.
        for check in CHECKS.get(kind, ()):
            try:
                check(self, step, thing)
            except _NotOpened as missing:
                things = (thing, *step.refs.values(), *chain(*step.lists.values()))
                if any(map(self._facts.get, things)):
                    self._miss(step, str(missing.args[0]))
            except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError):
                # Of another form than the house gives it: nothing that could be judged.
                if self.odd[-1:] != [step.place]:
                    self.odd.append(step.place)

    def _miss(self, step: Step, name: str) -> None:
        """Note that a fact was not opened that belongs to others that were."""
        places = self.missed.setdefault((step.leaf.kind, name), [])
        if places[-1:] != [step.place]:
            places.append(step.place)

    def of(self, thing: Thing | None, name: str) -> Any:
        """Return a fact. Raises _NotOpened."""
        known = self._facts.get(thing, {}) if thing is not None else {}
        if name not in known:
            raise _NotOpened(name)
        return known[name]

    def price(self, step: Step, deal: Deal) -> None:
        scope, codes = self.of(deal.request, "scope"), self.of(deal.request, "assets")
        terms = self.of(deal, "terms")
        files = [step.world.things["asset"].get(code) for code in codes]
        own = [each for each in files if isinstance(each, Asset) and each.owner is deal.licensor]
        _check_price(step, deal, terms, scope, _Files(len(own), codes, terms))

    def proposed(self, _step: Step, deal: Deal) -> None:
        # Unlike other facts it is said anew by a later entry, so it is not kept among them.
        self._proposed[deal] = self._facts.get(deal, {}).pop("proposal", None)

    def answered(self, step: Step, deal: Deal) -> None:
        if step.data["answer"] == "accepted":
            self._terms[deal] = self._proposed.get(deal)

    def terms(self, deal: Deal | None) -> Any:
        """Return the terms that stand for a deal. Raises _NotOpened."""
        if deal is None or deal not in self._terms:
            return self.of(deal.request if deal is not None else None, "scope")
        if self._terms[deal] is None:
            raise _NotOpened("proposal")
        return self._terms[deal]

    def asked_again(self, step: Step, request: Request) -> None:
        if request.amends is None:
            return
        asked, granted = self.of(request, "ranges"), self.of(request.amends, "ranges")
        for code in self.of(request, "assets"):
            if parts.of(asked, code) != parts.of(granted, code):
                step.report(AGREED, f"other parts of {code} were granted", request.amends)
                return

    def approval(self, step: Step, deal: Deal) -> None:
        approval = self.of(deal, "approval")
        scope, codes = self.terms(deal), self.of(deal.request, "assets")
        agreed = approval["assets"]
        quoted = self.of(deal, "terms") if scope.get("by_card") else {}
        _check_price(step, deal, approval, scope, _Files(len(agreed), agreed, quoted))
        if extra := sorted(set(approval["assets"]) - set(codes)):
            step.report(AGREED, f"{extra[0]} was not requested", deal.request)
        for code, count in Counter(approval["assets"]).items():
            asset = step.world.things["asset"].get(code)
            if count > 1:
                step.report(AGREED, f"{code} is agreed on {count} times")
            if isinstance(asset, Asset) and asset.owner is not deal.licensor:
                step.report(AGREED, f"{code} is not the licensor's", asset)
        _check_parts(step, approval, approval["assets"], self.of(deal.request, "ranges"), deal)

    def amount(self, step: Step, payment: OfDeal) -> None:
        paid, agreed = self.of(payment, "amount"), self.of(payment.deal, "approval")
        if _money(paid) != _money(agreed):
            text = "{} {} instead of {} {}".format(*_money(paid), *_money(agreed))
            step.report(PAID, text, payment.deal)
        if step.data["method"] == "nothing_due" and paid["amount_minor"] != 0:
            step.report(PAID, "something was due", payment.deal)

    def form(self, _step: Step, grant: Grant) -> None:
        self._scopes[grant] = scope = scopes.scope(self.of(grant, "scope"))
        if not scope.is_known:
            raise ValueError("names uses or kinds of models that there are not")

    def scope(self, step: Step, grant: Grant) -> None:
        scope = self.of(grant, "scope")
        wanted = self.terms(grant.deal)
        # The price is that of what was asked for or accepted alone.
        for name in sorted((scope.keys() | wanted.keys()) - _NO_SCOPE):
            if name not in scope or name not in wanted or wanted[name] != scope[name]:
                request = grant.deal.request if grant.deal else None
                step.report(SCOPE, f"{name} is not as requested or accepted", request)

    def agreed(self, step: Step, grant: Grant) -> None:
        asset = step.refs.get("asset")
        if not isinstance(asset, Asset):
            return
        approval, deal = self.of(grant.deal, "approval"), grant.deal
        code = step.leaf.code_of("asset")
        self._agreed.setdefault(grant, set(approval["assets"])).discard(code)
        if code not in approval["assets"]:
            step.report(AGREED, f"{code} was not agreed on", deal)
        verdict = deal.request.verdicts.get(asset) if deal and deal.request else None
        is_confirmed = approval["conditions_met"] or (deal is not None and asset in deal.confirmed)
        if verdict is not None and verdict.verdict == "CONDITIONAL" and not is_confirmed:
            step.report(CONDITIONS, f"nobody confirmed the conditions of {code}", verdict, deal)
        _check_parts(step, approval, [code], self.of(grant, "ranges"), deal)

    def ungranted(self) -> Iterator[tuple[Grant, str]]:
        """Yield the grants that do not cover all that was agreed on, and what they lack."""
        for grant, codes in self._agreed.items():
            if codes:
                yield grant, f"does not cover {', '.join(sorted(codes)[:5])}, which was agreed on"

    def overlap(self, step: Step, grant: Grant) -> None:
        asset, scope = step.refs.get("asset"), self._scopes.get(grant)
        if not isinstance(asset, Asset):
            return
        if scope is None:
            self._blind.add(asset.of)
        rows = asset.of.rows if asset.of is not None else ()
        others = {grant: None for row in rows for grant in self._grants.get(row, ())}
        if not self._blind.isdisjoint(rows) and (others or scope is not None):
            self._miss(step, "scope of every grant of this work or likeness")
        if scope is None:
            return
        code, own = step.leaf.code_of("asset"), _lineage(grant)
        for other in others:
            if other in own or (other.licensee is grant.licensee and asset not in other.files):
                continue
            theirs = self._scopes[other]
            until = other.at if other.is_revoked or other.is_superseded else None
            if not ((scope.is_exclusive or theirs.is_exclusive) and scope.meets(theirs, until)):
                continue
            if self._are_apart(step, code, asset, grant, other):
                continue
            step.report(EXCLUSIVE, f"meets another grant at asset:{code}", other)
        self._grants.setdefault(asset.of, {})[grant] = None

    def _are_apart(self, step: Step, code: str, asset: Asset, grant: Grant, other: Grant) -> bool:
        """Return whether this file is all that the two have in common, and in parts that do not
        meet; or whether that cannot be told, because their parts were not opened."""
        rows = list(asset.of.rows) if asset.of is not None else []
        of_work = {each for each in other.files if each.of in rows}
        if other.licensee is not grant.licensee and of_work != {asset}:
            return False
        known = [
            parts.of(facts["ranges"], code)
            for facts in (self._facts[grant], self._facts[other])
            if "ranges" in facts
        ]
        if len(known) < len((grant, other)):
            self._miss(step, "parts of every grant of this work or likeness")
            return True
        return not parts.meet(*known)

    def consents(self, step: Step, grant: Grant) -> None:
        scope = self._scopes.get(grant)
        if scope is None or "consents" not in step.lists:
            return
        named = [each for each in step.lists["consents"] if isinstance(each, Consent)]
        given = [self.of(each, "consent") for each in named]
        lab = grant.deal.request.lab if grant.deal and grant.deal.request else None
        for thing, consent in zip(named, given, strict=True):
            grantee = step.world.organisations.get(f"organisation:{consent['grantee']}")
            if consent["grantee"] != "*" and grantee is not lab and lab is not None:
                step.report(CONSENT, "a consent named is to another lab", thing)
        if missing := scopes.uncovered(scope, [scopes.consent(each) for each in given]):
            step.report(CONSENT, f"no consent named {missing}", *named)

    def delivered(self, step: Step, _delivery: Thing) -> None:
        term = scopes.term(self.of(step.refs.get("grant"), "scope"))
        if not (term.holds(step.at - SKEW) or term.holds(step.at + SKEW)):
            step.report(TERM, f"was delivered at {step.at}", step.refs["grant"])

    def ended(self, step: Step, grant: Grant) -> None:
        term = scopes.term(self.of(grant, "scope"))
        if step.at + SKEW < term.ends:
            step.report(TERM, f"its term is said to be over at {step.at}", grant)

    def registered(self, step: Step, asset: Asset) -> None:
        key = (asset.of, self.of(asset, "file")["sha256"])
        if key in self._files:
            step.report(SAME_FILE, "the same bytes were registered before", asset.of)
        self._files.add(key)

    def signed(self, step: Step, credential: Credential) -> None:
        if step.data["form"] != "sidecar":
            return
        if self.of(credential, "file")["sha256"] != self.of(credential.asset, "file")["sha256"]:
            step.report(SIDECAR, "the signed file is not the registered one", credential.asset)

    def used(self, step: Step, use: Thing) -> None:
        consent = step.refs.get("consent")
        most, made = self.of(consent, "consent")["max_outputs"], self.of(use, "use")["outputs"]
        if made < 1:
            raise ValueError("is no number of outputs")
        if consent is None or most is None:
            return
        self._outputs[consent] = total = self._outputs.get(consent, 0) + made
        if total > most:
            step.report(OUTPUTS, f"{total} outputs were made of {most}", consent)

    def made(self, step: Step, output: Output) -> None:
        said = self.of(output, "output")
        at = datetime.fromisoformat(said["made_at"])
        moment = {"starts_at": said["made_at"], "ends_at": (at + _MOMENT).isoformat()}
        written = {"uses": [said["use"]], "model_kinds": [said["model_kind"]]}
        scope = {"territory": said["territory"], "exclusivity": "non_exclusive"}
        wanted = scopes.scope(moment | written | scope)
        for grant in output.grants:
            given = scopes.scope(self.of(grant, "scope"))
            if missing := scopes.uncovered(wanted, [given]):
                step.report(MADE, f"no grant named {missing}", grant)
        for consent in output.consents:
            given = scopes.consent(self.of(consent, "consent"))
            if missing := scopes.uncovered(wanted, [given]):
                step.report(MADE, f"no consent named {missing}", consent)

    def part(self, step: Step, credential: Credential) -> None:
        code = step.leaf.code_of("asset")
        file, number = self.of(credential, "file"), part_of(step)
        granted = parts.of(self.of(credential.grant, "ranges"), code)
        signed = [file["range_ms"]] if "range_ms" in file else []
        expected = granted[number - 1 : number] if number else []
        if signed != expected or bool(granted) != bool(number):
            step.report(PART, f"another part of {code} was granted", credential.grant)

    def superseded(self, step: Step, grant: Grant) -> None:
        by = step.refs.get("by")
        if not isinstance(by, Grant):
            return
        if grant not in self._scopes or by not in self._scopes:
            raise _NotOpened("scope")
        if not self._scopes[by].allows(self._scopes[grant]):
            self.narrowed[grant] = None

    def stopped(self, step: Step, duty: Thing) -> None:
        grant, terms = step.refs.get("grant"), self._facts.get(duty, {}).get("terms")
        if step.data["duty"] != "stop" or not isinstance(grant, Grant):
            return
        # What is not opened may say so.
        if terms is None or (terms["ground"] == "amendment" and terms["detail"]):
            self.narrowed.pop(grant, None)

    def returned(self, step: Step, duty: Thing) -> None:
        grant = step.refs.get("grant")
        if step.data["duty"] != "refund" or not isinstance(grant, Grant):
            return
        known, terms = self._returned.get(grant, set()), self._facts.get(duty, {}).get("terms")
        files = None if known is None or terms is None else {*known, *terms["files"]}
        self._returned[grant] = files
        if terms is None or known is None:
            raise _NotOpened("terms")
        prices = list(self._prices(grant, set(terms["files"]) - known))
        least, most = returning.bounds(prices, step.at)
        amount, currency = returning.read(terms["detail"])
        agreed = self.of(grant.deal, "approval")["currency"]
        if not least <= amount <= most or currency != agreed:
            text = f"{amount} {currency} instead of {most} {agreed}, in its smallest unit"
            step.report(RETURNED, text, grant)

    def _prices(self, grant: Grant, files: set[str]) -> Iterator[returning.Price]:
        """Yield what was paid for files of a grant and of those whose place it took, but for what
        went back before. Raises _NotOpened."""
        ends: list[datetime] = []
        for each in _lineage(grant):
            if each is not grant:
                known = self._returned.get(each, set())
                if known is None:
                    raise _NotOpened("terms")
                files = files - known
            term = scopes.term(self.of(each, "scope"))
            is_card = self.terms(each.deal).get("by_card")
            cards = self.of(each.deal, "terms")["cards"] if is_card else ()
            own = None if term.is_endless else term.ends
            ends += [own] if own else []
            yield returning.Price(
                returning.paid_for(self.of(each.deal, "approval"), cards, files),
                max(term.begins, each.issued) if each.amends else term.begins,
                own,
                min(ends, default=None),
                each.amends is not None,
            )

    def erased(self, step: Step, thing: Thing) -> None:
        for place in self._entries.pop(thing, ()):
            step.report(KEPT, "what opens an earlier entry of it still exists", place)
        self._facts.pop(thing, None)


type Check = Callable[[Facts, Step, Any], None]
CHECKS: Mapping[str, tuple[Check, ...]] = {
    "amendment.proposed": (Facts.asked_again,),
    "deal.opened": (Facts.price,),
    "deal.terms_proposed": (Facts.proposed,),
    "deal.terms_answered": (Facts.answered,),
    "deal.approved": (Facts.approval,),
    "settlement.recorded": (Facts.amount,),
    "refund.recorded": (Facts.amount,),
    "grant.issued": (Facts.form, Facts.scope),
    "asset.granted": (Facts.agreed, Facts.overlap, Facts.consents),
    "grant.ended": (Facts.ended,),
    "grant.superseded": (Facts.superseded,),
    "duty.imposed": (Facts.returned, Facts.stopped),
    "delivery.authorised": (Facts.delivered,),
    "asset.registered": (Facts.registered,),
    "credential.signed": (Facts.signed, Facts.part),
    "consent.used": (Facts.used,),
    "output.declared": (Facts.made,),
    "subject.erased": (Facts.erased,),
}


def _lineage(grant: Grant) -> list[Grant]:
    """Return a grant with all whose place it took."""
    found, before = [grant], grant.amends
    while before is not None and before not in found:
        found.append(before)
        before = before.amends
    return found


def _money(value: Mapping[str, JSON]) -> tuple[JSON, JSON]:
    return value["amount_minor"], value["currency"]


def _check_parts(
    step: Step,
    approval: Mapping[str, Any],
    codes: Sequence[str],
    others: Mapping[str, Any],
    deal: Deal | None,
) -> None:
    """Report the first of these files of which other parts are named in the approval."""
    agreed = approval.get("ranges", {})
    for code in codes:
        if parts.of(agreed, code) != parts.of(others, code):
            step.report(AGREED, f"other parts of {code} were agreed on", deal)
            return


class _Files(NamedTuple):
    """How many files have a price, their codes, and the fact that says what rate cards make of
    them."""

    number: int
    codes: Sequence[str]
    quoted: Mapping[str, Any]


def _check_price(
    step: Step, deal: Deal, price: Mapping[str, JSON], scope: Mapping[str, Any], files: _Files
) -> None:
    amount = scope["price_minor"] * files.number
    if scope.get("by_card"):
        amount = _by_cards(files.quoted["cards"], set(files.codes))
    wanted = (amount, scope["currency"])
    if _money(price) != wanted:
        text = "{} {} instead of {} {}".format(*_money(price), *wanted)
        step.report(PRICE, f"{text} for {files.number} files", deal.request)


def _by_cards(cards: Sequence[Mapping[str, Any]], codes: Set[str]) -> int:
    """Return what files come to: by each card the sum of theirs, or its minimum if that is more."""
    total = 0
    for card in cards:
        own = [minor for code, minor in card["prices"].items() if code in codes]
        total += max(sum(own), card["minimum_minor"]) if own else 0
    return total
