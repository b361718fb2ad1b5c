"""``queuing-update``: tell a visitor's channel how long the wait for an agent will be (PU10)."""

import click

from crawler.cli.arguments import stored_text
from crawler.cli.invocation import Invocation
from crawler.cli.options import MOST, one_source
from crawler.cli.queued import agent_at
from crawler.errors import ActionRefused
from crawler.protocol.envelope import Answer
from crawler.protocol.reading import check_no_error
from crawler.sync.queueing import QUEUING_UPDATE, queuing_params
from crawler.sync.source import Source


@click.command("queuing-update")
@one_source
@click.option("--thread", metavar="ID", type=stored_text, help="The thread of which the visitor waits.")
@click.option("--in-reply-to", metavar="ID", type=stored_text, help="The message of which the author waits.")
@click.option("--wait", type=click.IntRange(0, MOST), metavar="SECONDS", required=True, help="The estimated wait.")
@click.option("--position", type=click.IntRange(0, MOST), metavar="N", required=True, help="The place in the queue.")
def queuing_update(
    run: Invocation, source: Source, *, thread: str | None, in_reply_to: str | None, wait: int, position: int
) -> None:
    """Tell the partner how long a visitor will wait for an agent.

    It is sent at once, and only if the partner declares messaging.queuing_update.
    """
    if thread is None and in_reply_to is None:
        raise click.UsageError("say who waits: --thread ID or --in-reply-to ID")
    with agent_at(run, source) as agent:
        refs = [
            agent.find(thread, object_name="threads") if thread is not None else None,
            agent.find(in_reply_to) if in_reply_to is not None else None,
        ]
        unsent = next((ref for ref in refs if ref is not None and ref.foreign_id is None), None)
        thread_id, in_reply_to_id = (ref.foreign_id if ref is not None else None for ref in refs)
        params = queuing_params(
            agent.info,
            estimated_wait_time=wait,
            position=position,
            thread_id=thread_id,
            in_reply_to_id=in_reply_to_id,
        )
        if unsent is not None:
            raise ActionRefused(f"the partner does not know {unsent} yet", rule="PU9", hint="`sync` sends it first")

        def read(answer: Answer) -> None:
            check_no_error(source.name, QUEUING_UPDATE, answer.body)

        async def tell() -> None:
            async with run.partner(source) as partner:
                await partner.ask(QUEUING_UPDATE, params, read, expected="HTTP 2xx, signed")

        run.wait_for(tell)
    if run.as_json:
        run.out.json({"action": QUEUING_UPDATE, "params": params})
    else:
        run.out.text(f"The partner was told: {wait} s to wait, position {position}.")
