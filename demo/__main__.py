"""`python -m demo [--once] [--port N] [--titles N]`: set the site up, play the story, serve it.

`make demo` calls this. With --once it ends after the story and its verification: exit code 0
when everything held. What the story leaves stands in var/demo/; running it again plays only what
is missing, and touches nothing that a user added.
"""

import argparse
import os
import signal
import sys
import time
from types import FrameType
from typing import NoReturn

import requests

from demo.progress import Progress
from demo.site import ENDINGS, Site, SiteError
from demo.story import play


def _end(_signal: int, _frame: FrameType | None) -> NoReturn:
    """Interrupt; and again in a second, because one that falls into a finalizer is swallowed."""
    signal.setitimer(signal.ITIMER_REAL, 1)
    raise KeyboardInterrupt


def main() -> int:
    parser = argparse.ArgumentParser(prog="demo", description=__doc__.splitlines()[0])
    parser.add_argument("--once", action="store_true", help="end after the story")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument(
        "--titles", type=int, default=20_000, help="register at most so many titles (default: all)"
    )
    options = parser.parse_args()
    progress = Progress()
    os.umask(0o077)  # what the story leaves holds log-ins and unreleased film
    # Whoever ends this process ends what it started, as Ctrl-C does.
    # All by name: a shell that starts us in the background has SIGINT ignored.
    for ending in ENDINGS:
        signal.signal(ending, _end)
    try:
        with Site(options.port) as site:
            story = play(site, progress, titles=options.titles)
            print(story.summary(), flush=True)
            if options.once:
                return 0
            print("Ctrl-C ends the server.", flush=True)
            while site.is_running():
                time.sleep(0.5)
            raise SiteError("The server ended by itself; its message is above.")
    except (SiteError, requests.RequestException) as error:
        progress.failed(str(error))
        return 1
    except KeyboardInterrupt:
        print("\nEnded.")
        return 0


if __name__ == "__main__":
    sys.exit(main())
