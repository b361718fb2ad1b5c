"""The protocol once more, written apart from the program: what is in force, and what a shown content says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

POLLED = ("threads", "messages", "private_messages")
COLLECTION = ("list", "show", "create", "reply")
EXTRA = ("attachments", "categories", "context_data", "display_url", "structured_content")
TEXTS = ("author_id", "recipient_id", "thread_id", "in_reply_to_id", "title", "body", "format", "language",
         "created_at", "updated_at")  # fmt: skip

Row = dict[str, Any]
"""A content's columns: `TEXTS`, ``actions`` as a list and ``extra`` as a dict."""


@dataclass(frozen=True)
class InForce:
    """What an implementation info puts into force (IM4-IM8)."""

    objects: Mapping[str, list[str]] = field(default_factory=dict)
    options: frozenset[str] = frozenset()

    @classmethod
    def read(cls, answer: Any) -> "InForce | None":
        """`None` where the answer is no implementation info."""
        if not isinstance(answer, dict) or not isinstance(answer.get("objects"), dict):
            return None
        return cls(answer["objects"], frozenset(answer.get("options", [])))

    @property
    def unthreaded(self) -> bool:
        return "messages.unthreaded" in self.options

    @property
    def titles_only(self) -> bool:
        return "threads.no_content" in self.options

    def operations(self, name: str) -> list[str]:
        operations = self.objects.get(name, [])
        if name == "threads" and self.unthreaded:
            return []
        if name == "threads" and self.titles_only:
            return [it for it in operations if it in ("list", "show")]
        return operations

    def allows(self, action: str) -> bool:
        name, _, operation = action.partition(".")
        return operation in self.operations(name)

    def wire_name(self, name: str, operation: str) -> str:
        """The partner's own name for an operation (IM6)."""
        if operation == "delete" and "delete" not in self.operations(name):
            return "destroy"
        return operation

    def format(self, name: str) -> str:
        """The format of what is sent (PU13)."""
        return "text" if f"{name}.text" in self.options and f"{name}.html" not in self.options else "html"


def texts(**given: str | None) -> Row:
    """A row without actions or extra."""
    return {**dict.fromkeys(TEXTS), **given, "actions": [], "extra": {}}


def read_shown(name: str, shown: Any, info: InForce) -> Row | None:
    """The row that a shown content makes, `None` where it lacks something that it must have (OB1-OB4)."""
    if not isinstance(shown, dict) or not shown.get("id"):
        return None
    if name == "threads" and info.titles_only:
        return texts(title=shown.get("title"))
    people = {"author_id": shown.get("author") or {}}
    if name == "private_messages":
        people["recipient_id"] = shown.get("recipient") or {}
    needed = [person.get("id") for person in people.values()]
    row = texts(**{role: person.get("id") for role, person in people.items()})
    for text in ("in_reply_to_id", "title", "body", "language", "created_at", "updated_at"):
        row[text] = shown.get(text)
    if name == "messages" and not info.unthreaded:
        row["thread_id"] = shown.get("thread_id")
        needed.append(row["thread_id"])
    needed.append(row["body"] or (name != "threads" and shown.get("attachments")))
    row["format"] = shown.get("format", "html")
    row["actions"] = shown.get("actions", [])
    row["extra"] = {extra: shown[extra] for extra in EXTRA if shown.get(extra)}
    return row if all(needed) else None


def read_people(name: str, shown: Any, info: InForce) -> dict[str, str]:
    """The screen names, by id, of the people that a shown content names; none if it is ignored (OB4)."""
    if read_shown(name, shown, info) is None or (name == "threads" and info.titles_only):
        return {}
    people = [shown["author"], *([shown["recipient"]] if name == "private_messages" else [])]
    return {person["id"]: person["screenname"] for person in people}


def read_sent(params: Mapping[str, Any]) -> Row:
    """The row of a content as it was sent (PU3, PU11)."""
    row = texts(**{text: params.get(text) for text in TEXTS if text != "language"})
    row["extra"] = {"attachments": params["attachments"]} if "attachments" in params else {}
    return row
