"""Structured content."""

from crawler.conformance.chapters.structured import shape

PARTS = (shape.PART,)
