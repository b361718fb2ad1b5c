"""One exchange as a report shows it, the line that sends it again, and what differs in another answer. PURE.

What holds a secret is withheld; a request that held one can therefore not be sent again as it stands.
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff

from crawler.conformance.evidence import Sent
from crawler.protocol.envelope import escaped
from crawler.protocol.uri import with_query
from crawler.sync.source import Source

ARGUMENT = 100_000
"""How many bytes of a body may stand on a command line: Linux allows 128 kB in one argument."""

ALWAYS_SENT = {"Accept": "application/json", "Accept-Encoding": "identity"}
"""What the crawler sends with each request, and what an answer may depend on."""

RECORDED, NEW = "recorded", "new"
VOLATILE = frozenset({"date", "age", "expires", "last-modified", "etag"})
"""Headers that may differ from answer to answer, and mean nothing by that."""


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


def differences(
    recorded: tuple[int | None, Mapping[str, str], bytes], new: tuple[int | None, Mapping[str, str], bytes]
) -> list[str]:
    """A unified diff of two answers, each its status, headers and body; JSON bodies spread over lines, key by key.

    Empty where they are the same, but for headers that always differ.
    """
    return list(unified_diff(_lines(*recorded), _lines(*new), RECORDED, NEW, n=3, lineterm=""))


def _lines(status: int | None, headers: Mapping[str, str], body: bytes) -> list[str]:
    kept = {name.lower(): value for name, value in headers.items() if name.lower() not in VOLATILE}
    shown = [f"{name}: {value}" for name, value in sorted(kept.items())]
    lines = [f"HTTP {status}" if status is not None else "no answer", *shown, "", *_pretty(body).split("\n")]
    return [escaped(line.encode("utf-8", "backslashreplace")) for line in lines]


def _pretty(body: bytes) -> str:
    try:
        return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return escaped(body)
