"""Rows and fields: what task functions and models hand to users' code."""
