"""Defects: Structured content (ST)."""

from collections.abc import Mapping

from tests.conformance.twins.twin import Twin

STRUCTURED: Mapping[str, Twin] = {}
