"""Structured content (ST)."""

from crawler.conformance.rule import Chapter

STRUCTURED = Chapter("structured content")
rule = STRUCTURED.rule
