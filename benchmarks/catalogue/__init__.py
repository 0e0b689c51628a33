"""What the catalogue promises about speed."""
