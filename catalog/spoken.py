"""What is said in a film or sound: importing SubRip and WebVTT, and finding it by time."""

import hashlib

from django.db import transaction
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from accounts.access import Actor
from accounts.errors import Conflict, Invalid
from catalog.assets import check_filename, require_upload, touch_file
from catalog.descriptions import check_language
from catalog.models import Asset, AssetKind, Cue, MediaReading, Transcript
from catalog.shots.transcripts import MAX_BYTES, NotATranscript, parse

_BATCH = 1000
MAX_TRANSCRIPTS = 100
_HEARD = {AssetKind.PICTURE, AssetKind.AUDIO}
# What catalog.shots.transcripts says, kept as it says it, and told in the reader's language.
REASONS = (
    gettext_noop("more than 32 MiB"),
    gettext_noop("the text is neither UTF-8 nor CP949; save it as UTF-8"),
    gettext_noop("no line says 00:00:00,000 --> 00:00:00,000"),
    gettext_noop("no time"),
    gettext_noop("the times cannot be read"),
    gettext_noop("it ends before it begins"),
    gettext_noop("later than 48 hours"),
    gettext_noop("it begins after the end of the file"),
    gettext_noop("more than 100,000 cues"),
    gettext_noop("no text"),
)


def import_transcript(
    *, actor: Actor, asset: Asset, content: bytes, filename: str, language: str
) -> Transcript:
    """Keep what is said in the file, in that language, in place of what was there before.

    `content` is SubRip or WebVTT. A cue that cannot be read, or begins after the end of the file,
    is left out and counted, with the first reasons. Raises Invalid("file", …) for any other
    content, and where no cue is left; Invalid("language", …).
    """
    require_upload(actor, asset.owner)
    if asset.kind not in _HEARD:
        raise Conflict(_("Nothing is heard in this kind of file."))
    language = check_language("language", language)
    filename = check_filename(filename)
    try:
        parsed = parse(content, _duration_ms(asset), language)
    except NotATranscript as error:
        raise Invalid(
            "file",
            _("This is no transcript in SubRip or WebVTT (%(reason)s).")
            % {"reason": gettext(str(error))},
        ) from None
    if not parsed.cues:
        line, reason = parsed.reasons[0]
        raise Invalid(
            "file",
            _("No cue of this transcript can be used; the first is in line %(line)s: %(reason)s.")
            % {"line": line, "reason": gettext(reason)},
        )
    with transaction.atomic():
        # The file's row is locked, so two imports never mix.
        Asset.objects.select_for_update().get(pk=asset.pk)
        asset.transcripts.filter(language=language).delete()
        if asset.transcripts.count() >= MAX_TRANSCRIPTS:
            raise Conflict(
                _("A file has at most %(most)s transcripts.") % {"most": MAX_TRANSCRIPTS}
            )
        transcript = Transcript.objects.create(
            asset=asset,
            language=language,
            filename=filename,
            sha256=hashlib.sha256(content).hexdigest(),
            left_out=parsed.left_out,
            reasons=parsed.reasons,
        )
        Cue.objects.bulk_create(
            (
                Cue(
                    transcript=transcript,
                    number=number,
                    start_ms=cue.start_ms,
                    end_ms=cue.end_ms,
                    text=cue.text,
                    speaker=cue.speaker or "",
                )
                for number, cue in enumerate(parsed.cues, start=1)
            ),
            batch_size=_BATCH,
        )
        touch_file(asset)
    return transcript


def _duration_ms(asset: Asset) -> int | None:
    """Return how long the file is, rounded up, where it was read from beginning to end."""
    readings = MediaReading.objects.filter(asset=asset, is_whole=True)
    duration_us = readings.values_list("duration_us", flat=True).first()
    return None if duration_us is None else -(-duration_us // 1000)


@transaction.atomic
def remove_transcript(*, actor: Actor, asset: Asset, language: str) -> None:
    """Take a transcript away; one that is not there is no error."""
    require_upload(actor, asset.owner)
    asset.transcripts.filter(language=language).delete()
    touch_file(asset)


__all__ = ["MAX_BYTES", "import_transcript", "remove_transcript"]
