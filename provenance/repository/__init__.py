"""The manifest repository: manifests kept, and found by what is bound to them."""
