"""``info``: the capabilities that a partner declares, and what follows from them (IM)."""

import json

import click

from crawler.agent import ask_info
from crawler.cli.invocation import Invocation
from crawler.cli.options import one_source
from crawler.cli.output import NONE, made_of
from crawler.protocol.envelope import without_mark
from crawler.protocol.implementation import POLLED, SEND_API_OBJECTS, STANDARD, ImplementationInfo, read_names
from crawler.sync.schedule import interval
from crawler.sync.source import Source

ORDER = ("list", "show", "create", "reply", "delete", "destroy", "publish", "unpublish")
"""The standard operations as a table shows them; custom ones follow."""


@click.command()
@one_source
def info(run: Invocation, source: Source) -> None:
    """Show what a partner declares it can do.

    Asks SOURCE for implementation.info, and remembers the answer.
    """
    with run.open_store() as store:

        async def ask() -> ImplementationInfo:
            async with run.partner(source) as partner:
                return await ask_info(source, store, partner, clock=run.outside.clock)

        found = run.wait_for(ask)
        body = store.stored_info(source) or b"{}"
    report = info_json(source, found, body)
    if run.as_json:
        run.out.json(report)
    else:
        _print(run, source, found, report)


def info_json(source: Source, info: ImplementationInfo, body: bytes) -> dict[str, object]:
    """The capabilities for machines. `body` is the answer's, for the objects of the Send API."""
    return {
        "source": source.name,
        "objects": {
            name: {
                "operations": list(info.operations(name)),
                "ignored": [op for op in info.declared[name] if not info.allows(name, op)],
                "formats": list(info.formats(name)),
                "attachments": info.takes_attachments(name),
            }
            for name in POLLED
            if name in info.declared
        },
        "send_api": _send_api(body),
        "options": sorted(info.options),
        "labels": {
            operation: {language: made_of(operation, info.label(operation, language)) for language in _languages(info)}
            for operation in _customs(info)
        },
        "interval": interval(source, info),
        "remarks": [{"rule": remark.rule, "text": remark.text} for remark in info.remarks],
    }


def _print(run: Invocation, source: Source, info: ImplementationInfo, report: dict[str, object]) -> None:
    out = run.out
    operations = _columns(info)
    if operations:
        out.table(
            ["object", *operations],
            [[name, *(_mark(info, name, op) for op in operations)] for name in POLLED if name in info.declared],
        )
    else:
        out.text("No operation is declared.")
    out.text()
    if info.options:
        out.facts([("options", ", ".join(sorted(info.options)))])
    send_api = report["send_api"]
    if isinstance(send_api, dict) and send_api:
        named = ", ".join(f"{name}.{op}" for name, ops in send_api.items() for op in ops)
        out.facts([("Send API", f"{named}: the partner sends these, they are not polled")])
    why = "objects are listed" if info.listed else "no list is declared"
    out.facts([("interval", f"{interval(source, info):g} s from cycle to cycle: {why} (CY1)")])
    languages = _languages(info)
    if _customs(info):
        out.text()
        rows = [[op, *(made_of(op, info.label(op, language)) for language in languages)] for op in _customs(info)]
        out.table(["custom operation", *(f"label ({language})" for language in languages)], rows)
    if info.remarks:
        out.text()
        out.table(["rule", "remark"], [[remark.rule, remark.text] for remark in info.remarks])


def _mark(info: ImplementationInfo, name: str, operation: str) -> str:
    if info.allows(name, operation):
        return "yes"
    return "ignored" if operation in info.declared[name] else NONE


def _columns(info: ImplementationInfo) -> list[str]:
    declared = {operation for operations in info.declared.values() for operation in operations}
    return [op for op in ORDER if op in declared] + _customs(info)


def _customs(info: ImplementationInfo) -> list[str]:
    declared = (op for name in POLLED for op in info.declared.get(name, ()) if op not in STANDARD)
    return list(dict.fromkeys(declared))


def _languages(info: ImplementationInfo) -> list[str]:
    return ["default", *sorted(language for language in info.locales if language != "default")]


def _send_api(body: bytes) -> dict[str, list[str]]:
    """What is declared of the objects that the partner sends by itself: they are none of the poller's business."""
    answer = json.loads(without_mark(body))
    objects = answer.get("objects") if isinstance(answer, dict) else None
    if not isinstance(objects, dict):
        return {}
    found = {name: read_names(objects[name]) for name in SEND_API_OBJECTS if name in objects}
    return {name: operations for name, operations in found.items() if operations}
