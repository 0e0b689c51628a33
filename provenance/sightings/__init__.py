"""What somebody saw somewhere: recognised, and weighed against the licences."""
