"""The conversations that the judge has with a partner, in the order in which they are held."""

from crawler.conformance.chapters.declaration.probes.declaration import DECLARATION
from crawler.conformance.chapters.errors.probes.errors import ERRORS
from crawler.conformance.chapters.errors.probes.survival import SURVIVAL
from crawler.conformance.chapters.listing.probes.afterwards import AFTERWARDS
from crawler.conformance.chapters.listing.probes.arrivals import ARRIVALS
from crawler.conformance.chapters.listing.probes.crawling import CRAWLING
from crawler.conformance.chapters.listing.probes.cursors import CURSORS
from crawler.conformance.chapters.listing.probes.positions import POSITIONED
from crawler.conformance.chapters.objects.probes.contents import CONTENTS
from crawler.conformance.chapters.pushing.probes.operating import OPERATING
from crawler.conformance.chapters.pushing.probes.pushing import PUSHING
from crawler.conformance.chapters.pushing.probes.returning import RETURNING
from crawler.conformance.chapters.structured.probes.structured import STRUCTURING
from crawler.conformance.chapters.transport.probes.signatures import SIGNATURES
from crawler.conformance.chapters.transport.probes.spellings import SPELLINGS
from crawler.conformance.probe import Probe

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
