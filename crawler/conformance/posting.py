"""Creating at once, one request each, by the very params that the crawler sends; and following what was created."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from crawler.conformance.evidence import NotJudged, Remedy, Shown, id_of, refusal
from crawler.conformance.probe import Talk
from crawler.conformance.returned import Creation, Written, answer_of, found
from crawler.conformance.texts import Plan
from crawler.conformance.tidying import clear, look_back
from crawler.conformance.timeline import Crawled, pages, timeline
from crawler.conformance.writing import PAUSES, STRANGER
from crawler.protocol.formats import fill_in_attachment, text_as_html
from crawler.protocol.implementation import POLLED
from crawler.protocol.objects import User
from crawler.sync.exports import Send, decide_export
from crawler.sync.state import Known, Outbox, OutboxEntry, Ref


@dataclass(frozen=True, kw_only=True)
class Order:
    """A content to be created, for a `purpose` that no other has.

    Its body is that of `plan`, or its tag; `thread` is the purpose of the thread that it is written in, and
    `in_reply_to` of the content that it replies to. `agent` and `party` say as which agent and to which customer: the
    first, or the next one that there is. `at` is when it was written, if not now.
    """

    purpose: str
    object: str
    plan: Plan | None = None
    title: str | None = None
    thread: str = ""
    in_reply_to: str = ""
    agent: int = 0
    party: int = 0
    attachments: Sequence[Mapping[str, str]] = ()
    wordless: bool = False
    at: datetime | None = None

    def in_ascii(self) -> "Order":
        """The same without characters that are not of ASCII, where it is not for them."""
        title = self.title and self.title.encode("ascii", "ignore").decode()
        return replace(self, title=title, plan=self.plan and self.plan.in_ascii())


class Posting:
    """Creating in one conversation; it must come after the crawl.

    Learns `Written`, and `Crawled` as there; `agents` are those whom agents may write as.
    """

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        mark = talk.new_id()[:8]
        self._in_vain: set[str] = set()
        crawl = talk.before["crawling"]
        self.crawled = {name: pages(crawl.sent, name) for name in POLLED}
        self.authors = dict(self._puppetizable())
        self.agents = list(dict.fromkeys(filter(None, [talk.source.agent_id, *sorted(self.authors)])))
        self.cursors = {name: timeline(found).newest for name, found in self.crawled.items()}
        self.written = talk.seen.learn(Written(mark=mark, start=dict(self.cursors), stranger=not self.agents))
        self.creations = self.written.creations
        talk.seen.learn(crawl.known(Crawled) or Crawled())

    async def create(self, order: Order) -> Creation | None:
        """Create a content; `None`, and a reason, where the crawler would not send it.

        Raises `NotJudged` where nobody may write.
        """
        try:
            entry, tag = self._entry(order)
        except NotJudged as reason:
            self.talk.leave_out(order.purpose, reason)
            return None
        outbox = Outbox(contents=self._contents(), authors=self.authors)
        decision = decide_export(self.talk.source, self.talk.info, entry, outbox)
        if not isinstance(decision, Send):
            self.talk.leave_out(order.purpose, NotJudged(decision.reason, Remedy.CONTENTS))
            return None
        posted = Creation(purpose=order.purpose, object=order.object, content_id=entry.id, tag=tag, planned=order.plan)
        sent = await self.talk.ask(order.purpose, decision.action, decision.params)
        self.creations[order.purpose] = posted
        posted.answered(sent, self._others(order.object))
        self._count()
        if not self.agents and len(self.creations) == 1 and refusal(sent):
            self.creations.clear()
            raise NotJudged(f"nobody to write as: an unknown identity is refused (PU12): {refusal(sent)}", Remedy.AGENT)
        return posted

    async def follow(self) -> None:
        """List on until all that was created is listed, or the time is up; and show what is not."""
        for pause in (0.0, *PAUSES):
            if pause:
                await self.talk.sleep(pause)
                self.written.waited += pause
            for name in dict.fromkeys(it.object for it in self._awaited()):
                await self._list_on(name)
            self._count()
            if not self._awaited():
                break
        self._in_vain |= {it.purpose for it in self._awaited()}
        for posted in self.creations.values():
            if posted.id and not found(self.talk.seen, posted) and self.talk.info.allows(posted.object, "show"):
                await self.talk.ask("shown", f"{posted.object}.show", {"id": posted.id})

    async def tidy(self) -> None:
        """Take away what was created, messages before their threads, and see whether it is gone."""
        await clear(self.talk)
        await look_back(self.talk)

    def _entry(self, order: Order) -> tuple[OutboxEntry, str]:
        """What would stand in the outbox, and its tag. Raises `NotJudged` where what it refers to is not there."""
        info, tag = self.talk.info, self.written.tag(order.purpose)
        plan = order.plan
        form = plan.format if plan else info.formats(order.object)[0]
        body = plan.body(tag) if plan else text_as_html(tag) if form == "html" else tag
        thread = replied = recipient = None
        if order.object == "messages" and not info.unthreaded:
            thread = Ref("threads", foreign_id=self._thread(order.thread))
        if order.object == "private_messages":
            recipient = self._party(order.party)
        if order.in_reply_to:
            replied = self.creations.get(order.in_reply_to)
            if replied is None or replied.id is None:
                raise NotJudged(f"no {order.in_reply_to} was created to be replied to", Remedy.FIX)
        author = (self.agents or [STRANGER])[min(order.agent, max(len(self.agents) - 1, 0))]
        entry = OutboxEntry(
            id=self.talk.new_id(),
            object=order.object,
            operation="create",
            queued_at=order.at or self.talk.clock(),
            author_id=author,
            thread=thread,
            in_reply_to=Ref(order.object, foreign_id=replied.id) if replied else None,
            recipient_id=recipient,
            title=f"{tag} {order.title}" if order.title else None,
            body=None if order.wordless else body,
            format=form,
            attachments=tuple(map(fill_in_attachment, order.attachments)),
        )
        return entry, "" if (plan and plan.bare) or order.wordless else tag

    def _thread(self, purpose: str) -> str:
        """The thread of our own, else a known one. Raises `NotJudged` where there is none."""
        own = self.creations.get(purpose)
        if own is not None and own.id is not None:
            return own.id
        known = list(dict.fromkeys(self._threads()))
        if not known:
            raise NotJudged("no thread is known to write in", Remedy.CONTENTS)
        return known[0 if purpose == OTHER_THREAD else min(1, len(known) - 1)]

    def _threads(self) -> Iterator[str]:
        """The threads that are known, the newest first."""
        for name, key in (("threads", "id"), ("messages", "thread_id")):
            for page in reversed(self.crawled[name]):
                for content in page.contents:
                    if it := id_of({"id": content.get(key)}):
                        yield it

    def _party(self, number: int) -> str:
        """Somebody who is no agent and wrote or received private messages, the newest first, and then messages."""
        parties = [it for it in dict.fromkeys(own for own, _ in self._users()) if it not in self.agents]
        if not parties:
            raise NotJudged("no customer is known to write to", Remedy.CONTENTS)
        return parties[min(number, len(parties) - 1)]

    def _puppetizable(self) -> Iterator[tuple[str, User]]:
        """Whom agents may write as, by id, with the names that they write under (PU1)."""
        for own, user in self._users():
            if user.get("puppetizable") is True:
                first, last = (str(user.get(name) or "") or None for name in ("firstname", "lastname"))
                screenname = str(user.get("screenname") or own)
                yield own, User(id=own, screenname=screenname, firstname=first, lastname=last)

    def _users(self) -> Iterator[tuple[str, Shown]]:
        """Authors and recipients, by id: of private messages first, and the newest first."""
        for name in reversed(POLLED):
            for page in reversed(self.crawled[name]):
                for content in page.contents:
                    for user in (content.get("author"), content.get("recipient")):
                        if isinstance(user, dict) and (own := id_of(user)):
                            yield own, user

    def _contents(self) -> dict[tuple[str, str], Known]:
        """What is known of our own contents: their actions decide (AC4)."""
        contents = {}
        for posted in self.creations.values():
            if posted.id is None or posted.request is None:
                continue
            there = found(self.talk.seen, posted)
            content = there.content if there else answer_of(posted.sent, posted.id)
            if content is not None:
                actions = content.get("actions")
                names = tuple(map(str, actions)) if isinstance(actions, list) else ()
                contents[posted.object, posted.id] = Known(object=posted.object, id=posted.id, actions=names)
        return contents

    def _others(self, object_name: str) -> set[str]:
        """The ids that were listed of contents that are not our own."""
        own = {it.id for it in self.creations.values() if it.object == object_name}
        listed = (it for page in pages(self.talk.seen.sent, object_name) for it in page.contents)
        since = {str(id_of(it)) for it in listed if not self.written.is_ours(it)}
        return ({it for page in self.crawled[object_name] for it in page.ids} | since) - own

    def _awaited(self) -> list[Creation]:
        """What was created and should be listed, and was not yet."""
        info, seen = self.talk.info, self.talk.seen
        return [
            it
            for it in self.creations.values()
            if it.request is not None
            and info.allows(it.object, "list")
            and it.object not in seen.learnt(Crawled).part
            and not refusal(it.sent)
            and (it.id or it.tag)
            and it.purpose not in self._in_vain
            and not found(seen, it, shows=False)
        ]

    async def _list_on(self, name: str) -> None:
        """List what comes after the cursor, and go on."""
        async for page in self.talk.walk("listed", name, self.cursors[name]):
            self.cursors[name] = page.head or self.cursors[name]

    def _count(self) -> None:
        """Note what is there that we created: what answers named, and what is listed and is ours by its text."""
        seen = self.talk.seen
        bare = {it.plan.body("") for it in self.creations.values() if it.planned is not None and it.plan.bare}
        here = {(it.object, it.id): None for it in self.creations.values() if it.id is not None}
        for name in POLLED:
            before = {it for page in self.crawled[name] for it in page.ids}
            for page in pages(seen.sent, name):
                for content in page.contents:
                    ours = self.written.is_ours(content)
                    again = str(content.get("body")) in bare and id_of(content.get("author")) in self.agents
                    own = str(id_of(content))
                    if ours or (again and own not in before):
                        here[name, own] = None
        newest_first = list(here)[::-1]
        self.written.left_behind = sorted(newest_first, key=lambda it: it[0] == "threads")


OTHER_THREAD = "other thread"
"""The purpose of the thread that is created second, or is the newest that there is."""
