"""Shared parts of the platform."""
