"""What must come of a history: from what agents queued and what went over the line follows what we hold and send.

It is strict both ways: what is sent must be just what may be sent, in its order, and all of it.
"""

from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from tests.integration.histories.process import Death, Request
from tests.integration.histories.shown import COLLECTION, POLLED, InForce, Row, read_people, read_sent, read_shown

ATTEMPTS = 3
Key = tuple[str, str]
"""Object and foreign id."""

BEFORE_EXPORTS = ("begin_cycle", "look_up", "save_page", "threads_to_look_up", "save_lookup", "load_outbox")


@dataclass
class Held:
    """A content as we must hold it. `under` is what was in force when it was shown, `since` the cycle that brought it.

    `incarnation` counts the contents that had its id before it (OB13).
    """

    row: Row
    under: InForce
    deleted: bool = False
    content_id: str | None = None
    incarnation: int = 0
    since: int = 0

    def gives_way(self, row: Row) -> bool:
        """Whether what is shown under its id is another content (OB13)."""
        parts = ("author_id", "created_at", "body")
        if self.deleted:
            return any(self.row[part] != row[part] for part in parts[:2])
        told = {part: self.row[part] and row[part] and self.row[part] == row[part] for part in parts}
        other_author, other_date = told["author_id"] is False, told["created_at"] is False
        if other_author and not told["created_at"] and not told["body"]:
            return True
        return not self.content_id and other_date and (other_author or self.row["body"] != row["body"])


@dataclass(kw_only=True, eq=False)
class Intent:
    """What an agent wants. A reference is a foreign id, or another intent.

    `meant` are the incarnations of the contents that foreign ids named when it was queued (OB13).
    """

    id: str = ""
    name: str
    operation: str
    queued_at: str = ""
    draft: dict[str, Any] = field(default_factory=dict)
    target: "str | Intent | None" = None
    thread: "str | Intent | None" = None
    in_reply_to: "str | Intent | None" = None
    status: str = "export_pending"
    attempts: int = 0
    granted: int = ATTEMPTS
    foreign_id: str | None = None
    meant: dict[Key, int] = field(default_factory=dict)

    @property
    def pending(self) -> bool:
        return self.status == "export_pending"

    @property
    def references(self) -> list["tuple[str, str | Intent]"]:
        """What it refers to, each with its object."""
        named = ((self.name, self.target), ("threads", self.thread), (self.name, self.in_reply_to))
        return [(name, it) for name, it in named if it is not None]

    @property
    def addressed(self) -> "tuple[str, str | Intent] | None":
        """The content that an agent named: the thread of a reply is only where that goes."""
        return next((it for it in self.references if it[1] is not self.thread or self.in_reply_to is None), None)

    def given_up(self, otherwise: str) -> str:
        """The platform's word for giving this up (PU6)."""
        return {"delete": "delete_aborted", "unpublish": "unpublish_aborted"}.get(self.operation, otherwise)


class _Ended(Exception):
    """The cycle ended early here."""


@dataclass
class Model:
    """All that we must hold and have sent."""

    held: dict[Key, Held] = field(default_factory=dict)
    intents: dict[str, Intent] = field(default_factory=dict)
    cursors: dict[str, str | None] = field(default_factory=dict)
    given: dict[str, set[str]] = field(default_factory=lambda: {name: set() for name in POLLED})
    asked_threads: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    """Foreign ids of which the partner said that they are deleted."""
    people: dict[str, str] = field(default_factory=dict)
    """Screen names of those whom contents name, by their ids."""
    sent: dict[str, Row] = field(default_factory=dict)
    """What was sent last under each content_id."""
    taken_over: set[Key] = field(default_factory=set)
    """Contents that the partner said were deleted, and whose ids its answers gave to others."""
    doubted: set[str] = field(default_factory=set)
    """Objects whose cursor's content was deleted (LS11)."""
    cycles: int = 0
    exported: int = 0
    """Requests of the last cycle that exported something."""
    changed: set[Key] = field(default_factory=set)
    """What a page of the last cycle showed otherwise than we held it, though an export may have undone that since."""

    _queue: deque[Request] = field(default_factory=deque)
    _death: Death | None = None
    _info: InForce = field(default_factory=InForce)
    _sender: str | None = None
    """How the agent was called when the exports of the last cycle began (PU1)."""
    _begun: int = 0
    _settled: int = 0

    def follow(self, requests: Sequence[Request], death: Death | None) -> None:
        """Go through what one cycle sent; `death` is where the process died in it, if it did in the store."""
        self._queue, self._death = deque(requests), death
        self._begun = self._settled = self.exported = 0
        self.cycles += 1
        self.changed = set()
        with suppress(_Ended):
            self._cycle()
        assert not self._queue, f"LS8, IM1: sent although nothing was left to be sent: {self._queue[0]}"

    def _cycle(self) -> None:
        if not self._queue and self._death:
            return
        info = InForce.read(self._ask("implementation.info"))
        if info is None:
            return
        self._info = info
        for name in POLLED:
            self._follow_list(name)
            if name == "messages":
                self._follow_lookups()
        if self._death and self._death.method in BEFORE_EXPORTS:
            return
        self._sender = self.people.get("agent")
        for intent in [it for it in self.intents.values() if it.pending]:
            self._follow_export(intent)

    def _ask(self, action: str) -> Any:
        """Its answer, `None` where none came."""
        request = self._next()
        assert (request.action, request.params) == (action, {}), f"IM1: a cycle began with {request}"
        return request.answer if request.fate == "answered" else None

    def _next(self) -> Request:
        """The next request, with what came of its repeat where a kept connection was lost with it (TR11)."""
        assert self._queue, "nothing was sent where something had to be"
        request = self._queue.popleft()
        if request.fate != "lost":
            assert not request.repeat, f"TR11: {request} is a repeat of nothing"
            return request
        assert self._queue, f"TR11: {request} was not repeated"
        again = self._queue.popleft()
        expected = {**request.params, **({"retry": True} if "retry" in request.params else {})}
        assert (again.repeat, again.action, again.params) == (True, request.action, expected), f"TR11, PU2: {again}"
        return replace(request, fate=again.fate, answer=again.answer)

    def _died_with(self, *methods: str) -> bool:
        """Whether the process died, before its commit, with what the last request brought."""
        if self._queue or self._death is None or self._death.method not in methods:
            return False
        return not (self._death.committed and self._death.method == methods[-1])

    def _ended_by(self, request: Request) -> bool:
        return request.fate in ("gone", "unsent", "died")

    # Lists

    def _follow_list(self, name: str) -> None:
        action, asked = f"{name}.list", 0
        while self._queue and self._queue[0].action == action:
            request = self._next()
            asked += 1
            since_id = request.params.get("since_id")
            assert self._info.allows(action), f"IM3, IM7: {action} is not in force"
            from_there = (since_id == self.cursors.get(name)) is not (name in self.doubted)
            assert asked > 1 or from_there, f"LS1, LS11: {name} went on from {since_id}"
            assert since_id is None or since_id in self.given[name], f"LS2: {since_id} is no id of {name}"
            assert asked < 2 * len(self.given[name]) + 20, f"LS3, LS5: {name} is listed without an end"
            if self._ended_by(request):
                raise _Ended
            if request.fate == "answered" and not self._died_with("look_up", "save_page"):
                self._store_page(name, request.answer)
        if self._info.allows(action) and not asked:
            self._check_dead(name)
            raise _Ended

    def _check_dead(self, name: str) -> None:
        assert self._death, f"LS8: {name} is not listed although it is in force"
        assert not self._queue, f"LS8: {name} is not listed before {self._queue[0]}"

    def _store_page(self, name: str, answer: Any) -> None:
        if not isinstance(answer, list):
            return
        ids = [str(it["id"]) for it in answer if isinstance(it, dict) and it.get("id")]
        seen: set[str] = set()
        people: dict[str, str] = {}
        for shown in answer:
            people = {**read_people(name, shown, self._info), **people}  # the newest content's
            row = read_shown(name, shown, self._info)
            if row is not None and shown["id"] not in seen:
                seen.add(shown["id"])
                self._hold((name, shown["id"]), row)
        self.people |= people
        if ids:
            self.cursors[name] = ids[0]
            self.doubted.discard(name)
            self.given[name].update(ids)

    def _hold(self, key: Key, row: Row) -> None:
        before = self.held.get(key)
        if before is None or before.deleted or before.row != row:
            self.changed.add(key)
        if key[0] == "threads":
            self.asked_threads.discard(key[1])
        again = before is not None and before.gives_way(row)
        held = self.held[key] = Held(
            row, self._info, since=self.cycles, incarnation=before.incarnation if before else 0
        )
        if again:
            held.incarnation += 1
        elif before:
            held.content_id, held.since = before.content_id, before.since

    def _follow_lookups(self) -> None:
        while self._queue and self._queue[0].action == "threads.show":
            request = self._next()
            thread_id = request.params["id"]
            named = any(key[0] == "messages" and it.row["thread_id"] == thread_id for key, it in self.held.items())
            assert self._info.allows("threads.show"), "IM7: threads.show is not in force"
            assert named, f"LS9: no message names {thread_id}"
            known = self.held.get(("threads", thread_id))
            assert known is None or known.deleted, f"LS9: {thread_id} was known"
            assert thread_id not in self.asked_threads, f"LS9: {thread_id} was asked for already"
            if self._ended_by(request):
                raise _Ended
            if self._died_with("save_lookup"):
                raise _Ended
            self.asked_threads.add(thread_id)
            row = read_shown("threads", request.answer, self._info) if request.fate == "answered" else None
            if row is not None:
                self._hold(("threads", thread_id), row)
                self.people |= read_people("threads", request.answer, self._info)

    # Exports

    def _follow_export(self, intent: Intent) -> None:
        if intent.attempts >= intent.granted:
            self._check_unsent(intent, "PU6")
            self._settle(intent, intent.given_up("export_failure"))
            return
        for name, reference in intent.references:
            waits = isinstance(reference, Intent) and reference.pending
            if waits or self._is_lost(intent, name, reference):
                self._check_unsent(intent, "PU9, OB13")
                if not waits:
                    self._settle(intent, intent.given_up("export_aborted"))
                return
        creates = intent.operation == "create"
        expected = self._create(intent) if creates else self._act(intent)
        if expected is None:
            self._check_unsent(intent, "PU8, AC4, PU1" if creates else "PU8, IM5")
            return
        if self._addresses_deleted(intent):
            self._check_unsent(intent, "AC3, IM5, OB13")
            if intent.attempts:
                self._settle(intent, intent.given_up("export_aborted"))
            return
        self._begin(intent)
        request = self._next()
        self.exported += 1
        if intent.operation == "create":
            self.sent[intent.id] = read_sent(request.params)
        assert (request.action, request.params) == expected, f"PU1, PU2, IM5, LS8: expected {expected}, sent {request}"
        self._end(intent, request)

    def _end(self, intent: Intent, request: Request) -> None:
        if request.fate == "died":
            raise _Ended
        if request.fate == "answered":
            self._store_answer(intent, request)
        elif request.fate == "unsent":
            self._settle(intent, "export_pending", lambda: self._take_back(intent))
        else:
            self._fail(intent)
        if self._ended_by(request):
            raise _Ended

    def _is_lost(self, intent: Intent, name: str, reference: "str | Intent") -> bool:
        """Whether what it names never got an id (PU9), or that has been given to another one (OB13)."""
        if isinstance(reference, Intent):
            foreign_id = reference.foreign_id
            return foreign_id is None or self.held[name, foreign_id].content_id != reference.id
        held = self.held.get((name, reference))
        return held is not None and held.incarnation != intent.meant.get((name, reference), 0)

    def _addresses_deleted(self, intent: Intent) -> bool:
        """Whether an agent named a content that was deleted since."""
        if intent.addressed is None or (intent.addressed[1] is intent.thread and self._info.unthreaded):
            return False
        held = self.held.get((intent.addressed[0], self._id(intent.addressed[1]) or ""))
        return held is not None and held.deleted

    def _check_unsent(self, intent: Intent, rules: str) -> None:
        """The next request, if there is one, is not for an intent that must not be sent, but for another like it."""
        if not self._queue:
            return
        sent = self._queue[0]
        if intent.operation == "create":
            its = sent.params.get("content_id") == intent.id
        else:
            operation = self._info.wire_name(intent.name, intent.operation)
            its = (sent.action, sent.params.get("id")) == (f"{intent.name}.{operation}", self._id(intent.target))
        assert not its or self._has_twin(intent), f"{rules}: {intent} must not be sent now: {sent}"

    def _has_twin(self, intent: Intent) -> bool:
        """Whether a later intent is to do the same to the same content."""
        wanted = (intent.operation, intent.name, self._id(intent.target))
        later = list(self.intents.values())
        later = [it for it in later[later.index(intent) + 1 :] if it.pending and it.operation != "create"]
        return wanted in [(it.operation, it.name, self._id(it.target)) for it in later]

    def _id(self, reference: "str | Intent | None") -> str | None:
        return reference.foreign_id if isinstance(reference, Intent) else reference

    def _create(self, intent: Intent) -> tuple[str, dict[str, Any]] | None:
        """Action and params of a create, `None` where it must wait (PU1, PU8, AC4)."""
        info, name, draft = self._info, intent.name, intent.draft
        if not info.allows(f"{name}.create"):
            return None
        in_reply_to, thread_id = self._id(intent.in_reply_to), None
        replied = self.held.get((name, in_reply_to)) if in_reply_to else None
        if in_reply_to and info.allows(f"{name}.reply") and not (replied and "reply" in replied.row["actions"]):
            return None
        if name == "messages" and not info.unthreaded:
            thread_id = self._id(intent.thread) or (replied.row["thread_id"] if replied else None)
            if thread_id is None:
                return None
        params = {
            "attachments": draft.get("attachments") if f"{name}.attachments" in info.options else None,
            "author_id": "agent",
            "body": draft["body"],
            "content_id": intent.id,
            "created_at": intent.queued_at,
            "format": draft["format"],
            "in_reply_to_id": in_reply_to,
            "recipient_id": draft.get("recipient_id"),
            "retry": intent.attempts > 0,
            "sender_name": self._sender,
            "thread_id": thread_id,
            "updated_at": intent.queued_at if name != "threads" else None,
        }
        params = {name: value for name, value in params.items() if value is not None}
        if f"{name}.no_title" not in info.options:
            params["title"] = draft.get("title")
        return f"{name}.create", params

    def _act(self, intent: Intent) -> tuple[str, dict[str, Any]] | None:
        """Action and params of an operation, `None` where IM5 makes it wait; a repeat waits for no content (PU5)."""
        foreign_id = self._id(intent.target)
        assert foreign_id is not None
        if intent.attempts:
            if not self.declares(intent.name, intent.operation, self._info):
                return None
        elif self.forbids(intent.name, foreign_id, intent.operation, self._info):
            return None
        params = {"id": foreign_id}
        if intent.operation not in ("delete", "publish", "unpublish"):
            params["user_id"] = "agent"
        return f"{intent.name}.{self._info.wire_name(intent.name, intent.operation)}", params

    def forbids(self, name: str, foreign_id: str, operation: str, info: InForce) -> bool:
        """Whether IM5 keeps an operation from a content that we hold."""
        names = {"delete", "destroy"} if operation == "delete" else {operation}
        held = self.held.get((name, foreign_id))
        declared = self.declares(name, operation, info)
        return not declared or held is None or held.deleted or not names & set(held.row["actions"])

    def declares(self, name: str, operation: str, info: InForce) -> bool:
        """Whether an operation on a content is in force."""
        names = {"delete", "destroy"} if operation == "delete" else {operation}
        return bool(names & set(info.operations(name)) - set(COLLECTION))

    def _begin(self, intent: Intent) -> None:
        self._begun += 1
        here = self._death is not None and (self._death.method, self._death.count) == ("begin_attempt", self._begun)
        if not here or (self._death and self._death.committed):
            intent.attempts += 1
        if here:
            raise _Ended

    def _take_back(self, intent: Intent) -> None:
        """PU6: what was certainly not sent was no attempt."""
        intent.attempts -= 1

    def _settle(self, intent: Intent, status: str, what: Callable[[], None] = lambda: None) -> None:
        self._settled += 1
        here = self._death is not None and (self._death.method, self._death.count) == ("settle", self._settled)
        if not here or (self._death and self._death.committed):
            intent.status = status
            what()
        if here:
            raise _Ended

    def _fail(self, intent: Intent, *, fatal: bool = False) -> None:
        status = "export_pending"
        if fatal:
            status = intent.given_up("export_aborted")
        elif intent.attempts >= intent.granted:
            status = intent.given_up("export_failure")
        self._settle(intent, status)

    def _store_answer(self, intent: Intent, request: Request) -> None:
        answer = request.answer
        error = answer.get("error") if isinstance(answer, dict) else None
        if error:
            self._fail(intent, fatal=error["fatal"])
        elif intent.operation == "create":
            self._store_created(intent, request)
        else:
            self._settle(intent, "success", lambda: self._store_done(intent, request))

    def _store_created(self, intent: Intent, request: Request) -> None:
        answer = request.answer
        foreign_id = answer.get("id") if isinstance(answer, dict) else None
        if not foreign_id:
            self._fail(intent)
            return
        if not self._queue and self._death and self._death.method == "find_content":
            raise _Ended

        def store() -> None:
            key, shown = (intent.name, foreign_id), read_shown(intent.name, answer, self._info)
            held = self.held.get(key)
            replied_to = foreign_id in (request.params.get("in_reply_to_id"), request.params.get("thread_id"))
            ours = held and held.row["author_id"] == "agent" and held.content_id in (None, intent.id)
            if held is not None and intent.attempts > 1 and not replied_to and ours:
                held.content_id = intent.id
                intent.foreign_id = foreign_id
            elif held is None or (held.deleted and not replied_to):
                row = {**read_sent(request.params), "actions": shown["actions"] if shown else []}
                made = self.held[key] = Held(row, self._info, content_id=intent.id, since=self.cycles)
                intent.foreign_id = foreign_id
                if held is not None:  # OB13
                    made.incarnation = held.incarnation + 1
                    self.taken_over.add(key)
            elif held.content_id is not None and not replied_to:  # OB13: this one, or that of another intent
                held.content_id, held.since = None, self.cycles
                held.incarnation += 1
                self._doubt_cursor(key)

        self._settle(intent, "success", store)

    def _doubt_cursor(self, key: Key) -> None:
        """LS11: what was there may be gone, and its id given to something newer."""
        if self.cursors.get(key[0]) == key[1]:
            self.doubted.add(key[0])

    def _store_done(self, intent: Intent, request: Request) -> None:
        key = (intent.name, request.params["id"])
        if intent.operation == "delete":
            self.held[key].deleted = True
            self.denied.add(key[1])
            self._doubt_cursor(key)
            return
        shown = read_shown(intent.name, request.answer, self._info)
        if shown is not None:
            self._hold(key, shown)
            self.people |= read_people(intent.name, request.answer, self._info)

    def cancel(self, intent: Intent) -> None:
        """An agent takes back what was never sent, and what depends on it goes, too (PU9)."""
        gone = [intent]
        for other in self.intents.values():
            if other.pending and any(it in gone for _, it in other.references if isinstance(it, Intent)):
                gone.append(other)
        for other in gone:
            other.status = other.given_up("export_aborted")
