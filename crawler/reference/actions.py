"""What the partner does for the platform: one function for each operation."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from crawler.reference.capabilities import STANDARD, Capabilities
from crawler.reference.contents import OBJECTS, THREADS, Content, Shown, show_content
from crawler.reference.drafts import read_draft, user_id
from crawler.reference.forum import Forum
from crawler.reference.timeline import Listing
from crawler.reference.wire import Call, Refusal


@dataclass(frozen=True)
class Actions:
    """The partner's side of every action, for the capabilities and the way of listing that are in force now.

    `alter` has the last word on how a content is shown: the healthy partner leaves it alone.
    """

    forum: Forum
    capabilities: Capabilities
    listing: Listing
    alter: Callable[[Content, Shown], object]

    def perform(self, call: Call) -> object:
        """Do what `call` asks for and return the answer; raises `Refusal` where it cannot be done."""
        if call.action == "implementation.info":
            return self.capabilities.info()
        if call.action == "messaging.queuing_update" and call.action in self.capabilities.options:
            return {}
        if call.operation == "reply" or call.operation not in self.capabilities.operations(call.object_name):
            raise Refusal(400, f"unknown action: {call.action}")
        if call.object_name not in OBJECTS:
            raise Refusal(400, f"unknown object: {call.object_name}")
        match call.operation:
            case "list":
                return self._list(call)
            case "show":
                return self.shown(self._standing(call))
            case "create":
                return self._create(call)
            case "delete" | "destroy":
                return self._change(call, self._removed)
            case "publish" | "unpublish":
                return self._change(call, partial(self._published, value=call.operation == "publish"))
            case _:
                return self._change(call, partial(self._done, call=call))

    def shown(self, content: Content) -> object:
        """A content as the wire shows it, under the options in force (IM7, IM8)."""
        if content.object_name == THREADS and self.capabilities.titles_only:
            return self.alter(content, {"id": content.id, "title": content.title})
        if self.capabilities.unthreaded:
            content = replace(content, thread_id="")
        return self.alter(content, show_content(content, self.forum.users, self.capabilities.actions_of(content)))

    def _list(self, call: Call) -> list[object]:
        since_id = call.params.get("since_id") or None
        if not (since_id is None or isinstance(since_id, str)):
            raise Refusal(400, "'since_id' is not a string")
        return [self.shown(content) for content in self.forum.page(call.object_name, since_id, self.listing)]

    def _create(self, call: Call) -> object:
        """A repeat, known by its `content_id`, gets what the first attempt created (PU2)."""
        content_id = call.params.get("content_id")
        known = self.forum.sent(call.object_name, content_id) if isinstance(content_id, str) else None
        if known:
            return self.shown(known)
        return self.shown(
            self.forum.add(call.object_name, **read_draft(call.object_name, call.params, self.forum, self.capabilities))
        )

    def _change(self, call: Call, change: Callable[[Content], Content]) -> object:
        """Apply an instance operation and show the whole content (PU5); applied once more, it changes nothing."""
        content = self._known(call)
        if not self.capabilities.permits(content, call.operation):
            raise Refusal(400, f"{call.object_name} {content.id} does not allow {call.operation}")
        return self.shown(change(content))

    def _removed(self, content: Content) -> Content:
        return content if content.removed else self.forum.remove(content.id)

    def _published(self, content: Content, *, value: bool) -> Content:
        if content.published == value or content.removed:
            return content
        return self.forum.edit(content.id, published=value)

    def _done(self, content: Content, *, call: Call) -> Content:
        """A custom operation is done once, by the user it names (PU5, AC2)."""
        assert call.operation not in STANDARD  # noqa: S101 - the caller looked
        user = user_id(call.params, "user_id", self.forum)
        if call.operation in content.done or content.removed:
            return content
        return self.forum.edit(content.id, done={**content.done, call.operation: user})

    def _known(self, call: Call) -> Content:
        content = self.forum.find(call.object_name, call.params.get("id"))
        if content is None:
            raise Refusal(404, f"there is no {call.params.get('id')} among our {call.object_name}")
        return content

    def _standing(self, call: Call) -> Content:
        content = self._known(call)
        if content.removed:
            raise Refusal(404, f"{content.id} was removed from our {call.object_name}")
        return content
