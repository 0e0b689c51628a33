"""Django's database backend for SQLite, with one difference: how it waits (base.py)."""
