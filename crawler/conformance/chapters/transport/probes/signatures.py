"""Requests that are signed otherwise than they should be, and requests that are signed well but unusual otherwise."""

from collections.abc import Mapping
from dataclasses import replace

from crawler.conformance.probe import INFO, Probe, Talk
from crawler.protocol.envelope import Request
from crawler.protocol.signature import HEADER, QUERY_PARAMETER


def forgeries(request: Request) -> Mapping[str, Request]:
    """What a partner must not answer (SG5), by label, from a request that is right."""
    right = request.headers[HEADER]
    flipped = ("0" if right[0] != "0" else "1") + right[1:]

    def signed(signature: str) -> Request:
        return replace(request, headers={**request.headers, HEADER: signature}, query={})

    unsigned = {name: value for name, value in request.headers.items() if name != HEADER}
    return {
        "unsigned": replace(request, headers=unsigned, query={}),
        "empty signature": signed(""),
        "wrong signature": signed(flipped),
        "cut signature": signed(right[:64]),
        "tampered body": replace(request, body=request.body.replace(b"}", b',"x":1}'), query={}),
    }


def variants(request: Request) -> Mapping[str, Request]:
    """Requests that are signed rightly, each unusual in one way, by label."""
    right = request.headers[HEADER]
    unsigned = {name: value for name, value in request.headers.items() if name != HEADER}
    return {
        "upper-case signature": replace(request, headers={**request.headers, HEADER: right.upper()}),
        "lower-case header": replace(request, headers={**unsigned, HEADER.lower(): right}),
        "query as well": replace(request, query={QUERY_PARAMETER: right}),
        "query only": replace(request, headers=unsigned, query={QUERY_PARAMETER: right}),
        "charset": replace(request, headers={**request.headers, "Content-Type": "application/json; charset=utf-8"}),
        "get": replace(request, method="GET"),
    }


async def hold(talk: Talk) -> None:
    """Labels: those of `forgeries` and `variants`, and ``right`` for a request as it should be."""
    for label, request in forgeries(talk.partner.request(INFO)).items():
        await talk.send(label, request)
    await talk.ask("right", INFO)
    for label, request in variants(talk.partner.request(INFO)).items():
        await talk.send(label, request)


SIGNATURES = Probe(name="signatures", about="who may ask, and how", hold=hold)
