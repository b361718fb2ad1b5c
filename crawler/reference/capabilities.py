"""What a partner declares in its implementation info, and what follows from it (IM)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from crawler.reference.contents import MESSAGES, PRIVATE_MESSAGES, THREADS, Content

COLLECTION = frozenset({"list", "show", "create"})
STANDARD = COLLECTION | {"reply", "delete", "destroy", "publish", "unpublish"}

STRUCTURED: Mapping[str, frozenset[str]] = {
    MESSAGES: frozenset({"reply", "delete", "destroy", "publish", "unpublish"}),
    PRIVATE_MESSAGES: frozenset({"reply", "delete", "destroy"}),
}
"""What may be done to contents with structured content, by object (ST)."""

LABELS: Mapping[str, Mapping[str, str]] = {
    "default": {"mark_as_solved": "Mark as solved", "escalate": "Escalate to a manager"},
    "fr": {"mark_as_solved": "Marquer comme résolu", "escalate": "Transmettre au responsable"},
}


@dataclass(frozen=True)
class Capabilities:
    """The three parts of an implementation info (IM2): object → operations, options, language → operation → label.

    A value: a partner whose `capabilities` are set to another one declares that from then on.
    """

    objects: Mapping[str, tuple[str, ...]]
    options: tuple[str, ...] = ()
    locales: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def declaring(self, object_name: str, *operations: str) -> "Capabilities":
        """The same with exactly these operations for one object; with none of them the object is gone."""
        objects = {**self.objects, object_name: operations}
        return replace(self, objects={name: declared for name, declared in objects.items() if declared})

    def without(self, action: str) -> "Capabilities":
        """The same without one action, such as ``messages.delete``."""
        object_name, _, operation = action.partition(".")
        kept = [name for name in self.objects.get(object_name, ()) if name != operation]
        return self.declaring(object_name, *kept)

    def with_options(self, *options: str) -> "Capabilities":
        """The same with these options as well."""
        return replace(self, options=tuple(dict.fromkeys((*self.options, *options))))

    @property
    def unthreaded(self) -> bool:
        """Whether there are no threads, and messages have no `thread_id` (IM7)."""
        return "messages.unthreaded" in self.options

    @property
    def titles_only(self) -> bool:
        """Whether a thread is but an id and a title (IM8)."""
        return "threads.no_content" in self.options

    def operations(self, object_name: str) -> tuple[str, ...]:
        """The operations of an object that are in force (IM7, IM8)."""
        declared = self.objects.get(object_name, ())
        if object_name == THREADS and self.unthreaded:
            return ()
        if object_name == THREADS and self.titles_only:
            return tuple(name for name in declared if name in ("list", "show"))
        return declared

    def formats(self, object_name: str) -> tuple[str, ...]:
        """The formats that may be sent (IM9, PU13)."""
        return tuple(name for name in ("html", "text") if f"{object_name}.{name}" in self.options) or ("html",)

    def takes_attachments(self, object_name: str) -> bool:
        """Whether contents may be sent with attachments (PU13)."""
        return f"{object_name}.attachments" in self.options

    def actions_of(self, content: Content) -> list[str]:
        """What a content's own `actions` name now: instance operations and `reply` only (IM4, IM5, AC4)."""
        if content.removed:
            return []
        spent = {*content.done, "publish" if content.published else "unpublish"}
        return [
            name
            for name in self.operations(content.object_name)
            if name not in COLLECTION and name not in spent and self.permits(content, name)
        ]

    def permits(self, content: Content, operation: str) -> bool:
        """Whether a content ever takes an operation: one that is restricted, or has structured content, takes few."""
        if content.structured_content and operation not in STRUCTURED.get(content.object_name, ()):
            return False
        return content.allowed is None or operation in content.allowed

    def info(self) -> dict[str, object]:
        """The answer to `implementation.info` (IM2)."""
        return {
            "objects": {name: list(operations) for name, operations in self.objects.items()},
            "options": list(self.options),
            "locales": {language: dict(labels) for language, labels in self.locales.items()},
        }


_WRITTEN = ("list", "show", "create", "reply", "delete", "publish", "unpublish")

DEFAULT = Capabilities(
    objects={
        THREADS: (*_WRITTEN, "mark_as_solved"),
        MESSAGES: (*_WRITTEN, "mark_as_solved", "escalate"),
        PRIVATE_MESSAGES: ("list", "show", "create", "reply", "delete", "escalate"),
    },
    options=(
        "threads.html",
        "threads.attachments",
        "messages.html",
        "messages.text",
        "messages.attachments",
        "messages.no_title",
        "private_messages.text",
        "private_messages.no_title",
    ),
    locales=LABELS,
)
"""Everything that goes together."""

UNTHREADED = DEFAULT.declaring(THREADS).with_options("messages.unthreaded")
"""Messages without threads (IM7)."""

TITLES_ONLY = DEFAULT.declaring(THREADS, "list", "show").with_options("threads.no_content")
"""Threads that are but a title (IM8)."""

DESTROYING = Capabilities(
    {
        name: tuple("destroy" if operation == "delete" else operation for operation in operations)
        for name, operations in DEFAULT.objects.items()
    },
    DEFAULT.options,
    DEFAULT.locales,
)
"""The polling chapter's name for deletion (IM6)."""

MESSAGING = Capabilities(
    objects={name: DEFAULT.objects[name] for name in (THREADS, MESSAGES)},
    options=(
        "view.messaging",
        "messaging.queuing_update",
        "threads.text",
        "messages.text",
        "messages.attachments",
        "messages.no_title",
    ),
    locales=LABELS,
)
"""A messenger: one message resource, text only (IM9), with structured content (ST) and queuing updates (PU10)."""
