"""Giving an output back as it was signed: the file, and the newest manifest beside it."""

from functools import partial

from django.utils.translation import gettext_lazy as _

from accounts.access import Actor
from accounts.errors import Conflict, NotFound
from catalog.models import WorkState
from catalog.objects import object_store
from provenance.credentials.delivery import Download
from provenance.models import Output
from provenance.outputs.declaring import find_output, is_maker


def output_file(actor: Actor, code: str) -> Download:
    """Return the signed file: to its maker, and to those who licensed what it was made with where
    the maker shows it. Raises NotFound, also where only its hash was given, and Conflict."""
    output = _signed(actor, code)
    if output.file is None or not (output.is_shown or is_maker(actor, output)):
        raise NotFound
    return Download(
        size=output.signed_size,
        filename=output.filename,
        mime=output.file.mime,
        tag=output.signed_sha256,
        read=partial(object_store().read_range, output.signed_key),
    )


def output_manifest(actor: Actor, code: str) -> Download:
    """Return the newest manifest, to its maker alone: it names all that it was made with. Raises
    NotFound, Conflict."""
    output = _signed(actor, code)
    if not is_maker(actor, output):
        raise NotFound
    name, body = output.newest
    return Download.of_manifest(body, of=output.filename or output.code, tag=name)


def _signed(actor: Actor, code: str) -> Output:
    output = find_output(actor, code)
    if output.state != WorkState.DONE:
        raise Conflict(_("It is still being signed; try again in a moment."))
    return output
