"""Hostile and broken input for every reader: what is tried, how, and what counts as a surprise."""
