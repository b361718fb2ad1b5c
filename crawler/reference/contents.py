"""What stands in a forum, users and contents, and what both look like on the wire (OB1-OB4, OB7)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

THREADS, MESSAGES, PRIVATE_MESSAGES = OBJECTS = ("threads", "messages", "private_messages")

Shown = dict[str, object]
"""A content or user as the wire shows it."""


@dataclass(frozen=True, kw_only=True)
class User:
    """An identity of the forum (OB4); one whose `puppetizable` is true may be written as by agents."""

    id: str
    screenname: str
    created_at: datetime
    updated_at: datetime
    puppetizable: bool = False
    firstname: str = ""
    lastname: str = ""
    email: str = ""
    gender: str = ""
    avatar_url: str = ""


@dataclass(frozen=True)
class Attachment:
    """A file of a content (OB7)."""

    url: str
    filename: str = ""
    type: str = ""


@dataclass(frozen=True, kw_only=True)
class Content:
    """A thread, a message or a private message, as it stands in the forum now; a change makes a new value.

    `allowed` names the only operations that this content ever takes (`None`: all that are declared), `done` maps the
    custom operations applied so far to the user who did. `content_id` is the platform's id of what the platform sent.
    """

    object_name: str
    id: str
    author_id: str
    created_at: datetime
    updated_at: datetime
    body: str = ""
    title: str = ""
    format: str = "html"
    thread_id: str = ""
    in_reply_to_id: str = ""
    recipient_id: str = ""
    attachments: tuple[Attachment, ...] = ()
    categories: tuple[str, ...] = ()
    context_data: Mapping[str, str] = field(default_factory=dict)
    display_url: str = ""
    language: str = ""
    structured_content: object = None
    allowed: frozenset[str] | None = None
    done: Mapping[str, str] = field(default_factory=dict)
    published: bool = True
    removed: bool = False
    content_id: str = ""


def wire_time(moment: datetime) -> str:
    """An aware datetime as OB5 writes it, to the second."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def show_user(user: User) -> Shown:
    """A user as the wire shows it, with the dates that the guide requires (OB4)."""
    return _present(
        {
            "id": user.id,
            "screenname": user.screenname,
            "firstname": user.firstname,
            "lastname": user.lastname,
            "email": user.email,
            "gender": user.gender,
            "avatar_url": user.avatar_url,
            "puppetizable": user.puppetizable,
            "created_at": wire_time(user.created_at),
            "updated_at": wire_time(user.updated_at),
        }
    )


def show_content(content: Content, users: Mapping[str, User], actions: Sequence[str]) -> Shown:
    """A content as the wire shows it, with what its `actions` are at the moment (OB1-OB3, IM5).

    Custom operations applied so far stand in `context_data`, by name with `-` for `_` (OB6).
    """
    done = {operation.replace("_", "-"): user_id for operation, user_id in content.done.items()}
    return _present(
        {
            "id": content.id,
            "actions": list(actions),
            "attachments": [
                _present({"url": it.url, "type": it.type, "filename": it.filename}) for it in content.attachments
            ],
            "author": show_user(users[content.author_id]),
            "body": content.body,
            "categories": list(content.categories),
            "context_data": {**content.context_data, **done},
            "created_at": wire_time(content.created_at),
            "display_url": content.display_url,
            "format": content.format,
            "in_reply_to_id": content.in_reply_to_id,
            "language": content.language,
            "recipient": show_user(users[content.recipient_id]) if content.recipient_id else None,
            "structured_content": content.structured_content,
            "thread_id": content.thread_id,
            "title": content.title,
            "updated_at": wire_time(content.updated_at),
        }
    )


def _present(fields: Mapping[str, object]) -> Shown:
    """The fields that say something: empty and absent mean the same (OB0)."""
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}
