"""Listing and cursors (LS)."""

from crawler.conformance.rule import Chapter

LISTING = Chapter("listing and cursors")
rule = LISTING.rule
