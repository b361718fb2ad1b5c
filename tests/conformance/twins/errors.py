"""Defects: Errors and retries (TR6, PU6, PU7)."""

from collections.abc import Mapping

from tests.conformance.twins.twin import Twin

ERRORS: Mapping[str, Twin] = {}
