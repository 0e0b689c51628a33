"""Taking read files into the catalogue: `catalog.imports` reads, this writes.

A row becomes a work (`works`), the work is found or new (`matching`), titles and credits are
written in bulk (`writing`), Avails become facts (`avails`); `batch` does this for a few hundred
rows in one transaction, `pending` for whole files, and `starting` is what people call.
"""
