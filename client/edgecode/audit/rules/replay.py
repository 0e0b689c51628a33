"""The replay: entries in, violations out."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

from edgecode.audit.rules import amendments, deals, grants, log, opened, organisations, requests
from edgecode.audit.rules import kinds as of_kinds
from edgecode.audit.rules.finding import Rule, Violation, one_line
from edgecode.audit.rules.opened import Facts
from edgecode.audit.rules.plan import Plan, Route
from edgecode.audit.rules.step import Step
from edgecode.audit.rules.things import Lost, Organisation, Thing
from edgecode.audit.rules.world import World
from edgecode.audit.shapes import Shape, ShapedLeaf, Values, targets_of, values_of
from edgecode.log.canonical import JSON
from edgecode.log.commitments import Opening
from edgecode.log.leaf import SKEW, BadLeaf, Leaf, split_ref
from edgecode.log.schema import Kind, base_of, load, version_of

SKEW_OF_LOG = timedelta(minutes=10)  # longer than a transaction lives
FOLLOWS_WITHIN = timedelta(minutes=1)
_NO_DATA: Mapping[str, JSON] = {}
_NO_DOCUMENTS: Mapping[str, bytes] = {}


@cache
def shipped_kinds() -> Mapping[str, Kind]:
    """Return the kinds this program came with."""
    return load((files("edgecode.audit") / "kinds.json").read_text("utf-8"))


class Replay:
    """Checks entries, given in the order of the log, against all rules.

    It remembers what can still matter to a later entry. After shard.closed it goes on with the
    entries of the next log, whose indices begin at 0 again.
    """

    def __init__(
        self,
        openings: Mapping[int, Mapping[str, Opening]] | None = None,
        *,
        documents: Mapping[str, bytes] = _NO_DOCUMENTS,
        kinds: Mapping[str, Kind] | None = None,
        now: datetime | None = None,
    ) -> None:
        """`openings` are facts behind commitments, by index of the entry and name; `documents`
        those served with the log, by their SHA-256; `kinds` replaces the shipped ones; `now` is
        the auditor's clock, None: entries may be of any time.

        Openings must have been checked: the rules take them for what was committed to.
        """
        known = shipped_kinds() if kinds is None else kinds
        self._world = World(known, documents, self._forget_plans)
        self._judged = frozenset(known)  # the versions that these rules were written for
        self._step = Step(self._world)
        self._plans: dict[str, Plan] = {}
        self._routes: dict[Shape, Route] = {}
        # Not copied: for the next log of a history the caller puts in that log's openings.
        self._openings = {} if openings is None else openings
        self._facts = Facts()
        self._names: dict[int, str] = {}  # of what things are called, once the log has ended
        self._latest = None if now is None else now + SKEW_OF_LOG

    def entry(self, index: int, leaf: Leaf) -> list[Violation]:
        """Check one entry and take up what it says; return the rules it breaks, mostly none."""
        step, world = self._step, self._world
        step.index, step.place, step.leaf = index, index + world.begins, leaf
        step.at = at = leaf.at
        if isinstance(leaf, ShapedLeaf):
            values, route = leaf.values, self._routes.get(leaf.shape) or self._route(leaf.shape)
        else:
            values, route = values_of(leaf), self._route(Shape(leaf), is_kept=False)
        if not route.has_data:
            step.data = _NO_DATA
            if not route.is_known:
                self._check_schema(step, route, "")
        elif (data := route.facts.get(values[2])) is not None:
            step.data = data
        else:
            self._check_schema(step, route, values[2])
        plan = route.plan
        if plan.until is not None or world.closed is not None:
            self._check_over(step, plan)
        if at is not world.newest:
            self._check_time(step)
        self._resolve(step, route, values)
        actor = world.organisations.get(values[0])
        if actor is not None and (plan.who is None or actor.kind in plan.who):
            step.actor, step.is_system = actor, False
        else:
            self._identify(step, plan, actor)
        self._apply(step, route, values)
        if step.found:
            found, step.found = step.found, []
            return found
        return []

    @property
    def unjudged(self) -> list[str]:
        """What was met that no rule is about, and an auditor should look at."""
        odd = self._facts.odd
        more = f" and {len(odd) - 1} more" if len(odd) > 1 else ""
        facts = [f"opened facts of an unknown form, met at entry {at}{more}" for at in odd[:1]]
        return [*facts, *self._world.unknown]

    @property
    def newer(self) -> list[str]:
        """The kinds met that are newer than these rules: what they say may be judged wrongly."""
        return list(self._world.newer)

    @property
    def missed(self) -> list[str]:
        """What was not opened, and would have been compared with what was."""
        found = sorted(self._facts.missed.items(), key=lambda each: each[1])
        return [
            f"the {name} for {kind}, {len(places)} times, first at entry {places[0]}"
            if len(places) > 1
            else f"the {name} for {kind} at entry {places[0]}"
            for (kind, name), places in found
        ]

    def signed(self, fingerprints: Mapping[str, str]) -> list[Violation]:
        """Return what is wrong with who signed the log as far as it was replayed: `fingerprints`
        are the SHA-256 of the keys (as DER SubjectPublicKeyInfo), with their names."""
        world, found = self._world, []
        at = max(0, self._step.index) if world.signing_keys else 0
        for sha256, name in fingerprints.items() if world.signing_keys else ():
            key = world.signing_keys.get(sha256)
            if key is None:
                found.append((at, f"{name} signs the log, which has not published that key"))
            elif key.retired_at is not None and self._is_long_ago(key.retired_at, SKEW_OF_LOG):
                index = max(0, key.last - world.begins)
                found.append((index, f"{name} signs the log, which retired it {key.retired_at}"))
        return [Violation(log.SIGNED_BY.id, (index,), one_line(text)) for index, text in found]

    @property
    def unsaid(self) -> list[str]:
        """What a log says of itself as a rule, and this one does not, so that rules rest on it."""
        met, world = self._world.met, self._world
        lacks = {
            "which keys sign its checkpoints: the policy alone does": not world.signing_keys,
            "which kinds of entries it has: older versions of them may stand in it": (
                "kinds.published" not in met
            ),
            "which policy it asks for": "policy.published" not in met,
            "which engines there are, whose verdicts it has": (
                "clearance.decided" in met and "engine.published" not in met
            ),
            f"that {', '.join(self._undeclared())} exist: older versions of them may stand in it": (
                "kinds.published" in met and bool(self._undeclared())
            ),
            "which keys sign files, of which it has credentials": (
                "credential.signed" in met and "credential" not in world.purposes
            ),
        }
        return [f"the log does not say {what}" for what, is_so in lacks.items() if is_so]

    def _undeclared(self) -> list[str]:
        """Return the versions that these rules know, of kinds that the log has in an older one."""
        world = self._world
        return sorted(
            name
            for name in self._judged
            if version_of(name) > max(world.versions.get(base_of(name), {1: None}))
            and base_of(name) in world.met
        )

    def end(self) -> list[Violation]:
        """Return what only the end of the log shows: what should have followed and did not."""
        world = self._world
        for grant in world.empty_grants:
            self._missing(grants.COVERS, "covers no file", grant)
        for grant in world.taking_place:
            self._missing(amendments.PLACE, "takes no place, and is an amendment's", grant)
        for grant in amendments.unstopped(world):
            self._missing(amendments.DROPPED, "nobody owes to stop the files left out", grant)
        for deal in world.ending:
            self._missing(requests.WITHDRAWN, "outlives its request", deal)
        for deal, since in world.paid.items():
            if self._is_long_ago(since, deals.DECIDE_WITHIN):
                self._tell_of(deals.DECIDED, f"is paid since {since}: not granted, not held", deal)
        for deal, since in world.refunding.items():
            if self._is_long_ago(since, deals.RETURN_WITHIN):
                self._tell_of(deals.REFUNDED, f"is not returned, cancelled on {since}", deal)
        for grant, message in self._facts.ungranted():
            self._missing(opened.AGREED, message, grant)
        for grant in self._facts.narrowed:
            self._missing(opened.STOPPED, "nobody owes to stop what it alone allowed", grant)
        found, self._step.found = self._step.found, []
        return sorted(found, key=lambda violation: violation.indices)

    def _missing(self, rule: Rule, message: str, thing: Thing) -> None:
        """Report what did not follow, unless the log ends too soon after: what one transaction
        writes may come under two checkpoints."""
        if self._is_long_ago(thing.at, FOLLOWS_WITHIN):
            self._tell_of(rule, message, thing)

    def _is_long_ago(self, at: datetime, than: timedelta) -> bool:
        newest = self._world.newest
        return newest is not None and newest - at > than

    def _tell_of(self, rule: Rule, message: str, thing: Thing) -> None:
        if not self._names:
            self._names = {
                id(each): f"{subject}:{code}"
                for subject, things in self._world.things.items()
                for code, each in things.items()
            }
        # The newest entry shows that the time is over; what it is about may stand in a log before.
        here = thing.last - self._world.begins
        indices = (here,) if here >= 0 else (self._step.index,)
        line = one_line(f"{self._names[id(thing)]}: {message}")
        self._step.found.append(Violation(rule.id, indices, line))

    def _route(self, shape: Shape, *, is_kept: bool = True) -> Route:
        """Return what is to be done with an entry of that shape."""
        plan = self._plans.get(shape.kind) or self._plan(shape.kind)
        route = Route(shape, plan, self._world.things)
        if is_kept and plan.kind is not None:
            self._routes[shape] = route
        return route

    def _plan(self, name: str) -> Plan:
        world = self._world
        plan = Plan(name, world.kinds.get(name))
        if plan.kind is not None:
            world.met.add(plan.base)
            world.note_version(plan.kind, self._step.at)
            if (since := world.replaced(plan.kind)) is not None:
                plan.until = since + SKEW_OF_LOG
            self._plans[name] = plan
            if plan.founding is None and plan.following is None:
                world.unknown[f"entries of the kind {name}"] = None
            elif name not in self._judged:
                world.newer[name] = None
        return plan

    def _forget_plans(self) -> None:
        self._plans.clear()
        self._routes.clear()

    def _check_schema(self, step: Step, route: Route, text: str) -> None:
        """Check that the entry carries what its kind declares. What entries of one shape have in
        common is looked at once, and so is data that comes again; `text` is that."""
        step.data = data = step.leaf.data
        plan = route.plan
        if plan.kind is None:
            step.report(of_kinds.SCHEMA, f"the kind {plan.name} is not published")
            return
        if not (route.is_known and route.has_only(data)):
            try:
                plan.kind.check_leaf(step.leaf)
            except BadLeaf as error:
                step.report(of_kinds.SCHEMA, str(error))
                return
        route.is_known = True
        route.remember(text, data)

    def _check_over(self, step: Step, plan: Plan) -> None:
        """Report an entry of a kind, or in a log, that is over."""
        closed = self._world.closed
        if plan.until is not None and step.at > plan.until:
            step.report(
                of_kinds.NEWER, f"{plan.name} has a newer version, to be written since {plan.until}"
            )
        if closed is not None and plan.name != "shard.opened":
            step.report(log.SHARD, "comes after the entry that closed the log", closed)

    def _check_time(self, step: Step) -> None:
        at, newest = step.at, self._world.newest
        if newest is None or at > newest:
            if self._latest is not None and at > self._latest:
                # Not taken for the newest: what comes after it, rightly dated, is no violation.
                step.report(log.FUTURE, f"is dated {at}, which is yet to come")
                return
            self._world.newest = at
        elif newest - at > SKEW_OF_LOG:
            step.report(log.TIME, f"is dated {at}, after one of {newest}")

    def _resolve(self, step: Step, route: Route, values: Values) -> None:
        """Set `step.refs` and `step.lists` to what the entry rests on."""
        step.refs = refs = {}
        is_new = step.at is self._world.newest  # then nothing there is can be newer
        for role, things, at in route.refs:
            thing = things.get(values[at])
            if thing is None:
                self._report_target(step, str(step.leaf.refs[role]), thing)
                continue
            refs[role] = thing
            if thing.version != values[at + 1] or not (is_new or thing.at <= step.at):
                self._report_target(step, str(step.leaf.refs[role]), thing)
        if step.lists:
            step.lists.clear()
        for role, at in route.lists:
            step.lists[role] = self._resolve_list(step, targets_of(values[at]))

    def _resolve_list(self, step: Step, targets: Sequence[str]) -> list[Thing]:
        found = []
        for target in targets:
            subject, code, version = split_ref(target)
            thing = self._world.things[subject].get(code)
            if thing is None or thing.version != version or thing.at > step.at:
                self._report_target(step, target, thing)
            if thing is not None:
                found.append(thing)
        return found

    def _report_target(self, step: Step, ref: str, thing: Thing | None) -> None:
        if thing is None:
            step.report(log.REFS, f"rests on {ref}, which is not there yet")
            return
        if thing.version != ref.rpartition("@")[2]:
            step.report(log.REFS, f"rests on {ref} when it was at {thing.version}", thing)
        if thing.at - step.at > SKEW:
            step.report(log.TIME, f"is dated {step.at}, before {ref}, {thing.at}", thing)

    def _identify(self, step: Step, plan: Plan, organisation: Organisation | None) -> None:
        """Set who acts, where it is not simply an organisation that may."""
        actor = step.leaf.actor
        step.actor, step.is_system = organisation, actor.startswith("system:")
        if organisation is not None:
            kind = f"{organisation.kind} {actor}" if plan.who else actor
            step.report(organisations.KIND_MAY, f"not for {kind} to do", organisation)
        elif step.is_system:
            if not plan.by_house:
                step.report(organisations.ACTOR, f"{actor} did what only an organisation may do")
            elif actor not in plan.names:
                names = " or ".join(sorted(plan.names))
                step.report(organisations.HOUSE, f"{actor} did what {names} does")
        elif plan.base != "organisation.registered" or actor != step.leaf.stream:
            step.report(organisations.ACTOR, f"{actor} is no registered organisation")

    def _apply(self, step: Step, route: Route, values: Values) -> None:
        """Let the entry found its stream, or go on with it."""
        plan, code, version = route.plan, values[-2], values[-1]
        thing = route.own.get(code)
        if thing is None:
            thing = plan.founding(step) if plan.founding else self._unfounded(step, plan)
            thing.at, thing.sealed, thing.version = step.at, route.sealed, version
            route.own[code] = thing
            if version != "1":
                step.report(log.VERSIONS, f"begins at version {version}")
        else:
            self._continue(step, plan, thing, version)
            thing.sealed += route.sealed
            thing.at = max(thing.at, step.at)
        thing.last = step.place
        if self._openings:
            self._open(step, plan, thing)

    def _open(self, step: Step, plan: Plan, thing: Thing) -> None:
        given = self._openings.get(step.index)
        if given:
            self._facts.take(step, thing, given)
        self._facts.check(step, plan.base, thing)

    def _unfounded(self, step: Step, plan: Plan) -> Thing:
        if plan.following is None:
            return Thing()  # of a kind that no rule is about
        step.report(log.FOUNDED, f"{plan.name} happened to what does not exist")
        return Lost()

    def _continue(self, step: Step, plan: Plan, thing: Thing, version: str) -> None:
        """Go on with the stream that the entry is one more of."""
        before = int(thing.version)
        if int(version) != before + 1:
            step.report(log.VERSIONS, f"goes from version {before} to {version}", thing)
        if int(version) > before:
            thing.version = version
        if step.at is not self._world.newest and thing.at - step.at > SKEW:
            step.report(log.TIME, f"goes back from {thing.at} to {step.at}", thing)
        if plan.following is None:
            if plan.founding is not None:
                step.report(log.FOUNDED, f"{plan.name} made it anew", thing)
            return
        cls, handler = plan.following
        if isinstance(thing, cls):
            handler(step, thing)
        elif not isinstance(thing, Lost):
            step.report(log.FOUNDED, f"{plan.name} happened to another object", thing)
