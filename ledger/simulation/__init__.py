"""Logs of a made-up market, for tests and measurements of the auditor's program."""
