"""Kill the sequencer at each step: nothing is lost, no history is signed twice."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from edgecode.log import notes
from edgecode.log.folder import LogFolder
from edgecode.log.verify import verify_log

ROOT = Path(__file__).resolve().parents[2]


def run(var_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("DJANGO", "COV"))
    }
    return subprocess.run(
        [sys.executable, "-m", "tests.ledger.standalone", str(var_dir), *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


POINTS = [
    ("before:sequence_pending", 1),
    ("after:sequence_pending", 1),
    ("after:write_tiles", 2),
    ("before:_lock_in", 1),
    ("after:_lock_in", 1),
    ("before:_remove_partial_tiles", 1),
]


def test_a_sequencer_killed_at_every_step_loses_nothing(tmp_path: Path) -> None:
    log = LogFolder(tmp_path / "ledger")
    filled = run(tmp_path, "fill", "250")
    assert filled.stdout == "250\n", filled.stderr
    key = notes.parse_vkey((log.path / "log.vkey").read_text())
    seen = [notes.open_checkpoint(log.checkpoint() or "", key)]
    size = 250
    for point, count in POINTS:
        size += 3
        killed = run(tmp_path, "die", point, str(count))
        assert killed.returncode == -signal.SIGKILL, (point, killed.stderr)
        # What the world sees after the kill is a whole, signed log.
        report = verify_log(log.path, str(key))
        assert report.ok, (point, report.problems)
        assert report.checkpoint is not None
        seen.append(report.checkpoint)
    assert run(tmp_path, "advance").stdout == f"{size}\n"
    report = verify_log(log.path, str(key))
    assert report.ok, report.problems
    assert report.entries == size
    for checkpoint in seen:
        assert log.root(checkpoint.size) == checkpoint.root
