"""``create`` and ``reply``: new contents, queued for the next cycle (PU1)."""

from collections.abc import Sequence
from typing import Any

import click

from crawler.cli.arguments import content_id, draft_options, object_option, read_body, stored_text
from crawler.cli.invocation import Invocation
from crawler.cli.options import one_source
from crawler.cli.queued import agent_at, print_queued
from crawler.protocol.objects import MAX_BODY_CHARS
from crawler.protocol.structured import check_structured
from crawler.sync.queueing import Draft
from crawler.sync.source import Source
from crawler.sync.state import OutboxEntry


@click.command()
@one_source
@click.option("--thread", metavar="ID", type=stored_text, help="A message in this thread.")
@click.option("--title", type=stored_text, help="The title; without --thread: a new thread.")
@click.option("--private", is_flag=True, help="A private message; goes without saying with --recipient.")
@click.option("--recipient", metavar="ID", type=stored_text, help="The identity that a private message goes to.")
@click.option("--body", metavar="TEXT", type=stored_text, help="The body; - reads it from stdin.")
@draft_options
@object_option
def create(
    run: Invocation,
    source: Source,
    *,
    thread: str | None,
    title: str | None,
    private: bool,
    recipient: str | None,
    body: str | None,
    body_format: str | None,
    attachments: Sequence[str],
    structured: dict[str, Any] | None,
    author_id: str | None,
    object_name: str | None,
) -> None:
    """Queue a new thread, message or private message.

    With --thread a message in that thread, which may itself still be queued; with --title alone a new thread; with
    --private a private message; --object says it outright.
    """
    private = private or recipient is not None
    if private and (thread or object_name not in (None, "private_messages")):
        raise click.UsageError("a private message has no --thread, and no other --object")
    if thread and object_name == "threads":
        raise click.UsageError("--thread is for messages: a new thread is in none")
    guessed = "private_messages" if private else "threads" if title and not thread else "messages"
    text = _body(body, attachments, structured)
    with agent_at(run, source) as agent:
        draft = Draft(
            object=object_name or guessed,
            body=text,
            title=title,
            thread=agent.find(thread, object_name="threads") if thread else None,
            recipient_id=recipient,
            author_id=author_id,
            format=body_format,
            attachments=[{"url": url} for url in attachments],
            structured_content=structured,
        )
        entry = agent.create(draft)
        _warn(run, entry)
        print_queued(run, agent, entry)


@click.command()
@one_source
@content_id
@click.argument("text", required=False, type=stored_text)
@draft_options
def reply(
    run: Invocation,
    source: Source,
    *,
    content_id: str,
    text: str | None,
    body_format: str | None,
    attachments: Sequence[str],
    structured: dict[str, Any] | None,
    author_id: str | None,
    object_name: str | None,
) -> None:
    """Queue a reply to a content.

    ID is a content's id, or that of a queued one. TEXT is the body, - reads it from stdin; before one that begins
    with a dash write --, as in: reply shop 7 -- "-5 degrees". A reply to a thread is a message in it.
    """
    body = _body(text, attachments, structured)
    with agent_at(run, source) as agent:
        draft = Draft(
            object="messages",  # of what is replied to, in fact
            body=body,
            author_id=author_id,
            format=body_format,
            attachments=[{"url": url} for url in attachments],
            structured_content=structured,
        )
        entry = agent.reply(content_id, draft, object_name=object_name)
        _warn(run, entry)
        print_queued(run, agent, entry)


def _body(text: str | None, attachments: Sequence[str], structured: dict[str, Any] | None) -> str | None:
    """The body, `None` if it is empty."""
    body = read_body(text) or None
    if body is None and not attachments and not structured:
        raise click.UsageError("give a body (- reads it from stdin), --attach URL or --structured-content JSON")
    return body


def _warn(run: Invocation, entry: OutboxEntry) -> None:
    """Warn of what is queued all the same: a body that is longer than the guide allows (OB6), a ``should`` of ST."""
    if entry.body is not None and len(entry.body) > MAX_BODY_CHARS:
        run.out.warn(f"the body has {len(entry.body):,} characters; partners take {MAX_BODY_CHARS:,} (OB6)")
    if entry.structured_content is not None:
        for problem in check_structured(entry.structured_content):
            run.out.warn(f"{problem} (ST)")
