"""What the commands that call an installation say, and how they are told where and who."""

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from edgecode.audit.outcome import Exit
from edgecode.audit.words import plain
from edgecode.client import Client, NotSetUp
from edgecode.site import Refused, Unreachable


def add_server(parser: ArgumentParser) -> None:
    """Describe the options that say which installation is meant, and whose key is used."""
    parser.add_argument(
        "--server",
        default=os.environ.get("EDGECODE_SERVER"),
        metavar="URL",
        help="https://example.org/ (default: $EDGECODE_SERVER)",
    )
    parser.add_argument(
        "--key-file",
        type=Path,
        metavar="FILE",
        help="holds the API key (default: $EDGECODE_API_KEY, or the file $EDGECODE_API_KEY_FILE)",
    )


def at_site(options: Namespace, work: Callable[[Client], Exit]) -> Exit:
    """Do the work with the installation that the options name; return how it ended, said in one
    line where not by itself."""
    try:
        client = Client(options.server, key_file=options.key_file, tell=say)
    except NotSetUp as refusal:
        say(refusal)
        return Exit.USAGE
    try:
        return work(client)
    except Refused as refusal:
        say(refusal)
        return Exit.VIOLATIONS
    except Unreachable as error:
        say(f"{error}; run the same command again to go on")
        return Exit.UNREADABLE
    except BrokenPipeError:
        # Whoever read our output has had enough, as `head` does.
        forget_output()
        return Exit.CLEAN
    except KeyboardInterrupt:
        say("stopped; run the same command again to go on")
        return Exit.STOPPED


def forget_output() -> None:
    """Say no more where nobody can be told: nothing is left to be flushed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def moment(text: str) -> datetime:
    """Return the time that an argument names; one without a zone is in UTC."""
    try:
        found = datetime.fromisoformat(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ArgumentTypeError(f"{text!r:.40} is no time, such as 2027-01-31") from None


def say(text: object) -> None:
    """Tell the caller a line."""
    sys.stderr.write(f"edgecode: {plain(text)}\n")
