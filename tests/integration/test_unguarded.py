"""A partner that dies of a request without `params` lives through all that we send (TR7)."""

from pathlib import Path

import httpx

from crawler.reference import MESSAGING, ReferencePartner
from crawler.store import Store
from crawler.sync.source import Source
from tests.conformance.courtroom import breached, judged, partner
from tests.integration.daemon.virtual import SECRET, START, Time, World
from tests.partners.unguarded import Unguarded
from tests.unit.cli.terminal import URL, Terminal


def unguarded(partner: ReferencePartner) -> Unguarded:
    return Unguarded(httpx.ASGITransport(partner))


def test_it_is_crawled_and_written_to(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path)
    terminal.partner()
    endpoint = terminal.endpoints["shop.example"] = Unguarded(terminal.endpoints["shop.example"])
    for words in (
        ["info", URL],
        ["plan", URL],
        ["sync", URL],
        ["reply", URL, "11", "Thanks"],
        ["act", URL, "mark_as_solved", "1"],
        ["delete", URL, "5"],
        ["sync", URL],
        ["send", URL, "messages.list"],
    ):
        assert terminal.run(*words).exit_code == 0, words
    assert endpoint.dead == ""


async def test_it_is_judged_to_the_end() -> None:
    for capabilities in (partner().capabilities, MESSAGING):
        endpoint = unguarded(partner(capabilities=capabilities))
        judgement = await judged(endpoint)
        assert (endpoint.dead, breached(judgement)) == ("", set())


async def test_it_lives_through_an_hour_of_the_daemon() -> None:
    class UnguardedWorld(World):
        def transport(self, source: Source) -> httpx.AsyncBaseTransport:
            return ways.setdefault(source.name, Unguarded(super().transport(source)))

    ways: dict[str, Unguarded] = {}
    time = Time()
    source = Source(name="shop", base_uri="http://partner.example/", secret=SECRET, keep_cycles=2)
    with Store.open("sqlite://", clock=time) as store:
        world = UnguardedWorld(store, time, [source])
        await world.live(START + 3_600)
    assert len(world.endpoints["shop"].starts) == 60
    assert ways["shop"].dead == ""
