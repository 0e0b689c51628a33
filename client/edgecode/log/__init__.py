"""The transparency log: its formats, its proofs, its files (C2SP tlog-tiles, RFC 6962)."""
