"""Random histories of one source: what partners, agents, networks and processes do to it, in any order."""

import asyncio
import functools
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from crawler.agent import Agent, known_info
from crawler.cycle import run_cycle
from crawler.errors import ActionRefused, PartnerError, UnknownContent
from crawler.partner import Partner
from crawler.protocol.signature import Secret
from crawler.reference import (
    AGENT,
    DEFAULT,
    DESTROYING,
    FAULTS,
    TITLES_ONLY,
    UNTHREADED,
    Capabilities,
    Fails,
    Fault,
    Forum,
    Listing,
    LosesReply,
    ReferencePartner,
    Rejects,
    Says,
)
from crawler.reference.contents import Attachment, Content
from crawler.reference.faults.fault import HEALTHY
from crawler.reference.script import Planned, Script
from crawler.sync.queueing import Draft
from crawler.sync.report import CycleReport
from crawler.sync.state import Ref, Source
from tests.integration.histories.model import Intent, Key, Model
from tests.integration.histories.process import Death, Line, MortalStore, ProcessDied, Trouble
from tests.integration.histories.shown import POLLED, TEXTS, InForce, texts

T = TypeVar("T")

PEOPLE = ("ann", "bob")
OPERATIONS = ("delete", "publish", "unpublish", "mark_as_solved", "escalate")

SOURCE = Source(
    name="shop",
    base_uri="http://partner.example/",
    secret=Secret("the secret"),
    agent_id=AGENT,
    sender_name="The shop",
    cursor_check=0,
)

NATURES: dict[str, Fault] = {
    name: FAULTS.get(name, HEALTHY) for name in ("", "ignores-since-id", "ascending-order", "duplicates-in-page")
}
"""What a partner may be like and still have all that it holds listed."""

pick = st.integers(0, 30)
"""Which of those that there are: the number is taken modulo."""

declared_actions = st.sampled_from(
    [f"{name}.{operation}" for name, operations in DEFAULT.objects.items() for operation in operations]
)
capabilities = st.builds(
    lambda base, lost, options: _without(base, lost, options),
    st.sampled_from([DEFAULT, DEFAULT, DESTROYING, UNTHREADED, TITLES_ONLY]),
    st.sets(declared_actions, max_size=4),
    st.sets(st.sampled_from(DEFAULT.options), max_size=2),
)
listings = st.builds(
    Listing,
    page_size=st.sampled_from([None, 1, 2, 3]),
    unknown_since_id=st.sampled_from(["nothing", "everything", "all but the oldest"]),
    forgets_removed=st.booleans(),
    repeats_since_id=st.booleans(),
)
troubles: st.SearchStrategy[Trouble] = st.sampled_from(
    ["no connection", "no answer in time", "cut before", "cut after", "dies before", "dies after"]
)
failures: st.SearchStrategy[Planned] = st.sampled_from(
    [
        Fails(500),
        Fails(404, "<h1>Whoops</h1>"),
        Rejects("not now"),
        Rejects("the thread is closed", fatal=True),
        LosesReply(done=True),
        LosesReply(done=False),
        Says({}),
        Says([]),
        Says("nonsense"),
        Says([{"id": "ghost"}, 17]),
    ]
)
deaths = st.builds(
    Death,
    method=st.sampled_from(
        ["look_up", "save_page", "save_lookup", "load_outbox", "begin_attempt", "content_is_known", "settle",
         "end_cycle", "begin_cycle", "threads_to_look_up"]
    ),
    count=st.integers(1, 3),
    committed=st.booleans(),
)  # fmt: skip


def _without(base: Capabilities, lost: set[str], options: set[str]) -> Capabilities:
    for action in sorted(lost):
        base = base.without(action)
    return replace(base, options=tuple(it for it in base.options if it not in options))


@functools.cache
def migrated() -> sa.Engine:
    """A migrated database in memory."""
    return MortalStore.open("sqlite://")._engine


class Histories(RuleBasedStateMachine):
    """One source, from its first cycle until all has come to rest; what comes is held against a `Model`."""

    store_class: type[MortalStore] = MortalStore
    ended = 0
    """Histories that came to their end so far."""
    cycles = 0
    requests = 0

    def __init__(self) -> None:
        super().__init__()
        self.now = datetime(2026, 3, 1, 9, tzinfo=UTC)
        self.forum = Forum(self.clock)
        for name in PEOPLE:
            self.forum.add_user(name, name.title())
        self.app = ReferencePartner(SOURCE.secret, self.forum)
        self.line = Line(self.app)
        engine = migrated()
        self.database = engine.raw_connection().driver_connection
        self.wipe()
        self.store = self.store_class(engine)
        self.partner = Partner(SOURCE, transport=self.line, clock=self.clock)
        self.runner = asyncio.Runner()
        self.model = Model()
        self.truth: dict[str, dict[str, Any]] = {}
        self.texts = count(1)
        self.ids = count(1)

    def clock(self) -> datetime:
        return self.now

    def wipe(self) -> None:
        """Empty all tables: making and migrating a database takes longer than a history."""
        for table in ("exchange", "cycle", "outbox", "lookup", "cursor", "identity", "content", "source"):
            self.database.execute(f"DELETE FROM {table}")

    # The partner

    @initialize(nature=st.sampled_from(sorted(NATURES)), listing=listings, first=st.integers(0, 4))
    def begins(self, nature: str, listing: Listing, first: int) -> None:
        self.app.fault = NATURES[nature]
        self.lists_otherwise(listing)
        for number in range(first):
            self.adds_thread(number)
            self.adds_message(number, number, times=1, reply=False)

    @rule(who=pick)
    def adds_thread(self, who: int) -> None:
        text = f"Thread {next(self.texts)}"
        self.added(self.forum.add_thread(PEOPLE[who % 2], text, f"<p>{text}</p>"))

    @rule(who=pick, where=pick, times=st.integers(1, 3), reply=st.booleans(), allowed=st.booleans())
    def adds_message(self, who: int, where: int, times: int, *, reply: bool, allowed: bool = True) -> None:
        threads = self.forum.standing("threads")
        for _ in range(times):
            fields: dict[str, Any] = {} if allowed else {"allowed": frozenset({"delete", "escalate"})}
            messages = self.forum.standing("messages")
            thread_id = one_of(threads, where).id if threads else ""
            if reply and messages:
                target = one_of(messages, where)
                thread_id, fields["in_reply_to_id"] = target.thread_id, target.id
            text = f"Message {next(self.texts)}"
            self.added(self.forum.add_message(PEOPLE[who % 2], thread_id, text, format="text", **fields))

    @rule(who=pick, to=pick)
    def adds_private_message(self, who: int, to: int) -> None:
        text = f"Private {next(self.texts)}"
        recipient = (*PEOPLE, AGENT)[to % 3]
        self.added(self.forum.add_private_message(PEOPLE[who % 2], recipient, text, format="text"))

    def added(self, content: Content) -> None:
        self.truth[content.id] = {
            "object": content.object_name,
            "author_id": content.author_id,
            "recipient_id": content.recipient_id or None,
            "thread_id": content.thread_id or None,
            "in_reply_to_id": content.in_reply_to_id or None,
            "title": content.title or None,
            "body": content.body,
        }

    @precondition(lambda self: self.anything())
    @rule(which=pick, files=st.booleans())
    def edits(self, which: int, *, files: bool) -> None:
        content = one_of(self.standing(), which)
        text = f"Edit {next(self.texts)}"
        attached = (Attachment("https://shop.example/a.png", "a.png"),) if files else ()
        self.forum.edit(content.id, body=text, attachments=attached)
        if content.id in self.truth:
            self.truth[content.id]["body"] = text

    @precondition(lambda self: self.anything())
    @rule(which=pick)
    def removes(self, which: int) -> None:
        self.forum.remove(one_of(self.standing(), which).id)

    @precondition(lambda self: any(self.cursor_contents()))
    @rule(which=pick)
    def removes_cursor(self, which: int) -> None:
        self.forum.remove(one_of(self.cursor_contents(), which).id)

    @rule(to=capabilities)
    def changes_capabilities(self, to: Capabilities) -> None:
        self.app.capabilities = to

    @rule()
    def returns_capabilities(self) -> None:
        self.app.capabilities = DEFAULT

    @rule(listing=listings)
    def lists_otherwise(self, listing: Listing) -> None:
        if self.app.fault.name == "ascending-order":  # each page would begin with the cursor
            listing = replace(listing, repeats_since_id=False)
        self.app.listing = listing

    @rule(action=st.one_of(declared_actions, st.just("implementation.info")), planned=failures, times=st.integers(1, 4))
    def will_fail(self, action: str, planned: Planned, times: int) -> None:
        self.app.plan(action, planned, times=times)

    @rule(name=st.sampled_from(POLLED), planned=failures, times=st.integers(1, 4))
    def create_will_fail(self, name: str, planned: Planned, times: int) -> None:
        self.app.plan(f"{name}.create", planned, times=times)

    @precondition(lambda self: self.model.held)
    @rule(which=pick)
    def will_answer_with_another_id(self, which: int) -> None:
        name, foreign_id = one_of(list(self.model.held), which)
        self.app.plan(f"{name}.create", Says({"id": foreign_id}))

    def standing(self) -> list[Content]:
        return [it for it in self.forum.contents.values() if not it.removed]

    def anything(self) -> bool:
        return any(not it.removed for it in self.forum.contents.values())

    def cursor_contents(self) -> list[Content]:
        ids = self.model.cursors.values()
        return [it for it in self.standing() if it.id in ids]

    # Agents

    @rule(files=st.booleans())
    def agent_starts_thread(self, *, files: bool) -> None:
        text = f"Agent's thread {next(self.texts)}"
        self.agent_creates(Draft(object="threads", title=text, body=text, attachments=ATTACHED if files else ()))

    @rule(where=pick, files=st.booleans())
    def agent_writes_message(self, where: int, *, files: bool) -> None:
        threads = self.addressable("threads")
        thread = one_of(threads, where) if threads else None
        ref = self.ref("threads", thread) if thread else None
        text = f"Agent's message {next(self.texts)}"
        draft = Draft(object="messages", body=text, thread=ref, attachments=ATTACHED if files else ())
        self.agent_creates(draft, self.never_made(thread))

    @rule(to=pick)
    def agent_writes_private_message(self, to: int) -> None:
        text = f"Agent's private {next(self.texts)}"
        self.agent_creates(Draft(object="private_messages", body=text, recipient_id=PEOPLE[to % 2]))

    @precondition(lambda self: self.addressable(*POLLED))
    @rule(which=pick)
    def agent_replies(self, which: int) -> None:
        name, content = one_of([(name, it) for name in POLLED for it in self.addressable(name)], which)
        agent = self.agent()
        if agent is None:
            return
        draft = Draft(object=name, body=f"Agent's reply {next(self.texts)}")
        full = replace(draft, object="messages", thread=self.ref(name, content))
        if name != "threads":
            full = replace(draft, in_reply_to=self.ref(name, content))
        refusal = self.never_made(content)
        if name == "threads":
            refusal = refusal or self.reply_refusal(name, content)
        self.queued(refusal or self.create_refusal(full), full, lambda: agent.reply(address(content), draft).id)

    @precondition(lambda self: self.addressable(*POLLED))
    @rule(which=pick, operation=st.sampled_from(OPERATIONS))
    def agent_acts(self, which: int, operation: str) -> None:
        name, content = one_of([(name, it) for name in POLLED for it in self.addressable(name)], which)
        agent = self.agent()
        if agent is None:
            return
        if isinstance(content, Intent) and operation == "delete" and content.pending and not content.attempts:
            assert agent.act(operation, content.id).cancelled
            self.model.cancel(content)
            return
        self.queued(
            self.never_made(content) or self.act_refusal(name, content, operation), (name, operation, content),
            lambda: queued_id(agent.act(operation, address(content)).queued),
        )  # fmt: skip

    @precondition(lambda self: self.model.intents)
    @rule(which=pick)
    def agent_cancels(self, which: int) -> None:
        intent = one_of(list(self.model.intents.values()), which)
        try:
            self.store.cancel(SOURCE, intent.id, "cancelled by a person", self.now)
        except (ActionRefused, UnknownContent):
            assert intent.attempts or not intent.pending, f"PU9: {intent} could not be cancelled"
        else:
            assert intent.pending, f"PU9: {intent} was cancelled"
            assert not intent.attempts, f"PU9: {intent} was cancelled"
            self.model.cancel(intent)

    @precondition(lambda self: self.given_up())
    @rule(which=pick)
    def agent_grants_a_retry(self, which: int) -> None:
        intent = one_of(self.given_up(), which)
        self.store.retry(SOURCE, intent.id)
        intent.status, intent.granted = "export_pending", intent.attempts + 3

    def given_up(self) -> list[Intent]:
        return [it for it in self.model.intents.values() if it.status not in ("export_pending", "success")]

    def agent(self) -> Agent | None:
        """An agent at the capabilities that were stored last, `None` where they cannot be had (CY5)."""
        self.line.troubles.pop("implementation.info", None)
        try:
            info = self.runner.run(known_info(SOURCE, self.store, self.partner, clock=self.clock))
        except PartnerError:
            return None
        self.line.requests.clear()
        return Agent(SOURCE, self.store, info, clock=self.clock, new_id=lambda: f"c{next(self.ids)}")

    def addressable(self, *names: str) -> list[str | Intent]:
        """Contents that an agent may name: ids of those that we hold, and what agents created or want created."""
        held: list[str | Intent] = [key[1] for key in self.model.held if key[0] in names]
        creations = [it for it in self.model.intents.values() if it.operation == "create" and it.name in names]
        return [*held, *creations]

    def ref(self, name: str, content: str | Intent) -> Ref:
        content = settled(content)
        return Ref(name, entry_id=content.id) if isinstance(content, Intent) else Ref(name, foreign_id=content)

    def stored_info(self) -> InForce:
        info = InForce.read(json.loads(self.store.stored_info(SOURCE) or b"{}"))
        assert info is not None
        return info

    def agent_creates(self, draft: Draft, refusal: str | None = None) -> None:
        agent = self.agent()
        if agent is None:
            return
        if refusal and draft.thread:
            self.queued(refusal, draft, lambda: str(agent.find(str(draft.thread and draft.thread.entry_id))))
        else:
            self.queued(self.create_refusal(draft), draft, lambda: agent.create(draft).id)

    def never_made(self, content: str | Intent | None) -> str | None:
        """PU9: what an agent wanted created and was given up cannot be named."""
        gone = isinstance(content, Intent) and not content.pending and content.foreign_id is None
        return "PU9" if gone else None

    def reply_refusal(self, name: str, content: str | Intent) -> str | None:
        """AC4, for a content that we hold."""
        content = settled(content)
        if isinstance(content, Intent):
            return None
        held = self.model.held[name, content]
        return "AC4" if self.stored_info().allows(f"{name}.reply") and "reply" not in held.row["actions"] else None

    def create_refusal(self, draft: Draft) -> str | None:
        """The rule that refuses a draft when it is queued."""
        info = self.stored_info()
        thread_id = draft.thread.foreign_id if draft.thread else None
        if thread_id and self.model.held["threads", thread_id].deleted:
            return "AC3"
        if not info.allows(f"{draft.object}.create"):
            return "AC3"
        replied = draft.in_reply_to
        if replied is not None and replied.foreign_id:
            if self.model.held[draft.object, replied.foreign_id].deleted:
                return "AC3"
            if self.reply_refusal(draft.object, replied.foreign_id):
                return "AC4"
        if draft.attachments and f"{draft.object}.attachments" not in info.options:
            return "PU13"
        if draft.object == "messages" and not info.unthreaded and self.thread_of(draft) is None:
            return "PU1"
        if draft.object == "private_messages" and self.recipient_of(draft) is None:
            return "PU12"
        return None

    def act_refusal(self, name: str, content: str | Intent, operation: str) -> str | None:
        """The rule that refuses an operation when it is queued."""
        info, content = self.stored_info(), settled(content)
        names = {"delete", "destroy"} if operation == "delete" else {operation}
        if not names & set(info.operations(name)):
            return "AC3"
        if isinstance(content, str) and self.model.forbids(name, content, operation, info):
            return "IM5"
        return None

    def thread_of(self, draft: Draft) -> str | Intent | None:
        if draft.thread is not None:
            return self.named(draft.thread)
        replied = self.named(draft.in_reply_to)
        if isinstance(replied, Intent):
            return replied.thread
        thread_id: str | None = self.model.held["messages", replied].row["thread_id"] if replied else None
        return thread_id

    def recipient_of(self, draft: Draft) -> str | None:
        replied = self.named(draft.in_reply_to)
        recipient: str | None = draft.recipient_id
        if recipient is None and isinstance(replied, Intent):
            recipient = replied.draft["recipient_id"]
        elif recipient is None and replied is not None:
            recipient = self.model.held["private_messages", replied].row["author_id"]
        return recipient

    def named(self, ref: Ref | None) -> str | Intent | None:
        if ref is None:
            return None
        return self.model.intents[ref.entry_id] if ref.entry_id else ref.foreign_id

    def queued(
        self, refusal: str | None, wanted: Draft | tuple[str, str, str | Intent], queue: Callable[[], str]
    ) -> None:
        """Queue what an agent wants, and tell the model; it is refused just where a rule refuses it (AC3, AC4)."""
        try:
            entry_id = queue()
        except ActionRefused as refused:
            assert refusal == refused.rule, f"{wanted}: {refused} ({refused.rule}), expected {refusal}"
            return
        assert refusal is None, f"{refusal}: {wanted} was queued"
        queued_at = self.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        if isinstance(wanted, Draft):
            info = self.stored_info()
            draft: dict[str, Any] = {"body": wanted.body, "title": wanted.title, "format": info.format(wanted.object)}
            if wanted.attachments:
                draft["attachments"] = [dict(it) for it in wanted.attachments]
            threaded = wanted.object == "messages" and not info.unthreaded
            if wanted.object == "private_messages":
                draft["recipient_id"] = self.recipient_of(wanted)
            intent = Intent(
                id=entry_id, name=wanted.object, operation="create", queued_at=queued_at, draft=draft,
                thread=self.thread_of(wanted) if threaded else None, in_reply_to=self.named(wanted.in_reply_to),
            )  # fmt: skip
        else:
            name, operation, target = wanted
            intent = Intent(id=entry_id, name=name, operation=operation, queued_at=queued_at, target=settled(target))
        self.model.intents[intent.id] = intent

    # Us

    @rule(action=st.one_of(declared_actions, st.just("implementation.info")), trouble=troubles)
    def line_will_break(self, action: str, trouble: Trouble) -> None:
        self.line.troubles[action] = trouble

    @rule(name=st.sampled_from(POLLED), trouble=troubles)
    def line_will_break_at_create(self, name: str, trouble: Trouble) -> None:
        self.line.troubles[f"{name}.create"] = trouble

    @rule(seconds=st.integers(0, 4000))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def restarts(self) -> None:
        self.runner.run(self.partner.aclose())
        self.partner = Partner(SOURCE, transport=self.line, clock=self.clock)
        self.store = self.store.open_again()  # type: ignore[assignment]

    @rule(times=st.integers(1, 4))
    def cycles_run(self, times: int) -> None:
        for _ in range(times):
            self.cycle()

    @rule(death=deaths)
    def process_dies_in_a_cycle(self, death: Death) -> None:
        self.cycle(death)

    @rule()
    def repeated_cycle_changes_nothing(self) -> None:
        report = self.cycle()
        if report is None or not report.idle or report.failed:
            return
        before = self.dump("SELECT * FROM content ORDER BY id")
        self.cycle()
        if not self.model.exported:
            assert self.dump("SELECT * FROM content ORDER BY id") == before, "LS4: a cycle without news changed contents"

    def cycle(self, death: Death | None = None) -> CycleReport | None:
        """One cycle, held against the model; `None` if the process died in it."""
        self.now += timedelta(seconds=60)
        type(self).cycles += 1
        self.line.requests.clear()
        self.store.mortal(death)
        report = None
        try:
            report = self.runner.run(run_cycle(SOURCE, self.store, partner=self.partner, clock=self.clock))
        except ProcessDied:
            pass
        type(self).requests += len(self.line.requests)
        died = self.store.dead
        self.store.mortal(None)
        self.model.follow(self.line.requests, death if died else None)
        if report is None:
            self.restarts()
            self.database.execute("UPDATE source SET lease_until = 0")  # its lease lapses by itself (CY2)
        self.compare()
        return report

    # What must be

    def dump(self, query: str) -> list[tuple[Any, ...]]:
        return list(self.database.execute(query))

    def compare(self) -> None:
        """What we hold is what the model holds."""
        columns = ", ".join(TEXTS)
        rows: dict[Key, dict[str, Any]] = {}
        query = f"SELECT object, foreign_id, deleted_at, content_id, actions, extra, {columns} FROM content"
        for name, foreign_id, deleted_at, content_id, actions, extra, *values in self.dump(query):
            assert (name, foreign_id) not in rows, f"LS4: {name} {foreign_id} is there twice"
            row = {**dict(zip(TEXTS, values, strict=True)), "actions": json.loads(actions)}
            row["extra"] = json.loads(extra) if extra else {}
            rows[name, foreign_id] = {"row": row, "deleted": deleted_at is not None, "content_id": content_id}
        for key, held in self.model.held.items():
            assert key in rows, f"LS6: {key} is not there"
            expected = {"row": held.row, "deleted": held.deleted, "content_id": held.content_id}
            assert rows[key] == expected, f"LS4, PU3, PU5: {key} is {rows[key]}, expected {expected}"
        assert rows.keys() == self.model.held.keys(), f"nobody showed {rows.keys() - self.model.held.keys()}"
        entries = self.dump("SELECT id, status, attempts, foreign_id FROM outbox ORDER BY position")
        intents = [(it.id, it.status, it.attempts, it.foreign_id) for it in self.model.intents.values()]
        assert entries == intents, f"PU6, PU9: the outbox is {entries}, expected {intents}"
        for name, since_id, trail in self.dump("SELECT object, since_id, trail FROM cursor"):
            assert since_id == self.model.cursors.get(name), f"LS2, LS6: the cursor of {name} is {since_id}"
            assert self.model.given[name].issuperset(json.loads(trail)), f"LS11: {trail} are no ids of {name}"

    def teardown(self) -> None:
        try:
            self.come_to_rest()
            type(self).ended += 1
        finally:
            with suppress(ProcessDied):
                self.runner.run(self.partner.aclose())
            self.runner.close()

    def come_to_rest(self) -> None:
        """The partner is well again, and stays as it is by nature; then everything gets done."""
        self.app._script = Script()
        self.line.troubles.clear()
        self.app.capabilities = DEFAULT
        self.now += timedelta(days=1)
        for _ in range(20):
            report = self.cycle()
            assert report is not None
            if report.idle and not self.model.exported:
                break
        else:
            raise AssertionError("LS5, PU6: it does not come to rest")
        self.check_contents()
        self.check_exports()

    def check_contents(self) -> None:
        """Each content that the partner has is there as it is now, once."""
        info = InForce.read(self.app.capabilities.info()) or InForce()
        for content in self.standing():
            truth = self.truth.get(content.id) or self.sent_truth(content)
            name = content.object_name
            if name == "messages" and not content.thread_id:
                continue  # written while there were no threads: the partner shows it without what it must have (OB1)
            held = self.model.held.get((name, content.id))
            assert held is not None, f"LS3, LS6, LS10: {name} {content.id} was never listed"
            assert not held.deleted or content.id in self.model.denied, f"{content.id} is deleted here and not there"
            hidden = set()
            if held.under.titles_only and name == "threads":
                hidden = set(truth) - {"title"}
            if held.under.unthreaded:
                hidden = {"thread_id"}
            for field, value in truth.items():
                if field != "object" and field not in hidden:
                    assert held.row[field] == value, f"LS3: {field} of {content.id} is {held.row[field]}, not {value}"
        assert info

    def sent_truth(self, content: Content) -> dict[str, Any]:
        """What a content that an agent wrote must be; people may have edited its text since."""
        intent = self.model.intents[content.content_id]
        edited = content.updated_at != content.created_at
        return {"author_id": AGENT} if edited else {"author_id": AGENT, "body": intent.draft["body"]}

    def check_exports(self) -> None:
        """Each export came to an end, or waits for what a rule makes it wait; nothing was created or done twice."""
        created: dict[str, str] = {}
        for content in self.forum.contents.values():
            if content.content_id:
                assert content.content_id not in created, f"PU2: {content.content_id} was created twice"
                created[content.content_id] = content.id
            elif content.id not in self.truth:
                raise AssertionError(f"nobody wrote {content.id}")


ATTACHED = ({"url": "https://shop.example/b.png", "filename": "b.png"},)


def one_of(choices: list[T], which: int) -> T:
    return choices[which % len(choices)]


def settled(content: str | Intent) -> str | Intent:
    """A created content by the id that the partner gave it."""
    return content.foreign_id if isinstance(content, Intent) and content.foreign_id else content


def address(content: str | Intent) -> str:
    """How an agent names a content."""
    return content.id if isinstance(content, Intent) else content


def queued_id(entry: Any) -> str:
    assert entry is not None
    return str(entry.id)
