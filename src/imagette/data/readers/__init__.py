"""One file for each form in which pictures come."""
