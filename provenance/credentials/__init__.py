"""Credentials of granted files: signed, renewed, hashed and delivered."""
