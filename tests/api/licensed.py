"""A picture that a studio has licensed to a lab: signed, registered, and told of by the log.

For a module that begins most of its tests with it: `licensed_picture = kept(sold_picture)`.
"""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from accounts.access import Actor
from catalog.models import Asset
from ledger.sequencer import advance
from licensing.models import Grant
from provenance.credentials.signing import sign_pending
from provenance.repository.registrations import register_pending
from tests import factories
from tests.api.callers import Caller
from tests.provenance.pictures import drawn, jpeg


@dataclass(frozen=True)
class Known:
    """The owner of an organisation, and the secret of its key."""

    actor: Actor
    secret: str

    def caller(self) -> Caller:
        return Caller(self.actor, self.secret)


@dataclass(frozen=True)
class Licensed:
    studio: Known
    lab: Known
    outsider: Known  # a studio that has nothing to do with the others
    grant: Grant


def licensed_picture() -> Licensed:
    studio, lab, outsider = factories.studio(), factories.lab(), factories.studio()
    grant = factories.grant(studio, lab, [offered_picture(studio)])
    advance()
    assert (sign_pending(), register_pending()) == (1, 1)
    advance()
    return Licensed(known(studio), known(lab), known(outsider), grant)


def known(actor: Actor) -> Known:
    return Known(actor, factories.api_key(actor))


def offered_picture(studio: Actor, seed: int = 1) -> Asset:
    """A picture that a studio offers."""
    film = factories.title(studio, name=f"Film {seed}")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "still.jpg"
        path.write_bytes(jpeg(drawn(seed)))
        asset = factories.asset(studio, film, path)
    factories.ownership(studio, film)
    factories.offer(studio, film)
    return asset
