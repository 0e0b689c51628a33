"""From the catalogue to the engine and back: facts gathered, cases decided, verdicts kept."""
