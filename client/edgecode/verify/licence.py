"""What may be believed of a file that was licensed: each question by itself, and their sum.

Pure: no file, no clock, no network.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from edgecode.log.policy import Policy
from edgecode.verify.boxes import Left
from edgecode.verify.codes import as_map
from edgecode.verify.consents import consent_term, resting
from edgecode.verify.coverage import hash_of, inside_of, is_whole
from edgecode.verify.found import CONSENT, GRANT, Found
from edgecode.verify.grant import grant_of
from edgecode.verify.identity import identity_of
from edgecode.verify.integrity import integrity_of
from edgecode.verify.past import past_of
from edgecode.verify.signer import signer_of
from edgecode.verify.stamp import signed_by, time_of
from edgecode.verify.verdict import Check, Name, Outcome, Verdict


def judged(
    found: Found,
    logs: Policy,
    at: datetime,
    state: Check | None = None,
    *,
    now: datetime | None = None,
    signers: Collection[str] = (),
) -> Verdict:
    """Return what may be believed of a file that a manifest was found in or beside.

    `logs` are those whose keys are known, `at` is the time that the grant is asked about, `state`
    what a status list says of it, `now` the time by which who signed is judged (default `at`),
    `signers` as whom one must be certified, RFC 4514, where not everybody under a root counts.
    """
    now = now or at
    if is_whole(found):
        found = replace(found, left=Left())
    said = found.said
    grant = said.only(GRANT)
    integrity, signer = integrity_of(found), signer_of(found, now, signers)
    is_ours = integrity.holds and signer.holds
    hashed = hash_of(found, grant if is_ours else None, is_ours=is_ours)
    checks = [integrity, signer, time_of(found), hashed]
    checks += inside_of(found, integrity, hashed, is_ours=is_ours)
    if said.has_identity:
        checks.append(identity_of(said, GRANT, as_map((grant or {}).get("licensor"))))
    if is_ours:
        checks += past_of(said)
        checks += _granted(grant, logs, at, state)
        checks += [] if grant is None else _consents(found, at, now)
    return Verdict(
        _sum(checks),
        tuple(checks),
        found.file_sha256,
        at,
        found.manifest_id,
        grant if is_ours else None,
        tuple(said.stated(CONSENT)) if is_ours else (),
        as_map(found.answer.get("crjson")),
    )


def _granted(
    grant: Mapping[str, Any] | None, logs: Policy, at: datetime, state: Check | None
) -> Iterator[Check]:
    """Yield the answers about the grant that a signer whom we trust names: what a stranger says of
    one is no news."""
    if grant is None:
        yield Check("grant", Outcome.FAILED, "grant.none")
        return
    yield from grant_of(grant, logs, at)
    if state is not None:
        yield state


def _consents(found: Found, at: datetime, now: datetime) -> list[Check]:
    """Return what is said of the consents that a licensed file rests on. Since when those that its
    newest manifest strikes out had ended none tells: by when that was signed they had."""
    terms = [consent_term(each, at) for each in found.said.stated(CONSENT)]
    return resting(terms, found.struck, is_after=at >= signed_by(found, now))


def _sum(checks: Iterable[Check]) -> Name:
    """Return the verdict: the first of these, the worst first, for which there is a reason."""
    by_outcome: dict[Outcome, set[str]] = {outcome: set() for outcome in Outcome}
    for check in checks:
        by_outcome[check.outcome].add(check.id)
    failed, unknown = by_outcome[Outcome.FAILED], by_outcome[Outcome.UNKNOWN]
    reached = (
        (Name.ALTERED, failed & {"integrity"}),
        (Name.ALTERED, "hash" in failed and failed & {"signer", "grant"}),
        (Name.STRANGER, failed & {"signer"}),
        (Name.NO_GRANT, failed & {"grant"}),
        (Name.DISPUTED, failed & {"log", "identity", "hash", "inside"}),
        (Name.NOT_IN_FORCE, failed),
        (Name.UNPROVEN, unknown & {"log", "status", "grant", "consent"}),
    )
    return next((name for name, why in reached if why), Name.LICENSED)
