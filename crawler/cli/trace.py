"""Exchanges for people: as they happen (``-v``), and as they were stored."""

import json
from base64 import b64encode
from typing import Any

from crawler.cli.output import Output, clean, echo
from crawler.partner import Partner, Record, unrecorded
from crawler.protocol.envelope import Answer, Exchange, Params, Request, escaped


class TracedPartner(Partner):
    """A partner that shows each exchange on stderr: ``-->`` when it is sent, ``<--`` when it has ended."""

    async def send(
        self, request: Request, *, expected: str, record: Record = unrecorded, fresh: bool = False
    ) -> Answer:
        """Send a request; see `Partner.send`."""
        echo(f"{clean(self.source.name)} {sent(request.action, request.params)}", err=True)

        def show(exchange: Exchange) -> None:
            answer = exchange.answer
            line = received(
                status=answer.status if answer else None,
                verdict=exchange.verdict,
                size=exchange.answer_size,
                seconds=exchange.seconds,
                error=exchange.error,
            )
            for shown in (line, *exchange.remarks):
                echo(f"{clean(self.source.name)} {clean(shown)}", err=True)
            record(exchange)

        return await super().send(request, expected=expected, record=show, fresh=fresh)


def sent(action: str, params: Params) -> str:
    """The line for a request."""
    shown = json.dumps(params, ensure_ascii=False) if params else ""
    return clean(f"--> {action} {shown}".rstrip())


def received(*, status: int | None, verdict: str, size: int, seconds: float, error: str) -> str:
    """The line for what came of a request."""
    if status is None:
        return clean(f"<-- {error or 'no answer'} ({seconds:.3f} s)")
    signature = {"missing": "unsigned", "wrong": "wrongly signed", "unchecked": "signature unchecked"}
    return f"<-- HTTP {status}, {signature.get(verdict, f'signature {verdict}')}, {size:,} bytes, {seconds:.3f} s"


def exchange_json(record: dict[str, Any]) -> dict[str, object]:
    """A stored exchange for machines: its bodies as text, or in base64 under another key where they are not UTF-8."""
    shown: dict[str, object] = {}
    for name, value in record.items():
        if isinstance(value, bytes):
            shown |= _body_json(name, value)
        elif name != "cycle_id":
            shown[name] = value
    return shown


def _body_json(name: str, body: bytes) -> dict[str, object]:
    try:
        return {name: body.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": b64encode(body).decode()}


def answer_json(exchange: Exchange) -> dict[str, object]:
    """An exchange as it has just happened, for machines; the names are those of a stored one."""
    answer = exchange.answer
    return exchange_json(
        {
            "action": exchange.action,
            "started_at": exchange.started.isoformat(timespec="milliseconds"),
            "seconds": exchange.seconds,
            "request": exchange.request,
            "request_size": exchange.request_size,
            "status": answer.status if answer else None,
            "headers": dict(answer.headers) if answer else None,
            "response": answer.body if answer else None,
            "response_size": exchange.answer_size,
            "verdict": exchange.verdict,
            "error": exchange.error,
        }
    )


def print_body(out: Output, body: bytes, size: int, *, number: int | None = None) -> None:
    """A body. What is not printable stands escaped, for what goes to a program may reach a terminal all the same.

    Exact bytes are what `log --raw` and ``--json`` are for.
    """
    label = f"[{number}] " if number is not None else ""
    echo(label + escaped(body))
    if len(body) < size:
        out.text(f"    (cut: {len(body):,} of {size:,} bytes were kept, see keep_bytes)")
