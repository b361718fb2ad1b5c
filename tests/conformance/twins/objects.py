"""Defects: Objects and their fields (OB)."""

from collections.abc import Mapping

from tests.conformance.twins.twin import Twin

OBJECTS: Mapping[str, Twin] = {}
