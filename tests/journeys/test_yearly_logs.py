"""A log that is cut by year while the business goes on, and read as one by everybody."""

from io import StringIO
from pathlib import Path

import pytest
import requests
from django.core.management import call_command
from django.utils import timezone

from demo.calls import Caller
from edgecode.command import main
from ledger import proofs, shards
from ledger.documents import publish_documents
from tests.journeys.conftest import Place
from tests.journeys.scenes import deliveries, granted, offered_film

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes what the developer has seen."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_a_history_in_two_logs_is_delivered_proven_and_audited(
    place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    publish_documents()
    studio, lab = place.join("studio", "Peach Pictures"), place.join("lab", "Lumen Lab")
    _, film = offered_film(studio, "Peach Pictures")
    before = granted(place, studio, lab, [film])
    place.work()
    old = fetched(place, lab, before)

    year = f"{timezone.now().year + 1}"
    call_command("ledger", "close-shard", year, stdout=StringIO())
    _, film = offered_film(studio, "Peach Pictures")
    after = granted(place, studio, lab, [film])
    place.work()

    # What was delivered from either log is proven, the older by a receipt of a log now closed.
    for file in (old, fetched(place, lab, after)):
        report = lab.verify(file, None)
        assert report["verdict"] == "authorised"
        assert {check["id"]: check["outcome"] for check in report["checks"]}["log"] == "ok"

    ledger = f"{place.url}/ledger"
    vkey, policy = place.folder / "log.vkey", place.folder / "policy"
    vkey.write_bytes(requests.get(f"{ledger}/log.vkey", timeout=30).content)
    policy.write_bytes(requests.get(f"{ledger}/{year}/policy", timeout=30).content)
    for index in (1, shards.live().first - 1, shards.live().first, proofs.size() - 1):
        receipt, entry = place.folder / "receipt.tlog-proof", place.folder / "entry.json"
        receipt.write_bytes(requests.get(f"{ledger}/proof/{index}.tlog-proof", timeout=30).content)
        entry.write_bytes(requests.get(f"{ledger}/entries/{index}.json", timeout=30).content)
        for trust in (("--vkey", vkey), ("--policy", policy)):
            words = ["verify-receipt", receipt, "--entry", entry, *trust]
            assert main([str(word) for word in words]) == 0

    for address in (f"{ledger}/", f"{ledger}/{year}/"):
        for trust in (("--vkey", vkey), ("--policy", policy)):
            capsys.readouterr()
            code = main([str(word) for word in ("audit", address, *trust)])
            said = capsys.readouterr().out
            assert code == 0, said
            assert f"{shards.live().first} of {shards.live().first} entries" in said
            assert "CLEAN" in said


def fetched(place: Place, lab: Caller, grant: str) -> Path:
    """Download the one film of a grant."""
    url = deliveries(lab, grant)[0]["file_url"]
    path = place.folder / url.rpartition("/")[2]
    lab.download(url, path)
    return path
