"""The rules, one module for each chapter. PURE."""

from collections.abc import Sequence

from crawler.conformance.rule import Rule
from crawler.conformance.rules.declaration import DECLARATION
from crawler.conformance.rules.identity import OBJECTS
from crawler.conformance.rules.operating import PUSHING
from crawler.conformance.rules.reach import LISTING
from crawler.conformance.rules.structured import STRUCTURED
from crawler.conformance.rules.survival import ERRORS
from crawler.conformance.rules.transport import TRANSPORT

CHAPTERS = (TRANSPORT, DECLARATION, LISTING, OBJECTS, PUSHING, ERRORS, STRUCTURED)
RULES: Sequence[Rule] = tuple(rule for chapter in CHAPTERS for rule in chapter.rules)
"""Every rule, in the order in which they are judged and shown."""
