"""Partners that others judge the judge by: `VARIANTS` with one fault each, and `CONFORMING` ones with none.

They were written from what partners get wrong, before there were rules for it.
"""

from tests.conformance.variants.changing import CHANGING
from tests.conformance.variants.conforming import CONFORMING, TEN
from tests.conformance.variants.creating import CREATING
from tests.conformance.variants.dates import DATED
from tests.conformance.variants.dying import DYING
from tests.conformance.variants.evidence import EVIDENCE
from tests.conformance.variants.once import ONCE
from tests.conformance.variants.reach import REACH
from tests.conformance.variants.shape import SHAPE
from tests.conformance.variants.texts import TEXTS
from tests.conformance.variants.trust import TRUST

VARIANTS = (*TEXTS, *DATED, *REACH, *ONCE, *CREATING, *CHANGING, *TRUST, *SHAPE, *DYING, *EVIDENCE)

__all__ = ["CONFORMING", "TEN", "VARIANTS"]
