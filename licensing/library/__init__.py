"""One question about a whole library: what is ready, what a lab could get of it."""
