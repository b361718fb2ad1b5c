"""When the next cycle of a source is due (CY1). The rest of CY belongs to the daemon."""

from crawler.protocol.implementation import ImplementationInfo
from crawler.sync.state import Source


def interval(source: Source, info: ImplementationInfo | None) -> float:
    """Seconds from the start of one cycle to the start of the next, at least (CY1, CY3)."""
    if info is None or info.listed:
        return source.list_interval
    return source.no_list_interval
