"""Agreements as tests keep them that read none: one line in place of all their pages."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalog.typesetting import typeset

_SKETCH = Path(__file__).parent / "agreement.typ"


def sketch(_template: Path, terms: Mapping[str, Any], **given: Any) -> bytes:
    """Return what `typeset` does: a PDF that is the same where the terms are, and only there."""
    sha256 = hashlib.sha256(json.dumps(terms, sort_keys=True).encode()).hexdigest()
    return typeset(_SKETCH, {"title": terms["title"], "sha256": sha256}, **given)
