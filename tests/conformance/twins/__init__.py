"""For each rule, partners with exactly one defect, and all the rules that must find it."""

from tests.conformance.twins.declaration import DECLARATION
from tests.conformance.twins.errors import ERRORS
from tests.conformance.twins.listing.lists import LISTING
from tests.conformance.twins.listing.reach import REACH
from tests.conformance.twins.objects.people import PEOPLE
from tests.conformance.twins.objects.required import OBJECTS
from tests.conformance.twins.pushing.creating import PUSHING
from tests.conformance.twins.pushing.returning import RETURNING
from tests.conformance.twins.structured import STRUCTURED
from tests.conformance.twins.transport import TRANSPORT

TABLES = (TRANSPORT, DECLARATION, LISTING, OBJECTS, PUSHING, RETURNING, ERRORS, STRUCTURED, REACH, PEOPLE)
TWINS = {name: twin for table in TABLES for name, twin in table.items()}
