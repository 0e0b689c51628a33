"""Certificates for people: what a grant says, as a sealed PDF and a page that anybody can check."""
