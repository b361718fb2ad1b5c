"""Structured content."""
