"""``replay``: a request of `check` once more, and what is different now."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from crawler.cli.bench import last_report
from crawler.cli.invocation import Invocation
from crawler.cli.options import base_options, invocation, source_options
from crawler.conformance.difference import differences
from crawler.conformance.reports.json import KEPT, body_of, read_exchange
from crawler.errors import ConfigurationError, EndpointUnreachable, PartnerError
from crawler.partner import Partner
from crawler.protocol.envelope import Answer, Exchange, Request, escaped


@click.command()
@source_options
@base_options
@click.argument("exchange_id", metavar="ID")
@click.option("--report", metavar="FILE", help="The JSON report that it stands in; else that of the last `check`.")
def replay(*, exchange_id: str, report: str | None, **params: Any) -> None:
    """Send a request of `check` again, byte for byte, and show how the answer differs from the recorded one.

    ID is the name of an exchange in a report, such as signatures.3. The settings for TLS and the secret are those of
    the same source; a secret that cannot be had is not needed.
    """
    run = invocation(params, with_source=True)
    address, record = read_exchange(*_read(run, report), exchange_id)
    new = _send(run, address, record)
    old_status = record.get("status")
    status = old_status if isinstance(old_status, int) else None
    headers = record.get("answer_headers")
    recorded = (status, headers if isinstance(headers, dict) else {}, body_of(record, "answer"))
    answer = new.answer
    came = (answer.status, answer.headers, answer.body[:KEPT]) if answer else (None, {}, new.error.encode())
    if answer is None and status is None:
        recorded = (None, {}, str(record.get("error", "")).encode())
    changed = differences(recorded, came)
    if run.as_json:
        run.out.json({"id": exchange_id, "same": not changed, "status": came[0], "difference": changed})
        return
    run.out.text(f"{new.method} {record.get('url')} ({record.get('label')})")
    click.echo(escaped(new.request[:2_000]))
    for line in changed or ["the answer is the same"]:
        click.echo(_painted(line) if run.out.is_terminal else line)


def _read(run: Invocation, report: str | None) -> tuple[str, str]:
    """A report's text, and its file's name. Raises `ConfigurationError`."""
    path = Path(report) if report is not None else last_report(run)
    if path is None:
        raise ConfigurationError("there is no cache that a report could be in", hint="name one with --report FILE")
    try:
        return path.read_text("utf-8"), str(path)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        hint = "`ringcx-crawler check` writes one: the last is kept, others are written by --report FILE.json"
        raise ConfigurationError(f"the report {path} cannot be read: {reason}", hint=hint) from None


def _send(run: Invocation, address: str, record: Mapping[str, object]) -> Exchange:
    """Send the recorded request. Raises `EndpointUnreachable` and `ConfigurationError`."""
    source = run.configuration.source(address, run.flags, with_secret=False)
    source = replace(source, base_uri=_with_userinfo(str(record["url"]), source.base_uri), verify_signature=False)
    headers = record["headers"]
    request = Request(
        action=str(record["action"]),
        body=body_of(record, "request"),
        headers=headers if isinstance(headers, dict) else {},
        method=str(record["method"]),
    )
    kept: list[Exchange] = []

    async def call() -> Answer:
        async with Partner(source, transport=run.outside.transport(source), clock=run.outside.clock) as partner:
            return await partner.send(request, expected="an answer", record=kept.append)

    try:
        run.wait_for(call)
    except EndpointUnreachable:
        raise
    except PartnerError:
        pass  # whatever came is what there is to see
    return kept[-1]


def _with_userinfo(url: str, base_uri: str) -> str:
    """`url`, which was recorded without user name and password, with those of the source."""
    scheme, _, rest = base_uri.partition("://")
    userinfo, at, _ = rest.partition("/")[0].rpartition("@")
    return url.replace(f"{scheme}://", f"{scheme}://{userinfo}{at}", 1)


def _painted(line: str) -> str:
    return click.style(line, fg={"+": "green", "-": "red"}.get(line[:1]))
