"""A verifier that shares no code with the SDK that we sign and read with: encypher-c2pa.

It asks nobody and reports to nobody: look-ups and telemetry are off, by argument and by setting.
"""

import os
from dataclasses import dataclass
from typing import Any
from unittest import mock

import encypher_c2pa
from django.conf import settings

from provenance.trust import pki
from tests.provenance.emitted import Emitted

# A type that it has no rule of its own for: it takes text apart to find a manifest in it.
_ANY_TYPE = "application/pdf"


@dataclass(frozen=True)
class Opinion:
    """What it found: its verdict, the newest manifest and what that calls the file, the codes of
    what holds and of what fails, and the crJSON that it writes when strict."""

    state: str
    manifest_id: str
    title: str
    holds: frozenset[str]
    fails: frozenset[str]
    crjson: dict[str, Any] | None = None


def opinion(file: Emitted, *, trusting: bool = True, strict: bool = False) -> Opinion:
    """Return what it says of a file under our three roots, or under a stranger's. `strict`: as the
    conformance programme asks, beyond what the specification does.

    A file in which it finds no manifest, or that it cannot read, has the state "".
    """
    stranger = "" if trusting else pki.issue_root("A stranger's root", path_length=1).chain_pem
    off = {
        "ENCYPHER_C2PA_TELEMETRY": "off",
        "ENCYPHER_C2PA_ONLINE": "off",
        # It writes down there that telemetry is off.
        "ENCYPHER_C2PA_CONFIG_DIR": str(settings.VAR_DIR / "encypher"),
    }
    with mock.patch.dict(os.environ, off):
        try:
            report = encypher_c2pa.verify(
                file.content,
                file.mime if file.sidecar is None else _ANY_TYPE,
                manifest_store=file.sidecar,
                trust_pem=stranger or pki.claim_anchor_pem(),
                tsa_trust_pem=stranger or pki.time_anchor_pem(),
                cawg_trust_pem=stranger or pki.identity_anchor_pem(),
                no_default_trust=True,
                strict_conformance=strict,
                telemetry=False,
                online=False,
            )
        except ValueError:
            return Opinion("", "", "", frozenset(), frozenset())
    results, found = report["validation_results"], report["manifest_report"] or {}
    newest = found.get("active_manifest") or ""
    return Opinion(
        report["validation_state"] or "",
        newest,
        found.get("manifests", {}).get(newest, {}).get("title", ""),
        frozenset(item["code"] for item in results["success"]),
        frozenset(item["code"] for item in results["failure"]),
        report.get("content_credentials"),
    )
