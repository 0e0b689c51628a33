"""What a file is, found out from its content, in the sandbox."""

import json
import logging
from pathlib import Path
from typing import Literal, TypedDict

from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid, Text
from catalog import sandbox

log = logging.getLogger("edgecode.catalog")


class AudioTrack(TypedDict):
    """One sound track; `language` as the file says (ISO 639), None if it says nothing."""

    codec: str
    channels: int
    sample_rate_hz: int
    language: str | None


class MediaFacts(TypedDict):
    """What is known of a file's content; None where it does not apply. Valid JSON."""

    kind: Literal["video", "audio", "image", "text"]
    container: str
    mime: str
    size_bytes: int
    duration_ms: int | None
    width: int | None
    height: int | None
    frame_rate: str | None  # frames a second as an exact fraction, "24000/1001"
    video_codec: str | None
    audio_tracks: list[AudioTrack]


class MediaRefused(Invalid):
    """The file is not what it should be: damaged, mislabelled, dangerous or not accepted."""

    def __init__(self, message: Text) -> None:
        super().__init__("file", message)


_REASONS = {
    "empty": _("The file is empty. Choose a file with content."),
    "archive": _("This is an archive. Unpack it and upload the files one by one."),
    "program": _("This is a program, not media. Programs are not accepted."),
    "ending": _("The file name's ending is not one we accept. Accepted: %(accepted)s."),
    "unknown": _("This kind of file is not accepted. Accepted: %(accepted)s."),
    "mislabelled": _(
        "The name says %(named)s, but the content is something else (%(found)s)."
        " Give the file its right name, or choose the right file."
    ),
    "truncated": _(
        "The file is incomplete, or something hangs on its end. Export or copy it again."
    ),
    "broken": _("The file is damaged: its content cannot be decoded. Export it again."),
    "no_media": _("The file contains neither picture nor sound."),
    "tracks": _("The file has %(count)s tracks; at most 128 are accepted."),
    "dimensions": _("A picture of %(width)s x %(height)s pixels is not accepted: too large."),
    "frame_rate": _("The film has no usable frame rate. Export it with a constant one."),
    "duration": _("The file must last more than nothing and at most 48 hours."),
    "encoding": _("The text is not UTF-8. Save it as UTF-8 and upload it again."),
}


def probe(path: Path, filename: str) -> MediaFacts:
    """Return the facts of the file at `path`, which the uploader calls `filename`.

    Raises MediaRefused with one line that says what is wrong. The file is read in a limited
    subprocess only; its content decides what it is, and the name must agree.
    """
    try:
        answer = sandbox.run(
            "catalog.probe_child",
            [str(path.absolute()), filename],
            cpu_seconds=60,
            wall_seconds=120,
            memory_bytes=3 * 2**29,
            reads=[path],
        )
    except sandbox.TimedOut:
        raise MediaRefused(_("The file takes too long to examine. Export it again.")) from None
    except sandbox.OutOfMemory:
        raise MediaRefused(_("The file takes too much memory to examine.")) from None
    except (sandbox.Crashed, sandbox.TooMuchOutput) as error:
        log.warning("examining a file of %s bytes: %s", path.stat().st_size, error)
        raise MediaRefused(_REASONS["broken"]) from None
    except sandbox.Refused as refusal:
        raise MediaRefused(_REASONS[refusal.reason] % refusal.params) from None
    facts: MediaFacts = json.loads(answer)
    return facts
