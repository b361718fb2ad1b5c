"""Every rule, chapter by chapter. PURE."""

from collections.abc import Sequence

from crawler.conformance.chapters import declaration, errors, listing, objects, pushing, structured, transport
from crawler.conformance.rule import Part, Rule

PARTS: Sequence[Part] = (
    *transport.PARTS,
    *declaration.PARTS,
    *listing.PARTS,
    *objects.PARTS,
    *pushing.PARTS,
    *errors.PARTS,
    *structured.PARTS,
)
"""In the order in which their rules are judged and shown."""
RULES: Sequence[Rule] = tuple(rule for part in PARTS for rule in part.rules)
"""Every rule, in that order."""
