"""The report to print and to file: one page that needs nothing but itself, and runs nothing."""

from collections.abc import Iterable, Iterator
from html import escape

from edgecode.audit import words
from edgecode.audit.evidence import TITLES
from edgecode.audit.findings import LogFindings
from edgecode.audit.outcome import opened, outcome, sentence, word
from edgecode.audit.task import Audit
from edgecode.log.leaf import TIME_FORMAT
from edgecode.log.policy import Policy

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
@page {{ size: A4; margin: 16mm }}
body {{ font: 10.5pt/1.45 system-ui, sans-serif; color: #111; background: #fff; max-width: 178mm;
  margin: 2rem auto; padding: 0 1rem }}
h1 {{ font-size: 1.5rem; margin: 0 0 .25rem }}
h2 {{ font-size: 1.05rem; margin: 1.5rem 0 .25rem; break-after: avoid }}
p {{ margin: .25rem 0 }}
.outcome {{ border: 2px solid; padding: .6rem .8rem; margin: 1rem 0; font-weight: 600 }}
.clean {{ color: #14532d }}
.broken, .violations {{ color: #991b1b }}
.unreadable, .stale, .failed {{ color: #7c2d12 }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; vertical-align: top; padding: .2rem .6rem .2rem 0;
  border-bottom: 1px solid #ddd; overflow-wrap: anywhere }}
th {{ width: 9.5rem; font-weight: 600 }}
li {{ margin: .2rem 0; overflow-wrap: anywhere }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; font-size: 8.5pt; border: 1px solid #ddd;
  padding: .5rem }}
.sign {{ display: flex; gap: 2rem; margin-top: 2.5rem }}
.sign span {{ flex: 1; border-top: 1px solid #111; padding-top: .2rem; font-size: 9pt }}
@media print {{ body {{ margin: 0; padding: 0; max-width: none }} }}
</style>
</head>
<body>
<h1>Audit of a public ledger</h1>
<p>{when}</p>
<p class="outcome {word}">{sentence}</p>
{logs}
<h2>What this shows</h2>
<p>{proves}</p>
<h2>What it does not show</h2>
<p>{proves_not}</p>
<p class="sign"><span>Auditor</span><span>Place and date</span></p>
</body>
</html>
"""


def html_report(audit: Audit, policy: Policy) -> str:
    """Return the page."""
    code = outcome(audit.logs)
    took = f"{audit.started.strftime(TIME_FORMAT)}, {audit.seconds:.1f} s"
    return _PAGE.format(
        title=_text(f"Audit: {word(code)}, {audit.started:%Y-%m-%d}"),
        when=_text(f"{took}, by the program edgecode"),
        word=word(code),
        sentence=_text(sentence(audit.logs, with_rules=audit.with_rules)),
        logs="\n".join(_log(log, audit, policy) for log in audit.logs),
        proves=_text(words.proves(audit.logs)),
        proves_not=_text(words.DOES_NOT_PROVE),
    )


def _log(log: LogFindings, audit: Audit, policy: Policy) -> str:
    name = log.checkpoint.origin if log.checkpoint is not None else log.source
    rows = "\n".join(
        f"<tr><th>{_text(heading)}</th><td>{_text(content)}</td></tr>"
        for heading, content in _rows(log, audit, policy)
    )
    parts = [f"<h2>{_text(name)}</h2>", f"<table>{rows}</table>"]
    parts += _list("What is wrong", (f"{kind}: {line}" for kind, line in words.complaints(log)))
    broken = dict.fromkeys(violation.rule for violation in log.violations.first)
    parts += _list("The rules that are broken", (f"{id_}: {TITLES.get(id_, '')}" for id_ in broken))
    parts += _list("Remarks", log.remarks)
    if log.note:
        note = "\n".join(map(words.plain, log.note.split("\n")))
        parts.append(f"<h2>The audited checkpoint</h2>\n<pre>{escape(note)}</pre>")
    return "\n".join(parts)


def _rows(log: LogFindings, audit: Audit, policy: Policy) -> Iterator[tuple[str, str]]:
    yield "Read from", log.source
    if log.checkpoint is None:
        return
    yield "Entries", f"{log.checkpoint.size:,}"
    yield "Root", log.checkpoint.root.hex()
    yield "Signed by", words.signed_by(log)
    yield "Witnesses", words.witnessed(log, policy)
    yield "Age", words.age(log, audit.started)
    yield "Earlier checkpoints", words.compared(log)
    if log.held_by:
        yield "Goes on", words.goes_on(log)
    yield "Checked", f"{log.entries:,} entries, {log.files:,} files, {log.bytes_read:,} bytes"
    yield "Rules", words.replayed(log, with_rules=audit.with_rules)
    yield "Openings", opened([log]) if log.commitments is not None else "none were given"
    if log.verdicts:
        yield "Verdicts", words.reckoned(log)


def _list(heading: str, lines: Iterable[str]) -> list[str]:
    items = "".join(f"<li>{_text(line)}</li>" for line in lines)
    return [f"<h2>{_text(heading)}</h2>\n<ul>{items}</ul>"] if items else []


def _text(text: object) -> str:
    return escape(words.plain(text))
