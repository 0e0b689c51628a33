"""`edgecode audit`: from the options to the reports."""

import json
import sys
import time
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

from edgecode.audit import engines
from edgecode.audit.evidence import collect
from edgecode.audit.findings import failure
from edgecode.audit.freshness import Limits
from edgecode.audit.memory import Memory
from edgecode.audit.openings import BadOpenings, Openings, Papers, read_openings
from edgecode.audit.outcome import Exit, outcome
from edgecode.audit.report_html import html_report
from edgecode.audit.report_json import json_report
from edgecode.audit.report_text import text_report
from edgecode.audit.run import run
from edgecode.audit.task import Audit, Task
from edgecode.audit.words import plain
from edgecode.log.policy import NONE, Policy
from edgecode.trust import BadTrust

_REDRAW_SECONDS = 0.2
# What an audit that is stopped by hand still says.
_FOUND = (Exit.BROKEN, Exit.VIOLATIONS, Exit.FAILED)


def run_audit(options: Namespace, policy: Policy) -> int:
    """Audit as the options say, write the reports, and return the exit code. Raises BadTrust for
    options that cannot be used, KeyboardInterrupt when it was stopped before it found anything."""
    task = _task(options, policy)
    progress = _Progress(is_shown=sys.stderr.isatty() and not options.quiet)
    try:
        audit = run(task, progress)
    finally:
        progress.end()
    try:
        return _report(audit, options, policy)
    finally:
        audit.close()


def _report(audit: Audit, options: Namespace, policy: Policy) -> int:
    """Say what was found, first of all where somebody looks: files may fail, and take time."""
    code = outcome(audit.logs)
    if audit.was_stopped and code not in _FOUND:
        raise KeyboardInterrupt
    if options.json:
        sys.stdout.write(json_report(audit))
    else:
        sys.stdout.write(text_report(audit, policy, is_short=options.quiet))
    sys.stdout.flush()
    try:
        _write_files(audit, options, policy)
    except OSError as error:
        sys.stderr.write(f"edgecode: {plain(error.filename or 'output')}: {error.strerror}\n")
        return code or Exit.UNREADABLE
    except Exception as error:  # noqa: BLE001 - what is said above stands
        sys.stderr.write(f"edgecode: {failure(error, 'the files to write')}\n")
        return code or Exit.FAILED
    except KeyboardInterrupt:
        if code not in _FOUND:
            raise
        sys.stderr.write("edgecode: stopped, not all files were written\n")
    return code


def _task(options: Namespace, policy: Policy) -> Task:
    if options.mirror is not None and not any("://" in each for each in options.sources):
        raise BadTrust("--mirror: a folder is there already; a mirror is of an address")
    if options.openings is not None and options.no_rules:
        raise BadTrust("--openings: nothing would look at them with --no-rules")
    if options.engine is not None and options.openings is None:
        raise BadTrust("--engine: it reckons verdicts again whose cases are opened with --openings")
    if options.engine is not None and not engines.is_engine(options.engine):
        raise BadTrust(f"--engine: {options.engine} holds no {' and '.join(engines.SOURCES)}")
    openings, papers = _openings(options.openings)
    return Task(
        sources=tuple(options.sources),
        policy=policy,
        mirror=options.mirror,
        memory=Memory(options.state),
        openings=openings,
        papers=papers,
        engine=options.engine,
        with_rules=not options.no_rules,
        limits=_limits(options, policy),
        every_log_key=options.every_log_key,
    )


def _limits(options: Namespace, policy: Policy) -> Limits:
    if options.max_unwitnessed is not None and policy.quorum == NONE:
        raise BadTrust("--max-unwitnessed: the policy asks for no witness; it has quorum none")
    if options.max_unwitnessed is None:
        return Limits(options.max_age)
    return Limits(options.max_age, options.max_unwitnessed)


def _openings(path: Path | None) -> tuple[Mapping[str | None, Openings], Papers]:
    if path is None:
        return {}, Papers()
    try:
        return read_openings(path)
    except OSError as error:
        raise BadTrust(f"{path}: {error.strerror}") from None
    except BadOpenings as error:
        raise BadTrust(str(error)) from None


def _write_files(audit: Audit, options: Namespace, policy: Policy) -> None:
    if options.report is not None:
        _write(options.report, html_report(audit, policy))
    if options.evidence is None:
        return
    number = 0
    for log in audit.logs:
        for document in collect(log, audit.sources.get(log.source)):
            number += 1
            name = f"{number:03d}-{document.get('rule', document['claim'])}.json"
            _write(options.evidence / name, json.dumps(document, indent=1) + "\n")


def _write(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, "utf-8")
    draft.replace(path)


class _Progress:
    """One line that is drawn over, where somebody looks."""

    def __init__(self, *, is_shown: bool) -> None:
        self._is_shown = is_shown
        self._begun = time.monotonic()
        self._drawn = 0.0
        self._width = 0

    def __call__(self, done: int, size: int) -> None:
        now = time.monotonic()
        if not self._is_shown or now - self._drawn < _REDRAW_SECONDS:
            return
        self._drawn = now
        speed = done / max(now - self._begun, 0.001)
        self._draw(f"{done:,} of {size:,} entries ({100 * done // size} %), {speed:,.0f} a second")

    def end(self) -> None:
        """Leave the line empty."""
        if self._width:
            self._draw("")
            sys.stderr.write("\r")
            sys.stderr.flush()
            self._width = 0

    def _draw(self, text: str) -> None:
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()
        self._width = len(text)
