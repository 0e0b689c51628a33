"""Many assets against one request, by what they have in common (contract section 11)."""
