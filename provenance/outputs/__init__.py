"""What licensees make with what they were granted: declared, signed, disputed and told of."""
