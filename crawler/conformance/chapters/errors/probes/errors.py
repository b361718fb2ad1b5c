"""Requests that cannot be answered with success, all signed rightly: how a partner says no. Read-only."""

from collections.abc import Mapping

from crawler.conformance.probe import INFO, Probe, Talk
from crawler.protocol.envelope import Params, encode_request, format_time, sign_request
from crawler.protocol.implementation import POLLED, ImplementationInfo

NO_OPERATION, NO_OBJECT = "no_such_operation", "no_such_object"


async def hold(talk: Talk) -> None:
    """Labels: what is wrong with the request, in a few words; ``info`` for a right one at the end."""
    known = next((name for name in POLLED if talk.info.operations(name)), POLLED[1])
    undeclared = [
        f"{name}.{operation}"
        for operation in ("list", "show")
        for name in POLLED
        if not talk.info.allows(name, operation)
    ]
    # a user belongs to contents; there is no list of users for anybody to declare
    action = next(iter(undeclared), "users.list")
    await talk.ask("undeclared action", action, {"id": "1"} if action.endswith(".show") else None)
    await talk.ask("unknown operation", f"{known}.{NO_OPERATION}")
    await talk.ask("unknown object", f"{NO_OBJECT}.list")
    right = encode_request(INFO, None, talk.clock())
    time = format_time(talk.clock()).encode()
    listed = talk.info.listed
    bodies: dict[str, bytes] = {
        "not JSON": right[:-1],
        "empty body": b"",
        "not an object": b"[" + right + b"]",
        "no action": b'{"params":{},"time":"' + time + b'"}',
        "action of another type": b'{"action":{"a":1},"params":{},"time":"' + time + b'"}',
    }
    for label, body in bodies.items():
        await talk.send(label, sign_request(talk.source.secret, INFO, None, body))
    if listed:
        action = f"{listed[0]}.list"
        await talk.ask("cursor of another type", action, {"since_id": {"a": 1}})
        params: Params = {}
        body = b'{"action":"' + action.encode() + b'","params":"x","time":"' + time + b'"}'
        await talk.send("params of another type", sign_request(talk.source.secret, action, params, body))
    await talk.ask("info", INFO)


def undeclared(info: ImplementationInfo) -> Mapping[str, str]:
    """The labels for which nothing is sent, since the partner does not declare what they need: why."""
    labels = ("cursor of another type", "params of another type")
    return {} if info.listed else dict.fromkeys(labels, "the partner declares no list")


ERRORS = Probe(name="errors", about="how the partner says no", hold=hold, undeclared=undeclared)
