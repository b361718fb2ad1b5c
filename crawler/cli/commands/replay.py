"""``replay``: a request of `check` once more, and what is different now."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import click
import httpx

from crawler.cli.invocation import Invocation
from crawler.cli.options import base_options, invocation, source_options
from crawler.cli.output import echo
from crawler.cli.recorded import recorded
from crawler.conformance.exhibit import differences
from crawler.conformance.reports.json import KEPT, Report, body_of
from crawler.errors import ConfigurationError, EndpointUnreachable, PartnerError
from crawler.partner import Partner
from crawler.protocol.envelope import Answer, Exchange, Request, escaped
from crawler.sync.source import Source

READING = ("info", "list", "show")
"""Operations that change nothing at the partner."""


@click.command()
@source_options
@base_options
@click.argument("words", nargs=-1, required=True, metavar="[REPORT] FINDING")
@click.option("--to", metavar="SOURCE", help="Send it to another endpoint than that of the report.")
@click.option("--yes", is_flag=True, help="Do not ask, though it writes or goes to another host.")
def replay(*, words: Sequence[str], to: str | None, yes: bool, **params: Any) -> None:
    """Send a request of `check` again, byte for byte, and show how the answer differs from the recorded one.

    FINDING is the number of a finding, or the name of an exchange, such as signatures.3; REPORT is a JSON report, else
    that of the last `check`. It goes to the endpoint of the report, with the settings for TLS of that source; a secret
    that cannot be had is not needed. One that writes, or that goes to another host, is asked for first.
    """
    if len(words) > 2:
        raise click.UsageError("expected FINDING, or REPORT and FINDING")
    run = invocation(params, with_source=True)
    report = recorded(run, words[0] if len(words) == 2 else None)
    exchange_id, record = report.exchange(words[-1])
    source = _target(run, report, record, to)
    _ask(run, report, record, source, yes=yes)
    new = _send(run, source, record)
    old_status = record.get("status")
    status = old_status if isinstance(old_status, int) else None
    headers = record.get("answer_headers")
    before = (status, headers if isinstance(headers, dict) else {}, body_of(record, "answer"))
    answer = new.answer
    came = (answer.status, answer.headers, answer.body[:KEPT]) if answer else (None, {}, new.error.encode())
    if answer is None and status is None:
        before = (None, {}, str(record.get("error", "")).encode())
    changed = differences(before, came)
    if run.as_json:
        run.out.json({"id": exchange_id, "same": not changed, "status": came[0], "difference": changed})
        return
    run.out.text(f"{new.method} {source.address} ({record.get('label')})")
    echo(escaped(new.request[:2_000]))
    for line in changed or ["the answer is the same"]:
        echo(_painted(line) if run.out.is_terminal else line)


def _target(run: Invocation, report: Report, record: Mapping[str, Any], to: str | None) -> Source:
    """The source that it is sent to: its URL with the query that was recorded, in the place of its own.

    Raises `ConfigurationError`.
    """
    source = run.configuration.source(to or report.address, run.flags, with_secret=False)
    query, url, shown = httpx.URL(str(record["url"])).query, httpx.URL(source.base_uri), httpx.URL(source.address).query
    if shown and query.startswith(shown):  # secrets in it were not shown
        query = url.query + query[len(shown) :]
    return replace(source, base_uri=str(url.copy_with(query=query or None)), verify_signature=False)


def _ask(run: Invocation, report: Report, record: Mapping[str, Any], source: Source, *, yes: bool) -> None:
    """See that somebody wants what cannot be undone. Raises `ConfigurationError` where nobody can be asked."""
    action = str(record["action"])
    there, here = httpx.URL(report.address), httpx.URL(source.base_uri)
    reasons = [] if action.partition(".")[2] in READING else [f"it writes there ({action})"]
    if (there.host, there.port, there.scheme) != (here.host, here.port, here.scheme):
        reasons.append(f"it goes to {here.host}, and the report is about {there.host}")
    if yes or not reasons:
        return
    why = " and ".join(reasons)
    if not run.out.is_terminal:
        raise ConfigurationError(f"{action} was not sent: {why}", hint="give --yes to send it all the same")
    click.confirm(f"{why}: send it?", abort=True)


def _send(run: Invocation, source: Source, record: Mapping[str, Any]) -> Exchange:
    """Send the recorded request. Raises `EndpointUnreachable`."""
    request = Request(
        action=str(record["action"]),
        body=body_of(record, "request"),
        headers=dict(record["headers"]),
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
    return kept[-1].without(source.credentials)


def _painted(line: str) -> str:
    return click.style(line, fg={"+": "green", "-": "red"}.get(line[:1]))
