"""An operation does what it says to what it is applied to, does so once, and leaves all else alone (PU5)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from crawler.conformance.chapters.pushing.creating import PAGE
from crawler.conformance.chapters.pushing.once import LISTS, creations
from crawler.conformance.comparing import Text, is_lost
from crawler.conformance.evidence import NotJudged, Remedy, Seen, Sent, Shown, id_of, refusal
from crawler.conformance.returned import answer_of
from crawler.conformance.rule import Case, Chapter, Harm, Level, Part, case, harm
from crawler.protocol.envelope import printable

PART = Part(Chapter.PUSHING)
rule = PART.rule
PROBE = "operating"
DONE = [*LISTS, "operation-answered-with-success"]
FIELDS = ("body", "title", "attachments", "thread_id")
VOLATILE = frozenset({"updated_at", "created_at", "author", "recipient"})
"""What may be otherwise in a content to which nothing was done."""
THREAD, TARGET, REPLY, NEIGHBOUR, AFTERWARDS = "thread", "target", "reply", "neighbour", "afterwards"
"""The purposes of the contents: what is operated on, what stands around it, and what is created when it is gone."""

State = Shown | None
"""A content as it was listed or shown; `None` where it is neither."""


@dataclass(slots=True, kw_only=True)
class Step:
    """One operation: `kind` is ``custom``, ``unpublish``, ``publish`` or ``delete``, `again` whether it is a repeat.

    `before` and `after` are what the contents looked like, by purpose; one that nobody told of is in neither.
    """

    kind: str
    sent: Sent
    again: bool = False
    before: Mapping[str, State] = field(default_factory=dict)
    after: Mapping[str, State] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Operated:
    """The `steps`, in their order."""

    steps: list[Step] = field(default_factory=list)


def steps(seen: Seen, *kinds: str, again: bool = False) -> Sequence[Step]:
    """The operations of these kinds that were done, or `again`, at least one. Raises `Unjudged`."""
    done = (seen.known(Operated) or Operated()).steps
    found = [it for it in done if it.kind in kinds and it.again is again and not refusal(it.sent)]
    if not found and (left_out := seen.left_out(*kinds)):
        raise left_out
    return seen.some(found, f"no {kinds[0]} was done", Remedy.FIX)


def looked_at(done: Sequence[Step]) -> Sequence[Step]:
    """The operations, if for each the partner told what became of the target. Raises `NotJudged`."""
    for step in done:
        if TARGET not in step.after:
            raise NotJudged(f"nobody told what became of the content after {step.sent.action}", Remedy.THERE)
    return done


def changed(before: State, after: State) -> list[str]:
    """The fields in which a content differs, but for those that may; ``it`` where it is gone."""
    if before is None or after is None:
        return [] if before is after else ["it"]
    return [it for it in dict.fromkeys([*before, *after]) if it not in VOLATILE and before.get(it) != after.get(it)]


def lost(before: Shown, after: Shown) -> list[str]:
    """The fields of which something is lost."""
    found = []
    for name in FIELDS:
        was, now = before.get(name), after.get(name)
        if name in ("body", "title") and isinstance(was, str):
            text = Text(was, "html" if before.get("format") != "text" and name == "body" else "text")
            found += [name] if is_lost(text, Text(now if isinstance(now, str) else "", text.format)) else []
        elif was and not now:
            found.append(name)
    return found


@rule(Level.MUST, "PU5", page=PAGE, probe=PROBE, needs=DONE)
@harm(Harm.LOST, "what stood beside it is gone, and with it what customers wrote")
def operation_leaves_others_alone(seen: Seen) -> Iterator[Case]:
    """An operation changes the content that it names: its thread, its replies and its neighbours stay as they were.

    Why: an agent who deletes one message has not seen the others, and nobody gets them back.

    Mend: look at the query's condition, and at what the database deletes along with a row (`ON DELETE CASCADE`).
    """
    for step in steps(seen, "delete", "unpublish", "publish", "custom"):
        target = step.sent.exchange.params.get("id")
        for purpose, before in step.before.items():
            if before is None or id_of(before) == target or purpose not in step.after:
                continue
            after = step.after[purpose]
            wrong = ["it"] if after is None else lost(before, after)
            actual = f"the {purpose} is gone" if after is None else f"the {purpose} has lost its {', '.join(wrong)}"
            expected = f"the {purpose} as it was, after {step.sent.action} of the {TARGET}"
            yield case(not wrong, step.sent, expected=expected, actual=actual, note=f"{step.sent.action}: {purpose}")


@rule(Level.MUST, "PU5", page=PAGE, probe=PROBE, needs=DONE)
@harm(Harm.LOST, "the text that the agent and the customer read is gone")
def operation_keeps_the_rest(seen: Seen) -> Iterator[Case]:
    """An operation, in its answer and afterwards, shows the content with the text, title and attachments that it had.

    Why: our copy is updated from the answer, and then from the list: what is empty there is lost.

    Mend: answer the whole content, as `show` does; and change nothing but what the operation is about.
    """
    for step in steps(seen, "custom", "publish"):
        before = step.before.get(TARGET) or seen.learnt(Operated).steps[0].before.get(TARGET)
        answer = answer_of(step.sent, str(step.sent.exchange.params.get("id")))
        for where, after in (("the answer", answer), ("a list or show afterwards", step.after.get(TARGET))):
            if after is not None and before is not None:
                first = seen.learnt(Operated).steps[0].before.get(TARGET)
                wrong = dict.fromkeys([*lost(before, after), *lost(first or before, after)])
                actual = f"another, or none, in {where}: {printable(str(after.get('body')), 40)}"
                expected = f"the {', '.join(wrong)} that it had"
                yield case(not wrong, step.sent, expected=expected, actual=actual, note=f"{step.sent.action}: {where}")


def is_standing(content: State) -> bool | None:
    """Whether a content says that it is published: by what can be done to it; `None` where that says nothing."""
    if content is None or content.get("published") is False:
        return False
    actions = content.get("actions")
    names = set(actions) if isinstance(actions, list) and all(isinstance(it, str) for it in actions) else set()
    if {"publish", "unpublish"} <= names or not {"publish", "unpublish"} & names:
        return None
    return "unpublish" in names


@rule(Level.MUST, "PU5", "IM5", page="actions", probe=PROBE, needs=DONE)
@harm(Harm.EXPOSED, "what an agent wanted hidden is still there to be seen")
def unpublish_hides_the_content(seen: Seen) -> Iterator[Case]:
    """After `unpublish` the content is hidden: it is not listed, or no longer says that it can be unpublished.

    Why: an agent who hides something has a reason.

    Mend: save the change before you answer; and put into `actions` what can be done in the state that it is in.
    """
    for step in looked_at(steps(seen, "unpublish")):
        before, after = is_standing(step.before.get(TARGET)), is_standing(step.after[TARGET])
        if before is not True or after is None:
            reason = "nothing in the content shows whether it is published: its actions are the same in both states"
            raise NotJudged(reason, Remedy.CONTENTS)
        expected, actual = "hidden, with 'publish' among its actions", "published, with 'unpublish' among its actions"
        yield case(not after, step.sent, expected=expected, actual=actual)


@rule(Level.MUST, "PU5", page=PAGE, probe=PROBE, needs=["unpublish-hides-the-content"])
@harm(Harm.EXPOSED, "what an agent hid is shown again, since an answer got lost")
def unpublish_is_safe_to_repeat(seen: Seen) -> Iterator[Case]:
    """An `unpublish` that comes a second time leaves the content hidden.

    Why: where an answer got lost the operation is sent again.

    Mend: set the state that is asked for; do not turn it round.
    """
    steps(seen, "unpublish")
    again = [it for it in seen.learnt(Operated).steps if it.kind == "unpublish" and it.again]
    for step in looked_at(seen.some(again, "nothing was unpublished twice", Remedy.FIX)):
        after = is_standing(step.after[TARGET])
        yield case(not after, step.sent, expected="hidden, as after the first time", actual="published again")


@rule(Level.MUST, "PU5", page=PAGE, probe=PROBE, needs=DONE)
@harm(Harm.LOST, "what was hidden for an hour is gone for good")
def publish_brings_it_back(seen: Seen) -> Iterator[Case]:
    """What was unpublished and is published again is there again.

    Why: a content is hidden until somebody has looked at it; if it was right, it must be there.

    Mend: keep unpublished contents, and what is in them.
    """
    for step in looked_at(steps(seen, "publish")):
        there = step.after[TARGET] is not None
        yield case(there, step.sent, expected="the content, listed or shown", actual="neither listed nor shown")


@rule(Level.SHOULD, "PU5", "AC2", page="actions", probe=PROBE, needs=DONE)
@harm(Harm.ALTERED, "an agent's click is undone, since an answer got lost")
def custom_operation_is_safe_to_repeat(seen: Seen) -> Iterator[Case]:
    """A custom operation that comes a second time does not undo the first.

    Why: where an answer got lost the operation is sent again; what is a switch is back where it was.

    Mend: set the state that is asked for; make two operations of a switch, and name in `actions` the one that fits.
    """
    [first] = steps(seen, "custom")[:1]
    again = [it for it in seen.learnt(Operated).steps if it.kind == "custom" and it.again]
    for step in looked_at([first, *seen.some(again, "no custom operation was done twice", Remedy.FIX)])[1:]:
        before, after, then = (it.get(TARGET) for it in (first.before, first.after, step.after))
        done = changed(before, after)
        if not done:
            raise NotJudged(f"{first.sent.action} changes nothing that is shown", Remedy.CONTENTS)
        undone = not changed(before, then)
        actual = f"as before the first time: {', '.join(done)}"
        yield case(not undone, step.sent, expected="the content as after the first time", actual=actual)


@rule(Level.MUST, "OB1", "PU3", page="objects", probe=PROBE, needs=[*LISTS, "delete-answered-with-success"])
@harm(Harm.LOST, "the new content is taken for the deleted one, and is not shown")
def ids_are_not_reused(seen: Seen) -> Iterator[Case]:
    """What is created after the newest content was deleted gets an id that no content had before.

    Why: a content that was deleted stays deleted here: another one under its id is taken for it.

    Mend: in SQLite write `AUTOINCREMENT`; never compute an id from those that are there.
    """
    steps(seen, "delete")
    found = [it for it in creations(seen) if it.id is not None]
    for posted in seen.some((it for it in found if it.purpose == AFTERWARDS), "nothing was created afterwards"):
        first = next(it for it in found if (it.object, it.id) == (posted.object, posted.id))
        actual = f"{posted.id}, the id of the {first.purpose}, which was deleted"
        yield case(first is posted, posted.sent, expected="a new id", actual=actual, note=str(posted.id))
