"""What a file says of itself, read where it can do no harm and judged for whoever asks."""
