"""The forum that the reference partner keeps: its users, its contents, and what its own users do there."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import count
from typing import Any

from crawler.reference.contents import MESSAGES, OBJECTS, PRIVATE_MESSAGES, THREADS, Content, User
from crawler.reference.ledger import Ledger
from crawler.reference.timeline import Listing, Timeline

AGENT = "agent"
"""The id of the identity that every forum has for the platform's agents to write as."""


class Forum:
    """A forum in memory, deterministic: the time comes from `clock`, ids from a counter that all objects share.

    `users` and `contents` map ids to values, removed contents included; `ledger` holds what the platform asked of it.
    Methods that name an unknown user or content raise `LookupError`.
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.users: dict[str, User] = {}
        self.contents: dict[str, Content] = {}
        self.ledger = Ledger()
        self._ids = count(1)
        self._timelines = {name: Timeline() for name in OBJECTS}
        self._sent: dict[tuple[str, str], str] = {}
        self.add_user(AGENT, "The shop", puppetizable=True)

    def add_user(self, user_id: str, screenname: str, **fields: Any) -> User:
        """A new user; `fields` are those of `User`."""
        dates = {"created_at": self.clock(), "updated_at": self.clock()}
        user = User(id=user_id, screenname=screenname, **{**dates, **fields})
        self.users[user_id] = user
        return user

    def edit_user(self, user_id: str, **changes: Any) -> User:
        """Change a user: seen wherever that user is shown from now on, but no content is listed again for it."""
        self.users[user_id] = replace(self.users[user_id], **{"updated_at": self.clock(), **changes})
        return self.users[user_id]

    def add_thread(self, author_id: str, title: str, body: str = "", **fields: Any) -> Content:
        """A new thread; `fields` are those of `Content`."""
        return self.add(THREADS, author_id=author_id, title=title, body=body, **fields)

    def add_message(self, author_id: str, thread_id: str, body: str, **fields: Any) -> Content:
        """A new message; `thread_id` is empty in a forum without threads."""
        return self.add(MESSAGES, author_id=author_id, thread_id=thread_id, body=body, **fields)

    def add_private_message(self, author_id: str, recipient_id: str, body: str, **fields: Any) -> Content:
        """A new private message."""
        return self.add(PRIVATE_MESSAGES, author_id=author_id, recipient_id=recipient_id, body=body, **fields)

    def add(self, object_name: str, *, author_id: str, **fields: Any) -> Content:
        """A new content of any object; `fields` are those of `Content`, the dates default to now."""
        for user_id in filter(None, (author_id, fields.get("recipient_id"))):
            if user_id not in self.users:
                raise LookupError(f"the forum has no user {user_id}")
        created_at = fields.pop("created_at", None) or self.clock()
        updated_at = fields.pop("updated_at", None) or created_at
        content = Content(
            object_name=object_name,
            id=str(next(self._ids)),
            author_id=author_id,
            created_at=created_at,
            updated_at=updated_at,
            **fields,
        )
        self.contents[content.id] = content
        self._timelines[object_name].touch(content.id)
        if content.content_id:
            self._sent[object_name, content.content_id] = content.id
        return content

    def edit(self, foreign_id: str, **changes: Any) -> Content:
        """Change a content, which thereby becomes the newest of its list."""
        content = replace(self._standing(foreign_id), **{"updated_at": self.clock(), **changes})
        self.contents[foreign_id] = content
        self._timelines[content.object_name].touch(foreign_id)
        return content

    def remove(self, foreign_id: str) -> Content:
        """Take a content away: no list has it any more, and none says that it is gone. A thread's messages stay."""
        content = replace(self._standing(foreign_id), removed=True, updated_at=self.clock())
        self.contents[foreign_id] = content
        self._timelines[content.object_name].drop(foreign_id)
        return content

    def fill(self, *, threads: int = 0, messages: int = 0, private_messages: int = 0) -> None:
        """Add plain contents by the number, messages spread evenly over all threads there are."""
        author = self.users.get("visitor") or self.add_user("visitor", "Visitor")
        for number in range(threads):
            self.add_thread(author.id, f"Thread {number}", f"<p>Thread {number}</p>")
        thread_ids = [content.id for content in self.standing(THREADS)] or [""]
        for number in range(messages):
            self.add_message(author.id, thread_ids[number % len(thread_ids)], f"<p>Message {number}</p>")
        for number in range(private_messages):
            self.add_private_message(author.id, AGENT, f"Private message {number}", format="text")

    def find(self, object_name: str, foreign_id: object) -> Content | None:
        """The content of an object by its id, a removed one included."""
        content = self.contents.get(foreign_id) if isinstance(foreign_id, str) else None
        return content if content and content.object_name == object_name else None

    def sent(self, object_name: str, content_id: str) -> Content | None:
        """What was created under the platform's `content_id` (PU2)."""
        foreign_id = self._sent.get((object_name, content_id))
        return self.contents[foreign_id] if foreign_id else None

    def standing(self, object_name: str) -> list[Content]:
        """The contents of an object that are not removed, in the order of their creation."""
        return [it for it in self.contents.values() if it.object_name == object_name and not it.removed]

    def page(self, object_name: str, since_id: str | None, listing: Listing) -> list[Content]:
        """One page of a list, newest first (LS)."""
        return [self.contents[it] for it in self._timelines[object_name].page(since_id, listing)]

    def _standing(self, foreign_id: str) -> Content:
        content = self.contents.get(foreign_id)
        if content is None or content.removed:
            raise LookupError(f"the forum has no content {foreign_id}")
        return content
