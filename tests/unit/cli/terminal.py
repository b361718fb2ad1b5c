"""Runs commands as a person does, against endpoints in process: no network, no clock; the database in `directory`."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import httpx
from click.testing import CliRunner, Result

from crawler.cli import cli
from crawler.cli.outside import Outside
from crawler.reference import ReferencePartner, reference_partner
from crawler.sync.source import Source

SECRET = "open sesame"
URL = "http://shop.example/"
NOON = datetime(2024, 3, 1, 12, tzinfo=UTC)


def noon() -> datetime:
    return NOON


def nothing_there(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("Connection refused", request=request)


def answering(respond: Callable[[httpx.Request], httpx.Response]) -> httpx.MockTransport:
    return httpx.MockTransport(respond)


@dataclass
class Terminal:
    """`endpoints`: host → what answers there; at any other there is nothing. `width` makes stdout a terminal."""

    directory: Path
    endpoints: dict[str, httpx.AsyncBaseTransport] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=lambda: {"RINGCX_CRAWLER_SECRET": SECRET})
    width: int | None = None

    def __post_init__(self) -> None:
        self._ids = count(1)

    def partner(self, fault: str = "", host: str = "shop.example") -> ReferencePartner:
        """A reference partner at `host` from now on."""
        partner = reference_partner(SECRET, noon, fault=fault)
        self.endpoints[host] = httpx.ASGITransport(partner)
        return partner

    def configure(self, text: str) -> Path:
        """A configuration file, which is used from now on."""
        path = self.directory / "crawler.toml"
        path.write_text(text)
        path.chmod(0o600)
        self.environ["RINGCX_CRAWLER_CONFIG"] = str(path)
        return path

    def run(self, *words: str, stdin: bytes | None = None) -> Result:
        """What becomes of ``ringcx-crawler WORDS``: exit_code, stdout, stderr. A traceback is a failure."""
        outside = Outside(
            clock=noon,
            new_id=lambda: f"id{next(self._ids)}",
            transport=self._transport,
            environ={"RINGCX_CRAWLER_DATABASE": str(self.directory / "crawler.db"), **self.environ},
            is_terminal=self.width is not None,
            width=self.width,
        )
        return CliRunner().invoke(cli, list(words), input=stdin, obj=outside, catch_exceptions=False)

    def _transport(self, source: Source) -> httpx.AsyncBaseTransport:
        host = httpx.URL(source.base_uri).host
        return self.endpoints.get(host, httpx.MockTransport(nothing_there))


def columns(result: Result, row: str) -> list[str]:
    """The cells of the plain table's row that begins with `row`."""
    line = next(line for line in result.stdout.splitlines() if line.split()[:1] == [row])
    return line.split()
