"""The partners under attack, in a process of their own: ``python -m tests.attack.partner SEED SOURCES``.

One server with a reference partner at each path, which takes any of `SECRETS`, each answer signed with the one that it
was asked with. Whenever it is asked what it can do, its people may have written something. It writes its URL, and then
reads commands, a line of JSON each, and answers each with a line of JSON: see `COMMANDS`.
"""

import asyncio
import json
import random
import sys
from collections.abc import Callable, MutableMapping
from pathlib import Path
from time import monotonic
from typing import Any

from crawler.cli.serving import served
from crawler.clock import utc_now
from crawler.protocol.signature import HEADER, Secret
from crawler.reference import Listing, LosesReply, ReferencePartner, seeded
from crawler.reference.wire import Request, Response
from tests.crash.comparing import check, end_state

SECRETS = [f"open sesame {number}" for number in range(20)]
LATENCY = 0.02
INFO = "implementation.info"


class Attacked(ReferencePartner):
    """One source's partner. `begun` are the moments at which it was asked what it can do; `mixed` counts its cycles
    that were signed with several secrets (CY5).
    """

    def __init__(self, name: str, seed: str) -> None:
        super().__init__(SECRETS[0], seeded(utc_now), listing=Listing(page_size=5))
        self.forum.fill(messages=30, private_messages=5)
        self.name = name
        self.begun: list[float] = []
        self.mixed = 0
        self.resting = False
        self._chance = random.Random(f"{seed} {name}")
        self._secrets = [Secret(text) for text in SECRETS]
        self._used: set[int] = set()

    def respond(self, request: Request) -> Response:
        signature = request.headers.get(HEADER.lower(), "")
        self.secret = next((it for it in self._secrets if it.verifies(request.body, signature)), self.secret)
        call = json.loads(request.body)
        if call["action"] == INFO:
            self.begun.append(monotonic())
            self._used = set()
            self._people_write()
        elif call["action"].endswith(".create") and not call["params"]["retry"] and self._chance.random() < 0.05:
            self.plan(call["action"], LosesReply())
        if len(self._used) == 1:
            self.mixed += self._secrets.index(self.secret) not in self._used
        self._used.add(self._secrets.index(self.secret))
        return super().respond(request)

    def _people_write(self) -> None:
        if self.resting:
            return
        if self._chance.random() < 0.4:
            self.forum.add_message("jun", "3", f"Question {len(self.begun)}", format="text")
        if self._chance.random() < 0.1:
            self.forum.edit("6", body=f"<p>Edition {len(self.begun)}</p>")
        if self._chance.random() < 0.1:
            self.forum.add_private_message("jun", "agent", f"Psst {len(self.begun)}", format="text")


class Town:
    """All of them, at one address."""

    def __init__(self, seed: str, names: list[str]) -> None:
        self.partners = {name: Attacked(name, seed) for name in names}

    async def __call__(self, scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        await asyncio.sleep(LATENCY)
        await self.partners[scope["path"].strip("/")](scope, receive, send)

    def rest(self) -> None:
        """Nobody writes any more."""
        for partner in self.partners.values():
            partner.resting = True

    def begun(self) -> dict[str, list[float]]:
        """When each source's cycles began."""
        return {name: partner.begun for name, partner in self.partners.items()}

    def mixed(self) -> int:
        """How many cycles were signed with several secrets."""
        return sum(partner.mixed for partner in self.partners.values())

    def compare(self, database: str, accepted: str) -> dict[str, Any]:
        """What is wrong in the end between forums, database, outbox and the file of what was `accepted` into that."""
        promised: dict[str, set[str]] = {name: set() for name in self.partners}
        for line in Path(accepted).read_text().splitlines():
            source, _, entry = line.partition(" ")
            promised[source].add(entry)
        told: dict[str, Any] = {"wrong": [], "contents": 0, "exports": 0, "given_up": 0, "requests": 0}
        for name, partner in self.partners.items():
            told["requests"] += len(partner.forum.ledger)
            try:
                got = end_state(database, partner.forum, name)
                told["contents"] += len(got.tables["content"])
                told["exports"] += len(got.tables["outbox"])
                told["given_up"] += check(got, partner.forum)
                lost = promised[name] - got.tables["outbox"].keys()
                assert not lost, f"lost: accepted, and not in the outbox: {sorted(lost)}"
            except AssertionError as error:
                told["wrong"].append(f"{name}: {error}")
        return told


COMMANDS: dict[str, Callable[..., Any]] = {
    "rest": Town.rest,
    "begun": Town.begun,
    "mixed": Town.mixed,
    "compare": Town.compare,
}


if __name__ == "__main__":
    seed, *names = sys.argv[1:]
    town = Town(seed, names)
    with served(town) as url:  # type: ignore[arg-type]  # any application
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()
        for line in sys.stdin:
            command, *words = json.loads(line)
            sys.stdout.write(json.dumps(COMMANDS[command](town, *words)) + "\n")
            sys.stdout.flush()
