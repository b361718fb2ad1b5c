"""Objects and fields: what contents and users look like."""

from crawler.conformance.chapters.objects import extras, identity, people, references, required, showing, users, values

PARTS = (required.PART, values.PART, extras.PART, references.PART, users.PART, showing.PART, people.PART, identity.PART)
