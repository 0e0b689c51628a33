"""What the documents promise about speed, measured on the real product: `make bench`.

docs/benchmarks.md says what is measured and how.
"""
