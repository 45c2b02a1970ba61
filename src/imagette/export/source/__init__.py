"""A run as one file of readable code, in a framework of its own: network, recipe, prediction."""
