"""Implementation info: what the partner declares."""

from crawler.conformance.chapters.declaration import capabilities, naming, shape

PARTS = (shape.PART, capabilities.PART, naming.PART)
