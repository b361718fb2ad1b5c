"""Errors and retries (TR6, PU6, PU7)."""

from crawler.conformance.rule import Chapter

ERRORS = Chapter("errors and retries")
rule = ERRORS.rule
