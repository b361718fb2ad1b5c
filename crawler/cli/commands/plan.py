"""``plan``: what the next cycle would send (LS8, PU8, PU9)."""

import json

import click

from crawler.agent import ask_info
from crawler.cli.invocation import Invocation
from crawler.cli.options import one_source
from crawler.sync.exports import Decision, GiveUp, Send, Wait
from crawler.sync.pages import Listing
from crawler.sync.plan import CyclePlan, ListStep, plan_cycle
from crawler.sync.source import Source


@click.command()
@one_source
def plan(run: Invocation, source: Source) -> None:
    """Show what the next cycle would send, without sending it.

    Asks SOURCE for implementation.info and nothing else. What is queued is decided on anew once the lists are in.
    """
    with run.open_store() as store:

        async def think() -> CyclePlan:
            async with run.partner(source) as partner:
                info = await ask_info(source, store, partner, clock=run.outside.clock)
            return plan_cycle(source, info, store.load_cursors(source), store.load_outbox(source))

        steps = steps_json(run.wait_for(think))
    if run.as_json:
        run.out.json({"source": source.name, "steps": steps})
        return
    run.out.table(
        ["step", "action", "why", "params"],
        [[step["does"], step["action"], step["why"], _params(step["params"])] for step in steps],
    )


def steps_json(planned: CyclePlan) -> list[dict[str, object]]:
    """The steps of a cycle: what each ``does`` (sends, waits, gives up), which action, with which params, and why."""
    info: dict[str, object] = {"does": "sends", "action": "implementation.info", "params": {}, "why": "", "id": None}
    return [info, *map(_list_json, planned.lists), *map(_export_json, planned.exports)]


def _list_json(step: ListStep) -> dict[str, object]:
    cursor, since_id = step.cursor, Listing.begin(step.cursor).ask
    params = {"since_id": since_id} if since_id is not None else {}
    why = "page after page from there" if params else "nothing was imported yet: whatever the partner gives"
    if since_id != cursor.since_id:
        why = f"page after page from before {cursor.since_id}, which was deleted (LS11)"
    return {"does": "sends", "action": step.action, "params": params, "why": why, "id": None}


def _export_json(decision: Decision) -> dict[str, object]:
    entry = decision.entry
    shared: dict[str, object] = {"action": entry.action, "id": entry.id}
    match decision:
        case Send(action=action, params=params):
            why = f"attempt {entry.attempts + 1} of {entry.granted}"
            return {**shared, "does": "sends", "action": action, "params": params, "why": why}
        case Wait(rule=rule, reason=reason):
            return {**shared, "does": "waits", "params": {}, "why": f"{reason} ({rule})"}
        case GiveUp(reason=reason):
            return {**shared, "does": "gives up", "params": {}, "why": reason}


def _params(params: object) -> str:
    return json.dumps(params, ensure_ascii=False) if params else ""
