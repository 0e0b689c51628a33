"""Search over titles, files, shots and spoken lines.

Pure: no Django, no database, no clock. The table `SearchDocument` is the truth; an `Index` is made
from its rows, held in memory and brought up to date from the rows that changed since.
docs/decisions/0008-search-in-bitmaps.md says why.
"""
