"""Pushing what agents do (PU, AC)."""

from crawler.conformance.rule import Chapter

PUSHING = Chapter("pushing")
rule = PUSHING.rule
