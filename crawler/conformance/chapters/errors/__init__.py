"""Errors and retries: how the partner says no, and whether it outlives being asked."""

from crawler.conformance.chapters.errors import refusals, survival

PARTS = (refusals.PART, survival.PART)
