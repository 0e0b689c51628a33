"""A licence after its deal: issued, owed under, reported against, ended."""
