"""A time-stamping authority after RFC 3161: it signs "these bytes existed at this time".

`respond` is the whole protocol, bytes in and bytes out. What this authority says proves nothing
against the operator of this installation; it keeps credentials readable after their signer has
expired.
"""

from asn1crypto import cms, core, tsp

from provenance.trust.tokens import DIGEST_BYTES, POLICY, token


class _RefusedError(Exception):
    """A request that gets a rejection: the PKIFailureInfo bit, and the sentence beside it."""

    def __init__(self, failure: str, message: str) -> None:
        super().__init__(message)
        self.failure = failure


class _Rejection(core.Sequence):  # type: ignore[misc] # the library has no types
    """A TimeStampResp without a token, which asn1crypto's own does not allow."""

    _fields = [("status", tsp.PKIStatusInfo)]


def respond(request_der: bytes) -> bytes:
    """Return the DER TimeStampResp to the DER TimeStampReq; a bad request gets a rejection."""
    try:
        request = _checked(request_der)
    except _RefusedError as refusal:
        status = {
            "status": "rejection",
            "status_string": [str(refusal)],
            "fail_info": {refusal.failure},
        }
        rejection: bytes = _Rejection({"status": status}).dump()
        return rejection
    imprint = request["message_imprint"].native
    made = token(
        imprint["hashed_message"],
        imprint["hash_algorithm"]["algorithm"],
        nonce=request["nonce"].native,
        certified=request["cert_req"].native,
    )
    granted = {"status": {"status": "granted"}, "time_stamp_token": cms.ContentInfo.load(made)}
    response: bytes = tsp.TimeStampResp(granted).dump()
    return response


def _checked(request_der: bytes) -> tsp.TimeStampReq:
    try:
        request = tsp.TimeStampReq.load(request_der, strict=True)
        native = request.native  # parses every field
    except (ValueError, TypeError, OverflowError, KeyError) as error:
        raise _RefusedError("bad_data_format", "not a DER TimeStampReq") from error
    if native["version"] != "v1":
        raise _RefusedError("bad_request", "only version 1 is known")
    imprint = native["message_imprint"]
    expected = DIGEST_BYTES.get(imprint["hash_algorithm"]["algorithm"])
    if expected is None:
        raise _RefusedError("bad_alg", "the imprint must be SHA-256, SHA-384 or SHA-512")
    if len(imprint["hashed_message"]) != expected:
        raise _RefusedError("bad_data_format", "the imprint's length is not its algorithm's")
    policy = request["req_policy"]
    if native["req_policy"] is not None and policy.dotted != POLICY:
        raise _RefusedError("unaccepted_policy", f"only policy {POLICY} is offered")
    if native["extensions"]:
        raise _RefusedError("unaccepted_extensions", "extensions are not supported")
    return request
