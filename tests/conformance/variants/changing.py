"""Operations that do nothing, or more than they say (PU5)."""

from crawler.reference import ReferencePartner
from crawler.reference.faults.fault import Proceed
from crawler.reference.wire import Call, Refusal
from tests.conformance.variants.making import Act, acting, remembering, with_params
from tests.conformance.variants.time import Time
from tests.conformance.variants.variant import Harm, Kind, Made, Variant


def nothing(call: Call, proceed: Proceed) -> object:
    """Answers the content as if it were done."""
    return {"id": call.params.get("id"), "deleted": True}


def unpublishes_nothing(call: Call, proceed: Proceed) -> object:
    answer = proceed(Call(f"{call.object_name}.show", {"id": call.params.get("id")}))
    assert isinstance(answer, dict)
    return answer


def with_its_thread(it: ReferencePartner, _time: Time) -> Act:
    def act(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        content = it.forum.find("messages", call.params.get("id"))
        thread = it.forum.find("threads", content.thread_id) if content else None
        for other in it.forum.standing("messages"):
            if thread and other.thread_id == thread.id:
                it.forum.remove(other.id)
        if thread and not thread.removed:
            it.forum.remove(thread.id)
        return answer

    return act


def with_replies(it: ReferencePartner, _time: Time) -> Act:
    def act(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        for other in it.forum.standing("messages"):
            if other.in_reply_to_id == call.params.get("id"):
                it.forum.remove(other.id)
        return answer

    return act


def the_newest(it: ReferencePartner, _time: Time) -> Act:
    """A variable that is left over from the loop before."""

    def act(call: Call, proceed: Proceed) -> object:
        standing = it.forum.standing(call.object_name)
        known = it.forum.find(call.object_name, call.params.get("id"))
        return proceed(with_params(call, id=standing[-1].id) if known and not known.removed else call)

    return act


def toggles(it: ReferencePartner, _time: Time) -> Act:
    """UPDATE … SET published = NOT published: a repeat, after an answer that was lost, shows it again."""

    def act(call: Call, proceed: Proceed) -> object:
        content = it.forum.find(call.object_name, call.params.get("id"))
        if content is None or content.removed:
            return proceed(call)
        other = "unpublish" if content.published else "publish"
        return proceed(Call(f"{call.object_name}.{other}", call.params))

    return act


def for_good(it: ReferencePartner, _time: Time) -> Act:
    """Unpublishing is deletion here, so that nothing can be published again."""

    def act(call: Call, proceed: Proceed) -> object:
        answer = proceed(call)
        content = it.forum.find(call.object_name, call.params.get("id"))
        if content and not content.removed:
            it.forum.remove(content.id)
        return answer

    return act


def once_alone(it: ReferencePartner, _time: Time) -> Act:
    """A repeated deletion finds nothing, and crashes."""

    def act(call: Call, proceed: Proceed) -> object:
        content = it.forum.find(call.object_name, call.params.get("id"))
        if content and content.removed:
            raise Refusal(500, "Call to a member function delete() on null")
        return proceed(call)

    return act


def solves_and_opens(it: ReferencePartner, _time: Time) -> Act:
    """A custom operation that is a switch."""

    def act(call: Call, proceed: Proceed) -> object:
        content = it.forum.find(call.object_name, call.params.get("id"))
        if content and not content.removed and call.operation in content.done:
            it.forum.edit(content.id, done={})
            return proceed(Call(f"{call.object_name}.show", {"id": content.id}))
        return proceed(call)

    return act


def forgets_the_text(call: Call, proceed: Proceed) -> object:
    """The answer to an operation is a content without what was not changed."""
    answer = proceed(call)
    return {**answer, "body": "", "title": "", "attachments": []} if isinstance(answer, dict) else answer


def blanks_the_body(it: ReferencePartner, _time: Time) -> Act:
    """UPDATE … SET body = :body, which an unpublish does not send."""

    def act(call: Call, proceed: Proceed) -> object:
        content = it.forum.find(call.object_name, call.params.get("id"))
        if content and not content.removed:
            it.forum.edit(content.id, body="(no text)")
        return proceed(call)

    return act


def to_any(_call: Call, _proceed: Proceed) -> object:
    return {"ok": True}


def only_known(call: Call, proceed: Proceed) -> object:
    try:
        return proceed(call)
    except Refusal as refusal:
        if refusal.status == 404:
            return {}
        raise


NEWEST_DELETED = remembering("messages.delete", the_newest)

_ROWS: tuple[tuple[str, str, Harm, Made, str, str | None], ...] = (
    ("deletes nothing", "answers success and leaves the deletion to a job that was never written",
     Harm.EXPOSED, acting("delete", nothing), "issue 15; aldinokemal/go-whatsapp-web-multidevice#194",
     "deleted-content-is-not-listed"),
    ("deletes the thread", "ON DELETE CASCADE in the wrong direction",
     Harm.LOST, remembering("messages.delete", with_its_thread), "issue 15; mailpile/Mailpile#2208",
     "operation-leaves-others-alone"),
    ("deletes replies", "ON DELETE CASCADE on in_reply_to_id: what customers answered is gone as well",
     Harm.LOST, remembering("messages.delete", with_replies), "mattermost/mattermost#10119",
     "operation-leaves-others-alone"),
    ("deletes the newest", "a variable that is left over from a loop",
     Harm.LOST, NEWEST_DELETED, "PROTOCOL.md PU5", "operation-leaves-others-alone"),
    ("unpublishes nothing", "answers the content, and saves nothing",
     Harm.EXPOSED, acting("unpublish", unpublishes_nothing), "open-chat-labs/open-chat#5145",
     "unpublish-hides-the-content"),
    ("publish is a switch", "published = NOT published: a repeated unpublish publishes",
     Harm.EXPOSED, remembering("unpublish", toggles), "issue 15", "unpublish-is-safe-to-repeat"),
    ("unpublishes for good", "unpublish is delete, under another name",
     Harm.LOST, remembering("messages.unpublish", for_good), "PROTOCOL.md PU5", "publish-brings-it-back"),
    ("unpublishing loses the text", "an UPDATE of all columns from params that hold an id alone",
     Harm.LOST, remembering("messages.unpublish", blanks_the_body), "PROTOCOL.md PU5", "operation-keeps-the-rest"),
    ("an answer without the text", "the answer to an operation holds what was changed, with the rest empty",
     Harm.LOST, acting("mark_as_solved", forgets_the_text), "PROTOCOL.md PU5", "operation-keeps-the-rest"),
    ("a custom operation is a switch", "solved = NOT solved: a repeat opens it again",
     Harm.PUZZLED, remembering("mark_as_solved", solves_and_opens), "PROTOCOL.md PU5",
     "custom-operation-is-safe-to-repeat"),
    ("crashes on a repeated deletion", "no look whether it is there",
     Harm.PUZZLED, remembering("delete", once_alone), "GetStream/stream-chat-js#1303", "repeated-delete-is-no-crash"),
    ("does anything to nothing", "DELETE … WHERE id = …, and nobody asks how many rows that were",
     Harm.PUZZLED, acting("delete", only_known), "tdlib/telegram-bot-api#94", "operation-on-unknown-content-refused"),
    ("answers ok", "{'ok': true} after doing it",
     Harm.PUZZLED, acting("mark_as_solved", lambda call, proceed: proceed(call) and {"ok": True}),
     "PROTOCOL.md PU5; baasbox/baasbox#66", "operation-answers-the-content"),
)  # fmt: skip

CHANGING = tuple(
    Variant(
        name=name,
        slip=slip,
        harm=harm,
        kind=Kind.CHANGE,
        origin=origin,
        made=made,
        found_by=rule,
        not_by=frozenset({"deleted-content-is-not-listed"}) if made is NEWEST_DELETED else frozenset(),
    )
    for name, slip, harm, made, origin, rule in _ROWS
)
"""That the one is still there says nothing of the other, which is gone."""
