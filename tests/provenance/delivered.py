"""What a licensee holds: the signed file, and what stands beside it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from accounts.access import Actor
from catalog.models import Asset
from ledger.sequencer import advance
from licensing.models import Grant
from provenance.credentials.delivery import link, open_delivery, resolve
from provenance.credentials.files import read_signed
from provenance.credentials.signing import sign_pending
from provenance.models import Credential, CredentialForm
from provenance.verification.report import Report, verify_file
from tests import factories


@dataclass(frozen=True)
class Licensed:
    """A file that a studio granted to a lab, signed."""

    studio: Actor
    lab: Actor
    grant: Grant
    credential: Credential


def licence(studio: Actor, asset: Asset, lab: Actor | None = None) -> Licensed:
    """Grant a file to a lab, a new one if not said, and sign it."""
    lab = lab or factories.lab()
    grant = factories.grant(studio, lab, [asset])
    advance()
    sign_pending()
    credential = Credential.objects.get(granted_asset__grant=grant)
    assert credential.state == "done"
    return Licensed(studio, lab, grant, credential)


class Delivered:
    """A file as its licensee has it, with the sidecar that came along, if any."""

    def __init__(self, licensed: Licensed, folder: Path) -> None:
        self.studio, self.lab, self.grant = licensed.studio, licensed.lab, licensed.grant
        self.credential, asset = licensed.credential, licensed.credential.granted_asset.asset
        self.mime, self.folder = asset.mime, folder
        self.file = saved(self.credential, folder / asset.filename)
        self.sidecar = None
        if self.credential.form == CredentialForm.SIDECAR:
            self.sidecar = folder / f"{self.grant.code}.c2pa"
            self.sidecar.write_bytes(sidecar(self.credential))

    def report(
        self, file: Path | None = None, sidecar: Path | None = None, at: datetime | None = None
    ) -> Report:
        return verify_file(
            file or self.file,
            filename="name",
            mime=self.mime,
            sidecar=sidecar or self.sidecar,
            at=at,
        )


def content(credential: Credential) -> bytes:
    """The file that was signed under a credential, as it is delivered."""
    return b"".join(read_signed(credential, 0, credential.file_size))


def sidecar(credential: Credential) -> bytes:
    """The manifest that is delivered beside the file."""
    return bytes(credential.manifest.body)


def saved(credential: Credential, path: Path) -> Path:
    """The delivered file at `path`."""
    path.write_bytes(content(credential))
    return path


def fetch(lab: Actor, credential: Credential) -> None:
    """Let its licensee download the file."""
    delivery = open_delivery(actor=lab, credential_code=credential.code)
    resolve(link(delivery).split("/")[2])
