"""Taking a part of a file from the body of a request, by the link that permits it."""

from django.utils.translation import gettext_lazy as _

from accounts.errors import Invalid, NotFound
from catalog.intake import Readable, receive
from catalog.object_interface import Part
from catalog.object_links import part_ticket
from catalog.object_parts import PartsFolder
from catalog.objects import object_store
from catalog.sealed_parts import SealedParts, is_sealed_upload
from catalog.sealing import SealingStore


def receive_part(token: str, body: Readable, content_length: int | None) -> Part:
    """Take the part that a link permits from the body of a request, and return it.

    Raises NotFound for a forged link or a gone upload, NotAllowed for an expired one, Invalid for
    a body that is cut off, too long or hashes to something else, Conflict where the part is in
    with other content. After an error nothing of it is left.
    """
    ticket = part_ticket(token)
    incoming = _incoming(ticket.upload_id)
    if content_length not in {None, ticket.size_bytes}:
        raise Invalid(
            "file",
            _("Part %(number)s has %(expected)s bytes, not %(announced)s.")
            % {
                "number": ticket.number,
                "expected": ticket.size_bytes,
                "announced": content_length,
            },
        )
    incoming.check_open(ticket.upload_id)
    with receive(
        body,
        max_bytes=ticket.size_bytes,
        expected_sha256=ticket.sha256,
        expected_bytes=ticket.size_bytes,
    ) as intake:
        incoming.take(ticket, intake.path)
    return Part(ticket.number, ticket.size_bytes, ticket.sha256)


def _incoming(upload_id: str) -> PartsFolder | SealedParts:
    store = object_store()
    if isinstance(store, SealingStore) and is_sealed_upload(upload_id):
        return store.sealed_parts
    incoming = getattr(store, "incoming", None)
    if not isinstance(incoming, PartsFolder):  # a bucket takes parts itself
        raise NotFound
    return incoming
