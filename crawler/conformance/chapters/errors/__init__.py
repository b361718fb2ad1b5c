"""Errors and retries: how the partner says no, and whether it outlives being asked."""
