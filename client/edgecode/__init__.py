"""What a lab or an auditor needs to check Edgecode from outside. No Django, no database."""
