"""A time-stamp token (RFC 3161) without what nobody signed. Pure.

Its authority signs a statement and some attributes. Beside them anybody may put certificates, lists
of revocations, further attributes and other bytes (CMS, RFC 5652, section 5): room for whole files
in what is said to be exactly as it was signed.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

_OCTETS, _OID, _SEQUENCE, _SET, _CONTEXT = 0x04, 0x06, 0x30, 0x31, 0xA0
_KEY_NAME: Final = 0x80  # a signer named by its key
_SIGNER: Final = ((_SEQUENCE, _KEY_NAME), (_SEQUENCE,), (_CONTEXT,), (_SEQUENCE,), (_OCTETS,))
# Algorithms, the signer's name and the signature itself, which is of 512 bytes at the most.
_REST_MAX: Final = 1_500
_UNKNOWN_MAX: Final = 8_000  # of one that nobody is there to vouch for: room for three certificates
# What a certificate runs into that is none, or that did not issue another.
_REFUSED: Final = (
    *(ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm, x509.InvalidVersion),
)


class _Item(NamedTuple):
    """An element of DER: its tag, what it holds, and all of it."""

    tag: int
    body: bytes
    whole: bytes


def bare(token: bytes, roots: str) -> bytes:
    """Return a token (DER) with no more than its authority signed and the certificates under these
    roots (PEM) that it brings; under no roots all of them, in a token of 8,000 bytes at the most.
    ValueError for what is no token, and for more in it than can be taken out."""
    if not roots and len(token) > _UNKNOWN_MAX:
        raise ValueError("it holds more than a time stamp")
    (whole,) = _items(token)
    kind, content = _items(whole.body)
    (signed,) = _items(content.body)
    version, algorithms, said, *more, signers = _items(signed.body)
    _check_statement(said)
    signer = _signer(signers)
    brought = [each for each in more if each.tag == _CONTEXT]
    certificates = _under(brought[0], roots) if brought else b""
    rest = len(kind.whole + version.whole + algorithms.whole + signer.body)
    if rest - len(_attributes(signer)) > _REST_MAX:
        raise ValueError("it holds more than a time stamp")
    kept = version.whole + algorithms.whole + said.whole + certificates
    data = _der(_SEQUENCE, kept + _der(_SET, signer.whole))
    return _der(_SEQUENCE, kind.whole + _der(_CONTEXT, data))


def is_bare(token: bytes, roots: str) -> bool:
    """Return whether a token holds no more than `bare` leaves of it. One that brings certificates
    under other roots does."""
    try:
        return bare(token, roots) == token
    except ValueError:
        return False


def _check_statement(said: _Item) -> None:
    kind, content = _items(said.body)
    (octets,) = _items(content.body)
    if (kind.tag, octets.tag) != (_OID, _OCTETS):
        raise ValueError("it holds no statement")


def _signer(signers: _Item) -> _Item:
    """Return the only signer, without the attributes that nobody signed."""
    (signer,) = _items(signers.body)
    version, *parts = list(_items(signer.body))[: 1 + len(_SIGNER)]
    if len(parts) < len(_SIGNER) or any(
        part.tag not in tags for part, tags in zip(parts, _SIGNER, strict=True)
    ):
        raise ValueError("it is signed in another form")
    body = b"".join(part.whole for part in (version, *parts))
    return _Item(_SEQUENCE, body, _der(_SEQUENCE, body))


def _attributes(signer: _Item) -> bytes:
    return next(each.whole for each in _items(signer.body) if each.tag == _CONTEXT)


def _under(brought: _Item, roots: str) -> bytes:
    """Return the certificates that stand under the roots, in their order."""
    found = list(_items(brought.body))
    if not roots:
        return brought.whole
    known, left = list(_loaded(roots)), [(each, _certificate(each.whole)) for each in found]
    kept: set[bytes] = set()
    while fresh := [
        (item, each)
        for item, each in left
        if item.whole not in kept and each is not None and _is_under(each, known)
    ]:
        kept |= {item.whole for item, _each in fresh}
        known += [each for _item, each in fresh]
    body = b"".join(each.whole for each in found if each.whole in kept)
    return _der(_CONTEXT, body) if body else b""


@lru_cache(maxsize=4)
def _loaded(roots: str) -> tuple[x509.Certificate, ...]:
    return tuple(x509.load_pem_x509_certificates(roots.encode()))


def _certificate(der: bytes) -> x509.Certificate | None:
    try:
        return x509.load_der_x509_certificate(der)
    except _REFUSED:
        return None


def _is_under(certificate: x509.Certificate, known: list[x509.Certificate]) -> bool:
    return certificate in known or any(is_issued(certificate, each) for each in known)


def is_issued(below: x509.Certificate, above: x509.Certificate) -> bool:
    """Return whether one certificate was issued under the other, of an authority."""
    try:
        below.verify_directly_issued_by(above)
        return above.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (*_REFUSED, x509.ExtensionNotFound, x509.DuplicateExtension):
        return False


def _items(data: bytes) -> Iterator[_Item]:
    """Yield what stands one after the other. ValueError unless it is DER."""
    at = 0
    while at < len(data):
        begin, size, at = at, int.from_bytes(data[at + 1 : at + 2]), at + 2
        if size > 0x80:
            width = size & 0x7F
            size, at = int.from_bytes(data[at : at + width]), at + width
        elif size == 0x80:
            raise ValueError("it is of no length")
        tag, body = data[begin], data[at : at + size]
        at += size
        if at > len(data) or data[begin:at] != _der(tag, body):
            raise ValueError("it is cut off, or written in another way than DER")
        yield _Item(tag, body, data[begin:at])


def _der(tag: int, body: bytes) -> bytes:
    size = len(body)
    if size < 0x80:
        return bytes((tag, size)) + body
    width = (size.bit_length() + 7) // 8
    return bytes((tag, 0x80 | width)) + size.to_bytes(width) + body
