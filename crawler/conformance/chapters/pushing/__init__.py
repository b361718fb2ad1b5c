"""Pushing: what becomes of what agents write, change and delete."""

from crawler.conformance.chapters.pushing import changing, creating, fields, once, operating, repeating, returning

PARTS = (creating.PART, repeating.PART, changing.PART, once.PART, returning.PART, fields.PART, operating.PART)
