"""Defects: Implementation info (IM)."""

from collections.abc import Mapping

from tests.conformance.twins.twin import Twin

DECLARATION: Mapping[str, Twin] = {}
