"""Implementation info (IM)."""

from crawler.conformance.rule import Chapter

DECLARATION = Chapter("implementation info")
rule = DECLARATION.rule
