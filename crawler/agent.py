"""What an agent does at a source: looks a content up, and queues a change for the next cycle (AC3, PU9, PU12)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from crawler.clock import Clock, NewId, new_id, utc_now
from crawler.errors import ActionRefused, UnknownContent
from crawler.partner import Partner, Record, unrecorded
from crawler.protocol.envelope import Answer, unverified
from crawler.protocol.implementation import ImplementationInfo, read_implementation
from crawler.store import Store
from crawler.sync.exports import gone, reply_refusal
from crawler.sync.queueing import REPLY_HINT, Desk, Draft, cancels_creation, queue_create, queue_operation
from crawler.sync.source import Source
from crawler.sync.state import Known, OutboxEntry, Ref, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """What a change became: the entry that was `queued`, or the entries that deleting an unsent content `cancelled`."""

    queued: OutboxEntry | None = None
    cancelled: Sequence[OutboxEntry] = ()


async def ask_info(
    source: Source, store: Store, partner: Partner, *, clock: Clock = utc_now, record: Record = unrecorded
) -> ImplementationInfo:
    """Ask for the capabilities now and remember them (CY5). Raises `PartnerError`."""

    def read(answer: Answer) -> tuple[ImplementationInfo, Answer]:
        return read_implementation(source.name, answer.body), answer

    expected = "a JSON object with 'objects'"
    info, answer = await partner.ask("implementation.info", None, read, expected=expected, record=record)
    await store.run(store.save_info, source, answer.body, clock())
    remark = unverified(answer, source.secret) if not source.verify_signature else None
    return replace(info, remarks=(remark, *info.remarks)) if remark is not None else info


async def known_info(
    source: Source, store: Store, partner: Partner, *, clock: Clock = utc_now, record: Record = unrecorded
) -> ImplementationInfo:
    """The capabilities as they are known; asked for where the settings are new or have changed (CY5).

    Raises `PartnerError`.
    """
    stored = await store.run(store.stored_info, source)
    if stored is not None:
        return read_implementation(source.name, stored)
    return await ask_info(source, store, partner, clock=clock, record=record)


class Agent:
    """Queues changes at one source, under the capabilities `info`. All methods are synchronous and touch the store.

    An id that a method takes is a content's foreign id, or the id of the outbox entry that creates or created it.
    """

    def __init__(
        self,
        source: Source,
        store: Store,
        info: ImplementationInfo,
        *,
        clock: Clock = utc_now,
        new_id: NewId = new_id,
    ) -> None:
        self.source = source
        self.store = store
        self.info = info
        self._clock = clock
        self._new_id = new_id

    def create(self, draft: Draft) -> OutboxEntry:
        """Queue a new content. Raises `ActionRefused`, or `UnknownContent` for what it refers to."""
        replied = self._look_at(draft.in_reply_to) if draft.in_reply_to else None
        thread = self._look_at(draft.thread) if draft.thread else None
        if isinstance(thread, Known) and thread.deleted:
            raise ActionRefused(f"{thread.id} was deleted", rule="AC3")
        if thread is None and draft.object == "messages" and isinstance(replied, Known):
            thread = self._thread_of(replied)
        draft = replace(draft, in_reply_to=_bound(draft.in_reply_to, replied), thread=_bound(draft.thread, thread))
        parties = [draft.recipient_id, *([replied.author_id, replied.recipient_id] if replied is not None else [])]
        desk = self._desk(*(parties if draft.object == "private_messages" else []))
        entry = queue_create(desk, self._new_id(), draft, replied)
        self.store.queue(self.source, entry)
        return entry

    def reply(self, content_id: str, draft: Draft, *, object_name: str | None = None) -> OutboxEntry:
        """Queue `draft` as a reply to a content; a reply to a thread is a message in it (PU12).

        Raises `ActionRefused` or `UnknownContent`.
        """
        ref = self.find(content_id, object_name=object_name)
        if ref.object == "threads":
            thread = self._look_at(ref)
            if isinstance(thread, Known) and (refusal := reply_refusal(self.info, thread)):
                raise ActionRefused(refusal, rule="AC4", hint=REPLY_HINT)
            return self.create(replace(draft, object="messages", thread=ref))
        return self.create(replace(draft, object=ref.object, in_reply_to=ref))

    def act(
        self, operation: str, content_id: str, *, object_name: str | None = None, author_id: str | None = None
    ) -> Queued:
        """Queue an operation on a content: ``delete``, ``publish``, ``unpublish`` or a custom one.

        Deleting a content that was never sent cancels its creation, and what depends on it, without a request (PU9).

        Raises `ActionRefused` or `UnknownContent`.
        """
        ref = self.find(content_id, object_name=object_name)
        content = self._look_at(ref)
        if cancels_creation(operation, content) and ref.entry_id is not None:
            reason = "its content was deleted before it was ever sent"
            return Queued(cancelled=self.store.cancel(self.source, ref.entry_id, reason, self._clock()))
        entry = queue_operation(self._desk(), self._new_id(), operation, ref, content, author_id=author_id)
        self.store.queue(self.source, entry)
        return Queued(queued=entry)

    def find(self, content_id: str, *, object_name: str | None = None) -> Ref:
        """The content that an id names; `object_name` decides where several objects have one of that id.

        A thread may be one that is not imported, but named by messages.

        Raises `UnknownContent`, or `ActionRefused` for a content whose creation was given up (PU9).
        """
        found = [known.ref for known in self.store.known(self.source, content_id)]
        if object_name is not None:
            found = [ref for ref in found if ref.object == object_name]
        if len(found) > 1:
            names = " and ".join(sorted(ref.object for ref in found))
            raise UnknownContent(
                f"{self.source.name}: {content_id} is the id of several contents, in {names}: say of which (--object)"
            )
        if found:
            return found[0]
        if object_name == "threads" and self.store.names_thread(self.source, content_id):
            return Ref("threads", foreign_id=content_id)
        return self._find_entry(content_id, object_name)

    def _find_entry(self, entry_id: str, object_name: str | None) -> Ref:
        entry = self.store.entry(self.source, entry_id)
        if entry is None or entry.operation != "create" or object_name not in (None, entry.object):
            among = f" among its {object_name}" if object_name else ""
            raise UnknownContent(f"{self.source.name}: no content {entry_id} is known{among}")
        if entry.foreign_id is not None:
            named = self._known(entry.object, entry.foreign_id)
            if named.created_by != entry.id:
                raise _refused(gone(named, made_by=entry.id), named)
            return named.ref
        if entry.status is not Status.PENDING:
            if entry.status is Status.SUCCESS:
                raise ActionRefused(f"the partner gave the content {entry_id} no id of its own", rule="PU4")
            raise ActionRefused(
                f"the content {entry_id} was not created: {entry.status}", rule="PU9", hint="'outbox retry' retries it"
            )
        return Ref(entry.object, entry_id=entry.id)

    def _look_at(self, ref: Ref) -> Known | OutboxEntry:
        if ref.entry_id is not None:
            entry = self.store.entry(self.source, ref.entry_id)
            if entry is not None:
                return entry
        known = self._known(ref.object, ref.foreign_id or str(ref))
        if ref.incarnation not in (None, known.incarnation):
            raise _refused(gone(known), known)
        return known

    def _known(self, object_name: str, foreign_id: str) -> Known:
        for known in self.store.known(self.source, foreign_id):
            if known.object == object_name:
                return known
        if object_name == "threads" and self.store.names_thread(self.source, foreign_id):
            return Known(object="threads", id=foreign_id)
        raise UnknownContent(f"{self.source.name}: no content {foreign_id} is known in {object_name}")

    def _thread_of(self, message: Known) -> Known | None:
        """The thread that a message belongs to; by now its id may be another one's (OB13)."""
        if message.thread_id is None or self.info.unthreaded:
            return None
        thread = self._known("threads", message.thread_id)
        if thread.came_after(message):
            raise _refused(gone(thread), thread)
        return thread

    def _desk(self, *parties: str | None) -> Desk:
        """What decides, and who of those that a private message could go to was imported."""
        return Desk(
            source=self.source,
            info=self.info,
            puppetizable=self.store.puppetizable(self.source),
            now=self._clock(),
            recipients=[it for it in parties if it is not None and self.store.identity(self.source, it) is not None],
        )


def _bound(ref: Ref | None, found: Known | OutboxEntry | None) -> Ref | None:
    """A reference to the content that was found, whatever has its id later (OB13)."""
    return found.ref if isinstance(found, Known) else ref


def _refused(reason: str, named: Known) -> ActionRefused:
    return ActionRefused(reason, rule="OB13", hint=f"if the other one is meant, say so by its id: {named.id}")
