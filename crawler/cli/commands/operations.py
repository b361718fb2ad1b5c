"""``delete``, ``publish``, ``unpublish`` and ``act``: operations on contents, queued for the next cycle (IM5)."""

import click

from crawler.cli.arguments import author_option, content_id, stored_text
from crawler.cli.invocation import Invocation
from crawler.cli.options import one_source
from crawler.cli.queued import agent_at, print_cancelled, print_queued
from crawler.sync.source import Source


@click.command()
@one_source
@content_id
def delete(run: Invocation, source: Source, *, content_id: str, object_name: str | None) -> None:
    """Queue the deletion of a content.

    Deleting one that was not sent yet cancels its creation, and whatever depends on it.
    """
    _queue(run, source, "delete", content_id, object_name=object_name)


@click.command()
@one_source
@content_id
def publish(run: Invocation, source: Source, *, content_id: str, object_name: str | None) -> None:
    """Queue the publication of a content."""
    _queue(run, source, "publish", content_id, object_name=object_name)


@click.command()
@one_source
@content_id
def unpublish(run: Invocation, source: Source, *, content_id: str, object_name: str | None) -> None:
    """Queue taking a content back from the public."""
    _queue(run, source, "unpublish", content_id, object_name=object_name)


@click.command()
@one_source
@click.argument("operation", type=stored_text)
@content_id
@author_option
def act(
    run: Invocation,
    source: Source,
    *,
    operation: str,
    content_id: str,
    object_name: str | None,
    author_id: str | None,
) -> None:
    """Queue a custom operation on a content.

    `show SOURCE ID` says which operations a content takes now.
    """
    _queue(run, source, operation, content_id, object_name=object_name, author_id=author_id)


def _queue(
    run: Invocation,
    source: Source,
    operation: str,
    content_id: str,
    *,
    object_name: str | None,
    author_id: str | None = None,
) -> None:
    with agent_at(run, source) as agent:
        done = agent.act(operation, content_id, object_name=object_name, author_id=author_id)
        if done.queued is not None:
            print_queued(run, agent, done.queued)
        else:
            print_cancelled(run, agent.store, source, done.cancelled)
