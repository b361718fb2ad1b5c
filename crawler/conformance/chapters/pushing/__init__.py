"""Pushing: what becomes of what agents write, change and delete."""
