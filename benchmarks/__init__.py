"""Measured here and now: `make bench`, or one by name."""
