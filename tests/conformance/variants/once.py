"""What is created twice, or not at all, or under an id that is not its own (PU2-PU4)."""

from collections.abc import Callable
from itertools import count

from crawler.reference import ReferencePartner
from crawler.reference.faults.fault import Proceed
from crawler.reference.wire import Call, Refusal
from tests.conformance.variants.making import Act, Shown, acting, each, remembering, with_params
from tests.conformance.variants.time import Time
from tests.conformance.variants.variant import TABLE, Harm, Kind, Made, Variant


def anew(call: Call, number: int) -> Call:
    """The same call, as if it had not come before."""
    return with_params(call, content_id=f"{call.params.get('content_id')} {number}")


def known(it: ReferencePartner, call: Call) -> bool:
    """Whether a create is a repeat."""
    content_id = call.params.get("content_id")
    return isinstance(content_id, str) and it.forum.sent(call.object_name, content_id) is not None


def copies(_it: ReferencePartner, _time: Time) -> Act:
    numbers = count()
    return lambda call, proceed: proceed(anew(call, next(numbers)))


def two_of_each(it: ReferencePartner, _time: Time) -> Act:
    def act(call: Call, proceed: Proceed) -> object:
        if not known(it, call):
            proceed(anew(call, 2))
        return proceed(call)

    return act


def remembers_the_last(_it: ReferencePartner, _time: Time) -> Act:
    last: list[object] = [None]
    numbers = count()

    def act(call: Call, proceed: Proceed) -> object:
        before, last[0] = last[0], call.params.get("content_id")
        return proceed(call if before == last[0] else anew(call, next(numbers)))

    return act


def another_id(call: Call, proceed: Proceed) -> object:
    answer = proceed(call)
    return {"id": f"again-{answer['id']}"} if call.params.get("retry") and isinstance(answer, dict) else answer


def refuses_repeats(it: ReferencePartner, _time: Time) -> Act:
    def act(call: Call, proceed: Proceed) -> object:
        if known(it, call):
            raise Refusal(500, "Duplicate entry for key 'content_id'")
        return proceed(call)

    return act


def refuses_same_text(it: ReferencePartner, _time: Time) -> Act:
    def act(call: Call, proceed: Proceed) -> object:
        body = call.params.get("body")
        if body and not known(it, call) and any(body == other.body for other in it.forum.standing(call.object_name)):
            raise Refusal(422, "that was said already")
        return proceed(call)

    return act


def by(key: Callable[[Call], object]) -> Callable[[ReferencePartner, Time], Act]:
    """Whatever has the same key is answered with what came of the first, and is dropped."""

    def make(_it: ReferencePartner, _time: Time) -> Act:
        first: dict[object, object] = {}

        def act(call: Call, proceed: Proceed) -> object:
            if key(call) not in first:
                first[key(call)] = proceed(call)
            return first[key(call)]

        return act

    return make


class Reused:
    """MAX(id) + 1."""

    def __init__(self, it: ReferencePartner) -> None:
        self.it = it

    def __next__(self) -> int:
        return max(int(content.id) for content in self.it.forum.contents.values() if not content.removed) + 1


def reuses_ids(it: ReferencePartner, _time: Time) -> Act:
    it.forum._ids = Reused(it)  # type: ignore[assignment]  # the forum only ever asks for the next one
    return lambda call, proceed: proceed(call)


def other_ids_in_lists(call: Call, proceed: Proceed) -> object:
    """One table for messages and one for what is shown of them: what is listed has ids of its own."""
    asked = call
    for name in ("id", "since_id", "in_reply_to_id"):
        value = call.params.get(name)
        if isinstance(value, str):
            asked = with_params(asked, **{name: value.removeprefix("m-")})
    answer = proceed(asked)
    if call.operation != "list":
        return answer
    return each(answer, lambda shown: {**shown, "id": f"m-{shown['id']}"})


def a_job(it: ReferencePartner, _time: Time) -> Act:
    """The id of a job in a queue, under which nothing is ever listed; a repeat is answered with the same."""
    jobs: dict[object, str] = {}

    def act(call: Call, proceed: Proceed) -> object:
        proceed(call)
        return {"id": jobs.setdefault(call.params.get("content_id"), f"job-{len(jobs) + 1}")}

    return act


def rounded(it: ReferencePartner, _time: Time) -> Act:
    """Ids of 18 digits, which JavaScript rounds to multiples of 16."""
    base = 10**17

    def whole(value: object) -> object:
        if not isinstance(value, str) or not value.isascii() or not value.isdecimal():
            return value
        own = int(value) - base
        return next((str(it_) for it_ in range(max(own - 8, 0), own + 9) if str(it_) in it.forum.contents), value)

    def shown(content: Shown) -> Shown:
        return {**content, "id": str(int(float(base + int(content["id"]))))}

    def act(call: Call, proceed: Proceed) -> object:
        asked = with_params(
            call, **{name: whole(call.params.get(name)) for name in ("id", "since_id", "in_reply_to_id")}
        )
        return each(proceed(asked), shown) if call.object_name == "messages" else proceed(call)

    return act


_ROWS: tuple[tuple[str, str, Harm, str, Made, str, str | None], ...] = (
    ("a copy for each retry", "looks at neither content_id nor retry",
     Harm.DOUBLED, "", remembering("create", copies), f"{TABLE}; papercups-io/papercups#738",
     "repeated-create-makes-no-copy"),
    ("two of each", "the model's hook and the controller both store it",
     Harm.DOUBLED, "", remembering("create", two_of_each), "papercups-io/papercups#738; RasaHQ/rasa#3882",
     "create-makes-one-content"),
    ("remembers the last alone", "content_id in a variable: two messages on their way, and both come twice",
     Harm.DOUBLED, "", remembering("create", remembers_the_last), "zenml-io/zenml#5215; documenso/documenso#3204",
     "repeated-create-makes-no-copy"),
    ("another id for a retry", "answers a retry with the id of the retry",
     Harm.DOUBLED, "", acting("create", another_id), "issue 15", "repeated-create-answers-the-same-id"),
    ("refuses a retry", "a unique index on content_id, and no look before the insert",
     Harm.MUTE, "", remembering("create", refuses_repeats), "PROTOCOL.md PU2", "repeated-create-answers-the-same-id"),
    ("another id in lists", "list and create read two tables",
     Harm.DOUBLED, "", acting("*", other_ids_in_lists), "PROTOCOL.md LS4, OB11", "listed-under-the-answered-id"),
    ("a job's id", "queues the message and answers the id of the job",
     Harm.DOUBLED, "", remembering("create", a_job), "PROTOCOL.md PU3; baasbox/baasbox#66",
     "listed-under-the-answered-id"),
    ("reuses ids", "SQLite without AUTOINCREMENT: what was deleted last gives its id to the next",
     Harm.LOST, "", remembering("*", reuses_ids), "wallabag/wallabag#2781; nocodb/nocodb#12326", "ids-are-not-reused"),
    ("rounds ids", "ids beyond 2^53 in JavaScript: sixteen messages share one",
     Harm.LOST, "read", remembering("*", rounded), "demian85/gnip#18; atk4/ui#1218", "an-id-names-one-content"),
    ("same text once", "knows repeats by their text, so that a second Yes is taken for the first",
     Harm.LOST, "", remembering("create", by(lambda call: (call.object_name, call.params.get("body")))),
     "muxinc/mux-node-sdk#83", "each-create-has-its-own-id"),
    ("refuses the same text", "a forum's guard against double posts",
     Harm.MUTE, "", remembering("create", refuses_same_text), "PROTOCOL.md PU2", "any-text-accepted"),
    ("first answer alone",
     "one answer to a question in its data model: the next is dropped and answered with the first",
     Harm.LOST, "", remembering("messages.create", by(lambda call: call.params.get("thread_id"))), "issue 15, point 3",
     "each-create-has-its-own-id"),
)  # fmt: skip

NOT_BY = {
    "two of each": {"repeated-create-makes-no-copy"},
    "a job's id": {"create-answered-with-success"},
    "rounds ids": {"show-agrees-with-list"},
}
"""What is said of these today, and is something else."""

ONCE = tuple(
    Variant(
        name=name,
        slip=slip,
        harm=harm,
        kind=Kind.ONCE,
        origin=origin,
        made=made,
        found_by=rule,
        write=not reads,
        not_by=frozenset(NOT_BY.get(name, ())),
    )
    for name, slip, harm, reads, made, origin, rule in _ROWS
)
