"""The policy of a grant, for whoever may read the grant."""

import json

from django.conf import settings

from catalog.objects import object_store
from edgecode.log.canonical import JSON
from licensing.models import Grant
from licensing.standards.grant_policy import GrantFacts, grant_policy


def policy_of(grant: Grant) -> dict[str, JSON]:
    """Return the ODRL policy of a grant as it stands now, from that of its agreement."""
    agreement = grant.deal.agreement
    with object_store().open(agreement.odrl_key) as file:
        agreed = json.load(file)
    facts = GrantFacts(
        code=grant.code,
        issued_at=grant.issued_at,
        ended_early_at=grant.ended_early_at,
        agreement_sha256=agreement.pdf_sha256,
        site=settings.BASE_URL,
    )
    return grant_policy(agreed, facts)
