"""The product's settings; only the addresses differ, by the one view to compare with."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "benchmarks.urls"
