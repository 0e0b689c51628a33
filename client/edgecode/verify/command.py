"""`edgecode verify`: from the options to the report."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace, RawDescriptionHelpFormatter
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path

from edgecode.audit.words import plain
from edgecode.terminal import forget_output, moment
from edgecode.verify import (
    BadBundle,
    CannotRead,
    Check,
    Name,
    Outcome,
    Verdict,
    read_bundle,
    verify,
)
from edgecode.verify.words import LANGUAGES, as_json, headline, lines

CODES = """exit codes:
  0    sound, signed by whom you trust, and granted at that time; of what a licensee made:
       declared in the log, under grants and consents of which none is known to have ended
  1    anything less
  2    cannot tell: the file or what checks it could not be read, or nobody was named to trust
  64   the command line is wrong
"""


class Answer(IntEnum):
    """How `edgecode verify` ends."""

    SOUND = 0
    LESS = 1
    CANNOT_TELL = 2


def add_arguments(parser: ArgumentParser) -> None:
    """Describe the command line."""
    parser.epilog, parser.formatter_class = CODES, RawDescriptionHelpFormatter
    parser.add_argument("file", type=Path, help="the file")
    parser.add_argument("--sidecar", type=Path, metavar="FILE", help="the .c2pa file beside it")
    parser.add_argument(
        "--trust",
        type=Path,
        metavar="PEM",
        help="whom you trust: an installation's trust-bundle.pem, or roots"
        " (default: $EDGECODE_TRUST, or what came with this program)",
    )
    parser.add_argument(
        "--status", type=Path, metavar="FILE", help="a status list that was downloaded"
    )
    parser.add_argument(
        "--at",
        type=_past,
        metavar="TIME",
        help="when the licence must be in force: 2027-01-31 or 2027-01-31T12:00:00Z (default: now)",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="the report as JSON")
    how.add_argument(
        "--crjson", action="store_true", help="what the file says, as C2PA's own JSON (crJSON)"
    )
    parser.add_argument("--lang", choices=LANGUAGES, default="en", help="language of the report")


def run(options: Namespace) -> int:
    """Verify as the options say, tell it, and return the exit code."""
    try:
        trust = read_bundle(options.trust)
        verdict = verify(
            options.file,
            sidecar=options.sidecar,
            trust=trust,
            at=options.at,
            status=options.status,
        )
    except (BadBundle, CannotRead) as error:
        return _unread(options, str(error), is_trust=isinstance(error, BadBundle))
    except OSError as error:
        return _unread(options, f"{error.filename or options.file}: {error.strerror or error}")
    code = _tell(options, verdict)
    if trust is None:
        return _cannot("nobody was named to trust: --trust FILE, or $EDGECODE_TRUST")
    return _code(verdict) if code is None else code


def _tell(options: Namespace, verdict: Verdict) -> int | None:
    """Say the verdict; return the exit code only where it could not be said."""
    if options.crjson and not verdict.crjson:
        return _cannot(headline(verdict, options.lang))
    if options.crjson:
        said = [json.dumps(verdict.crjson, indent=1)]
    elif options.json:
        said = [json.dumps(as_json(verdict, options.lang), indent=1)]
    else:
        said = list(lines(verdict, options.lang))
    try:
        sys.stdout.writelines(f"{line}\n" for line in said)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads it has had enough, as `head` does
        forget_output()
    except OSError as error:
        forget_output()
        return _cannot(f"output: {error.strerror or error}")
    return None


def _unread(options: Namespace, reason: str, *, is_trust: bool = False) -> int:
    """Say why nothing can be told, to programs as well. `reason` begins with the name of what could
    not be read; `is_trust`: it is who is trusted."""
    if options.json:
        said = "input.trust" if is_trust else f"input.{_unread_input(options, reason)}"
        check = Check("input", Outcome.UNKNOWN, said, {"why": plain(reason)})
        at = options.at or datetime.now(UTC)
        _tell(options, Verdict(Name.UNREADABLE, (check,), "", at))
    return _cannot(reason)


def _unread_input(options: Namespace, reason: str) -> str:
    if reason.startswith(f"{options.file}:"):
        return "failed"
    named = {"sidecar": options.sidecar, "status": options.status}
    found = (name for name, path in named.items() if reason.startswith(f"{path}:"))
    return next(found, "failed")


def _code(verdict: Verdict) -> int:
    if verdict.name in {Name.LICENSED, Name.MADE}:
        return Answer.SOUND
    unknown = {Name.UNREADABLE, Name.UNPROVEN}
    return Answer.CANNOT_TELL if verdict.name in unknown else Answer.LESS


def _cannot(reason: object) -> int:
    sys.stderr.write(f"edgecode: {plain(reason)}\n")
    return Answer.CANNOT_TELL


def _past(text: str) -> datetime:
    at = moment(text)
    if at > datetime.now(UTC):
        raise ArgumentTypeError("nobody knows yet what will hold then; ask about the past")
    return at
