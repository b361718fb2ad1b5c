"""Transport and signature: how the endpoint answers, whom it answers, and what it reads."""

from crawler.conformance.chapters.transport import answers, signatures, spellings

PARTS = (answers.PART, signatures.PART, spellings.PART)
