"""Use that a lab reports, beside what its grant allows: nothing is refused or overlooked."""

from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.utils import timezone

from accounts.access import Actor, Permission
from accounts.errors import Invalid, NotFound
from catalog.consenting import resume_consent, suspend_consent
from catalog.models import Asset
from catalog.withdrawing import withdraw_consent
from licensing.grants.issuing import revoke_grant
from licensing.grants.usage import left_of, report_usage
from licensing.models import Grant, Usage
from tests import factories
from tests.accounts.witness import facts, last, only_with, refs, refused
from tests.worlds import kept

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("var_dir")]


class Licensed(NamedTuple):
    studio: Actor
    lab: Actor
    grant: Grant


@kept
def licensed() -> Licensed:
    """A licence of one file, a minute long."""
    studio, lab = factories.studio(), factories.lab()
    file = factories.offered_words(studio)
    Asset.objects.filter(pk=file.pk).update(facts=file.facts | {"duration_ms": 60_000})
    return Licensed(studio, lab, factories.grant(studio, lab, [file]))


@pytest.fixture
def studio(licensed: Licensed) -> Actor:
    return licensed.studio


@pytest.fixture
def lab(licensed: Licensed) -> Actor:
    return licensed.lab


@pytest.fixture
def grant(licensed: Licensed) -> Grant:
    return licensed.grant


def report(actor: Actor, grant: Grant, **changes: Any) -> Usage:
    """Report a use within the grant, but for what is said otherwise."""
    given: dict[str, Any] = {
        "use": "train.pretrain",
        "model_kind": "foundation",
        "run": "Orion 2, run 7",
        "territory": ["KR"],
        "started_at": factories.STARTS,
        "ended_at": factories.STARTS + timedelta(days=3),
        "files": [row.asset.code for row in grant.granted_assets.select_related("asset")],
        "used_ms": 45_000,
    }
    return report_usage(actor=actor, code=grant.code, **(given | changes))


def test_a_use_within_the_grant_is_recorded_and_what_is_left_is_told(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    usage = report(lab, grant)
    assert usage.exceeded == []
    event = last("usage.reported")
    assert refs(event) == {"grant": grant.stream}
    assert facts(event)["report"]["used_ms"] == 45_000
    report(lab, grant, used_ms=20_000)
    left = left_of(grant)
    assert (left.files, left.files_used, left.ms, left.ms_left) == (1, 1, 60_000, 15_000)
    other = factories.lab()
    with refused(NotFound):
        report(other, grant)
    only_with(Permission.EDIT_REQUESTS, lab, lambda who: report(who, grant))


def test_what_is_left_counts_each_file_once_whatever_the_reports_name(
    studio: Actor, lab: Actor
) -> None:
    files = [factories.offered_words(studio) for _ in range(3)]
    grant = factories.grant(studio, lab, files)
    assert (left_of(grant).files_used, left_of(grant).ms_used) == (0, 0)
    first, second, _third = (file.code for file in files)
    for named in ([first], [first], [second, first, "NOFILE00+001"]):
        report(lab, grant, files=named, used_ms=1)
    assert (left_of(grant).files, left_of(grant).files_used) == (3, 2)


@pytest.mark.parametrize(
    ("changes", "exceeded"),
    [
        ({"files": ["NOFILE00+001"]}, ["file"]),
        ({"use": "generate.output", "model_kind": "open_weights"}, ["use", "model_kind"]),
        ({"started_at": factories.STARTS - timedelta(seconds=1)}, ["before"]),
        ({"ended_at": factories.ENDS + timedelta(seconds=1)}, ["after"]),
        ({"ended_at": factories.ENDS}, []),
        ({"used_ms": 60_001}, ["amount"]),
        ({"used_ms": 60_000}, []),
    ],
)
def test_what_goes_beyond_the_grant_is_recorded_as_such(
    lab: Actor, grant: Grant, changes: dict[str, Any], exceeded: list[str]
) -> None:
    assert report(lab, grant, **changes).exceeded == exceeded
    assert facts(last("usage.reported"))["report"]["exceeded"] == exceeded


def test_use_after_the_end_of_the_grant_or_of_its_consent_exceeds_it(
    studio: Actor, lab: Actor, grant: Grant
) -> None:
    now = timezone.now()
    revoke_grant(actor=studio, code=grant.code, reason="x")
    assert report(lab, grant, ended_at=now).exceeded == []  # what was done before stays licensed
    assert report(lab, grant, ended_at=None).exceeded == ["revoked"]
    agency = factories.talent()
    likeness = factories.likeness(agency)
    voice = factories.words(agency, likeness)
    factories.offer(agency, likeness, uses=["train"])
    consent = factories.consent(agency, likeness, uses=["train"], attributes=["face", "voice"])
    Asset.objects.filter(pk=voice.pk).update(kind="audio")
    held = factories.grant(agency, lab, [voice])
    assert report(lab, held, ended_at=None, territory=["KR"]).exceeded == []
    suspend_consent(actor=agency, code=consent.code, reason="dispute")
    assert report(lab, held, ended_at=None).exceeded == []  # what had begun goes on
    begun = {"started_at": timezone.now(), "ended_at": None}
    assert report(lab, held, **begun).exceeded == ["suspended"]
    resume_consent(actor=agency, code=consent.code)
    assert report(lab, held, started_at=timezone.now(), ended_at=None).exceeded == []
    withdraw_consent(actor=agency, code=consent.code)
    assert report(lab, held, ended_at=None).exceeded == ["consent"]
    assert report(lab, held).exceeded == []


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"started_at": factories.ENDS, "ended_at": None}, "started_at"),
        ({"ended_at": factories.STARTS}, "ended_at"),
        ({"use": "dance"}, "use"),
        ({"model_kind": "toy"}, "model_kind"),
        ({"territory": []}, "territory"),
        ({"files": []}, "files"),
        ({"used_ms": -1}, "used_ms"),
        ({"used_ms": 2**53}, "used_ms"),
        ({"run": " "}, "run"),
    ],
)
def test_a_report_that_says_nothing_is_refused(
    lab: Actor, grant: Grant, changes: dict[str, Any], field: str
) -> None:
    with refused(Invalid, field):
        report(lab, grant, **changes)
