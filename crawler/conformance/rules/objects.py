"""Objects and their fields (OB)."""

from crawler.conformance.rule import Chapter

OBJECTS = Chapter("objects and fields")
rule = OBJECTS.rule
