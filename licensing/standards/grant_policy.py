"""A grant as an ODRL 2.2 policy: its agreement's, with what became of it since."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from edgecode.log.canonical import JSON
from licensing.standards.offered import Loss
from licensing.standards.tdmrep import listed

# What no policy of a grant says as precisely as the grant, or says in words of our profile only. A
# reader that does not know the profile finds no action that it knows, and allows nothing.
LOSSES = [
    Loss("clauses", "unsaid"),
    Loss("status", "unsaid"),
    Loss("place", "unsaid"),
    *(
        Loss(what, "profile")
        for what in ("uses", "model_kinds", "exclusivity", "parts", "exceptions", "consents")
    ),
]


@dataclass(frozen=True)
class GrantFacts:
    """A grant, its agreement's PDF by hash, and when it was revoked or superseded, if it was."""

    code: str
    issued_at: datetime
    ended_early_at: datetime | None
    agreement_sha256: str
    site: str


def grant_policy(agreement: Mapping[str, Any], grant: GrantFacts) -> dict[str, JSON]:
    """Return the policy of a grant from that of its agreement, which `licensing.agreement.odrl`
    made. An early end ends every permission from its instant on."""
    uid = f"{grant.site}/id/grant/{grant.code}"
    document: dict[str, JSON] = {
        **agreement,
        "uid": uid,
        "permission": [_permission(each, uid, grant) for each in agreement["permission"]],
        "dct:issued": _time(grant.issued_at),
        "dct:source": {"@id": agreement["uid"]},
        "edgecode:agreementSha256": grant.agreement_sha256,
        "edgecode:status": {"@id": f"{grant.site}/api/v1/status/{grant.code}/"},
        "edgecode:cannotSay": [listed(loss) for loss in LOSSES],
    }
    return document


def _permission(rule: Mapping[str, Any], uid: str, grant: GrantFacts) -> JSON:
    constraints = list(rule["constraint"])
    if grant.ended_early_at is not None:
        constraints.append(
            {
                "leftOperand": "dateTime",
                "operator": "lt",
                "rightOperand": _time(grant.ended_early_at),
            }
        )
    action = str(rule["action"]).rpartition(":")[2]
    return {**rule, "uid": f"{uid}#{action}", "constraint": constraints}


def _time(at: datetime) -> dict[str, JSON]:
    text = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {"@type": "xsd:dateTime", "@value": text}
