"""The rules, in modules by subject, each a part of a chapter. PURE."""

from collections.abc import Sequence

from crawler.conformance.rule import Part, Rule
from crawler.conformance.rules import (
    arrivals,
    capabilities,
    changing,
    cursors,
    declaration,
    errors,
    extras,
    fields,
    identity,
    listing,
    naming,
    objects,
    once,
    operating,
    people,
    positions,
    pushing,
    reach,
    references,
    repeating,
    returning,
    showing,
    signatures,
    spellings,
    structured,
    survival,
    transport,
    users,
    values,
)

PARTS: Sequence[Part] = (
    *(transport.PART, signatures.PART, spellings.PART),
    *(declaration.PART, capabilities.PART, naming.PART),
    *(listing.PART, positions.PART, cursors.PART, arrivals.PART, reach.PART),
    *(objects.PART, values.PART, extras.PART, references.PART, users.PART, showing.PART, people.PART, identity.PART),
    *(pushing.PART, repeating.PART, changing.PART, once.PART, returning.PART, fields.PART, operating.PART),
    *(errors.PART, survival.PART),
    structured.PART,
)
"""Chapter by chapter, in the order in which their rules are judged and shown."""
RULES: Sequence[Rule] = tuple(rule for part in PARTS for rule in part.rules)
"""Every rule, in that order."""
