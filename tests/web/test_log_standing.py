"""What the public log says of itself: who confirms it, its keys, its copy, the log before it."""

import pytest
from cryptography import x509
from django.test import Client

from edgecode.log.keys import cosigner_key
from ledger import keys, proofs, sequencer
from ledger.documents import publish_documents
from ledger.models import Event
from provenance.trust import pki
from provenance.trust.bundle import trust_bundle
from tests import factories
from tests.web.cosigning import (
    cosign,
    cosign_with_ml_dsa,
    key_of,
    show_witnessed,
    write_policy,
)
from tests.web.reading import text, words
from tests.worlds import kept
from web import log_mirror, log_standing

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("log")]


@kept
def log() -> None:
    """A log with a few entries, its keys among them."""
    publish_documents()
    factories.title(factories.studio("Peach Pictures"))
    sequencer.advance()


def front(client: Client) -> str:
    return words(client.get("/ledger/"))


def test_a_log_that_nobody_confirms_says_so(client: Client) -> None:
    assert "Nobody outside confirms this yet" in front(client)
    assert "itnessed by" not in front(client)
    page = words(client.get("/ledger/audit/"))
    assert "does not prove that others are shown the same log" in page


def test_whom_to_trust_is_told_with_what_others_think_of_it(client: Client) -> None:
    page, bundle = text(client.get("/ledger/about/")), trust_bundle()
    assert 'href="/api/v1/trust-bundle.pem"' in page
    roots = x509.load_pem_x509_certificates(bundle.encode())
    assert all(pki.fingerprint(each) in page for each in roots)
    assert page.count("NOT TRUSTED by others") == len(roots)


def test_one_organisation_is_not_enough_however_many_keys_it_has(client: Client) -> None:
    names = ("w1.archive.example", "w2.archive.example")
    cosign(*names)
    write_policy(*names, "w.silent.example")
    page = front(client)
    assert "Cosigned by one organisation, archive.example. That is not enough" in page
    assert "itnessed by" not in page
    assert "w.silent.example has not cosigned this checkpoint" in page
    entry = words(client.get("/ledger/entries/0/"))
    assert "witnessed by" not in entry
    assert "Not witnessed" in entry


def test_two_organisations_witness_with_the_time_of_each(client: Client) -> None:
    cosign("w1.archive.example", second=1_780_000_000)
    cosign("guild.example/log")
    write_policy("w1.archive.example", "guild.example/log")
    page = front(client)
    assert "Witnessed by 2 organisations: archive.example, guild.example" in page
    assert "w1.archive.example cosigned 28 May 2026" in page
    assert "witnessed by 2 organisations" in words(client.get("/ledger/entries/0/"))
    korean = words(client.get("/ledger/", headers={"Accept-Language": "ko"}))
    assert "archive.example, guild.example" in korean
    assert "Witnessed" not in korean


def test_the_log_s_own_organisation_does_not_count(client: Client) -> None:
    names = ("w.edgecode.localhost", "guild.example/log")
    cosign(*names)
    write_policy(*names)
    page = front(client)
    assert "Cosigned by one organisation, guild.example" in page
    assert "of the log’s own organisation: does not count" in page


def test_two_keys_under_one_name_are_one_witness(client: Client) -> None:
    cosign("archive.example")
    key = cosign_with_ml_dsa("archive.example")
    write_policy("archive.example", others=(("archive.example", key),))
    page = front(client)
    assert "Cosigned by one organisation, archive.example" in page
    assert page.count("archive.example cosigned") == 1


@pytest.mark.parametrize(
    ("name", "organisation"),
    [
        ("witness.archive.example/w1", "archive.example"),
        ("archive.example:8080/log", "archive.example"),
        ("w1.studio.co.kr", "studio.co.kr"),
        ("w2.guild.or.kr", "guild.or.kr"),
        ("Archive.EXAMPLE", "archive.example"),
        ("localhost", "localhost"),
    ],
)
def test_a_name_belongs_to_whoever_registered_its_domain(name: str, organisation: str) -> None:
    assert log_standing.organisation_of(name) == organisation


def test_what_a_forger_wrote_as_a_cosignature_is_told_in_one_line(client: Client) -> None:
    note = cosign("archive.example")
    write_policy("archive.example")
    head, _, mark = note.rpartition(" ")
    forged = mark[:40] + ("A" if mark[40] != "A" else "B") + mark[41:]
    proofs.folder().write("checkpoint", f"{head} {forged}".encode())
    page = front(client)
    assert "The signatures of this checkpoint do not verify here" in page
    assert "Not witnessed" in words(client.get("/ledger/entries/0/"))
    for policy in (b"quorum nobody\n", b"\xff\xfe", b""):
        proofs.folder().write("policy", policy)
        assert client.get("/ledger/").status_code == 200


def test_older_entries_stay_witnessed_while_new_ones_wait(client: Client) -> None:
    names = ("archive.example", "guild.example")
    show_witnessed(cosign(*names))
    write_policy(*names)
    size = proofs.folder().size()
    factories.studio()
    sequencer.advance()
    page = front(client)
    assert "Nobody outside confirms this yet" in page
    assert f"The first {size} entries were witnessed by 2 organisations" in page
    assert "witnessed by 2" in words(client.get(f"/ledger/entries/{size - 1}/"))
    assert "Not witnessed" in words(client.get(f"/ledger/entries/{size}/"))
    assert client.get("/ledger/checkpoint.witnessed").status_code == 200


def test_keys_are_shown_from_their_entry_to_their_end(client: Client) -> None:
    assert "1 in use, 0 retired" in front(client)
    keys.rotate()
    page = words(client.get("/ledger/about/"))
    assert page.count("signs the newest checkpoint") == 2
    assert "2 in use, 0 retired" in front(client)
    keys.end_rotation()
    factories.studio()
    sequencer.advance()
    assert "1 in use, 1 retired" in front(client)
    page = text(client.get("/ledger/about/"))
    published = Event.objects.filter(kind="key.published")
    retired = Event.objects.get(kind="key.retired")
    for event in (*published, retired):
        assert f'href="/ledger/entries/{event.index}/"' in page
    assert str(proofs.vkey()) in page.replace("&#x2B;", "+")


def test_without_a_copy_elsewhere_there_is_nothing_to_ask(client: Client) -> None:
    assert "keeps no copy elsewhere" in words(client.get("/ledger/about/"))
    assert client.get("/ledger/about/copy/").status_code == 404
    assert log_mirror.state() is None


def test_the_keys_of_witnesses_are_as_the_policy_has_them(client: Client) -> None:
    write_policy("archive.example")
    policy = client.get("/ledger/policy").content.decode()
    assert str(cosigner_key("archive.example", key_of("archive.example"))) in policy
