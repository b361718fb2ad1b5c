"""Defects of transport and signature."""

from collections.abc import Mapping

from tests.conformance.twins.twin import Twin, fault

TRANSPORT: Mapping[str, Twin] = {
    "accepts-unsigned": fault("accepts-unsigned", "unsigned-request-refused", "empty-signature-refused"),
}
