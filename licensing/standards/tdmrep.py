"""Offers under the TDM Reservation Protocol (W3C community report of 10 May 2024).

Everything is reserved. A policy says who can be asked: mining needs consent each time, so it
allows nothing by itself. https://www.w3.org/community/reports/tdmrep/CG-FINAL-tdmrep-20240510/
"""

from edgecode.log.canonical import JSON
from licensing.standards.offered import VOCABULARY, Loss, Offered

MEDIA_TYPE = "application/ld+json"
PROFILE = "http://www.w3.org/ns/tdmrep"
# All rights of the whole site are reserved; a title's page names its own policy in its header.
RESERVATION: list[JSON] = [{"location": "/", "tdm-reservation": 1}]

# What mining may come to: the automated analysis of the material, whatever it is done for.
MINING = frozenset(
    {"train.pretrain", "train.finetune", "train.discriminative", "evaluate", "index", "derive"}
)
_UNSAID = ("approval", "price", "licensee", "exclusivity", "exceptions", "place")


def headers(offered: Offered) -> dict[str, str]:
    """Return the headers of a page that stands for the title."""
    return {"tdm-reservation": "1", "tdm-policy": address(offered)}


def address(offered: Offered) -> str:
    """Return where the title's policy is."""
    return f"{offered.subject}/tdm-policy.json"


def policy(offered: Offered) -> dict[str, JSON]:
    """Return the policy of an offer's title: an ODRL offer under the protocol's profile."""
    rule: dict[str, JSON] = {"target": offered.subject, "action": "tdm:mine"}
    duties: list[JSON] = [{"action": "obtainConsent"}, {"action": "compensate"}]
    rules: dict[str, JSON] = (
        {"permission": [{**rule, "duty": duties}]}
        if offered.uses & MINING
        else {"prohibition": [rule]}
    )
    return {
        "@context": [
            "http://www.w3.org/ns/odrl.jsonld",
            {"tdm": f"{PROFILE}#", "edgecode": f"{VOCABULARY}:"},
        ],
        "@type": "Offer",
        "profile": PROFILE,
        "uid": address(offered),
        "assigner": {
            "uid": f"{offered.site}/id/organisation/{offered.licensor}",
            "vcard:hasURL": offered.terms,
        },
        **rules,
        "edgecode:cannotSay": [listed(loss) for loss in losses(offered)],
    }


def losses(offered: Offered) -> list[Loss]:
    """Return what the policy does not say as precisely as the offer."""
    found = [Loss("uses", "unsaid", tuple(sorted(offered.uses & MINING)))]
    if other := offered.uses - MINING:
        found.append(Loss("other_uses", "denied", tuple(sorted(other))))
    found.append(Loss("model_kinds", "unsaid", tuple(sorted(offered.model_kinds))))
    found += [Loss("territory", "unsaid")]
    if offered.starts_at or offered.ends_at:
        found.append(Loss("term", "unsaid"))
    return found + [Loss(what, "unsaid") for what in _UNSAID]


def listed(loss: Loss) -> JSON:
    """Return a loss as documents in JSON list it."""
    return {"what": loss.what, "effect": loss.effect, "detail": list(loss.detail)}
