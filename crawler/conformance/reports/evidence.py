"""The evidence for one result as plain text: what was expected, what came, the bytes, how to see it again. PURE."""

from collections.abc import Iterator

from crawler.conformance.exhibit import Exhibit, exhibit
from crawler.conformance.rule import GUIDE, Breach, Result
from crawler.protocol.envelope import escaped
from crawler.sync.source import Source

SHOWN = 3
"""How many breaches of one rule are shown with their bytes."""
LONGEST_CURL = 4_000
"""Characters of a curl line above which a person had rather use `replay`."""


def evidence(result: Result, source: Source, *, body: int) -> str:
    """All that is known about a breach, or about why there is none; of bodies at most `body` bytes."""
    requirement, why, mend = result.rule.paragraphs
    lines = [requirement]
    if result.reason:
        lines.append(result.reason)
    if result.remedy is not None:
        lines.append(f"To have it judged: {result.remedy.do}")
    if result.looked_at:
        lines.append(looked_at(result))
    for breach in result.breaches[:SHOWN]:
        lines += ["", *_breach(breach, source, body)]
    if len(result.breaches) > SHOWN:
        lines += ["", f"and {len(result.breaches) - SHOWN} more of the same"]
    if result.breaches:
        level = f"{result.rule.level}, since {result.rule.harm}: {result.rule.because}"
        lines += ["", f"Level: {level}", f"Why: {why}", f"Mend: {mend}", f"Stands on: {basis(result)}"]
    return "\n".join(lines)


def looked_at(result: Result) -> str:
    """How many cases a rule judged, and the first of those in which it is kept: what was asked, and what came."""
    first = [
        f"{it.sent.action} ({it.sent.id}): {it.sent.came}{f', {it.note}' if it.note else ''}"
        for it in result.evidence
        if it.sent is not None
    ]
    cases = f"{result.looked_at} case{'s' if result.looked_at != 1 else ''}"
    return f"Looked at {cases}" + (f", such as {'; '.join(first)}" if first else "")


def basis(result: Result) -> str:
    """The ids of PROTOCOL.md and the guide's page that a rule stands on."""
    return f"{', '.join(result.rule.ids)}; {GUIDE}{result.rule.page}/"


def _breach(breach: Breach, source: Source, body: int) -> Iterator[str]:
    yield f"expected: {breach.expected}"
    yield f"     got: {breach.actual}"
    if breach.sent is not None:
        shown = exhibit(breach.sent, source, keep_bytes=body)
        yield f"     for: {shown.label} ({shown.id})"
        yield from exchange_lines(shown, body)
        yield f"again with the difference: ringcx-crawler replay {shown.id}"
        if len(shown.curl) <= LONGEST_CURL:
            yield f"$ {shown.curl}"


def exchange_lines(shown: Exhibit, body: int) -> Iterator[str]:
    """A request and its answer, as they look on the wire; ``>`` is what was sent and ``<`` what came."""
    yield f"> {shown.method} {shown.url}"
    for name, value in shown.headers.items():
        yield f"> {name}: {value}"
    yield from body_lines(">", shown.body, len(shown.body), body)
    if shown.status is None:
        yield f"< {shown.error or 'no answer'}"
        return
    yield f"< HTTP {shown.status}"
    for name, value in shown.answer_headers.items():
        yield f"< {name}: {value}"
    yield from body_lines("<", shown.answer, shown.answer_size, body)


def body_lines(mark: str, body: bytes, size: int, most: int) -> Iterator[str]:
    """A body of `size` bytes, of which at most `most` are shown, what is not printable escaped."""
    yield mark
    for line in escaped(body[:most]).split("\n"):
        yield f"{mark} {line}".rstrip()
    if size > min(most, len(body)):
        yield f"{mark} (cut: {min(most, len(body)):,} of {size:,} bytes)"
