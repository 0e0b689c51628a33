"""Comparable deals: what licences like this one cost, so told that no single deal can be read out.

Pure: no Django, no database, no clock. docs/decisions/precedents.md says why it is done so.
"""

from licensing.precedents.batches import Closed, released
from licensing.precedents.buckets import Bucket, bucket_of, term_of, use_of
from licensing.precedents.cells import Cell, comparable

__all__ = [
    "Bucket",
    "Cell",
    "Closed",
    "bucket_of",
    "comparable",
    "released",
    "term_of",
    "use_of",
]
