"""``send``: one signed request by hand."""

import json
from collections.abc import Sequence

import click

from crawler.cli.invocation import Invocation
from crawler.cli.options import one_source
from crawler.cli.output import clean
from crawler.cli.trace import answer_json, print_body, received, sent
from crawler.errors import PartnerError
from crawler.protocol.envelope import Exchange
from crawler.sync.source import Source


@click.command()
@one_source
@click.argument("action")
@click.option(
    "--param",
    "pairs",
    multiple=True,
    metavar="NAME=TEXT",
    help="One of the params; NAME:=JSON for what is no text. May be repeated; they are sent in this order.",
)
def send(run: Invocation, source: Source, action: str, pairs: Sequence[str]) -> None:
    """Send one signed request by hand and show its answer.

    ACTION is whatever the partner may understand, such as messages.show. Nothing is stored, and nothing is checked
    before it is sent: this goes past the outbox.
    """
    params = dict(_pair(pair) for pair in pairs)
    exchanges: list[Exchange] = []
    failure: PartnerError | None = None

    async def call() -> None:
        async with run.partner(source) as partner:
            await partner.ask(action, params, expected="HTTP 2xx, signed", record=exchanges.append)

    try:
        run.wait_for(call)
    except PartnerError as error:
        failure = error
    for exchange in exchanges:
        if run.as_json:
            run.out.json(answer_json(exchange))
        else:
            _print(run, exchange)
    if failure is not None:
        raise failure


def _pair(text: str) -> tuple[str, object]:
    name, equals, value = text.partition("=")
    if not equals or name in ("", ":"):
        raise click.UsageError(f"--param {text}: expected NAME=TEXT or NAME:=JSON")
    if not name.endswith(":"):
        return name, value
    try:
        return name[:-1], json.loads(value)
    except ValueError as error:
        raise click.UsageError(f"--param {text}: that is not JSON: {error}") from None


def _print(run: Invocation, exchange: Exchange) -> None:
    out, answer = run.out, exchange.answer
    out.text(sent(exchange.action, exchange.params))
    print_body(out, exchange.request, exchange.request_size)
    out.text(
        received(
            status=answer.status if answer else None,
            verdict=exchange.verdict,
            size=exchange.answer_size,
            seconds=exchange.seconds,
            error=exchange.error,
        )
    )
    if answer is not None:
        for name, value in answer.headers.items():
            out.text(clean(f"    {name}: {value}"))
        print_body(out, answer.body, exchange.answer_size)
