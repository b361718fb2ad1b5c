"""What operations do to what they are applied to, when they are repeated, and to what stands beside it.

A content is created with a thread above it, a reply to it and a neighbour after it; whatever is done to it, all four
are looked at before and afterwards. What was created is the judge's own, and is taken away again at the end.

Labels: ``do`` for an operation and ``do again`` for the same once more; ``look`` for the lists and shows in between.
Learns `Operated`, and what `Posting` does.
"""

from collections import Counter
from collections.abc import Mapping

from crawler.conformance.chapters.pushing.operating import (
    AFTERWARDS,
    NEIGHBOUR,
    REPLY,
    TARGET,
    THREAD,
    Operated,
    State,
    Step,
)  # fmt: skip
from crawler.conformance.chapters.pushing.probes.pushing import creates, kind_of
from crawler.conformance.evidence import NotJudged, Remedy, id_of
from crawler.conformance.posting import Order, Posting
from crawler.conformance.probe import Probe, Talk
from crawler.conformance.returned import answer_of
from crawler.conformance.timeline import Crawled, pages
from crawler.protocol.implementation import POLLED, ImplementationInfo


def orders(info: ImplementationInfo) -> list[Order]:
    """What is created before anything is done."""
    kind = kind_of(info)
    found = [Order(purpose=THREAD, object="threads", title="a check")] if info.allows("threads", "create") else []
    found += [Order(purpose=purpose, object=kind, thread=THREAD) for purpose in (TARGET, NEIGHBOUR)]
    if kind != "threads":
        found.insert(-1, Order(purpose=REPLY, object=kind, thread=THREAD, in_reply_to=TARGET))
    return found


def can_be_looked_at(info: ImplementationInfo, name: str) -> bool:
    """Whether contents of an object are listed or shown."""
    return info.allows(name, "list") or info.allows(name, "show")


def undeclared(info: ImplementationInfo) -> Mapping[str, str]:
    """The kinds of operations that nothing is seen of, since the partner does not declare what they need: why."""
    kind = kind_of(info)
    seen = can_be_looked_at(info, kind) or f"list or show of {kind}"
    needed = {
        "custom": bool(info.custom_operations(kind)) or f"custom operation on {kind}",
        "unpublish": info.allows(kind, "unpublish") or f"unpublish of {kind}",
        "publish": (info.allows(kind, "unpublish") and info.allows(kind, "publish"))
        or f"unpublish and publish of {kind}",
        "delete": bool(info.delete_name(kind)) or f"deletion of {kind}",
    }
    return {
        label: f"the partner declares no {why}"
        for label, what in needed.items()
        if isinstance(why := what if isinstance(what, str) else seen, str)
    }


class Operating:
    """The operations of one conversation."""

    def __init__(self, talk: Talk, posting: Posting) -> None:
        self.talk = talk
        self.posting = posting
        self.steps = talk.seen.learn(Operated()).steps

    async def look(self) -> dict[str, State]:
        """What the contents look like now, as far as the partner answers."""
        talk, info = self.talk, self.talk.info
        states: dict[str, State] = {}
        for name in POLLED:
            own = {it.id: it.purpose for it in self.posting.creations.values() if it.object == name and it.id}
            if not own:
                continue
            if info.allows(name, "list") and name not in talk.seen.learnt(Crawled).part:
                listed, whole = await self._listed(name)
                states |= {purpose: listed.get(it) for it, purpose in own.items() if whole or it in listed}
            if info.allows(name, "show"):
                for content_id, purpose in own.items():
                    if states.get(purpose) is None:
                        shown = await self.talk.ask("look", f"{name}.show", {"id": content_id})
                        if shown.exchange.answer is not None:
                            states[purpose] = answer_of(shown, content_id)
        return states

    async def do(self, kind: str, operation: str, *, target: str = TARGET, again: bool = False) -> Step:
        """Apply an operation, and look."""
        posted = self.posting.creations[target]
        before = self.steps[-1].after if self.steps else await self.look()
        params: dict[str, object] = {"id": posted.id}
        if kind == "custom":
            params["user_id"] = (self.posting.agents or ["ringcx-crawler-check"])[0]
        sent = await self.talk.ask("do again" if again else "do", f"{posted.object}.{operation}", params)
        step = Step(kind=kind, sent=sent, again=again, before=before)
        self.steps.append(step)
        step.after = await self.look()
        return step

    def offered(self) -> list[str]:
        """What the target's own actions name, as far as it shows any (IM5)."""
        posted = self.posting.creations[TARGET]
        states = [self.steps[-1].after.get(TARGET)] if self.steps else []
        answers = [answer_of(step.sent, posted.id) for step in reversed(self.steps)]
        created = answer_of(posted.sent, posted.id) if posted.request else None
        actions: object = next((it["actions"] for it in (*states, *answers, created) if it and "actions" in it), [])
        return [it for it in actions if isinstance(it, str)] if isinstance(actions, list) else []

    async def _listed(self, name: str) -> tuple[dict[str, State], bool]:
        """What is listed of what was created, by id, and whether the lists were answered to their end."""
        since_id = self.posting.written.start.get(name)
        found: dict[str, State] = {}
        wanted = {it.id for it in self.posting.creations.values() if it.object == name and it.id}
        async for page in self.talk.walk("look", name, since_id):
            fresh = {*page.ids} - found.keys()
            found |= {str(id_of(content)): content for content in page.contents}
            if wanted <= found.keys() or not fresh:
                break
        return found, bool(pages(self.talk.seen.sent[-1:], name))


async def hold(talk: Talk) -> None:
    """Create, operate once and twice, delete, create again, tidy up."""
    info, kind = talk.info, kind_of(talk.info)
    posting = Posting(talk)
    for order in orders(info):
        if order.purpose == REPLY:
            await posting.follow()  # whether it may be replied to stands in it
        await posting.create(order)
    target = posting.creations.get(TARGET)
    if target is None or target.id is None:
        raise NotJudged("nothing could be created to be operated on", Remedy.FIX)
    operating = Operating(talk, posting)
    if can_be_looked_at(info, kind):
        await operate(operating)
        await delete(operating)
    await posting.tidy()


async def operate(operating: Operating) -> None:
    """Whatever the content names, twice; and what was unpublished is published again."""
    talk, info, kind = operating.talk, operating.talk.info, kind_of(operating.talk.info)
    custom = next((it for it in info.custom_operations(kind) if it in operating.offered()), None)
    if custom is not None:
        await operating.do("custom", custom)
        await operating.do("custom", custom, again=True)
    talk.leave_out("custom", NotJudged("the content that was created names no custom operation", Remedy.CONTENTS))
    if info.allows(kind, "unpublish") and "unpublish" in operating.offered():
        await operating.do("unpublish", "unpublish")
        await operating.do("unpublish", "unpublish", again=True)
        if info.allows(kind, "publish") and "publish" in operating.offered():
            await operating.do("publish", "publish")
    reason = NotJudged("the content that was created does not name it", Remedy.CONTENTS)
    talk.leave_out("unpublish", reason)
    talk.leave_out("publish", reason)


async def delete(operating: Operating) -> None:
    """Delete the target, and then the newest that there is; and create once more."""
    posting, kind = operating.posting, kind_of(operating.talk.info)
    name = operating.talk.info.delete_name(kind)
    operating.talk.leave_out("delete", NotJudged("the content that was created does not name it", Remedy.CONTENTS))
    neighbour = posting.creations.get(NEIGHBOUR)
    if name is None or neighbour is None or neighbour.id is None or name not in operating.offered():
        return
    await operating.do("delete", name)
    await operating.do("delete", name, target=NEIGHBOUR)
    await posting.create(Order(purpose=AFTERWARDS, object=kind, thread=THREAD))


def count(info: ImplementationInfo) -> Mapping[str, int]:
    """How many contents of each object are created at most."""
    more = [Order(purpose=AFTERWARDS, object=kind_of(info))] if info.delete_name(kind_of(info)) else []
    return Counter(order.object for order in (*orders(info), *more))


OPERATING = Probe(
    name="operating",
    about="what operations change, and what they leave alone",
    hold=hold,
    count=count,
    needs=("declaration", "crawling"),
    writes=True,
    applies=creates,
    undeclared=undeclared,
    seconds=120,
)
