"""From request to agreement: terms countered, approvals, what is kept back, what is signed."""
