"""Partners that mean harm: what a cycle says about each, that it stays small and on time, and that it heals."""

import gc
import json
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import pytest

from crawler.cycle import run_cycle
from crawler.partner import Partner
from crawler.store import Store
from crawler.sync.report import CycleReport
from crawler.sync.source import Source
from crawler.sync.state import OutboxEntry
from tests.integration.hostile import hell
from tests.integration.hostile.hell import CAP, Evil, Hell, body_of, bytes_of, content, listing
from tests.partners.calling import fixed_clock, source
from tests.partners.raw import raw_partner, response
from tests.unit.store.writing import rows

DEADLINE = 1.0
HONEST = ["1", "2", "3"]


@dataclass(frozen=True)
class Harm:
    """What the partner does to `messages.list`, and what the cycle's report says of it.

    `error` is the whole of it after "expected a JSON array of contents, got "; or `ignored` are rule and reason of the
    contents that were not imported. `at_once` are those that were imported by the cycle that met it, which takes `room`
    bytes beyond the cap.
    """

    does: Callable[[], Evil]
    error: str = ""
    ignored: list[tuple[str, str]] = field(default_factory=list)
    at_once: list[str] = field(default_factory=list)
    expected: str = "a JSON array of contents"
    room: int = 2 * 2**20


def element(changes: str) -> str:
    """An honest content with something put into it, as it stands."""
    return json.dumps(content("9"))[:-1] + f", {changes}}}"


def passed_over(changes: str, reason: str) -> Harm:
    """One content is spoilt by `changes` and ignored, its neighbours are imported (LS7, OB12)."""
    return Harm(lambda: listing(element(changes)), ignored=[("OB12", reason)], at_once=HONEST)


DEEP = "[" * 100_000 + "]" * 100_000
HARMS: dict[str, Harm] = {
    "drips a byte now and then": Harm(lambda: hell.dripping, "no whole answer within 1 s"),
    "never answers": Harm(lambda: hell.silent, "no whole answer within 1 s"),
    "resets after the headers": Harm(lambda: hell.reset, "a broken connection: Connection reset by peer"),
    "closes in mid-body": Harm(
        lambda: bytes_of(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", close=True),
        "a broken connection: peer closed connection without sending complete message body "
        "(received 4 bytes, expected 100)",
    ),
    "claims fewer bytes than it sends": Harm(
        lambda: bytes_of(response(b"[]").replace(b"Length: 2", b"Length: 1"), close=True),
        "1 for 2 bytes or more: too small, it seems",
        expected="a Content-Length that counts the bytes of the answer's body",
    ),
    "sends chunks without end": Harm(lambda: hell.endless, "an answer of more than 4,194,304 bytes"),
    "sends a header of 1 MiB": Harm(hell.long_header, "a broken connection: "),
    "sends a bomb that was compressed twice": Harm(
        hell.bomb, "HTTP 200 with Content-Encoding gzip, gzip", expected="an answer that is not encoded"
    ),
    "redirects elsewhere": Harm(
        lambda: body_of(b"", "Location: http://169.254.169.254/latest/", status="302 Found"),
        "HTTP 302, a redirect to http://169.254.169.254/latest/, which is not followed",
        expected="HTTP 2xx",
    ),
    "answers with a web page": Harm(
        lambda: body_of(b"<html><h1>It works!</h1></html>", "Content-Type: text/html", signed=False),
        "HTTP 200 (text/html, 31 bytes) that is unsigned; the partner says: It works!",
    ),
    "signs other bytes": Harm(
        lambda: bytes_of(response(b"[1]").replace(b"\r\n\r\n[1]", b"\r\n\r\n[2]")),
        "HTTP 200 (no content type, 3 bytes) that is wrongly signed; the partner says: [2]",
    ),
    "nests 100,000 arrays": passed_over(f'"categories": {DEEP}', "is too deeply nested"),
    "nests nothing but arrays": Harm(lambda: body_of(DEEP.encode()), ignored=[("OB12", "is too deeply nested")]),
    "has a key twice": Harm(lambda: listing(element('"body": "Twice"')), at_once=["9", *HONEST]),
    "sends NaN": passed_over('"context_data": {"a": NaN}', "is not JSON"),
    "sends 2^70": passed_over(f'"context_data": {{"a": {2**70}}}', "holds a number beyond 64 bit"),
    "sends lone surrogates": passed_over(r'"title": "\ud83d"', "is not JSON that can be stored"),
    "sends NUL": passed_over(r'"title": "a\u0000b"', "'title' holds a NUL character"),
    "sends 20 MB": Harm(lambda: body_of(b"[" + b" " * 20_000_000 + b"]"), "an answer of more than 4,194,304 bytes"),
    "has an id of 1 MB": Harm(
        lambda: listing(json.dumps(content("9" * 2**20))),
        ignored=[("OB12", "'id' has more than 1,000 characters")],
        at_once=HONEST,
        room=4 * 2**20,  # it is the next cursor all the same: read with care, reported, stored and sent back
    ),
    "lists a million elements": Harm(
        lambda: body_of(b"[" + b"1," * 999_999 + b"1]"),
        "1,000,000 values in 2,000,001 bytes, which cannot be contents",
    ),
}  # fmt: skip


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.open("sqlite://") as store:
        yield store


def imported(store: Store) -> list[str]:
    return sorted(row["foreign_id"] for row in rows(store, "content"))


async def cycle(of: Source, store: Store) -> CycleReport:
    async with Partner(of, clock=fixed_clock) as partner:
        return await run_cycle(of, store, partner=partner, clock=fixed_clock)


@pytest.mark.thorough
@pytest.mark.parametrize("name", HARMS)
async def test_a_partner_that_means_harm(
    name: str, store: Store, record_property: Callable[[str, object], None]
) -> None:
    harm = HARMS[name]
    evil = harm.does()
    async with raw_partner(Hell("messages.list", evil)) as endpoint:
        shop = source(endpoint.base_uri, deadline=DEADLINE, max_answer_bytes=CAP, keep_bytes=1000)
        gc.collect()
        tracemalloc.start()
        try:
            before, begun = tracemalloc.get_traced_memory()[0], monotonic()
            report = await cycle(shop, store)
            took, peak = monotonic() - begun, tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()
        _check_report(harm, report)
        assert peak < CAP + harm.room, f"{peak:,} bytes"
        assert took < 3 * DEADLINE + 2
        assert imported(store) == sorted(harm.at_once)

        healed = await cycle(shop, store)
        again = await cycle(shop, store)
    assert not healed.failed
    assert again.idle
    assert set(HONEST) <= set(imported(store))
    record_property("figure", f"{peak / 2**20:.1f} MiB at most, {took:.1f} s, then healed: 0 lost, 0 doubled")


def _check_report(harm: Harm, report: CycleReport) -> None:
    said = [error.what for error in report.errors]
    if harm.error:
        [what] = said
        assert what.startswith(f"expected {harm.expected}, got {harm.error}"), what
    else:
        assert said == []
    ignored = [(it.rule, it.reason) for it in report.objects["messages"].ignored_contents]
    assert len(ignored) == len(harm.ignored), ignored
    for (rule, reason), (wanted_rule, wanted) in zip(ignored, harm.ignored, strict=True):
        assert rule == wanted_rule
        assert wanted in reason


# --- exports


@pytest.mark.parametrize(
    ("evil", "why"),
    [
        (lambda: bytes_of(b"HTTP/1.1 2", close=True), "a broken connection: peer unexpectedly closed connection"),
        (lambda: body_of(b"oops", status="500 Oh no", signed=False), "HTTP 500; the partner says: oops"),
        (lambda: body_of(b"{}"), "an answer without an 'id'"),
        (lambda: hell.endless, "an answer of more than 4,194,304 bytes"),
    ],
    ids=["loses the reply", "accepts and then says 500", "says nothing", "never ends"],
)
async def test_a_create_that_was_done_and_badly_answered_is_repeated_as_a_repeat(
    evil: Callable[[], Evil], why: str, store: Store
) -> None:
    partner = Hell("messages.create", evil())
    entry = OutboxEntry(
        id="q1", object="messages", operation="create", queued_at=datetime(2024, 3, 1, tzinfo=UTC), author_id="ann",
        body="Hi",
    )  # fmt: skip
    async with raw_partner(partner) as endpoint:
        shop = source(endpoint.base_uri, deadline=DEADLINE, max_answer_bytes=CAP)
        store.queue(shop, entry)
        first = await cycle(shop, store)
        [retried] = first.exports
        assert retried.outcome == "retried"
        assert why in str(retried.entry.error)
        second = await cycle(shop, store)
    assert [settled.outcome for settled in second.exports] == ["succeeded"]
    assert partner.retries == [False, True]
    assert partner.created == {"q1": "made-1"}
    [kept] = rows(store, "outbox")
    assert (kept["status"], kept["attempts"], kept["foreign_id"]) == ("success", 2, "made-1")
    assert imported(store) == ["1", "2", "3", "made-1"]


async def test_a_large_answer_takes_little_more_than_its_size(store: Store) -> None:
    """What is read is held once; what it says, decoded, is measured here: a page of usual contents, near the cap."""
    page = json.dumps([content(str(n), body="word " * 100) for n in range(6_000, 0, -1)]).encode()
    assert CAP * 0.9 < len(page) < CAP
    async with raw_partner(Hell("messages.list", body_of(page))) as endpoint:
        shop = source(endpoint.base_uri, deadline=10, max_answer_bytes=CAP, keep_bytes=1000)
        gc.collect()
        tracemalloc.start()
        try:
            report = await cycle(shop, store)
            peak: Any = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert report.objects["messages"].new == 6_000
    assert peak < 8 * CAP, f"{peak / CAP:.1f} times the cap"
