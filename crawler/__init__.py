"""Plays RingCX Digital's platform against partners' endpoints."""

__version__ = "0.1.0"
"""This program's version, as the package has it: pyproject.toml reads it from here."""
