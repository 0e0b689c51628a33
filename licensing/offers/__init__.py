"""What may be licensed and at what price: rate cards, drafts from sheets, the market."""
