"""Arguments and options for contents: ids, bodies, and which object an id is of."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from crawler.protocol.envelope import printable
from crawler.protocol.implementation import POLLED, shape
from crawler.protocol.objects import is_storable

F = TypeVar("F", bound=Callable[..., Any])


def stored_text(value: str) -> str:
    """Text that can be stored and sent (OB12): what the command line's bytes say may be none, and has surrogates then.

    Raises `click.BadParameter`.
    """
    if not is_storable(value):
        raise click.BadParameter("this is not text in UTF-8, or it holds a NUL character")
    return value


def http_url(value: str) -> str:
    """The URL of an attachment. Raises `click.BadParameter`."""
    text = stored_text(value)
    if not text.lower().startswith(("http://", "https://")) or not text.isprintable() or " " in text:
        raise click.BadParameter(f"'{printable(text, 60)}' is no URL such as https://shop.example/photo.jpg")
    return text


def structured_content(value: str) -> dict[str, Any]:
    """Structured content: a JSON object, or ``@`` and the file that holds one. Raises `click.BadParameter`."""
    where = "this"
    if value.startswith("@"):
        where = value[1:]
        try:
            value = Path(where).read_text("utf-8-sig")
        except (OSError, ValueError) as error:
            reason = (error.strerror if isinstance(error, OSError) else None) or "it is not text in UTF-8"
            raise click.BadParameter(f"the file {where} cannot be read: {reason}") from None
    try:
        found = json.loads(value)
    except ValueError as error:
        raise click.BadParameter(f"{where} is not JSON: {error}") from None
    except RecursionError:
        raise click.BadParameter(f"{where} is too deeply nested") from None
    if not isinstance(found, dict) or not found:
        raise click.BadParameter(f"{where} is {shape(found)}; it must be an object with a 'type'")
    return found


def content_id(command: F) -> F:
    """Argument ID, and the option that says of which object it is: parameters `content_id` and `object_name`."""
    return click.argument("content_id", metavar="ID", type=stored_text)(object_option(command))


def object_option(command: F) -> F:
    """``--object``: parameter `object_name`."""
    return click.option(
        "--object", "object_name", type=click.Choice(POLLED), help="What ID is the id of, where several have the same."
    )(command)


def author_option(command: F) -> F:
    """``--author``: parameter `author_id`."""
    return click.option(
        "--author",
        "author_id",
        metavar="ID",
        type=stored_text,
        help="The identity that acts; else agent_id, else the only puppetizable one (PU12).",
    )(command)


def draft_options(command: F) -> F:
    """What a message or thread may have besides its body.

    Parameters `author_id`, `body_format`, `attachments` and `structured`.
    """
    body_format = click.option(
        "--format",
        "body_format",
        type=click.Choice(["html", "text"]),
        help="What the body is; else plain text, which becomes html where the partner prefers that (PU13).",
    )
    attach = click.option(
        "--attach", "attachments", multiple=True, metavar="URL", type=http_url, help="Attach it. May be repeated."
    )
    structured = click.option(
        "--structured-content",
        "structured",
        metavar="JSON|@FILE",
        type=structured_content,
        help="A select, rich_link, template or carousel (ST).",
    )
    return author_option(structured(attach(body_format(command))))


def read_body(text: str | None) -> str | None:
    """A body as it was given; ``-`` is what stdin holds, without the line break at its end."""
    if text != "-":
        return text
    body = sys.stdin.buffer.read().decode("utf-8-sig", "surrogateescape")
    if not is_storable(body):
        raise click.UsageError("the body on stdin is not text in UTF-8, or it holds a NUL character")
    return body.removesuffix("\n").removesuffix("\r")
