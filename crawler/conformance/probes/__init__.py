"""The conversations that the judge has with a partner, one module each, in the order in which they are held."""

from crawler.conformance.probe import Probe
from crawler.conformance.probes.afterwards import AFTERWARDS
from crawler.conformance.probes.arrivals import ARRIVALS
from crawler.conformance.probes.contents import CONTENTS
from crawler.conformance.probes.crawling import CRAWLING
from crawler.conformance.probes.cursors import CURSORS
from crawler.conformance.probes.declaration import DECLARATION
from crawler.conformance.probes.errors import ERRORS
from crawler.conformance.probes.operating import OPERATING
from crawler.conformance.probes.positions import POSITIONED
from crawler.conformance.probes.pushing import PUSHING
from crawler.conformance.probes.returning import RETURNING
from crawler.conformance.probes.signatures import SIGNATURES
from crawler.conformance.probes.spellings import SPELLINGS
from crawler.conformance.probes.structured import STRUCTURING
from crawler.conformance.probes.survival import SURVIVAL

PROBES: tuple[Probe, ...] = (
    DECLARATION,
    SIGNATURES,
    SPELLINGS,
    CONTENTS,
    CRAWLING,
    POSITIONED,
    CURSORS,
    ERRORS,
    ARRIVALS,
    AFTERWARDS,
    PUSHING,
    RETURNING,
    OPERATING,
    STRUCTURING,
    SURVIVAL,
)
