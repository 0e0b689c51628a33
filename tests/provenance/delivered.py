"""What a licensee holds: the signed file, and what stands beside it."""

from pathlib import Path

from accounts.access import Actor
from provenance.credentials.delivery import link, open_delivery, resolve
from provenance.credentials.files import read_signed
from provenance.models import Credential


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
