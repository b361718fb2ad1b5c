"""Defects: Listing and cursors (LS)."""

from collections.abc import Mapping

from tests.conformance.twins.twin import Twin

LISTING: Mapping[str, Twin] = {}
