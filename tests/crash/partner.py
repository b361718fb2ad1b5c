"""The partner that outlives the crawler: what becomes of each change is decided by the change, not by its turn."""

import copy
import json
import threading
from collections import Counter
from collections.abc import Callable, MutableMapping
from typing import Any

from crawler.reference import Fails, Forum, Listing, LosesReply, Obeys, ReferencePartner, Rejects, seeded
from crawler.reference.script import Planned
from crawler.reference.wire import Request, Response
from tests.crash.crawling import SECRET, clock

PATIENCE = 20.0

Mood = Callable[[int], Planned]
"""What becomes of the n-th request (from 1) for one change."""

MOODS: dict[str, Mood] = {
    "rejected-once": lambda n: Rejects("not now") if n == 1 else Obeys(),
    "reply-lost-once": lambda n: LosesReply() if n == 1 else Obeys(),
    "rejected-always": lambda _n: Rejects("never now"),
    "rejected-fatally": lambda _n: Rejects("too chatty", fatal=True),
    "doomed-thread": lambda _n: Fails(500, "no"),
    "messages.delete 5": lambda n: Fails(503, "come back later") if n == 1 else Obeys(),
    "private_messages.delete 13": lambda _n: Fails(500, "we keep everything"),
}
"""By the content_id of a create, or by action and id."""


class LastingPartner(ReferencePartner):
    """A reference partner with `MOODS` that can be set back, and that knows how many requests it has dealt with."""

    def __init__(self) -> None:
        super().__init__(SECRET, seeded(clock), listing=Listing(page_size=3))
        self.arrivals: Counter[str] = Counter()
        self._handled = 0
        self._change = threading.Condition()

    def set_back(self, forum: Forum) -> None:
        """Stand as in `forum` from now on, which is left as it is."""
        self.forum = copy.deepcopy(forum)
        self.arrivals.clear()
        self._handled = 0

    def wait_for(self, requests: int) -> None:
        """Wait until so many requests since `set_back` have been dealt with, whoever sent them."""
        with self._change:
            assert self._change.wait_for(lambda: self._handled >= requests, PATIENCE), f"{self._handled} of {requests}"

    def respond(self, request: Request) -> Response:
        call = json.loads(request.body)
        params = call.get("params", {})
        change = params.get("content_id") or f"{call['action']} {params.get('id')}"
        self.arrivals[change] += 1
        mood = MOODS.get(change)
        if mood is not None:
            self.plan(call["action"], mood(self.arrivals[change]))
        return super().respond(request)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with self._change:
                self._handled += 1
                self._change.notify_all()


def a_day_passes(forum: Forum) -> None:
    """What the partner's own people do after the first crawl."""
    forum.edit("6", body="<p>Could you send us two pictures?</p>")
    for number in range(4):
        forum.add_message("jun", "3", f"Another question, number {number}", format="text")
    forum.add_message("marc", "2", "<p>Same here.</p>", in_reply_to_id="7")
    forum.edit("2", title="Colis abîmé (bis)")
    forum.edit_user("marc", screenname="marc_76")
    forum.add_thread("marc", "Returns", "<p>How long?</p>")
    forum.add_private_message("jun", "agent", "Psst.", format="text")
