"""How fast the ledger is, beside what it is made of and what others make. Run by `make
bench-ledger`; docs/benchmarks.md says what each line means."""
