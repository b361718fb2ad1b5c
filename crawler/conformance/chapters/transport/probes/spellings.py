"""The same request in every spelling of its body, each signed rightly over its own bytes (SP)."""

import json
from collections.abc import Mapping

from crawler.conformance.probe import INFO, Probe, Talk
from crawler.protocol.envelope import Params, format_time, sign_request

PLAIN, ACCENTS = "since <then> & now", "zażółć gęślą 🐘"
LARGE = 120_000
"""Characters: over 100 kB, where the usual body parser of one platform ends."""


def bodies(action: str, time: str) -> Mapping[str, tuple[Params, bytes]]:
    """The spellings: label → params, and the body's exact bytes."""

    def request(params: Params) -> dict[str, object]:
        return {"action": action, "params": params, "time": time}

    def compact(params: Params, *, ascii_only: bool = False) -> bytes:
        return json.dumps(request(params), ensure_ascii=ascii_only, separators=(",", ":")).encode()

    plain: Params = {"since_id": PLAIN}
    accents: Params = {"since_id": ACCENTS}
    escaped = compact(accents, ascii_only=True)
    upper = compact({"since_id": "é"}, ascii_only=True).replace(b"\\u00e9", b"\\u00E9")
    return {
        "compact ASCII": (plain, compact(plain)),
        "raw UTF-8": (accents, compact(accents)),
        "escapes": (accents, escaped),
        "upper-case escapes": ({"since_id": "é"}, upper),
        "escaped < > &": (
            plain,
            compact(plain).replace(b"<", b"\\u003c").replace(b">", b"\\u003e").replace(b"&", b"\\u0026"),
        ),
        "escaped slashes": ({"since_id": "a/b"}, compact({"since_id": "a/b"}).replace(b"/", b"\\/")),
        "spaces": (plain, json.dumps(request(plain)).encode()),
        "floats": ({"since_id": "1", "note": 1.0}, compact({"since_id": "1", "note": 1.0})),
        "keys like integers": ({"since_id": "1", "2": "b", "1": "a"}, compact({"since_id": "1", "2": "b", "1": "a"})),
        "over 100 kB": ({"since_id": "x" * LARGE}, compact({"since_id": "x" * LARGE})),
        "unknown keys": (plain, compact(plain)[:-1] + b',"more":true}'),
    }


async def hold(talk: Talk) -> None:
    """Labels: those of `bodies`. The action is a list if there is one, since its params may hold any text."""
    listed = talk.info.listed
    action = f"{listed[0]}.list" if listed else INFO
    for label, (params, body) in bodies(action, format_time(talk.clock())).items():
        await talk.send(label, sign_request(talk.source.secret, action, params, body))


SPELLINGS = Probe(name="spellings", about="which spellings of a body the partner takes", hold=hold)
