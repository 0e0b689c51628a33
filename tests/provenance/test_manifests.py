import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ledger import edge_code
from provenance import manifests
from provenance.manifests import AssetFacts, ConsentFacts, GrantFacts, LedgerFacts, Party

SCHEMAS = Path(manifests.__file__).parent / "schemas"
GRANT_SCHEMA = json.loads((SCHEMAS / "com.edgecode.grant-3.json").read_text())
CONSENT_SCHEMA = json.loads((SCHEMAS / "com.edgecode.consent-1.json").read_text())

ASSET = AssetFacts(
    code="7K3F2Q9D+001",
    title="Big Buck Bunny",
    work="Big Buck Bunny",
    identifier="10.5240/EA73-79D7-1B2B-B378-3A73-M",
    format="video/mp4",
    source_type="digitalCreation",
    sha256="a" * 64,
    left_out=[("music", "00:01:00-00:02:30"), ("music", "")],
)
GRANT = GrantFacts(
    code="0123456G",
    licensor=Party("ABCDEFGH", "Hanbit Pictures"),
    licensee=Party("QRSTVWXY", "Lumen Lab"),
    uses=["train.finetune"],
    model_kinds=["customer_private"],
    territory=["KR", "JP"],
    start=datetime(2027, 1, 1, tzinfo=UTC),
    end=datetime(2028, 1, 1, tzinfo=UTC),
    exclusivity="non_exclusive",
    agreement_sha256="b" * 64,
    agreement_url="https://edgecode.example/api/v1/deals/0123456G/agreement.pdf",
    status_list={"uri": "https://edgecode.example/api/v1/status-lists/1/", "index": 7},
    status_url="https://edgecode.example/api/v1/grants/0123456G/status",
    url="https://edgecode.example/grants/0123456G/",
    ledger=LedgerFacts("edgecode.example/ledger", 41, "", ""),
)
CONSENT = ConsentFacts(
    code="JKMNPQRS",
    attributes=["voice"],
    uses=["generate.likeness"],
    start=datetime(2027, 1, 1, tzinfo=UTC),
    end=None,
    record_sha256="c" * 64,
)


def assertions(definition: dict[str, Any]) -> dict[str, Any]:
    return {item["label"]: item["data"] for item in definition["assertions"]}


def test_everything_is_stated_by_the_signer() -> None:
    built = manifests.definition(ASSET, GRANT, [CONSENT])

    stated = {item["label"] for item in built["assertions"] if item.get("created")}
    # C2PA 2.4 refuses a reference to what lies elsewhere among what the signer states.
    assert stated == {*assertions(built)} - {"c2pa.external-reference"}
    assert built["claim_generator_info"][0]["specVersion"] == "2.4.0"
    assert (built["title"], built["format"]) == ("Big Buck Bunny", "video/mp4")


def test_the_first_action_says_how_the_material_came_to_be() -> None:
    actions = assertions(manifests.definition(ASSET, GRANT))["c2pa.actions.v2"]

    assert actions == {
        "allActionsIncluded": True,
        "actions": [
            {
                "action": "c2pa.created",
                "digitalSourceType": "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCreation",
            }
        ],
    }


@pytest.mark.parametrize(
    ("uses", "constrained"),
    [
        (["train.finetune"], {"cawg.ai_generative_training"}),
        (["train.discriminative"], {"cawg.ai_training"}),
        (["train"], {"cawg.ai_generative_training", "cawg.ai_training", "cawg.ai_inference"}),
        (["train.*"], {"cawg.ai_generative_training", "cawg.ai_training", "cawg.ai_inference"}),
        (["input"], {"cawg.ai_inference"}),
        (["index"], {"cawg.data_mining"}),
        (["generate.likeness", "dub"], set()),
    ],
)
def test_what_the_grant_does_not_cover_is_not_allowed(
    uses: list[str], constrained: set[str]
) -> None:
    entries = manifests.training_entries(uses, "https://edgecode.example/g")

    assert {key for key, entry in entries.items() if entry["use"] == "constrained"} == constrained
    for entry in entries.values():
        if entry["use"] == "constrained":
            assert entry["constraint_info"] == "https://edgecode.example/g"
        else:
            assert entry == {"use": "notAllowed"}
    assert len(entries) == 4


def test_what_the_licensor_keeps_back_is_named_with_its_place() -> None:
    grant = assertions(manifests.definition(ASSET, GRANT))["com.edgecode.grant"]

    assert grant["left_out"] == [{"element": "music", "at": "00:01:00-00:02:30"},
                                 {"element": "music"}]  # fmt: skip


def test_a_whole_file_is_found_again_by_its_code_and_a_part_is_not() -> None:
    coded = replace(ASSET, content_code="IAcA")
    part = manifests.ClipFacts(1000, 2000, "video/mp4")

    assert assertions(manifests.definition(coded, GRANT))["c2pa.soft-binding"] == {
        "alg": "io.iscc.v0",
        "blocks": [{"scope": {}, "value": "IAcA"}],
    }
    for built in (
        manifests.definition(ASSET, GRANT),
        manifests.definition(coded, GRANT, part=part),
    ):
        assert "c2pa.soft-binding" not in assertions(built)


def test_the_agreement_is_named_by_its_hash() -> None:
    location = assertions(manifests.definition(ASSET, GRANT))["c2pa.external-reference"]["location"]

    assert bytes(location["hash"]).hex() == GRANT.agreement_sha256
    assert location["url"] == GRANT.agreement_url


def test_catalogues_read_whom_to_ask_and_never_a_performers_file_name() -> None:
    said = assertions(manifests.definition(ASSET, GRANT))["cawg.metadata"]
    hidden = replace(ASSET, title="7K3F2Q9D+001", work="", identifier="")
    silent = assertions(manifests.definition(hidden, GRANT))["cawg.metadata"]

    assert (said["dc:title"], said["dc:identifier"]) == (ASSET.work, ASSET.identifier)
    assert said["plus:Licensor"][0]["plus:LicensorName"] == "Hanbit Pictures"
    assert said["xmpRights:WebStatement"] == GRANT.url
    assert not {"dc:title", "dc:identifier"} & {*silent}


def test_a_part_was_opened_and_trimmed_as_the_conformance_programme_asks() -> None:
    part = manifests.ClipFacts(1000, 2000, "video/mp4")
    opened, trimmed, _transcoded = assertions(manifests.definition(ASSET, GRANT, part=part))[
        "c2pa.actions.v2"
    ]["actions"]

    assert "digitalSourceType" not in opened
    assert trimmed["digitalSourceType"].endswith("/digitalCreation")


def test_the_consent_names_no_person() -> None:
    consent = assertions(manifests.definition(ASSET, GRANT, [CONSENT]))["com.edgecode.consent"]

    assert set(consent) == {
        "schema", "consent", "attributes", "uses", "start", "end", "record_sha256",
    }  # fmt: skip


def test_times_are_written_in_utc() -> None:
    seoul = timezone(timedelta(hours=9))
    grant = replace(GRANT, start=datetime(2027, 1, 1, tzinfo=seoul), end=None)
    built = assertions(manifests.definition(ASSET, grant))["com.edgecode.grant"]

    assert (built["start"], built["end"]) == ("2026-12-31T15:00:00Z", None)


@pytest.mark.parametrize(
    ("asset", "grant", "message"),
    [
        (ASSET, replace(GRANT, uses=[]), "grant 0123456G: names no use"),
        (ASSET, replace(GRANT, end=GRANT.start), "grant 0123456G: ends before it starts"),
        (
            ASSET,
            replace(GRANT, start=GRANT.start.replace(tzinfo=None), end=None),
            "grant 0123456G: a time without a zone",
        ),
        (replace(ASSET, source_type="film"), GRANT, "asset 7K3F2Q9D.001: 'film' is no digital"),
    ],
)
def test_facts_that_cannot_be_are_refused(
    asset: AssetFacts, grant: GrantFacts, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        manifests.definition(asset, grant)


codes = st.builds(lambda _: edge_code.new(), st.none())
hashes = st.text("0123456789abcdef", min_size=64, max_size=64)
names = st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable())
times = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
uses = st.lists(
    st.sampled_from(["train", "train.*", "train.finetune", "input", "dub", "ALL"]),
    min_size=1,
    unique=True,
)
terms = st.tuples(times, st.none() | st.timedeltas(timedelta(seconds=1), timedelta(days=9000)))


@given(
    code=codes,
    name=names,
    sha256=hashes,
    granted=uses,
    term=terms,
    index=st.integers(0, 2**31),
    receipt=st.text(max_size=80),
)
def test_every_definition_fits_the_published_forms(
    *,
    code: str,
    name: str,
    sha256: str,
    granted: list[str],
    term: tuple[datetime, timedelta | None],
    index: int,
    receipt: str,
) -> None:
    start, length = term
    end = start + length if length else None
    grant = replace(
        GRANT,
        code=code,
        licensee=Party(code, name),
        uses=granted,
        start=start,
        end=end,
        ledger=LedgerFacts("edgecode.example/ledger", index, receipt, "{}"),
    )
    consent = replace(CONSENT, uses=granted, start=start, end=end, record_sha256=sha256)
    built = assertions(manifests.definition(replace(ASSET, sha256=sha256), grant, [consent]))

    Draft202012Validator(GRANT_SCHEMA).validate(built["com.edgecode.grant"])
    Draft202012Validator(CONSENT_SCHEMA).validate(built["com.edgecode.consent"])


def test_the_forms_are_schemas_and_refuse_what_they_do_not_know() -> None:
    for schema in (GRANT_SCHEMA, CONSENT_SCHEMA):
        Draft202012Validator.check_schema(schema)
        assert schema["additionalProperties"] is False
