"""The reference partner's one-fault variants.

Each is a `Fault` in `FAULTS`, under a name that stays, with the ids of the rules in PROTOCOL.md that it concerns. It
changes one behaviour and leaves the rest healthy. Where it spoils a content, it is the designated one of the seeded
forum: thread 2, message 7 (message 11 for a ``-newest`` one), private message 12.
"""

from collections.abc import Mapping

from crawler.reference.faults import contents, declarations, listings, operations, spellings, transport
from crawler.reference.faults.fault import HEALTHY, Fault

FAULTS: Mapping[str, Fault] = {
    fault.name: fault
    for chapter in (spellings, transport, declarations, listings, contents, operations)
    for fault in chapter.FAULTS
}
"""Every variant by its name."""

__all__ = ["FAULTS", "HEALTHY", "Fault"]
