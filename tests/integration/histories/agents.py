"""What agents queue, and which rule refuses it."""

import json
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

from crawler.agent import Agent, known_info
from crawler.errors import ActionRefused, PartnerError, UnknownContent
from crawler.sync.queueing import Draft
from tests.integration.histories.chance import Job
from tests.integration.histories.model import Intent
from tests.integration.histories.people import NAMES, one_of
from tests.integration.histories.shown import POLLED, InForce
from tests.integration.histories.world import World

ATTACHED = ({"url": "https://shop.example/b.png"},)
SENT_ATTACHMENT = {"url": "https://shop.example/b.png", "type": "image", "filename": "b.png"}

Named = str | Intent
"""A content as an agent names it: by the partner's id, or as what is still to be created."""


class Agents:
    """Queues through `crawler.agent`, and tells the model; refused is just what a rule refuses (AC3, AC4, PU9)."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.model = world.model
        self._ids = count(1)
        self._info = InForce()

    def do(self, job: Job) -> Intent | None:
        """Do a job under the capabilities that were stored last (CY5); what was queued, if anything was."""
        match job.task:
            case "cancel":
                self._cancel(job)
                return None
            case "retry":
                return self._retry(job)
        world = self.world
        try:
            info = world.runner.run(known_info(world.source, world.store, world.partner, clock=world.clock))
        except PartnerError:
            return None
        self._info = InForce.read(json.loads(world.store.stored_info(world.source) or b"")) or InForce()
        agent = Agent(world.source, world.store, info, clock=world.clock, new_id=lambda: f"c{next(self._ids)}")
        match job.task:
            case "write":
                return self._write(agent, job)
            case "reply":
                return self._reply(agent, job)
        return self._act(agent, job)

    # What they do

    def _write(self, agent: Agent, job: Job) -> Intent | None:
        name = one_of(POLLED, job.which)
        threads = self._named("threads") if name == "messages" else []
        thread = one_of(threads, job.which // 3)[1] if threads else None
        draft: dict[str, Any] = {"body": f"Agent's {name}"}
        if job.boldly:
            draft["attachments"] = [dict(it) for it in ATTACHED]
        if name == "threads":
            draft["title"] = "Agent's title"
        if name == "private_messages":
            draft["recipient_id"] = one_of(NAMES, job.which)

        def queue() -> str:
            ref = agent.find(address(thread), object_name="threads") if thread is not None else None
            return agent.create(Draft(object=name, thread=ref, **draft)).id

        return self._queue_create(name, draft, queue, thread=thread)

    def _reply(self, agent: Agent, job: Job) -> Intent | None:
        if not (choices := self._named(*POLLED)):
            return None
        name, content = one_of(choices, job.which)
        draft: dict[str, Any] = {"body": "Agent's reply"}

        def queue() -> str:
            return agent.reply(address(content), Draft(object=name, **draft), object_name=name).id

        if name == "threads":
            refusal = self._never_made(content) or self._reply_refusal(name, content)
            return self._queue_create("messages", draft, queue, thread=content, refusal=refusal)
        return self._queue_create(name, draft, queue, in_reply_to=content)

    def _queue_create(
        self,
        name: str,
        draft: dict[str, Any],
        queue: Callable[[], str],
        *,
        thread: Named | None = None,
        in_reply_to: Named | None = None,
        refusal: str | None = None,
    ) -> Intent | None:
        draft = dict(draft)  # what is sent; `queue` knows what was given
        replied = self.model.held.get((name, in_reply_to)) if isinstance(in_reply_to, str) else None
        referred = in_reply_to if isinstance(in_reply_to, Intent) else None
        given_thread = thread
        if thread is None and name == "messages":
            thread = replied.row["thread_id"] if replied else referred.thread if referred else None
        if name == "private_messages" and "recipient_id" not in draft:
            draft["recipient_id"] = referred.draft["recipient_id"] if referred else None
            if replied:
                own = replied.row["author_id"] == "agent"
                draft["recipient_id"] = replied.row["recipient_id" if own else "author_id"]
        refusal = refusal or self._never_made(given_thread) or self._never_made(in_reply_to)
        refusal = refusal or self._create_refusal(
            name, draft, given_thread, in_reply_to, with_thread=thread is not None
        )
        draft["format"] = self._info.format(name)
        if draft["format"] == "html":
            draft["body"] = f"<p>{draft['body']}</p>"  # PU13; nothing in it has to be escaped
        if "attachments" in draft:
            draft["attachments"] = [SENT_ATTACHMENT]
        threaded = name == "messages" and not self._info.unthreaded
        intent = Intent(
            name=name, operation="create", draft=draft, in_reply_to=in_reply_to, thread=thread if threaded else None
        )
        return self._queue(intent, queue, refusal)

    def _act(self, agent: Agent, job: Job) -> Intent | None:
        """An agent does what they may do, or boldly anything."""
        choices = self._named(*POLLED)
        if not job.boldly:
            choices = [it for it in choices if not self._act_refusal(*it, job.operation)]
        if not choices:
            return None
        name, content = one_of(choices, job.which)
        refusal = self._act_refusal(name, content, job.operation)
        if isinstance(content, Intent) and job.operation == "delete" and content.pending and not content.attempts:
            assert agent.act("delete", content.id, object_name=name).cancelled, f"PU9: {content} was not cancelled"
            self.model.cancel(content)
            return None

        def queue() -> str:
            entry = agent.act(job.operation, address(content), object_name=name).queued
            assert entry is not None, f"PU9: {content} was cancelled"
            return entry.id

        return self._queue(Intent(name=name, operation=job.operation, target=content), queue, refusal)

    def _cancel(self, job: Job) -> None:
        if not self.model.intents:
            return
        intent = one_of(list(self.model.intents.values()), job.which)
        may_be = intent.pending and not intent.attempts
        cancelled = True
        try:
            self.world.store.cancel(self.world.source, intent.id, "cancelled by a person", self.world.now)
        except (ActionRefused, UnknownContent):
            cancelled = False
        assert cancelled == may_be, f"PU9: {intent} was {'' if cancelled else 'not '}cancelled"
        if cancelled:
            self.model.cancel(intent)

    def _retry(self, job: Job) -> Intent | None:
        given_up = [it for it in self.model.intents.values() if it.status not in ("export_pending", "success")]
        if not given_up:
            return None
        intent = one_of(given_up, job.which)
        self.world.store.retry(self.world.source, intent.id)
        intent.status, intent.granted = "export_pending", intent.attempts + 3
        return intent

    def _queue(self, intent: Intent, queue: Callable[[], str], refusal: str | None) -> Intent | None:
        refused = None
        try:
            intent.id = queue()
        except ActionRefused as error:
            refused = error.rule
        assert refused == refusal, f"{intent} is refused by {refused}, expected {refusal}"
        if refused:
            return None
        for name, reference in intent.references:
            if isinstance(reference, str) and (held := self.model.held.get((name, reference))):
                intent.meant[name, reference] = held.incarnation
        intent.queued_at = self.world.now.strftime("%Y-%m-%dT%H:%M:%SZ")
        self.model.intents[intent.id] = intent
        return intent

    # What they may name and do

    def _named(self, *names: str) -> Sequence[tuple[str, Named]]:
        """The contents that an agent may name, with their objects; a created one also by what created it."""
        held: list[tuple[str, Named]] = [key for key in self.model.held if key[0] in names]
        creations = [it for it in self.model.intents.values() if it.operation == "create" and it.name in names]
        return [*held, *((it.name, it.foreign_id or it) for it in creations)]

    def _never_made(self, content: Named | None) -> str | None:
        """What was given up cannot be named (PU9), nor what got no id of its own (PU4)."""
        if not isinstance(content, Intent) or content.pending:
            return None
        return "PU4" if content.status == "success" else "PU9"

    def _reply_refusal(self, name: str, content: Named | None) -> str | None:
        if not isinstance(content, str) or not self._info.allows(f"{name}.reply"):
            return None
        return None if "reply" in self.model.held[name, content].row["actions"] else "AC4"

    def _in_earlier_thread(self, name: str, thread: Named | None, in_reply_to: Named | None) -> bool:
        """Whether a reply would go into a thread whose id another one has by now."""
        if name != "messages" or thread is not None or self._info.unthreaded or not isinstance(in_reply_to, str):
            return False
        replied = self.model.held[name, in_reply_to]
        goes_to = self.model.held.get(("threads", replied.row["thread_id"]))
        return goes_to is not None and goes_to.incarnation > 0 and replied.since < goes_to.since

    def _create_refusal(
        self, name: str, draft: dict[str, Any], thread: Named | None, in_reply_to: Named | None, *, with_thread: bool
    ) -> str | None:
        info, held = self._info, self.model.held
        if isinstance(thread, str) and held["threads", thread].deleted:
            return "AC3"
        if self._in_earlier_thread(name, thread, in_reply_to):
            return "OB13"
        if not info.allows(f"{name}.create"):
            return "AC3"
        if isinstance(in_reply_to, str) and held[name, in_reply_to].deleted:
            return "AC3"
        if refusal := self._reply_refusal(name, in_reply_to):
            return refusal
        if "attachments" in draft and f"{name}.attachments" not in info.options:
            return "PU13"
        if name == "messages" and not info.unthreaded and not with_thread:
            return "PU1"
        return "PU12" if name == "private_messages" and draft["recipient_id"] not in self.model.people else None

    def _act_refusal(self, name: str, content: Named, operation: str) -> str | None:
        names = {"delete", "destroy"} if operation == "delete" else {operation}
        if refusal := self._never_made(content):
            return refusal
        if not names & set(self._info.operations(name)):
            return "AC3"
        forbidden = isinstance(content, str) and self.model.forbids(name, content, operation, self._info)
        return "IM5" if forbidden else None


def address(content: Named) -> str:
    """How an agent names a content."""
    return content.id if isinstance(content, Intent) else content
