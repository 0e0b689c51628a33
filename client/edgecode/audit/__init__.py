"""The audit of a published log: its bytes, its signatures, and the rules its entries must keep."""
