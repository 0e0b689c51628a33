"""`edgecode`: its command line, and what it says. The verbs are in modules of their own.

Exit codes: 0 clean, 1 a business rule is violated, 2 the log is broken or forged, 3 something
could not be read, 4 the log is older than allowed, 64 the command line is wrong, 70 the program
failed, 130 stopped by hand.
"""

import re
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple, NoReturn

from edgecode import (
    certificate,
    download,
    estimate,
    licences,
    request,
    search,
    sighting,
    upload,
    witness_server,
)
from edgecode.audit import evidence, receipts
from edgecode.audit.command import run_audit
from edgecode.audit.findings import failure
from edgecode.audit.outcome import Exit
from edgecode.audit.words import plain
from edgecode.trust import BadTrust, read_policy
from edgecode.verify import command as verify

_CODES = """exit codes:
  0    clean
  1    a rule of the business is violated
  2    the log is broken or forged: a signature, a hash, or a history that changed
  3    something could not be read (network, file); what could be read is right
  4    the log is older than --max-age or --max-unwitnessed (24h) allow; nothing else is wrong
  64   the command line is wrong
  70   the program itself failed, at the entry that the report names; nothing wrong was found so far
  130  stopped by hand before anything wrong was found; with --mirror the next run goes on
       where this one stopped
"""


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(Exit.USAGE, f"{self.prog}: {message}\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A log may hold any character; a terminal may not have it.
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    options = _parser().parse_args(arguments)
    try:
        return _run(options)
    except BadTrust as error:
        return _fail(Exit.USAGE, error)
    except (evidence.BadEvidence, receipts.BadReceipt) as error:
        return _fail(Exit.BROKEN, f"{options.file}: {error}")
    except OSError as error:
        return _fail(Exit.UNREADABLE, f"{error.filename or 'output'}: {error.strerror}")
    except KeyboardInterrupt:
        return _fail(Exit.STOPPED, "stopped")
    except Exception as error:  # noqa: BLE001 - a traceback ends with 1, which says something else
        return _fail(Exit.FAILED, failure(error, "this command"))


class _Verb(NamedTuple):
    help: str
    add_arguments: Callable[[ArgumentParser], None]
    run: Callable[[Namespace], int]


# What calls an installation with a key. Their codes: 0, 1 refused, 3, 64, 70, 130.
_AT_SITE = {
    "search": _Verb("find files on offer", search.add_arguments, search.run),
    "request": _Verb("ask for a licence", request.add_arguments, request.run),
    "estimate": _Verb("what could be had of a draft", estimate.add_arguments, estimate.run),
    "deals": _Verb("what is under way", licences.add_deals, licences.run_deals),
    "grants": _Verb("what is licensed", licences.add_grants, licences.run_grants),
    "download": _Verb("fetch the files of a grant", download.add_arguments, download.run),
    "certificate": _Verb(
        "fetch the certificate of a grant", certificate.add_arguments, certificate.run
    ),
    "sighting": _Verb("report where a file was seen", sighting.add_arguments, sighting.run),
    "upload": _Verb("send files of a title or likeness", upload.add_arguments, upload.run),
}


def _run(options: Namespace) -> int:
    if options.verb == "witness":
        return witness_server.run(options)
    if options.verb == "verify":
        return verify.run(options)
    if options.verb in _AT_SITE:
        return _AT_SITE[options.verb].run(options)
    policy = read_policy(options.policy, options.vkey)
    if options.verb == "audit":
        return run_audit(options, policy)
    raw = _bytes(options.file)
    if options.verb == "evidence":
        return _say(evidence.describe(raw, policy))
    return _say(receipts.describe(raw, _bytes(options.entry), policy))


def _parser() -> ArgumentParser:
    parser = _Parser(
        prog="edgecode",
        description="Check the public ledger of an Edgecode installation, and files licensed there,"
        " without trusting it; find, license and fetch files, and send them.",
        epilog=_CODES,
        formatter_class=RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, parser_class=_Parser)
    _audit_options(
        verbs.add_parser(
            "audit",
            help="check a whole log",
            epilog=_CODES,
            formatter_class=RawDescriptionHelpFormatter,
        )
    )
    receipt = verbs.add_parser("verify-receipt", help="check that an entry is in a log, offline")
    receipt.add_argument("file", type=Path, help="a .tlog-proof or .cose file")
    receipt.add_argument("--entry", type=Path, required=True, help="the entry's bytes")
    _trust_options(receipt)
    shown = verbs.add_parser("evidence", help="check a file of evidence, offline")
    shown.add_argument("file", type=Path, help="a .json file that an audit wrote")
    _trust_options(shown)
    verify.add_arguments(verbs.add_parser("verify", help="check a file and its licence, offline"))
    witness_server.add_arguments(verbs.add_parser("witness", help="cosign logs, over HTTP"))
    for name, verb in _AT_SITE.items():
        verb.add_arguments(verbs.add_parser(name, help=verb.help))
    return parser


def _audit_options(parser: ArgumentParser) -> None:
    parser.add_argument(
        "sources",
        nargs="+",
        metavar="URL_OR_FOLDER",
        help="https://.../ledger/, or the folder of an export; any shard stands for its history",
    )
    _trust_options(parser)
    parser.add_argument(
        "--mirror",
        type=Path,
        metavar="DIR",
        help="keep every verified file here: the next run fetches only what is new",
    )
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help="checkpoints seen before (default: a file per log in ~/.local/state/edgecode)",
    )
    parser.add_argument(
        "--max-age",
        type=_duration,
        metavar="DURATION",
        help="how long ago witnesses must have seen the log, without witnesses its last entry be"
        " dated: 90s, 30m, 12h, 7d (default: any age)",
    )
    parser.add_argument(
        "--max-unwitnessed",
        type=_waiting,
        metavar="N_OR_DURATION",
        help="how many of the last entries no quorum need have seen; or how long after what it saw"
        " the last entry of a folder may be dated, or a log at an address be shown (default: 24h,"
        " where the policy demands witnesses)",
    )
    parser.add_argument(
        "--every-log-key",
        action="store_true",
        help="all keys that the policy names for the log must sign, not just one",
    )
    parser.add_argument(
        "--openings", type=Path, metavar="FILE", help="facts shown to you, JSON lines"
    )
    parser.add_argument(
        "--engine",
        type=Path,
        metavar="DIR",
        help="a copy of Edgecode's source: reckon opened verdicts again with its engine, if it is"
        " the one that the log names (default: the engine that this program carries)",
    )
    parser.add_argument(
        "--report", type=Path, metavar="FILE.html", help="write a page to print and file"
    )
    parser.add_argument(
        "--evidence", type=Path, metavar="DIR", help="write each violation as a file with proofs"
    )
    parser.add_argument("--json", action="store_true", help="report as JSON on standard output")
    parser.add_argument("--quiet", action="store_true", help="say only what is wrong")
    parser.add_argument("--no-rules", action="store_true", help="check the cryptography only")


def _duration(text: str) -> timedelta:
    found = re.fullmatch(r"([1-9][0-9]{0,6})([smhd])", text, re.ASCII)
    if found is None:
        raise ArgumentTypeError(f"{text!r:.40} is no duration, such as 90s, 30m, 12h, 7d")
    unit = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}[found[2]]
    return timedelta(**{unit: int(found[1])})


def _waiting(text: str) -> int | timedelta:
    if re.fullmatch(r"0|[1-9][0-9]{0,15}", text, re.ASCII):
        return int(text)
    try:
        return _duration(text)
    except ArgumentTypeError:
        told = f"{text!r:.40} is no number of entries, and no duration, such as 12h, 7d"
        raise ArgumentTypeError(told) from None


def _trust_options(parser: ArgumentParser) -> None:
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--policy", type=Path, metavar="FILE", help="a tlog-policy file you trust")
    whose.add_argument(
        "--vkey", action="append", metavar="KEY", help="the log's key, or a file that holds it"
    )


def _bytes(path: Path) -> bytes:
    limit = evidence.BYTES_MAX
    with path.open("rb") as file:
        raw = file.read(limit + 1)
    if len(raw) > limit:
        raise evidence.BadEvidence(f"longer than {limit} bytes")
    return raw


def _say(lines: Sequence[str]) -> int:
    for line in lines:
        sys.stdout.write(f"{plain(line)}\n")
    return Exit.CLEAN


def _fail(code: Exit, reason: object) -> int:
    sys.stderr.write(f"edgecode: {plain(reason)}\n")
    return code
