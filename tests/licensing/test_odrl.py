"""The agreement machines read: shape, content, and one canonical form."""

import json
from typing import Any

import rfc8785

from catalog.scope.uses import LEAVES
from licensing.agreement.odrl import PROFILE, canonical_bytes, policy
from licensing.agreement.terms import Promise
from tests.licensing.agreement_terms import AMENDS, CONSENT, TERMS, WORLD, terms

OPERATORS = {"eq", "gteq", "lt", "isAnyOf", "isNoneOf"}
LEFT_OPERANDS = {"dateTime", "spatial", "payAmount", "edgecode:modelKind", "edgecode:consent"}
SITE = "https://edgecode.example"


def made(**changes: Any) -> dict[str, Any]:
    """The policy as a reader gets it: from its bytes."""
    document: dict[str, Any] = json.loads(canonical_bytes(policy(terms(**changes))))
    return document


def assert_is_odrl_agreement(document: dict[str, Any]) -> None:
    """The rules of the ODRL 2.2 information model that an Agreement must keep."""
    assert document["@context"][0] == "http://www.w3.org/ns/odrl.jsonld"
    assert document["@type"] == "Agreement"
    assert document["profile"] == PROFILE
    assert document["conflict"] in {"perm", "prohibit", "invalid"}
    for party in ("assigner", "assignee"):  # both are needed in an Agreement
        assert document[party]["uid"].startswith("https://")
    assert document["target"]["uid"].startswith("https://")
    rules = document["permission"] + document["prohibition"] + document["obligation"]
    assert document["permission"]
    uids = [rule["uid"] for rule in rules]
    assert len(set(uids)) == len(uids)
    for rule in rules:
        assert isinstance(rule["action"], str)
        for constraint in rule.get("constraint", []):
            assert_is_constraint(constraint)
    for permission in document["permission"]:
        for duty in permission.get("duty", []):
            assert duty["action"]["rdf:value"] == {"@id": "odrl:compensate"}
            for refinement in duty["action"]["refinement"]:
                assert_is_constraint(refinement)


def assert_is_constraint(constraint: dict[str, Any]) -> None:
    assert constraint.keys() - {"unit", "uid"} == {"leftOperand", "operator", "rightOperand"}
    assert constraint["leftOperand"] in LEFT_OPERANDS
    assert constraint["operator"] in OPERATORS
    several = constraint["operator"] in {"isAnyOf", "isNoneOf"}
    assert isinstance(constraint["rightOperand"], list) is several


def actions(rules: list[dict[str, Any]]) -> set[str]:
    return {rule["action"] for rule in rules}


def right(rule: dict[str, Any], operand: str, operator: str) -> Any:
    """The right operand of the one constraint with this left operand and operator."""
    [found] = [
        constraint["rightOperand"]
        for constraint in rule["constraint"]
        if (constraint["leftOperand"], constraint["operator"]) == (operand, operator)
    ]
    return found


def operands(rule: dict[str, Any]) -> set[str]:
    return {constraint["leftOperand"] for constraint in rule["constraint"]}


def test_every_kind_of_agreement_has_the_shape_of_odrl() -> None:
    for changes in (
        {},
        {"ends_at": None},
        {"territory": WORLD},
        {"consents": (CONSENT,), "uses": ("ALL",)},
        {"fee_minor": 0, "currency": "KRW"},
    ):
        assert_is_odrl_agreement(made(**changes))


def test_each_use_is_either_permitted_or_prohibited_and_never_both() -> None:
    document = made()
    permitted, prohibited = actions(document["permission"]), actions(document["prohibition"])
    assert permitted == {
        "edgecode:train.pretrain",
        "edgecode:train.finetune",
        "edgecode:evaluate",
    }
    assert not permitted & prohibited
    assert {f"edgecode:{leaf}" for leaf in LEAVES} <= permitted | prohibited
    assert {"transfer", "grantUse", "edgecode:removeCredential"} <= prohibited


def test_what_is_licensed_is_forbidden_by_no_word_of_odrls_own() -> None:
    document = made(uses=("distribute.home_video",))
    assert "edgecode:distribute.home_video" in actions(document["permission"])
    assert not {"sell", "transfer"} & actions(document["prohibition"])
    assert {"sell", "transfer"} <= actions(made(uses=("distribute.tv",))["prohibition"])


def test_a_lowest_price_is_a_duty_of_the_licensor() -> None:
    document = made(promises=(Promise("5DJ2N7RC", "Winter Light", 1000, "minute", "3/2"),))
    assert_is_odrl_agreement(document)
    [duty] = [each for each in document["obligation"] if "assignee" in each]
    assert duty["action"] == "edgecode:keepLowestPrice"
    assert duty["assignee"]["uid"] == document["assigner"]["uid"]
    assert duty["edgecode:unitPrice"] == {
        "payAmount": "10.00", "unit": "edgecode:currency.USD", "per": "minute", "times": "3/2",
    }  # fmt: skip


def test_a_permission_says_when_where_and_for_which_models() -> None:
    for permission in made()["permission"]:
        start, end = right(permission, "dateTime", "gteq"), right(permission, "dateTime", "lt")
        assert start == {"@type": "xsd:dateTime", "@value": "2027-01-01T00:00:00Z"}
        assert end == {"@type": "xsd:dateTime", "@value": "2030-01-01T00:00:00Z"}
        assert right(permission, "spatial", "isAnyOf") == ["KR", "US"]
        kinds = right(permission, "edgecode:modelKind", "isAnyOf")
        assert kinds == ["foundation", "customer_private"]


def test_the_world_is_no_constraint_and_the_world_without_some_names_those() -> None:
    [first, *_] = made(territory=WORLD)["permission"]
    assert "spatial" not in operands(first)
    without = tuple(code for code in WORLD if code not in {"KP", "SY"})
    [first, *_] = made(territory=without)["permission"]
    assert right(first, "spatial", "isNoneOf") == ["KP", "SY"]


def test_a_licence_without_end_has_no_last_instant_and_no_deletion_after_it() -> None:
    document = made(ends_at=None)
    assert all(
        constraint["operator"] != "lt"
        for permission in document["permission"]
        for constraint in permission["constraint"]
    )
    assert "edgecode:deleteAfterTerm" not in actions(document["obligation"])
    assert "edgecode:deleteAfterTerm" in actions(made()["obligation"])


def test_the_fee_is_exact_and_comes_before_every_use() -> None:
    for permission in made(fee_minor=1234, currency="KWD")["permission"]:
        [refinement] = permission["duty"][0]["action"]["refinement"]
        assert refinement == {
            "leftOperand": "payAmount",
            "operator": "eq",
            "rightOperand": {"@type": "xsd:decimal", "@value": "1.234"},
            "uid": f"{SITE}/id/agreement/7K3F2Q9D#fee-amount",
            "unit": {"@id": "edgecode:currency.KWD"},
        }


def test_where_nothing_is_due_no_use_waits_for_a_payment() -> None:
    assert not any("duty" in each for each in policy(terms(fee_minor=0))["permission"])


def test_an_amendment_names_what_it_replaces() -> None:
    found = policy(terms(amends=AMENDS))
    assert found["dct:replaces"] == {"@id": "https://edgecode.example/id/agreement/4M9XT2B7"}
    assert found["edgecode:amends"] == {
        "uid": "https://edgecode.example/id/grant/9WQ2XHVK",
        "edgecode:agreementSha256": "ab" * 32,
    }
    assert "dct:replaces" not in policy(TERMS)


def test_credentials_must_be_kept_and_records_too() -> None:
    assert {"edgecode:keepCredential", "edgecode:keepRecords"} <= actions(made()["obligation"])


def test_every_file_is_named_by_code_and_hash() -> None:
    document = made()
    assert document["edgecode:material"] == [
        {
            "@type": "Asset",
            "uid": f"{SITE}/id/asset/5DJ2N7RC+{number}",
            "partOf": document["target"]["uid"],
            "edgecode:sha256": sha256,
        }
        for number, sha256 in (("001", "ab" * 32), ("002", "cd" * 32))
    ]


def test_a_likeness_use_rests_on_its_consents_and_names_no_performer() -> None:
    document = made(consents=(CONSENT,), uses=("generate.likeness", "evaluate"))
    by_action = {rule["action"]: rule for rule in document["permission"]}
    assert right(by_action["edgecode:generate.likeness"], "edgecode:consent", "isAnyOf") == [
        {"@id": f"{SITE}/id/consent/8HT5VB2M"}
    ]
    assert "edgecode:consent" not in operands(by_action["edgecode:evaluate"])
    [consent] = document["edgecode:consents"]
    assert consent["edgecode:attributes"] == ["face", "voice"]
    assert consent["edgecode:maxOutputs"] == 500
    assert "edgecode:until" not in consent
    assert "edgecode:respectConsent" in actions(document["obligation"])
    assert CONSENT.performer not in canonical_bytes(document).decode()


def test_the_same_terms_give_the_same_bytes() -> None:
    raw = canonical_bytes(policy(TERMS))
    shuffled = terms(files=TERMS.files[::-1], territory=TERMS.territory[::-1])
    assert canonical_bytes(policy(shuffled)) == raw
    assert canonical_bytes(policy(terms(fee_minor=1))) != raw


def test_the_bytes_are_canonical_json() -> None:
    document = policy(terms(consents=(CONSENT,)))
    assert canonical_bytes(document) == rfc8785.dumps(json.loads(canonical_bytes(document)))
