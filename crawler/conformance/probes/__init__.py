"""The conversations that the judge has with a partner, one module each, in the order in which they are held."""

from crawler.conformance.probe import Probe
from crawler.conformance.probes.contents import CONTENTS
from crawler.conformance.probes.declaration import DECLARATION
from crawler.conformance.probes.errors import ERRORS
from crawler.conformance.probes.signatures import SIGNATURES
from crawler.conformance.probes.spellings import SPELLINGS

PROBES: tuple[Probe, ...] = (DECLARATION, SIGNATURES, SPELLINGS, CONTENTS, ERRORS)
