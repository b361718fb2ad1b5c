"""Listing and cursors: what is listed, from where, and whether it is reached."""

from crawler.conformance.chapters.listing import arrivals, cursors, lists, positions, reach

PARTS = (lists.PART, positions.PART, cursors.PART, arrivals.PART, reach.PART)
