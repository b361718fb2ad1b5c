"""Defects: Pushing what agents do (PU, AC)."""

from collections.abc import Mapping

from tests.conformance.twins.twin import Twin

PUSHING: Mapping[str, Twin] = {}
