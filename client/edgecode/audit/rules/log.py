"""Rules about the log itself: its kinds, streams, references, times, keys and documents."""

import re
from collections.abc import Mapping

from edgecode.audit.rules.finding import Rule
from edgecode.audit.rules.step import REF_TYPE, Following, Founding, Step
from edgecode.audit.rules.things import Consent, Engine, Key, Log, Thing
from edgecode.log.shardlist import is_later

VERSIONS = Rule("R2", "The entries of a stream are numbered 1, 2, 3 ... without gap or repeat.")
REFS = Rule("R3", "A reference names the version that its stream had at that place of the log.")
TIME = Rule(
    "R4",
    "Time does not run backwards: in a stream and from cause to effect not by more than"
    " 5 seconds, in the whole log not by more than 10 minutes.",
)
FOUNDED = Rule("R6", "An object is made once, by the entry that founds it, before all else.")
SHARD = Rule(
    "R7",
    "A log begins with log.opened, if it has that, or with shard.opened where it goes on from"
    " another; nothing follows shard.closed but the next log.",
    ("log.opened", "shard.closed", "shard.opened"),
)
KEYS = Rule("R8", "A key is published once and retired once.", ("key.published", "key.retired"))
ENGINE = Rule(
    "R10",
    "A verdict names an engine that was published before, once engines are published.",
    ("engine.published", "clearance.decided"),
)
ERASED = Rule(
    "R11",
    "A tombstone counts no more openings than the stream had left.",
    ("subject.erased",),
)
SIGNED_BY = Rule(
    "R51",
    "A checkpoint is signed by keys that the log has published for it, and retired at most 10"
    " minutes before, once it publishes such keys.",
    ("key.published", "key.retired"),
)
FUTURE = Rule("R52", "No entry is dated more than 10 minutes after the audit.")
LINK = Rule(
    "R56",
    "A log is closed under its own name, with the number of its entries and the name of the next;"
    " the next one opens under that name, and names the one closed before it and its size.",
    ("shard.closed", "shard.opened"),
)
NAMES = Rule(
    "R57",
    "The logs of a history are named after the first one and a year, each of a later year than the"
    " one before it.",
    ("log.opened", "shard.closed", "shard.opened"),
)
EVIDENCE = Rule(
    "R60",
    "What the parties to a licence may have to prove to each other is not erased.",
    ("subject.erased",),
)
RULES = (
    VERSIONS,
    REFS,
    TIME,
    REF_TYPE,
    FOUNDED,
    SHARD,
    KEYS,
    ENGINE,
    ERASED,
    SIGNED_BY,
    FUTURE,
    LINK,
    NAMES,
    EVIDENCE,
)
# Of which types of streams: as the rooms of the house declare them.
PROOFS = frozenset(
    {
        "agreement",
        "asset",
        "case",
        "certificate",
        "clearance",
        "credential",
        "deal",
        "delivery",
        "duty",
        "evidence",
        "fact",
        "grant",
        "holding",
        "manifest",
        "offer",
        "opinion",
        "output",
        "refund",
        "request",
        "restriction",
        "settlement",
        "sighting",
        "usage",
    }
)
_YEAR = re.compile(r"[0-9]{4}", re.ASCII)


def log_opened(step: Step) -> Thing:
    if step.index != 0:
        step.report(SHARD, "a log is opened by its first entry")
    if "previous_origin" in step.data:
        step.report(SHARD, "a log that goes on from another is opened by shard.opened")
    step.world.log = log = Log(str(step.data.get("origin")))
    if is_later(log.origin):
        step.report(NAMES, f"{log.origin} goes on from no other and is named as if it did")
    return log


def shard_opened(step: Step) -> Thing:
    world, data, closed = step.world, step.data, step.world.closed
    world.log = log = Log(str(data.get("origin")))
    if step.index != 0 or closed is None:
        step.report(SHARD, "a log goes on as the first entry after one that was closed")
    if closed is None:
        return log
    size = closed.last + 1 - world.begins
    world.closed, world.begins = None, closed.last + 1
    step.place = step.index + world.begins
    if data.get("previous_size") != size:
        step.report(LINK, f"the log before had {size} entries, not {data.get('previous_size')}")
    if data.get("previous_origin") != closed.origin or step.need("previous", Log) is not closed:
        step.report(LINK, f"names another log than the one closed before it, {closed.origin}")
    if log.origin != closed.next_origin:
        step.report(LINK, f"opens {log.origin}; announced was {closed.next_origin}")
    if not _is_later(log.origin, closed.origin, world.first_origin):
        step.report(
            NAMES, f"{log.origin} is not called after {world.first_origin} and a later year"
        )
    return log


def _is_later(origin: str, before: str, first: str) -> bool:
    """Return whether a log is named after the first of its history, and of a later year than the
    one before."""
    stem = f"{first}/"
    year, last = origin.removeprefix(stem), before.removeprefix(stem)
    return (
        origin.startswith(stem)
        and _YEAR.fullmatch(year) is not None
        and (before == first or year > last)
    )


def shard_closed_unopened(step: Step) -> Thing:
    """A log that is older than such entries is closed without having been opened."""
    log = Log(str(step.data.get("origin")))
    if step.world.log is not None:
        step.report(LINK, f"closes another log than {step.world.log.origin}")
    shard_closed(step, log)
    return log


def shard_closed(step: Step, log: Log) -> None:
    world, data = step.world, step.data
    if log.is_closed:
        step.report(SHARD, "it was closed before", log)
    if data.get("size") != step.index + 1:
        step.report(LINK, f"says {data.get('size')} entries and is number {step.index + 1}")
    if data.get("origin") != log.origin:
        step.report(LINK, f"closes {data.get('origin')}, the log is called {log.origin}")
    log.is_closed, log.next_origin = True, str(data.get("next_origin"))
    world.closed = log
    world.first_origin = world.first_origin or log.origin


def key_published(step: Step) -> Thing:
    key, sha256 = Key(), str(step.data.get("sha256"))
    if step.leaf.stream != f"key:{sha256[:32]}":
        step.report(KEYS, f"is not called after the key {sha256}")
    purpose = step.data.get("purpose")
    step.world.purposes.add(str(purpose))
    if purpose == "checkpoint":
        step.world.signing_keys.setdefault(sha256, key)
    elif purpose == "credential":
        step.world.file_keys.add(key)
        step.world.keyless_since = None
    return key


def key_retired(step: Step, key: Key) -> None:
    if key.retired_at is not None:
        step.report(KEYS, "the key was retired before", key)
    key.retired_at = key.retired_at or step.at
    if key in step.world.file_keys:
        step.world.file_keys.discard(key)
        step.world.keyless_since = None if step.world.file_keys else step.at


def engine_published(step: Step) -> Thing:
    step.world.engines.add(step.leaf.code)
    return Engine()


def check_engine(step: Step, engine: object) -> None:
    """Report a verdict of an engine that the log does not name, once it names any."""
    engines, name = step.world.engines, str(engine)
    if name in engines or not engines:
        return
    if name.replace("/", "-") not in engines:
        step.report(ENGINE, f"the engine {name:.40} was not published")
    else:
        engines.add(name)


def subject_erased(step: Step, thing: Thing) -> None:
    count = step.data.get("openings")
    if step.leaf.subject in PROOFS:
        step.report(EVIDENCE, "its openings were destroyed", thing)
    if isinstance(count, int) and not 0 <= count <= thing.sealed:
        step.report(ERASED, f"{count} openings were destroyed; it had {thing.sealed}", thing)
    thing.sealed = 0
    if isinstance(thing, Consent) and not all(
        each.is_revoked or each.is_superseded for each in thing.grants
    ):
        step.world.unknown["what erased consents allowed, on which grants rest that stand"] = None


FOUNDING: Mapping[str, Founding] = {
    "log.opened": log_opened,
    "shard.opened": shard_opened,
    "shard.closed": shard_closed_unopened,
    "key.published": key_published,
    "engine.published": engine_published,
}
FOLLOWING: Mapping[str, Following] = {
    "shard.closed": (Log, shard_closed),
    "key.retired": (Key, key_retired),
    "subject.erased": (Thing, subject_erased),
}
