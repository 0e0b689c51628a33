"""What can be found on the market: documents of titles and files, kept in step."""
