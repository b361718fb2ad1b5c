"""What the platform sends to be created, read strictly: a conforming platform gets all of it through (PU1)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from crawler.reference.capabilities import Capabilities
from crawler.reference.contents import MESSAGES, PRIVATE_MESSAGES, THREADS, Attachment
from crawler.reference.forum import Forum
from crawler.reference.wire import Refusal

MAX_BODY_CHARS = 20_000
"""OB6."""

_STRUCTURED = {"select": ("items",), "rich_link": ("url", "title"), "template": ("title",), "carousel": ("items",)}
"""What each type of structured content must have (ST)."""


def read_draft(
    object_name: str, params: Mapping[str, object], forum: Forum, capabilities: Capabilities
) -> dict[str, Any]:
    """The fields of a new `Content`, as `Forum.add` takes them.

    Raises `Refusal` (400) for an author who is not puppetizable, an id that names nothing, a format or attachments that
    are not declared (PU13), structured content that is not wanted or none (ST), a body that is missing or too long, or
    a date that is none. Other params are ignored, and what is `null` is absent (OB0).
    """
    fields: dict[str, Any] = {
        "author_id": _author(params, forum),
        "body": _text(params, "body"),
        "title": _text(params, "title"),
        "format": _format(object_name, params, capabilities),
        "attachments": _attachments(object_name, params, capabilities),
        "structured_content": _structured(object_name, params, capabilities),
        "created_at": _date(params, "created_at"),
        "updated_at": _date(params, "updated_at"),
        "content_id": _text(params, "content_id"),
    }
    if object_name == MESSAGES and not capabilities.unthreaded:
        fields["thread_id"] = _reference(params, "thread_id", THREADS, forum)
    if object_name == PRIVATE_MESSAGES:
        fields["recipient_id"] = user_id(params, "recipient_id", forum)
    if object_name != THREADS and params.get("in_reply_to_id"):
        fields["in_reply_to_id"] = _reference(params, "in_reply_to_id", object_name, forum)
    if not (fields["body"] or fields["attachments"] or fields["structured_content"]):
        raise Refusal(400, "'body' and 'attachments' are both missing")
    if len(fields["body"]) > MAX_BODY_CHARS:
        raise Refusal(400, f"'body' is longer than {MAX_BODY_CHARS} characters")
    return fields


def user_id(params: Mapping[str, object], name: str, forum: Forum) -> str:
    """The param that names a user; raises `Refusal` (400) where it names none."""
    value = _text(params, name)
    if value not in forum.users:
        raise Refusal(400, f"'{name}' names no user: {value}" if value else f"'{name}' is missing")
    return value


def _author(params: Mapping[str, object], forum: Forum) -> str:
    author_id = user_id(params, "author_id", forum)
    if not forum.users[author_id].puppetizable:
        raise Refusal(400, f"'author_id' names a user that agents may not write as: {author_id} is not puppetizable")
    return author_id


def _reference(params: Mapping[str, object], name: str, object_name: str, forum: Forum) -> str:
    value = _text(params, name)
    if not value:
        raise Refusal(400, f"'{name}' is missing")
    content = forum.find(object_name, value)
    if content is None or content.removed:
        raise Refusal(400, f"'{name}' names nothing among our {object_name}: {value}")
    return value


def _text(params: Mapping[str, object], name: str) -> str:
    value = params.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Refusal(400, f"'{name}' is not a string")
    return value


def _format(object_name: str, params: Mapping[str, object], capabilities: Capabilities) -> str:
    value = _text(params, "format") or "html"
    if value not in capabilities.formats(object_name):
        raise Refusal(400, f"'format' is {value}, which we did not declare for {object_name}")
    return value


def _attachments(object_name: str, params: Mapping[str, object], capabilities: Capabilities) -> tuple[Attachment, ...]:
    value = params.get("attachments") or []
    if not isinstance(value, list) or not all(isinstance(it, dict) and isinstance(it.get("url"), str) for it in value):
        raise Refusal(400, "'attachments' is not a list of objects with 'url'")
    if value and not capabilities.takes_attachments(object_name):
        raise Refusal(400, f"we did not declare attachments for {object_name}")
    return tuple(Attachment(it["url"], str(it.get("filename") or ""), str(it.get("type") or "")) for it in value)


def _structured(object_name: str, params: Mapping[str, object], capabilities: Capabilities) -> object:
    value = params.get("structured_content")
    if not value:
        return None
    if object_name == THREADS or "view.messaging" not in capabilities.options:
        raise Refusal(400, f"'structured_content' is not for {object_name} here")
    if not isinstance(value, dict) or str(value.get("type")) not in _STRUCTURED:
        raise Refusal(400, "'structured_content' has no type that we know")
    missing = [name for name in _STRUCTURED[str(value["type"])] if not value.get(name)]
    if missing:
        raise Refusal(400, f"'structured_content' has no {' and no '.join(missing)}")
    return value


def _date(params: Mapping[str, object], name: str) -> datetime | None:
    value = _text(params, name)
    try:
        date = datetime.fromisoformat(value) if value else None
    except ValueError as error:
        raise Refusal(400, f"'{name}' is not a date: {value}") from error
    if date and date.tzinfo is None:
        raise Refusal(400, f"'{name}' names no time zone: {value}")
    return date
