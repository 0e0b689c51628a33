"""The lists by which whoever holds a million files checks all their grants at once."""

import base64
import json
import zlib
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from django.test import Client
from django.utils import timezone
from time_machine import travel

from catalog.models import Asset
from catalog.performers import change_performer
from catalog.withdrawing import withdraw_consent
from licensing.models import Grant
from provenance import status_lists
from provenance.models import StatusIndex, StatusList
from provenance.status import grant_status
from provenance.status_tokens import SIZE, Status, blank, index_of, put, status_at
from provenance.trust import pki
from tests import factories
from tests.worlds import kept

BASE = "/api/v1/status-lists/"


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def opened(token: str) -> dict[str, Any]:
    """The claims of a token, read as a stranger would who knows our root only."""
    head, body, signature = token.split(".")
    header = json.loads(decoded(head))
    assert (header["alg"], header["typ"]) == ("ES256", "statuslist+jwt")
    leaf, issuer = (
        x509.load_der_x509_certificate(base64.b64decode(item)) for item in header["x5c"]
    )
    root = x509.load_pem_x509_certificate(pki.claim_anchor_pem().encode())
    leaf.verify_directly_issued_by(issuer)
    issuer.verify_directly_issued_by(root)
    raw = decoded(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key = leaf.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(der, f"{head}.{body}".encode(), ec.ECDSA(hashes.SHA256()))
    claims: dict[str, Any] = json.loads(decoded(body))
    return claims


def read(claims: dict[str, Any], index: int) -> int:
    """The status at an index, by the words of the standard and not by our code."""
    bits = claims["status_list"]["bits"]
    bytes_ = zlib.decompress(decoded(claims["status_list"]["lst"]))
    return bytes_[index * bits // 8] >> index * bits % 8 & (2**bits - 1)


def states(*grants: Grant) -> list[int]:
    """What the list says of these grants now."""
    entries = [status_lists.status_entry(grant) for grant in grants]
    answer = Client().get(entries[0]["uri"])
    assert answer.status_code == 200
    claims = opened(answer.content.decode())
    assert claims["sub"] == entries[0]["uri"]
    return [read(claims, entry["index"]) for entry in entries]


@kept
def grants() -> list[Grant]:
    studio, lab = factories.studio(), factories.lab()
    return [factories.grant(studio, lab, [factories.offered_words(studio)]) for _ in range(3)]


@pytest.mark.django_db
@pytest.mark.usefixtures("var_dir")
class TestLists:
    def test_a_list_says_of_each_grant_whether_it_stands(self, grants: list[Grant]) -> None:
        assert states(*grants) == [0, 0, 0]
        later = timezone.now() + timedelta(minutes=1)
        Grant.objects.filter(pk=grants[0].pk).update(revoked_at=timezone.now())
        assert states(*grants) == [0, 0, 0], "asked for again at once, it is not made anew"
        with travel(later, tick=False):
            assert states(*grants) == [1, 0, 0]
        Grant.objects.filter(pk=grants[2].pk).update(superseded_at=later)
        with travel(later + timedelta(minutes=1), tick=False):
            assert states(*grants) == [1, 0, 1]

    def test_terms_begin_and_end_in_it_without_anybody_doing_anything(
        self, grants: list[Grant]
    ) -> None:
        grant, begins, _other = grants
        now = timezone.now()
        Grant.objects.filter(pk=grant.pk).update(ends_at=now + timedelta(minutes=5))
        Grant.objects.filter(pk=begins.pk).update(starts_at=now + timedelta(minutes=5))
        grant.refresh_from_db()
        begins.refresh_from_db()
        assert states(grant, begins) == [0, 2]
        with travel(now + timedelta(minutes=4), tick=False):
            assert states(grant, begins) == [0, 2]
        with travel(now + timedelta(minutes=6), tick=False):
            assert states(grant, begins) == [1, 0]

    def test_a_change_that_was_dated_before_it_was_committed_is_seen(
        self, grants: list[Grant]
    ) -> None:
        assert states(*grants) == [0, 0, 0]
        Grant.objects.filter(pk=grants[1].pk).update(
            revoked_at=timezone.now() - timedelta(minutes=2)
        )
        with travel(timezone.now() + timedelta(minutes=1), tick=False):
            assert states(*grants) == [0, 1, 0]

    def test_a_consent_that_ended_is_told_to_whoever_asks_about_all(self) -> None:
        agency, lab = factories.talent(), factories.lab()
        likeness = factories.likeness(agency)
        consents = [factories.consent(agency, likeness, uses=["train"]) for _ in range(2)]
        file = factories.words(agency, likeness)
        Asset.objects.filter(pk=file.pk).update(kind="audio")
        factories.offer(agency, likeness)
        grant = factories.grant(agency, lab, [file])
        now = timezone.now()
        for number, consent in enumerate(consents):
            assert states(grant) == [0]
            assert grant_status(grant.code)["consent_ended"] is None
            withdraw_consent(actor=agency, code=consent.code)
            with travel(now + timedelta(minutes=1 + number), tick=False):
                assert states(grant) == [3 if number else 0]
        assert grant_status(grant.code)["state"] == "active"
        assert grant_status(grant.code)["consent_ended"] is not None
        assert grant_status(grant.code, now)["consent_ended"] is None
        with travel(now + timedelta(minutes=5), tick=False):
            Grant.objects.filter(pk=grant.pk).update(revoked_at=timezone.now())
            assert states(grant) == [1]

    def test_a_death_that_ended_a_consent_is_told_of_and_taken_back(self) -> None:
        agency, lab = factories.talent(), factories.lab()
        likeness = factories.likeness(agency)
        terms = {"survives_death": False}
        factories.consent(agency, likeness, uses=["train"], attributes=["voice"], terms=terms)
        file = factories.words(agency, likeness)
        Asset.objects.filter(pk=file.pk).update(kind="audio")
        factories.offer(agency, likeness)
        grant = factories.grant(agency, lab, [file])
        assert states(grant) == [0]
        now, code = timezone.now(), likeness.performer.code
        died = now.date() - timedelta(days=3)  # long before the list was made
        for number, (day, status) in enumerate(((died, 3), (None, 0), (died, 3)), 1):
            change_performer(actor=agency, code=code, deceased_on=day)
            with travel(now + timedelta(minutes=20 * number), tick=False):
                assert states(grant) == [status]
        StatusList.objects.update(checked_at=None)
        assert states(grant) == [3], "made whole it says the same"

    def test_an_index_is_given_once_and_to_one_grant(self, grants: list[Grant]) -> None:
        first = [status_lists.status_entry(grant) for grant in grants]
        assert [status_lists.status_entry(grant) for grant in grants] == first
        assert len({entry["index"] for entry in first}) == 3
        assert {entry["uri"] for entry in first} == {status_lists.uri_of(1)}

    def test_a_full_list_is_followed_by_another(self, grants: list[Grant]) -> None:
        assert status_lists.status_entry(grants[0])["uri"] == status_lists.uri_of(1)
        StatusList.objects.update(given=SIZE)
        assert status_lists.status_entry(grants[1])["uri"] == status_lists.uri_of(2)
        uris = [status_lists.uri_of(1), status_lists.uri_of(2)]
        assert Client().get(BASE).json() == {"status_lists": uris}

    def test_grants_that_come_together_fill_a_list_and_begin_another(
        self, grants: list[Grant], django_assert_max_num_queries: Any
    ) -> None:
        first = status_lists.status_entry(grants[0])
        StatusList.objects.update(given=SIZE - 1)
        keys = {grant.pk for grant in grants}
        entries = status_lists.status_entries(keys)
        one, other = status_lists.uri_of(1), status_lists.uri_of(2)
        assert entries[grants[0].pk] == first
        assert sorted(each["uri"] for each in entries.values()) == [one, one, other]
        assert list(StatusList.objects.order_by("number").values_list("given", flat=True)) == [
            SIZE, 1,
        ]  # fmt: skip
        with django_assert_max_num_queries(1):
            assert status_lists.status_entries(keys) == entries

    def test_who_asks_again_hears_that_nothing_changed(self, grants: list[Grant]) -> None:
        entry, client = status_lists.status_entry(grants[0]), Client()
        first = client.get(entry["uri"])
        assert first.headers["Content-Type"] == "application/statuslist+jwt"
        assert first.headers["Cache-Control"] == "public, max-age=60"
        assert "Vary" not in first.headers, "one copy serves everybody"
        tag = first.headers["ETag"]
        now = timezone.now()
        with travel(now + timedelta(minutes=2), tick=False):
            again = client.get(entry["uri"], headers={"if-none-match": tag})
        assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
        with travel(now + timedelta(minutes=6), tick=False):
            renewed = client.get(entry["uri"], headers={"if-none-match": tag})
            claims = opened(renewed.content.decode())
        assert claims["iat"] >= int(now.timestamp()) + 300
        assert (claims["exp"] - claims["iat"], claims["ttl"]) == (900, 60)

    def test_what_is_served_has_always_some_minutes_to_live(self, grants: list[Grant]) -> None:
        entry, now = status_lists.status_entry(grants[0]), timezone.now()
        for minutes in range(0, 40, 3):
            with travel(now + timedelta(minutes=minutes), tick=False):
                claims = opened(Client().get(entry["uri"]).content.decode())
                assert claims["exp"] - timezone.now().timestamp() >= 540

    def test_asking_writes_nothing_while_the_list_is_fresh(
        self, grants: list[Grant], django_assert_num_queries: Any
    ) -> None:
        uri = status_lists.status_entry(grants[0])["uri"]
        tag = Client().get(uri).headers["ETag"]
        with django_assert_num_queries(1):
            assert Client().get(uri, headers={"if-none-match": tag}).status_code == 304

    @pytest.mark.parametrize("number", ["0", "2", "99999999999999999999", "-1", "x", "1%00"])
    def test_a_list_that_does_not_exist_is_not_found(self, number: str) -> None:
        assert Client().get(f"{BASE}{number}/").status_code == 404
        assert StatusIndex.objects.count() == 0


def test_indexes_fill_the_whole_list_in_an_order_nobody_can_guess() -> None:
    seed = b"s" * 32
    drawn = [index_of(seed, serial) for serial in range(0, SIZE, 64)]
    assert len(set(drawn)) == len(drawn)
    assert all(0 <= index < SIZE for index in drawn)
    assert sum(after > before for before, after in pairwise(drawn)) == pytest.approx(8192, rel=0.05)
    assert index_of(b"t" * 32, 0) != drawn[0]


def test_a_status_is_written_over_and_its_neighbours_stay() -> None:
    statuses = blank()
    put(statuses, [(5, Status.SUSPENDED), (6, Status.INVALID), (5, Status.INVALID)])
    assert [status_at(statuses, index) for index in range(4, 8)] == [0, 1, 1, 0]
    put(statuses, [(5, Status.VALID)])
    assert [status_at(statuses, index) for index in range(4, 8)] == [0, 0, 1, 0]


def test_a_status_signer_cannot_sign_claims(var_dir: object) -> None:
    usages = pki.status_signer().leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    assert pki.CLAIM_SIGNING not in usages.value
