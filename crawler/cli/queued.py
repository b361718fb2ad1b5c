"""What the commands that queue something share: the agent that does it, and saying what became of it."""

import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from crawler.agent import Agent, known_info
from crawler.cli.invocation import Invocation
from crawler.errors import SourceBusy
from crawler.protocol.implementation import ImplementationInfo, read_implementation
from crawler.push import run_push
from crawler.store import Store
from crawler.sync.exports import Decision, GiveUp, Send, decide_export
from crawler.sync.report import CycleReport
from crawler.sync.source import Source
from crawler.sync.state import OutboxEntry, Status

Record = dict[str, Any]


@contextmanager
def agent_at(run: Invocation, source: Source) -> Iterator[Agent]:
    """An agent at `source`. The partner is asked for its capabilities only where none are known (CY5).

    Raises `PartnerError` and `StoreError`.
    """
    with run.open_store() as store:

        async def ask() -> ImplementationInfo:
            async with run.partner(source) as partner:
                return await known_info(source, store, partner, clock=run.outside.clock)

        info = run.wait_for(ask)
        yield Agent(source, store, info, clock=run.outside.clock, new_id=run.outside.new_id)


def last_info(store: Store, source: Source) -> ImplementationInfo | None:
    """The capabilities as they were last known, without asking for them."""
    body = store.last_info(source)
    return read_implementation(source.name, body) if body is not None else None


def entry_records(
    store: Store, source: Source, info: ImplementationInfo | None, records: Sequence[Record]
) -> list[Record]:
    """Records of outbox entries with their ``action``, and what the next cycle does about each as far as is known.

    ``does`` is `sends`, `waits` or `gives up` (`None` where it is settled, or no capabilities are known), ``waits``
    says what for or why.
    """
    decisions: dict[str, Decision] = {}
    if info is not None and any(record["status"] == "export_pending" for record in records):
        outbox = store.load_outbox(source)
        decisions = {entry.id: decide_export(source, info, entry, outbox) for entry in outbox.pending}
    return [
        {**record, "action": f"{record['object']}.{record['operation']}", **_next(decisions.get(record["id"]))}
        for record in records
    ]


def _next(decision: Decision | None) -> Record:
    match decision:
        case None:
            return {"does": None, "waits": None}
        case Send():
            return {"does": "sends", "waits": None}
        case GiveUp(reason=reason):
            return {"does": "gives up", "waits": reason}
        case _:
            return {"does": "waits", "waits": f"{decision.reason} ({decision.rule})"}


def lost(record: Record) -> str | None:
    """That the id of what an entry created names another content by now, if it does (OB13)."""
    at = record["foreign_id_lost_at"]
    return (
        f"what it created is gone: since {at} the id {record['foreign_id']} names another content (OB13)"
        if at
        else None
    )


def next_step(source: Source, record: Record) -> list[tuple[str, str | None]]:
    """Facts: what a record of `entry_records` waits for and when it is sent, or why it will be given up."""
    step = [(str(record["does"] or ""), record["waits"])]
    return step if record["does"] == "gives up" else [*step, ("sent by", f"the next cycle: {next_cycle(source)}")]


def print_queued(run: Invocation, agent: Agent, entry: OutboxEntry) -> None:
    """Say that `entry` was queued, what it waits for, and when it will be sent, or what became of it at once (LS8)."""
    pushed = push_at_once(run, agent)
    records = agent.store.entries(agent.source, ids=[entry.id])
    (record,) = entry_records(agent.store, agent.source, agent.info, records)
    if run.as_json:
        run.out.json({**record, "cancelled": [], "push": pushed.as_json() if pushed is not None else None})
        return
    run.out.facts(
        [
            ("queued", entry.action),
            ("id", entry.id),
            ("content", entry.target),
            ("thread", entry.thread),
            ("in reply to", entry.in_reply_to),
            ("recipient", entry.recipient_id),
            ("author", entry.author_id),
            *(_became(record) if record["status"] != Status.PENDING or record["attempts"] else ()),
            *(next_step(agent.source, record) if record["status"] == Status.PENDING else ()),
        ]
    )


def push_at_once(run: Invocation, agent: Agent) -> CycleReport | None:
    """Send what was just queued, where the source's `push` is ``at once``; `None` where the next cycle does it (LS8).

    What fails is warned of, and tried again by the next cycle. Where another process crawls the source, that is said.
    """
    source = agent.source
    if source.push != "at once":
        return None

    async def push() -> CycleReport:
        async with run.partner(source) as partner:
            return await run_push(source, agent.store, partner=partner, clock=run.outside.clock)

    try:
        report = run.wait_for(push)
    except SourceBusy as busy:
        run.out.warn(f"{busy}: this is sent by that cycle, or by the next one")
        return None
    for error in report.errors:
        run.out.warn(str(error))
    return report


def _became(record: Record) -> list[tuple[str, str | None]]:
    """Facts: what became of a record of `entry_records` that was sent at once."""
    return [
        ("status", record["status"]),
        ("foreign id", record["foreign_id"]),
        ("because", record["error"]),
    ]


def print_cancelled(run: Invocation, store: Store, source: Source, cancelled: Sequence[OutboxEntry]) -> None:
    """Say which entries were cancelled: the first one, and what depended on it."""
    if run.as_json:
        records = store.entries(source, ids=[cancelled[0].id])
        (record,) = entry_records(store, source, None, records)
        run.out.json({**record, "cancelled": [entry.id for entry in cancelled]})
        return
    for entry in cancelled:
        why = "never sent" if entry is cancelled[0] else f"never sent; it refers to {cancelled[0].id}"
        run.out.facts([("cancelled", f"{entry.action} {entry.id}: {why}")])


def next_cycle(source: Source) -> str:
    """The command that runs the next cycle."""
    return f"ringcx-crawler sync {shlex.quote(source.name)}"
