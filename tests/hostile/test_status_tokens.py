"""Status lists that are none: the client says that it cannot tell, whatever it was given."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.utils import timezone

from edgecode.command import main
from edgecode.verify import Outcome
from edgecode.verify.grant import grant_term
from edgecode.verify.status import Entry, check_of
from provenance.status_tokens import blank, sealed
from provenance.trust import pki

URI = "https://example.org/api/v1/status-lists/1/"
ENTRY = Entry({"uri": URI, "index": 0})
HEAD = {"alg": "ES256", "typ": "statuslist+jwt"}


def part(said: object) -> bytes:
    raw = said if isinstance(said, bytes) else json.dumps(said).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def of_root() -> str:
    der = pki._claim_root().leaf.public_bytes(Encoding.DER)
    return base64.b64encode(der).decode()


@pytest.mark.parametrize("chain", [[], ["root"], {}, None, "root", [1], [[]]])
@pytest.mark.parametrize("body", [{}, {"iat": 1}, {"iat": 1e300}, [], b"[" * 100_000], ids=repr)
def test_any_token_is_judged(chain: object, body: object) -> None:
    named = [of_root()] if chain == ["root"] else chain
    for head in ({**HEAD, "x5c": named}, [HEAD], b"[" * 100_000):
        token = b".".join((part(head), part(body), part(bytes(64))))
        check = check_of(token, ENTRY, pki.claim_anchor_pem(), timezone.now())
        assert (check.outcome, check.said) == (Outcome.UNKNOWN, "status.unreadable")
    for other in (b"", b"\xff\xd8\xff", b"<!doctype html>"):  # another file, taken for one
        check = check_of(other, ENTRY, pki.claim_anchor_pem(), timezone.now())
        assert check.values == {"reason": "it is malformed, or no status list at all"}


def test_a_list_is_not_believed_once_its_signers_certificate_is_over() -> None:
    """Whoever finds the key then could date a list back, and give it any life."""
    signer = pki.issue_status_signer(pki._claim_intermediate(), timedelta(days=1))
    now = datetime.now(UTC)
    made = {"uri": URI, "issued": int(now.timestamp()), "lives_s": 10**9, "fresh_s": 60}
    token = sealed(bytes(blank()), **made, key=signer.key, chain_pem=signer.chain_pem).encode()
    for later, outcome in ((0, Outcome.OK), (25, Outcome.UNKNOWN)):
        at = now + timedelta(hours=later)
        assert check_of(token, ENTRY, pki.claim_anchor_pem(), at).outcome == outcome


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_times_that_no_clock_shows_are_refused(
    moment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    check = grant_term({"start": moment, "end": None}, timezone.now())
    assert (check.outcome, check.said) == (Outcome.FAILED, "term.malformed")
    with pytest.raises(SystemExit) as ended:
        main(["verify", __file__, "--at", moment])
    assert ended.value.code == 64
    assert "is no time" in capsys.readouterr().err
