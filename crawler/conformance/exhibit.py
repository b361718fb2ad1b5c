"""One exchange as a report shows it, and the line with which anybody can send it again. PURE.

What holds a secret is withheld; a request that held one can therefore not be sent again as it stands.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from crawler.conformance.evidence import Sent
from crawler.protocol.uri import with_query
from crawler.sync.state import Source

ARGUMENT = 100_000
"""How many bytes of a body may stand on a command line: Linux allows 128 kB in one argument."""

ALWAYS_SENT = {"Accept": "application/json", "Accept-Encoding": "identity"}
"""What the crawler sends with each request, and what an answer may depend on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """An exchange: the request, byte for byte, and what came.

    `url` has the query, but neither user name nor password. `status` is `None` without an answer, and `error` says
    what was wrong with it, if anything. `answer` may be cut; `answer_size` is the size of the whole.
    """

    id: str
    label: str
    action: str
    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    status: int | None
    answer_headers: Mapping[str, str]
    answer: bytes
    answer_size: int
    verdict: str
    error: str
    seconds: float

    @property
    def curl(self) -> str:
        """A line for a POSIX shell that sends the same request, and prints the answer with its headers.

        curl would take brackets and braces in a URL for patterns (``--globoff``).
        Bytes that are not printable text go through printf, since no quoting carries them safely.
        """
        words = ["curl", "-sS", "-i", "--globoff", "-X", self.method, self.url]
        for name, value in {**ALWAYS_SENT, **self.headers}.items():
            words += ["-H", f"{name}: {value}" if value else f"{name};"]  # curl leaves out a header that ends in ':'
        text = self.body.decode("utf-8", "replace")
        plain = text.encode() == self.body and text.isprintable() and not text.startswith("@")
        if plain and len(self.body) <= ARGUMENT:
            return shlex.join([*words, "--data-binary", text])
        return f"printf '{_octal(self.body)}' | {shlex.join([*words, '--data-binary', '@-'])}"


def exhibit(sent: Sent, source: Source, *, keep_bytes: int) -> Exhibit:
    """What `sent` shows; of the answer at most `keep_bytes`."""
    exchange = sent.exchange.without(source.credentials)
    answer = exchange.answer
    return Exhibit(
        id=sent.id,
        label=sent.label,
        action=exchange.action,
        method=exchange.method,
        url=with_query(source.address, exchange.query),
        headers=exchange.headers,
        body=exchange.request,
        status=sent.status,
        answer_headers=answer.headers if answer else {},
        answer=answer.body[:keep_bytes] if answer else b"",
        answer_size=exchange.answer_size,
        verdict=exchange.verdict,
        error=exchange.error,
        seconds=exchange.seconds,
    )


def _octal(body: bytes) -> str:
    """The operand of a shell's printf in single quotes; printable ASCII but ``'``, ``%`` and backslash as itself."""
    plain = set(range(32, 127)) - {ord("'"), ord("%"), ord("\\")}
    return "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in body).replace("\\045", "%%")
