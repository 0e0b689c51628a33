"""Reading what a studio has: Avails sheets and XML, tables, JSON lines. Pure; no Django.

`reading.read_file` turns a hostile file into a stream of normalised rows in constant memory;
`limited.read_upload` does so in the sandbox. Nothing is dropped silently: what could not be used
is in a row's findings, with the address of the cell.
"""
