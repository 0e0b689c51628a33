"""Finding one's way in the public log: search, kinds, the audit page, large and damaged logs."""

import io
import json
import subprocess
import sys
import uuid
import zipfile
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.access import SYSTEM
from catalog.models import Asset
from catalog.titles import TitleRow, register_many
from edgecode.audit.rules import RULES
from edgecode.log import canonical, cose, notes
from ledger import keys, kinds, proofs, sequencer, signing
from ledger.append import append
from ledger.documents import publish_documents, published
from ledger.models import Entry, Event
from provenance.models import Credential
from tests import factories
from tests.web.reading import signed_in, text, words
from tests.worlds import kept
from web import audit_words, kind_index, logbook

pytestmark = [pytest.mark.django_db]


@kept
def film() -> Asset:
    """A log of one film with its file."""
    publish_documents()
    asset = factories.offered_film(factories.studio("Peach Pictures"))
    sequencer.advance()
    return asset


@kept
def large() -> int:
    """A log of three bundles; returns its size."""
    publish_documents()
    owner = factories.studio()
    rows: list[TitleRow] = [
        {"kind": "film", "name": f"Film {n}", "language": "en"} for n in range(700)
    ]
    register_many(actor=owner, rows=rows)
    sequencer.advance()
    return proofs.folder().size()


def found(client: Client, query: str) -> str:
    return words(client.get("/ledger/", {"q": query}))


def test_a_seal_leads_to_its_entry(client: Client, film: Asset) -> None:
    event = Event.objects.get(stream=film.stream, kind="asset.registered")
    seal = event.facts().commitments["file"]
    for typed in (seal, seal.upper(), f"sha256:{seal}", f" {seal} "):
        response = client.get("/ledger/", {"q": typed})
        assert response.headers["Location"] == f"/ledger/entries/{event.index}/"


def test_the_hash_of_a_film_is_found_by_its_owner_only(client: Client, film: Asset) -> None:
    assert film.organisation is not None
    owner = signed_in_as_owner(film)
    assert "Asset registered" in found(owner, film.sha256)
    for stranger in (client, signed_in(factories.lab()), signed_in(factories.studio())):
        page = found(stranger, film.sha256)
        assert "No entry shows this hash" in page
        assert "verify the file itself" in page
        assert "Newest entries" not in page


def signed_in_as_owner(film: Asset) -> Client:
    client = Client()
    user = film.organisation.memberships.get().user
    client.force_login(user)
    return client


def test_keys_and_documents_are_found_by_their_hash(client: Client, film: Asset) -> None:
    signer = signing.load()
    assert signer is not None
    page = found(client, keys.fingerprint(signer.keys[0].public_key()))
    assert "Key published" in page
    for name in ("kinds", "policy"):
        event = Event.objects.get(kind=f"{name}.published")
        response = client.get("/ledger/", {"q": published(name) or ""})
        assert response.headers["Location"] == f"/ledger/entries/{event.index}/"


def test_a_manifest_leads_to_the_signing_of_its_file(client: Client, var_dir: Path) -> None:
    studio, lab = factories.studio(), factories.lab()
    grant = factories.grant(studio, lab, [factories.offered_film(studio)])
    sequencer.advance()
    name = str(uuid.uuid4())
    assert "No file was signed here" in found(client, f"urn:c2pa:{name}")
    granted = grant.granted_assets.get()
    signed = Credential.objects.create(
        code="7K3F2Q9P", granted_asset=granted, manifest_id=f"urn:c2pa:{name}"
    )
    form = {"form": "embedded", "manifest": signed.manifest_id, "part": 0}
    append(
        "credential.signed.v2",
        stream=signed.stream,
        actor=SYSTEM,
        data=form,
        refs={"grant": grant.stream, "asset": granted.asset.stream},
        private={"file": {"sha256": "ab" * 32, "size_bytes": 1}},
    )
    sequencer.advance()
    for typed in (name, f"urn:c2pa:{name}", f"URN:C2PA:{name.upper()}"):
        assert "Credential signed" in found(client, typed)


def test_what_names_nothing_is_told_apart(client: Client, film: Asset) -> None:
    assert "neither an edge code" in found(client, "the whole film")
    assert "neither an edge code" in found(client, "\x00")  # the browser sends what it likes
    assert "No entry shows this hash" in found(client, "ab" * 32)
    assert "The log has no such entry" in found(client, "title:7K3F2Q9P")
    assert client.get("/ledger/", {"q": "x" * 10_000}).status_code == 200


def test_each_kind_is_explained_with_what_it_carries(client: Client, film: Asset) -> None:
    overview = text(client.get("/ledger/kinds/"))
    for kind in kinds.registered():
        address = reverse("log-kind", args=[kind.name])
        assert f'href="{address}"' in overview
        page = words(client.get(address))
        for part in (*kind.data, *kind.refs, *kind.private):
            assert f".{part.rstrip('?*')}" in page
        assert kind.meaning in page
    assert client.get("/ledger/kinds/title.dreamt/").status_code == 404
    page = words(client.get("/ledger/kinds/asset.registered/"))
    assert "picture" in page  # what the kind of a file may be
    assert "R15" in page
    assert "1 entry of this kind" in page


def test_a_kind_that_was_replaced_names_the_version_that_is_written(
    client: Client, film: Asset
) -> None:
    page = words(client.get(reverse("log-kind", args=["request.submitted"])))
    assert "A later version is written in its place: request.submitted.v2" in page
    assert "The log has no entry of this version, and none will come." in page
    newest = words(client.get(reverse("log-kind", args=["request.submitted.v2"])))
    assert "A later version" not in newest
    assert "The log has no entry of this kind yet." in newest


def test_entries_lead_to_their_kind_and_back(client: Client, film: Asset) -> None:
    event = Event.objects.get(stream=film.stream)
    page = text(client.get(f"/ledger/entries/{event.index}/"))
    assert 'href="/ledger/kinds/asset.registered/"' in page
    page = text(client.get("/ledger/kinds/asset.registered/"))
    assert f'href="/ledger/entries/{event.index}/"' in page
    assert 'href="/ledger/?kind=asset.registered"' in page


def test_the_audit_page_has_every_rule_in_both_languages(client: Client, film: Asset) -> None:
    page = words(client.get("/ledger/audit/"))
    korean = words(client.get("/ledger/audit/", headers={"Accept-Language": "ko"}))
    for rule in RULES:
        assert f"{rule.id} {rule.title.replace(' ...', '...')}" in page
        assert rule.id in korean
        assert rule.title not in korean
    with translation.override("en"):
        assert [(rule.id, str(rule.title)) for rule in audit_words.rules()] == [
            (rule.id, rule.title) for rule in RULES
        ]


def test_the_audit_page_gives_the_commands_of_this_log(
    client: Client, film: Asset, settings: Settings
) -> None:
    page = words(client.get("/ledger/audit/"))
    base = f"{settings.BASE_URL}/ledger"
    assert f"edgecode audit {base}/ --policy policy --mirror log-copy" in page
    assert f"edgecode audit {base}/ --vkey '{proofs.vkey()}'" in page
    for tool in audit_words.TOOLS:
        assert tool.name in page


def test_everybody_is_told_how_to_audit(client: Client, film: Asset) -> None:
    for address in ("/", "/verify/", "/ledger/", "/ledger/kinds/"):
        page = text(client.get(address))
        at_least = 1 if address == "/ledger/kinds/" else 2
        assert page.count('href="/ledger/audit/"') >= at_least, address
        assert '<footer class="footer">' in page, address


def test_all_that_proves_an_entry_comes_as_one_archive(
    client: Client, film: Asset, tmp_path: Path
) -> None:
    index = Entry.objects.get(event__stream=film.stream).index
    response = client.get(f"/ledger/entries/{index}.zip")
    assert response["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / f"entry-{index}"
    readme = (folder / "README.txt").read_text()
    command = next(line for line in readme.splitlines() if "verify-receipt" in line).split()
    program = "from edgecode.command import main; raise SystemExit(main())"
    checked = subprocess.run(
        [sys.executable, "-c", program, *command[1:]],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    assert str(index) in checked.stdout
    assert (folder / "policy").read_text().startswith("log ")
    assert client.get("/ledger/entries/99999.zip").status_code == 404


def test_the_cose_receipt_is_of_this_entry(client: Client, film: Asset) -> None:
    index = Entry.objects.get(event__stream=film.stream).index
    page = text(client.get(f"/ledger/entries/{index}/"))
    assert f'href="/ledger/proof/{index}.cose"' in page
    receipt = client.get(f"/ledger/proof/{index}.cose").content
    key = notes.parse_vkey(proofs.vkey() or "")
    assert cose.verify_inclusion(receipt, proofs.entry(index), key)[0] == index


def test_a_large_log_is_paged_from_its_files(
    client: Client, large: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client.get("/ledger/")
    with django_assert_num_queries(0):
        for query in ("", "?cursor=300", "?cursor=-300", "?kind=title.registered"):
            assert client.get(f"/ledger/{query}").status_code == 200
        assert client.get("/ledger/?kind=log.opened&cursor=9").status_code == 200
        assert client.get("/ledger/about/").status_code == 200
        assert client.get("/ledger/kinds/title.registered/").status_code == 200


def test_the_index_of_kinds_says_what_the_database_says(large: int) -> None:
    index = kind_index.of_published(large)
    kinds_at = dict(Entry.objects.values_list("index", "event__kind"))
    assert sum(index.counts().values()) == large
    for kind in set(kinds_at.values()):
        places = sorted(at for at, name in kinds_at.items() if name == kind)
        assert list(index.before(kind, large)) == places[::-1]
        assert list(index.after(kind, -1)) == places
        assert list(index.before(kind, places[-1])) == places[:-1][::-1]
    assert list(index.before("no.such", large)) == []


def test_the_pages_of_a_kind_lead_back_and_forth(large: int) -> None:
    kind, seen, cursor = "title.registered", [], ""
    for _ in range(30):
        window = logbook.of_kind(large, cursor, kind)
        seen += [line.index for line in window.lines]
        if window.older is None:
            break
        cursor = window.older
    assert len(seen) == len(set(seen)) == 700
    back = logbook.of_kind(large, f"-{seen[-1]}", kind)
    assert [line.index for line in back.lines] == seen[-51:-1]
    assert logbook.of_kind(large, f"-{seen[0]}", kind).lines == []


def test_a_missing_bundle_is_one_line_and_leaves_the_rest(
    client: Client, large: int, var_dir: Path
) -> None:
    bundle = var_dir / "ledger" / "tile" / "entries" / "000"
    raw = bundle.read_bytes()
    for damage in (b"", raw[:100], b"\xff" * 600):
        bundle.write_bytes(damage)
        check_damaged(client)
    bundle.unlink()
    check_damaged(client)
    assert "No such file or directory" in words(client.get("/ledger/entries/0/"))
    assert str(var_dir) not in text(client.get("/ledger/entries/0/"))


def check_damaged(client: Client) -> None:
    kind_index._of.cache_clear()
    page = words(client.get("/ledger/"))
    assert "The files of the log cannot be read here: " in page
    assert "Who confirms it" in page
    assert "Title registered" in page  # the newest entries are in another bundle
    for address in ("/ledger/entries/0/", "/ledger/about/"):
        response = client.get(address)
        assert response.status_code == 503
        assert "cannot be read here" in words(response)
    for address in ("/ledger/entries/0.json", "/ledger/entries/0.zip", "/ledger/proof/0.cose"):
        response = client.get(address)
        assert response.status_code == 503
        assert response.content.count(b"\n") == 1
    assert client.get("/ledger/proof/0.tlog-proof").status_code == 503
    assert client.get("/ledger/kinds/log.opened/").status_code == 200
    assert client.get(f"/ledger/entries/{proofs.folder().size() - 1}/").status_code == 200


def test_entries_that_somebody_rewrote_are_shown_and_do_not_verify(
    client: Client, film: Asset, var_dir: Path
) -> None:
    size = proofs.folder().size()
    bundle = var_dir / "ledger" / "tile" / "entries" / f"000.p/{size}"
    forged = b""
    for raw in proofs.folder().entries(0, size):
        entry = json.loads(raw)
        entry.pop("data", None)  # nothing of what its kind declares
        changed = canonical.encode(entry)
        forged += len(changed).to_bytes(2, "big") + changed
    bundle.write_bytes(forged)
    kind_index._of.cache_clear()
    for address in ("/ledger/", "/ledger/about/", "/ledger/kinds/key.published/"):
        assert client.get(address).status_code == 200
    assert client.get("/ledger/", {"q": "ab" * 32}).status_code == 200
    for event in Event.objects.filter(kind__in=["key.published", "log.opened"]):
        page = words(client.get(f"/ledger/entries/{event.index}/"))
        assert "The proof of this entry does not hold" in page


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"not a note", b"a\n-1\nAAAA\n\n"])
def test_a_checkpoint_that_is_none_is_one_line(
    client: Client, film: Asset, var_dir: Path, damage: bytes
) -> None:
    (var_dir / "ledger" / "checkpoint").write_bytes(damage)
    for address in ("/ledger/", "/ledger/about/", "/ledger/audit/", "/ledger/entries/0/"):
        response = client.get(address)
        assert response.status_code in {200, 404, 503}
        if damage:
            assert response.status_code == 503
            assert "cannot be read here" in words(response)
    assert client.get("/ledger/entries/0.json").status_code in {404, 503}


def test_a_long_korean_name_and_an_empty_log_read_well(client: Client, var_dir: Path) -> None:
    studio = factories.studio(
        "아주 길고 긴 이름을 가진 한국 독립 영화 제작 배급 협동조합 연합회" * 2
    )
    empty = words(client.get("/ledger/about/"))
    assert "The log has no entries yet" in empty
    assert client.get("/ledger/kinds/title.registered/").status_code == 200
    sequencer.advance()
    page = words(signed_in(studio).get("/ledger/", headers={"Accept-Language": "ko"}))
    assert "협동조합 연합회" in page
