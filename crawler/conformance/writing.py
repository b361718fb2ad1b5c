"""What the judge writes at a partner: marked as its own, remembered, and deleted again where that can be done."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from crawler.conformance.chapters.listing.probes.crawling import crawl
from crawler.conformance.evidence import Cycle, NotJudged, Remedy, id_of, refusal
from crawler.conformance.probe import Talk
from crawler.conformance.returned import Creation, Written
from crawler.conformance.tidying import look_back
from crawler.conformance.timeline import Crawled, pages, timeline
from crawler.errors import ActionRefused, UnknownContent
from crawler.protocol.formats import text_as_html
from crawler.protocol.implementation import POLLED
from crawler.sync.queueing import Draft
from crawler.sync.state import Ref

MESSAGES = ("messages", "private_messages")
PAUSES = (1.0, 2.0, 3.0, 4.0)
"""Seconds that are waited, one after the other, for what was created and is not listed."""
STRANGER = "ringcx-crawler-check"
"""The judge's own identity, where the partner shows none that agents could write as.

PU12 takes the identity that comes with an action before all others, and this one comes with each. It is nobody's name,
as that of a customer would be. A partner need not know it, so one that refuses it with a client error breaks nothing;
but one that crashes on whatever is written is one where no agent can ever answer.
"""


class Writing:
    """Writing in one conversation.

    Learns `Crawled` and, from the first moment on, `Written`; `author` is who writes.
    """

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.written = talk.seen.learn(Written(mark=talk.new_id()[:8]))
        self.creations = self.written.creations
        self.deleted: set[tuple[str, str]] = set()
        self.author = ""

    async def begin(self) -> None:
        """Crawl, so that all is known that a content may refer to, and find somebody to write as."""
        await crawl(self.talk, "before")
        sent = self.talk.seen.sent
        self.written.start = {name: timeline(pages(sent, name)).newest for name in POLLED}
        listed = [*self.talk.store.puppetizable(self.talk.source), *self._puppetizable()]
        self.author = self.talk.source.agent_id or next(iter(listed), STRANGER)
        self.written.stranger = self.author == STRANGER

    def as_sent(self, object_name: str, text: str) -> str:
        """A text as a body of the format that the object is sent in (PU13)."""
        return text_as_html(text) if self.talk.info.formats(object_name)[0] == "html" else text

    def create(self, purpose: str, object_name: str, body: str = "{}", **fields: Any) -> Ref | None:
        """Queue a content whose `body` has the tag in it; `None`, and a reason, where it cannot be had."""
        tag = self.written.tag(purpose)
        text = body.replace("{}", tag)
        draft = Draft(object=object_name, body=text, author_id=self.author, **fields)
        try:
            entry = self.talk.agent().create(draft)
        except (ActionRefused, UnknownContent) as refused:
            self.talk.leave_out(purpose, NotJudged(str(refused), Remedy.CONTENTS))
            return None
        self.creations[purpose] = Creation(purpose=purpose, object=object_name, content_id=entry.id, tag=tag)
        return Ref(object_name, entry_id=entry.id)

    async def send(self, purpose: str, like: Creation, **changes: Any) -> None:
        """Send a create at once, with the params of another one but for `changes`; `None` leaves a param out."""
        tag, content_id = self.written.tag(purpose), self.talk.new_id()
        body = self.as_sent(like.object, tag)
        params = {**like.sent.exchange.params, "body": body, "content_id": content_id, "retry": False, **changes}
        params = {name: value for name, value in params.items() if value is not None or name not in changes}
        creation = Creation(purpose=purpose, object=like.object, content_id=content_id, tag=tag)
        self.creations[purpose] = creation
        creation.answered(await self.talk.ask(purpose, f"{like.object}.create", params), self._listed(like.object))
        self._count()

    async def repeat(self, label: str, creation: Creation, *, retry: bool) -> None:
        """Send a create again, at once; should it create one more, that is remembered under the label."""
        params = {**creation.sent.exchange.params, "retry": retry}
        again = replace(creation, purpose=label)
        self.creations[label] = again
        again.answered(await self.talk.ask(label, f"{creation.object}.create", params), self._listed(creation.object))
        self._count()

    async def sync(self, label: str) -> Cycle:
        """Run a cycle, and see what became of what was queued.

        Raises `NotJudged` where nothing could be created by a stranger.
        """
        before = len(self.talk.seen.sent)
        try:
            cycle = await self.talk.cycle(label)
        finally:  # what was created by one that is cut off is there all the same
            self._note(before)
        self._be_welcome()
        return cycle

    async def follow(self, label: str) -> None:
        """Run cycles until all that was created is listed, or the time is up."""
        self.written.waited = 0.0
        await self.sync(label)
        for pause in PAUSES:
            if not self._unlisted():
                break
            await self.talk.sleep(pause)
            self.written.waited += pause
            await self.sync(label)

    async def tidy(self, label: str) -> None:
        """Delete what was created, messages before their threads: as agents do, and else what lists do not show."""
        talk = self.talk
        agent = talk.agent()
        unseen = []
        for object_name, content_id in self._left():
            try:
                agent.act("delete", content_id, object_name=object_name)
            except ActionRefused as refused:
                talk.seen.reasons.setdefault(label, NotJudged(str(refused), Remedy.CONTENTS))
            except UnknownContent:
                unseen.append((object_name, content_id))
        await self.sync(label)
        for object_name, content_id in unseen:
            operation = talk.info.delete_name(object_name)
            if operation is not None:
                sent = await talk.ask(f"{label}, unseen", f"{object_name}.{operation}", {"id": content_id})
                if sent.succeeded:
                    self.deleted.add((object_name, content_id))
        self._count()
        ours = {*self.deleted, *self.written.left_behind}
        self.written.deleted = list(self.deleted)
        await look_back(talk)
        self.deleted = ours - {*self.written.left_behind}

    def parties(self) -> Iterator[str]:
        """Who else wrote or received private messages here, the newest first, and then messages, if imported (PU12)."""
        store, source = self.talk.store, self.talk.source
        for name in reversed(POLLED):
            for page in reversed(pages(self.talk.seen.sent, name)):
                for content in page.contents:
                    for role in ("author", "recipient"):
                        found = id_of(content.get(role))
                        if found is not None and found != self.author and store.identity(source, found) is not None:
                            yield found

    def thread(self) -> Ref | None:
        """The newest thread that is listed, or that a message names; `None` where there are none (IM7)."""
        if self.talk.info.unthreaded:
            return None
        for name, field in (("threads", "id"), ("messages", "thread_id")):
            for page in reversed(pages(self.talk.seen.sent, name)):
                for content in page.contents:
                    found = id_of({"id": content.get(field)})
                    if found is not None:
                        return Ref("threads", foreign_id=found)
        return None

    def _puppetizable(self) -> Iterator[str]:
        """Whom agents may write as, by what was listed before: a partner may list each content but once."""
        for name in POLLED:
            for page in pages(self.talk.before["crawling"].sent, name):
                for content in page.contents:
                    author = content.get("author")
                    if isinstance(author, dict) and author.get("puppetizable") is True and id_of(author):
                        yield str(id_of(author))

    def _note(self, before: int) -> None:
        """See what was created, and what was deleted, by the requests after so many."""
        queued = {creation.content_id: creation for creation in self.creations.values()}
        for number, sent in enumerate(self.talk.seen.sent[before:], before):
            creation = queued.get(str(sent.exchange.params.get("content_id")))
            if creation is not None and sent.action.endswith(".create"):
                creation.answered(sent, self._listed(creation.object, number))
            object_name, _, operation = sent.action.partition(".")
            if operation and operation == self.talk.info.delete_name(object_name) and not refusal(sent):
                self.deleted.add((object_name, str(sent.exchange.params["id"])))
        self._count()

    def _be_welcome(self) -> None:
        """See whether a stranger may write. Raises `NotJudged`."""
        requests = (it.request for it in self.creations.values())
        sent = [it for it in requests if it is not None and it.status is not None]
        if self.author == STRANGER and sent and all(map(refusal, sent)):
            self.creations.clear()
            self.written.unwelcome = sent
            reason = "nobody to write as: no puppetizable identity is listed, and an unknown one is refused (PU12)"
            raise NotJudged(f"{reason}: {refusal(sent[0])}", Remedy.AGENT)

    def _left(self) -> Sequence[tuple[str, str]]:
        """What is still there of what was created: what answers named, and what is listed and bears the mark."""
        found = {(it.object, it.id): None for it in self.creations.values() if it.id is not None}
        for name in (*MESSAGES, "threads"):
            for page in pages(self.talk.seen.sent, name):
                for content in page.contents:
                    if self.written.is_ours(content):
                        found[name, str(id_of(content))] = None
        left = [it for it in found if it not in self.deleted]
        return sorted(left, key=lambda it: it[0] == "threads")

    def _listed(self, object_name: str, number: int | None = None) -> set[str]:
        """The ids that were listed before the request of that number, of contents that are not the judge's own."""
        own = {(it.object, it.id) for it in self.creations.values()}
        before = pages(self.talk.seen.sent[:number], object_name)
        return {it for page in before for it in page.ids if (object_name, it) not in own}

    def _unlisted(self) -> bool:
        """Whether something was created that should be listed, and was not yet."""
        info, seen = self.talk.info, self.talk.seen
        made = [it for it in self.creations.values() if it.id is not None and info.allows(it.object, "list")]
        listed = {name: {it for page in pages(seen.sent, name) for it in page.ids} for name in POLLED}
        return any(it.id not in listed[it.object] for it in made if it.object not in seen.learnt(Crawled).part)

    def _count(self) -> None:
        self.written.left_behind = list(self._left())
