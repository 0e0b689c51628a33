"""The money of deals: settled once and in full, by Stripe or by record, and returned."""
