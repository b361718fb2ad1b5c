"""What agents may do to a content now, and why not the rest (AC3, AC4, IM5): the buttons of a content."""

from dataclasses import dataclass

from crawler.protocol.implementation import COLLECTION_LEVEL, ImplementationInfo
from crawler.sync.exports import gone, operation_refusal, reply_refusal
from crawler.sync.state import Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One operation on a content, its button's `label` (IM11), and why it is refused: `rule` and `reason`, if it is."""

    operation: str
    label: str
    rule: str = ""
    reason: str = ""

    @property
    def allowed(self) -> bool:
        """Whether an agent may do it now."""
        return not self.rule


def choices(info: ImplementationInfo, content: Known, thread: Known | None = None) -> tuple[Choice, ...]:
    """All operations that the partner declares for the content's object, or that the content names: reply, then those.

    A deletion is ``delete`` here whatever the partner calls it (IM6). `thread` is what has the id of the content's.
    """
    named = [*info.operations(content.object), *content.actions]
    operations = dict.fromkeys("delete" if name == "destroy" else name for name in named)
    return (
        _reply(info, content, thread),
        *(_operation(info, content, name) for name in operations if name not in COLLECTION_LEVEL),
    )


def _reply(info: ImplementationInfo, content: Known, thread: Known | None) -> Choice:
    written = "messages" if content.object == "threads" else content.object
    if not info.allows(written, "create"):
        return _choice(info, "reply", "AC3", f"the partner does not declare {written}.create")
    if content.deleted:
        return _choice(info, "reply", "AC3", f"{content.id} was deleted")
    if thread is not None and not info.unthreaded and thread.came_after(content):
        return _choice(info, "reply", "OB13", gone(thread))
    refusal = reply_refusal(info, content)
    return _choice(info, "reply", "AC4" if refusal else "", refusal or "")


def _operation(info: ImplementationInfo, content: Known, operation: str) -> Choice:
    return _choice(info, operation, *(operation_refusal(info, content, operation) or ()))


def _choice(info: ImplementationInfo, operation: str, rule: str = "", reason: str = "") -> Choice:
    return Choice(operation=operation, label=info.label(operation), rule=rule, reason=reason)
