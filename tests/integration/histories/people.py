"""The partner's people: what they write, edit and remove, and what is true of it from then on."""

from collections.abc import Sequence
from itertools import chain, count
from typing import Any, TypeVar

from crawler.reference import AGENT, Forum
from crawler.reference.contents import Attachment, Content, wire_time
from tests.integration.histories.chance import Deed
from tests.integration.histories.model import Intent, Model
from tests.integration.histories.shown import POLLED

T = TypeVar("T")

NAMES = ("ann", "bob")
ATTACHED = (Attachment("https://shop.example/a.png", "a.png"),)


NOTHING = frozenset({"reply"})
"""What may be done to a content of which nothing may be changed."""


def one_of(choices: Sequence[T], which: int) -> T:
    return choices[which % len(choices)]


class People:
    """Writes down what must be true of each content, by its id: fields as we name them.

    The first content of each object stays as it is for good. A partner that lists all but the oldest after a cursor
    that it has forgotten (LS10) could hide a new content from any platform, if the oldest could be one that is new.
    """

    def __init__(self, forum: Forum) -> None:
        self.forum = forum
        self.written: dict[str, dict[str, Any]] = {}
        self.edited: dict[str, str] = {}
        self.removed: set[str] = set()
        self._numbers = count(1)
        for name in NAMES:
            forum.add_user(name, name.title())
        thread = forum.add_thread("ann", "First", "<p>First</p>", allowed=NOTHING)
        for first in (
            thread,
            forum.add_message("ann", thread.id, "First", format="text", allowed=NOTHING),
            forum.add_private_message("ann", AGENT, "First", format="text", allowed=NOTHING),
        ):
            self._wrote(first)
        self._firsts = set(self.written)

    def standing(self) -> list[Content]:
        return [content for name in POLLED for content in self.forum.standing(name)]

    def _changeable(self) -> list[Content]:
        return [content for content in self.standing() if content.id not in self._firsts]

    def do(self, deed: Deed, model: Model) -> None:
        """Do what there is to be done."""
        cursors = list(model.cursors.values())
        who = one_of(NAMES, deed.which)
        match deed.does:
            case "starts a thread":
                title = self._text("Thread")
                self._wrote(self.forum.add_thread(who, title, f"<p>{title}</p>"))
            case "writes messages":
                for _ in range(deed.times):
                    self.write_message(who, deed.which, plain=deed.plain)
            case "writes privately":
                to = one_of((*NAMES, AGENT), deed.which // 2)
                self._wrote(self.forum.add_private_message(who, to, self._text("Private"), format="text"))
            case "writes under a deleted id":
                self._write_again(who, deed, model)
            case "edits":
                self._edit(deed)
            case "is renamed":
                self.forum.edit_user(who, screenname=self._text(who.title()))
            case _:
                newest = [it for it in self._changeable() if it.id in cursors]
                if choices := newest if deed.does == "removes a cursor" else self._changeable():
                    self.removed.add(self.forum.remove(one_of(choices, deed.which).id).id)

    def write_message(self, who: str, where: int, *, plain: bool) -> None:
        """A message; one that is not plain is a reply that takes few operations, and no reply."""
        threads, messages = self.forum.standing("threads"), self.forum.standing("messages")
        thread_id, fields = one_of(threads, where).id if threads else "", {}
        if messages and not plain:
            target = one_of(messages, where)
            thread_id, fields = target.thread_id, {"in_reply_to_id": target.id}
        allowed = None if plain else frozenset({"delete", "escalate"})
        text = self._text("Message")
        self._wrote(self.forum.add_message(who, thread_id, text, format="text", allowed=allowed, **fields))

    def _write_again(self, who: str, deed: Deed, model: Model) -> None:
        """A content under the id of one that we know to be deleted (OB13); nothing tells what that was once."""
        gone = [key for key, held in model.held.items() if held.deleted and self.forum.contents[key[1]].removed]
        if not gone:
            return
        name, foreign_id = one_of(gone, deed.which)
        fields = {"recipient_id": AGENT} if name == "private_messages" else {}
        if name == "messages":
            threads = self.forum.standing("threads")
            fields = {"thread_id": one_of(threads, deed.which).id if threads else ""}
        elif name == "threads":
            fields = {"title": self._text("Thread")}
        self.forum._ids = chain([int(foreign_id)], self.forum._ids)  # type: ignore[assignment]  # it only takes the next
        self.forum._timelines[name]._served.pop(foreign_id, None)
        self._wrote(self.forum.add(name, author_id=who, body=self._text("Again"), format="text", **fields))
        self.edited.pop(foreign_id, None)
        self.removed.discard(foreign_id)
        model.denied.discard(foreign_id)

    def _edit(self, deed: Deed) -> None:
        if choices := self._changeable():
            content, text = one_of(choices, deed.which), self._text("Edit")
            self.forum.edit(content.id, body=text, attachments=() if deed.plain else ATTACHED)
            self.edited[content.id] = text

    def _text(self, what: str) -> str:
        return f"{what} {next(self._numbers)}"

    def _wrote(self, content: Content) -> None:
        names = ("author_id", "recipient_id", "thread_id", "in_reply_to_id", "title", "body", "format")
        fields = {name: getattr(content, name) or None for name in names}
        self.written[content.id] = {**fields, "created_at": wire_time(content.created_at)}

    def truth(self, content: Content, model: Model) -> dict[str, Any]:
        """What must be true of a content: as it was written, by people or by an agent, and edited."""
        if content.id in self.written:
            truth = dict(self.written[content.id])
        else:
            assert content.content_id in model.intents, f"nobody wrote {content.id}"
            truth = {name: model.sent[content.content_id][name] for name in ("author_id", "recipient_id", "body")}
        if content.id in self.edited:
            truth["body"] = self.edited[content.id]
        return truth

    def check_doings(self, model: Model) -> None:
        """What was done to contents was done by people, or an agent wanted it; nothing was created twice (PU2)."""
        made = [it.content_id for it in self.forum.contents.values() if it.content_id]
        assert len(made) == len(set(made)), f"PU2: created twice: {made}"
        sent = {(it.operation, target_id(it)) for it in model.intents.values() if it.attempts}
        for content in self.forum.contents.values():
            doings = set(content.done) | ({"unpublish"} if not content.published else set())
            if content.removed and content.id not in self.removed:
                doings.add("delete")
            for doing in doings:
                assert (doing, content.id) in sent, f"IM5: nobody wanted {doing} for {content.id}"


def target_id(intent: Intent) -> str | None:
    return intent.target.foreign_id if isinstance(intent.target, Intent) else intent.target
