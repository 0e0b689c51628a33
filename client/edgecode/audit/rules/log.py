"""Rules about the log itself: its kinds, streams, references, times, keys and documents."""

from collections.abc import Mapping

from edgecode.audit.rules.finding import Rule
from edgecode.audit.rules.step import REF_TYPE, Following, Founding, Step
from edgecode.audit.rules.things import Document, Engine, Key, Log, Thing

SCHEMA = Rule("R1", "An entry is of a published kind and carries what that kind declares.")
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
    "A log begins with log.opened, if it has that; nothing follows log.closed but the next log.",
    ("log.opened", "log.closed"),
)
KEYS = Rule("R8", "A key is published once and retired once.", ("key.published", "key.retired"))
KINDS = Rule(
    "R9",
    "A kinds document has the hash that the log names and changes no earlier declaration,"
    " but that more texts may be allowed.",
    ("kinds.published",),
)
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
RULES = (
    SCHEMA,
    VERSIONS,
    REFS,
    TIME,
    REF_TYPE,
    FOUNDED,
    SHARD,
    KEYS,
    KINDS,
    ENGINE,
    ERASED,
    SIGNED_BY,
    FUTURE,
)


def log_opened(step: Step) -> Thing:
    _check_opening(step, step.world.closed)
    return Log()


def _check_opening(step: Step, closed: Thing | None) -> None:
    if step.index != 0:
        step.report(SHARD, "a log is opened by its first entry")
    size = step.leaf.data.get("previous_size")
    if closed is not None:
        world, before = step.world, closed.last + 1 - step.world.begins
        if size is not None and size != before:
            step.report(SHARD, f"the log before had {before} entries, not {size}")
        world.closed, world.begins = None, closed.last + 1
        step.place = step.index + world.begins


def log_closed(step: Step, log: Log) -> None:
    if log.is_closed:
        step.report(SHARD, "it was closed before", log)
    log.is_closed = True
    step.world.closed = log


def key_published(step: Step) -> Thing:
    key, sha256 = Key(), str(step.leaf.data.get("sha256"))
    if step.leaf.stream != f"key:{sha256[:32]}":
        step.report(KEYS, f"is not called after the key {sha256}")
    if step.leaf.data.get("purpose") == "checkpoint":
        step.world.signing_keys.setdefault(sha256, key)
    return key


def key_retired(step: Step, key: Key) -> None:
    if key.retired_at is not None:
        step.report(KEYS, "the key was retired before", key)
    key.retired_at = key.retired_at or step.leaf.at


def engine_published(step: Step) -> Thing:
    step.world.engines.add(step.leaf.stream.partition(":")[2])
    return Engine()


def check_engine(step: Step, engine: object) -> None:
    """Report a verdict of an engine that the log does not name, once it names any."""
    engines = step.world.engines
    if engines and str(engine).replace("/", "-") not in engines:
        step.report(ENGINE, f"the engine {engine!s:.40} was not published")


def document_published(step: Step) -> Thing:
    document = Document()
    document_replaced(step, document)
    return document


def document_replaced(step: Step, _document: Document) -> None:
    if step.leaf.kind.startswith("kinds."):
        step.world.learn_kinds(step)


def subject_erased(step: Step, thing: Thing) -> None:
    count = step.leaf.data.get("openings")
    if isinstance(count, int) and not 0 <= count <= thing.sealed:
        step.report(ERASED, f"{count} openings were destroyed; it had {thing.sealed}", thing)
    thing.sealed = 0


FOUNDING: Mapping[str, Founding] = {
    "log.opened": log_opened,
    "key.published": key_published,
    "engine.published": engine_published,
    "kinds.published": document_published,
    "policy.published": document_published,
}
FOLLOWING: Mapping[str, Following] = {
    "log.closed": (Log, log_closed),
    "key.retired": (Key, key_retired),
    "kinds.published": (Document, document_replaced),
    "policy.published": (Document, document_replaced),
    "subject.erased": (Thing, subject_erased),
}
