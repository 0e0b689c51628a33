"""The agreement as machines read it: an ODRL 2.2 Agreement in JSON-LD, with Edgecode's profile.

The profile `urn:edgecode:odrl:1` adds one action for every leaf of the tree of uses, the left
operands `modelKind` and `consent`, and the duties below. Whatever no permission names is
forbidden: the profile is closed, and every leaf that is not permitted is prohibited in so many
words besides, for readers that do not know the profile. https://www.w3.org/TR/odrl-model/
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from catalog.scope.ranges import fragment
from catalog.scope.territory import describe_territory
from catalog.scope.uses import LIKENESS_LEAVES
from edgecode.log.canonical import JSON
from licensing.agreement.clauses import digest, used
from licensing.agreement.terms import AgreementTerms, Amends, LicensedFile, LikenessConsent, Party
from licensing.money import plain_amount

PROFILE = "urn:edgecode:odrl:1"
CONTEXT: list[JSON] = [
    "http://www.w3.org/ns/odrl.jsonld",
    {"edgecode": f"{PROFILE}:"},
]
# What the licensee must do, besides paying, however it uses the material.
DUTIES = ("keepCredential", "markOutput", "keepRecords", "reportUse", "stopOnRevocation")
# What no use may bring with it. The first three are words of ODRL's own vocabulary.
FORBIDDEN = ("transfer", "grantUse", "sell", "edgecode:removeCredential")
# Whoever may distribute copies hands them over: ODRL's own words would forbid what is licensed.
_HANDING_OVER = frozenset({"transfer", "sell"})
_COPIES = frozenset({"distribute.home_video", "distribute.other"})


def policy(terms: AgreementTerms) -> dict[str, JSON]:
    """Return the policy of an agreement: permissions, prohibitions and duties, no prose.

    Same terms, same policy. Money is a decimal string, times are UTC, files carry their SHA-256.
    """
    return {
        "@context": CONTEXT,
        "@type": "Agreement",
        "uid": _uid(terms, "agreement"),
        "profile": PROFILE,
        "conflict": "prohibit",
        "dct:issued": _time(terms.agreed_at),
        "assigner": _party(terms, terms.licensor),
        "assignee": _party(terms, terms.licensee),
        "target": {"@type": "AssetCollection", "uid": _uid(terms, "agreement", "#material")},
        "permission": [_permission(terms, use) for use in terms.permitted],
        "prohibition": [
            {"uid": _uid(terms, "agreement", f"#no-{_local(action)}"), "action": action}
            for action in [*_forbidden(terms), *(f"edgecode:{use}" for use in terms.reserved)]
        ],
        "obligation": [
            *(_obligation(terms, name) for name in _duties(terms)),
            *(_promise(terms, number) for number in range(1, len(terms.promises) + 1)),
        ],
        "edgecode:exclusivity": terms.exclusivity,
        "edgecode:clauses": [f"{name} {version}" for name, version in used(terms)],
        "edgecode:clausesSha256": digest(used(terms)),
        "edgecode:material": [
            {
                "@type": "Asset",
                "uid": f"{terms.site}/id/asset/{file.code}",
                "partOf": _uid(terms, "agreement", "#material"),
                "edgecode:sha256": file.sha256,
                # Media fragments; without any, the whole file.
                **({"edgecode:parts": _fragments(file)} if file.ranges else {}),
                # On the licensor's word alone.
                **({"edgecode:leftOut": list(file.left_out)} if file.left_out else {}),
            }
            for file in terms.sorted_files
        ],
        "edgecode:consents": [_consent(terms, consent) for consent in terms.sorted_consents],
        **(_amends(terms, terms.amends) if terms.amends else {}),
    }


def _forbidden(terms: AgreementTerms) -> list[str]:
    hands_over = not _COPIES.isdisjoint(terms.permitted)
    return [each for each in FORBIDDEN if not (hands_over and each in _HANDING_OVER)]


def _amends(terms: AgreementTerms, before: Amends) -> dict[str, JSON]:
    return {
        "dct:replaces": {"@id": f"{terms.site}/id/agreement/{before.agreement}"},
        "edgecode:amendment": before.number,
        "edgecode:amends": {
            "uid": f"{terms.site}/id/grant/{before.grant}",
            "edgecode:agreementSha256": before.pdf_sha256,
        },
    }


def _fragments(file: LicensedFile) -> list[JSON]:
    return [fragment(start, end) for start, end in file.ranges]


def canonical_bytes(document: Mapping[str, JSON]) -> bytes:
    """Return the one form in which a policy is stored and hashed, RFC 8785.

    A policy has ASCII keys and no floats, so sorted keys without spaces are that form.
    """
    return json.dumps(
        document, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True
    ).encode()


def _permission(terms: AgreementTerms, use: str) -> dict[str, JSON]:
    constraints: list[JSON] = [
        _constraint("dateTime", "gteq", _time(terms.starts_at)),
        _constraint("edgecode:modelKind", "isAnyOf", list(terms.sorted_model_kinds)),
    ]
    if terms.ends_at is not None:  # half-open: the end is the first instant without a licence
        constraints.insert(1, _constraint("dateTime", "lt", _time(terms.ends_at)))
    constraints += _spatial(terms)
    if use in LIKENESS_LEAVES:
        consents: list[JSON] = [
            {"@id": f"{terms.site}/id/consent/{consent.code}"} for consent in terms.sorted_consents
        ]
        constraints.append(_constraint("edgecode:consent", "isAnyOf", consents))
    return {
        "uid": _uid(terms, "agreement", f"#{use}"),
        "action": f"edgecode:{use}",
        "constraint": constraints,
        # A duty inside a permission comes first: no use before the fee was received.
        **({"duty": [_fee(terms)]} if terms.fee_minor else {}),
    }


def _spatial(terms: AgreementTerms) -> list[JSON]:
    match describe_territory(terms.territory):
        case list() as countries:
            return [_constraint("spatial", "isAnyOf", list(countries))]
        case {"except": countries}:
            return [_constraint("spatial", "isNoneOf", list(countries))]
    return []  # the world


def _fee(terms: AgreementTerms) -> dict[str, JSON]:
    """The one payment. Every part has a name, so that a reader of RDF who meets it in each
    permission sees one duty, not as many as there are permissions."""
    amount = _constraint(
        "payAmount",
        "eq",
        {"@type": "xsd:decimal", "@value": plain_amount(terms.fee_minor, terms.currency)},
    )
    amount |= {
        "uid": _uid(terms, "agreement", "#fee-amount"),
        "unit": {"@id": f"edgecode:currency.{terms.currency}"},
    }
    due = _constraint("dateTime", "lt", _time(terms.pay_by))
    due |= {"uid": _uid(terms, "agreement", "#fee-due")}
    return {
        "uid": _uid(terms, "agreement", "#fee"),
        "action": {
            "uid": _uid(terms, "agreement", "#fee-payment"),
            "rdf:value": {"@id": "odrl:compensate"},
            "refinement": [amount],
        },
        "constraint": [due],
    }


def _duties(terms: AgreementTerms) -> list[str]:
    names = list(DUTIES)
    if terms.ends_at is not None:
        names.append("deleteAfterTerm")
    if terms.consents:
        names.append("respectConsent")
    return names


def _obligation(terms: AgreementTerms, name: str) -> dict[str, JSON]:
    duty: dict[str, JSON] = {
        "uid": _uid(terms, "agreement", f"#{name}"),
        "action": f"edgecode:{name}",
    }
    if name == "deleteAfterTerm" and terms.ends_at is not None:
        duty["constraint"] = [_constraint("dateTime", "gteq", _time(terms.ends_at))]
    return duty


def _promise(terms: AgreementTerms, number: int) -> dict[str, JSON]:
    """What the licensor owes: to license these files to nobody at a lower price for a unit."""
    promise = terms.promises[number - 1]
    return {
        "uid": _uid(terms, "agreement", f"#keepLowestPrice-{number}"),
        "action": "edgecode:keepLowestPrice",
        "assigner": _party(terms, terms.licensee),
        "assignee": _party(terms, terms.licensor),
        "edgecode:of": promise.owner,
        **({"edgecode:resolution": promise.resolution} if promise.resolution else {}),
        "edgecode:unitPrice": {
            "payAmount": plain_amount(promise.price_minor, terms.currency),
            "unit": f"edgecode:currency.{terms.currency}",
            "per": promise.per,
            "times": promise.times,
        },
    }


def _consent(terms: AgreementTerms, consent: LikenessConsent) -> dict[str, JSON]:
    """What a consent allows, by codes: the performer's name stands in the PDF only."""
    facts: dict[str, JSON] = {
        "uid": f"{terms.site}/id/consent/{consent.code}",
        "edgecode:likeness": {"@id": f"{terms.site}/id/likeness/{consent.likeness_code}"},
        "edgecode:attributes": sorted(consent.attributes),
        "edgecode:uses": sorted(consent.uses),
        "edgecode:from": _time(consent.starts_at),
    }
    if consent.ends_at is not None:
        facts["edgecode:until"] = _time(consent.ends_at)
    if consent.max_outputs is not None:
        facts["edgecode:maxOutputs"] = consent.max_outputs
    return facts


def _constraint(left: str, operator: str, right: JSON) -> dict[str, JSON]:
    return {"leftOperand": left, "operator": operator, "rightOperand": right}


def _party(terms: AgreementTerms, party: Party) -> dict[str, JSON]:
    return {
        "@type": ["Party", "vcard:Organization"],
        "uid": f"{terms.site}/id/organisation/{party.code}",
        "vcard:fn": party.name,
    }


def _time(at: datetime) -> dict[str, JSON]:
    text = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {"@type": "xsd:dateTime", "@value": text}


def _uid(terms: AgreementTerms, kind: str, part: str = "") -> str:
    return f"{terms.site}/id/{kind}/{terms.code}{part}"


def _local(action: str) -> str:
    return action.rpartition(":")[2]
