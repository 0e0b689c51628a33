"""Terms for the tests of both forms of the agreement."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from catalog.scope.territory import COUNTRIES
from licensing.agreement.terms import (
    AgreementTerms,
    Amends,
    Approval,
    LicensedFile,
    LikenessConsent,
    Party,
)

TERMS = AgreementTerms(
    code="7K3F2Q9D",
    agreed_at=datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
    pay_by=datetime(2026, 12, 5, 9, 30, tzinfo=UTC),
    licensor=Party("4M9XT2B7", "한강픽처스 Hangang Pictures"),
    licensee=Party("9PQ3W8KA", "Quill Intelligence, Inc."),
    licensor_approval=Approval(
        "approver",
        datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
        "deal.approved of deal:7K3F2Q9D",
        "approved the request",
    ),
    licensee_approval=Approval(
        "owner",
        datetime(2026, 11, 20, 8, 5, tzinfo=UTC),
        "request.submitted of request:2BC7Y7Q1",
        "submitted the request",
    ),
    files=(
        LicensedFile("5DJ2N7RC+002", "Winter Light", "audio", "cd" * 32),
        LicensedFile("5DJ2N7RC+001", "Winter Light", "picture", "ab" * 32, ("겨울빛", "뷁")),
    ),
    uses=("train.generative", "evaluate"),
    model_kinds=("customer_private", "foundation"),
    territory=("US", "KR"),
    starts_at=datetime(2027, 1, 1, tzinfo=UTC),
    ends_at=datetime(2030, 1, 1, tzinfo=UTC),
    exclusivity="non_exclusive",
    fee_minor=1_250_000,
    currency="USD",
    site="https://edgecode.example",
)
CONSENT = LikenessConsent(
    code="8HT5VB2M",
    likeness_code="3WQ7GD9K",
    performer="이서연",
    attributes=("voice", "face"),
    uses=("generate.likeness", "dub"),
    starts_at=datetime(2027, 1, 1, tzinfo=UTC),
    ends_at=None,
    max_outputs=500,
)
AMENDS = Amends(
    number=2,
    first="3WQ7GD9K",
    agreement="4M9XT2B7",
    pdf_sha256="ab" * 32,
    grant="9WQ2XHVK",
    uses=("train.finetune",),
    model_kinds=("foundation",),
    territory=("KR",),
    starts_at=datetime(2026, 1, 1, tzinfo=UTC),
    ends_at=None,
    exclusivity="sole",
    files=3,
    left_out=("5DJ2N7RC+003",),
)
WORLD = tuple(sorted(COUNTRIES))


def terms(**changes: Any) -> AgreementTerms:
    """The usual terms with some changed."""
    return replace(TERMS, **changes)
