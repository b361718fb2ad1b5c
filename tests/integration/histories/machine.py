"""Random histories of one source: what its people, agents, capabilities, network and our process do, in any order."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from crawler.reference import DEFAULT, Listing, Says
from crawler.reference.script import Script
from tests.integration.histories.agents import Agents
from tests.integration.histories.chance import (
    NATURES,
    Day,
    Declares,
    Deed,
    Job,
    Moment,
    OtherId,
    Wrong,
    again,
    days,
    declarations,
    deeds,
    deletions,
    listings,
)
from tests.integration.histories.people import People, one_of
from tests.integration.histories.process import MortalStore
from tests.integration.histories.shown import POLLED, InForce
from tests.integration.histories.world import World

HOUR = 3_600


class Histories(RuleBasedStateMachine):
    """One source, from its first cycle until all has come to rest. After each cycle the model must agree."""

    store_class: type[MortalStore] = MortalStore
    ended = cycles = requests = exports = 0
    """How many histories came to their end, with how many cycles, requests, and exports among them."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.store_class)
        self.model = self.world.model
        self.people = People(self.world.forum)
        self.agents = Agents(self.world)
        self.sound = True

    @initialize(
        nature=st.sampled_from(sorted(NATURES)),
        listing=listings,
        cursor_check=st.sampled_from([0, HOUR]),
        first=st.lists(deeds, max_size=6),
    )
    def begins(self, nature: str, listing: Listing, cursor_check: int, first: list[Deed]) -> None:
        self.world.source = replace(self.world.source, cursor_check=cursor_check)
        self.world.restart()
        self.world.app.fault = NATURES[nature]
        self.lists_otherwise(listing)
        self.ordinary_day(Day(deeds=first, jobs=[], wrongs=[], cycles=[None]))

    @rule(day=days)
    def ordinary_day(self, day: Day) -> None:
        """People write, agents work, and cycles run; in some the partner errs, the line breaks or our process dies."""
        self.sound = False
        for deed in day.deeds:
            self.people.do(deed, self.model)
        for job in day.jobs:
            intent = self.agents.do(job)
            if intent is not None and job.mishap is not None:
                which = list(self.model.intents).index(intent.id)
                self.will_go_wrong(Wrong(moment="export", which=which, mishap=job.mishap, times=job.times))
        for wrong in day.wrongs:
            self.will_go_wrong(wrong)
        for death in day.cycles:
            self.world.cycle(death)
        self.sound = True

    @rule(to=declarations | listings, day=days)
    def day_of_change(self, to: Declares | Listing, day: Day) -> None:
        """The partner becomes another one."""
        if isinstance(to, Declares):
            self.world.app.capabilities = to.capabilities
        else:
            self.lists_otherwise(to)
        self.ordinary_day(day)

    @rule(deletion=deletions, deed=again, day=days)
    def day_after_a_deletion(self, deletion: Job, deed: Deed, day: Day) -> None:
        """An agent has something deleted, whose id is given again (OB13)."""
        self.ordinary_day(Day(deeds=[], jobs=[deletion], wrongs=[], cycles=[None]))
        self.ordinary_day(replace(day, deeds=[deed, *day.deeds]))

    @rule(seconds=st.integers(0, 4000), day=days)
    def day_after_a_restart(self, seconds: int, day: Day) -> None:
        """We were away for a while."""
        self.world.now += timedelta(seconds=seconds)
        self.world.restart()
        self.ordinary_day(day)

    def lists_otherwise(self, listing: Listing) -> None:
        if self.world.app.fault.name == "ascending-order":  # each page would begin with the cursor
            listing = replace(listing, repeats_since_id=False)
        self.world.app.listing = listing

    def will_go_wrong(self, wrong: Wrong) -> None:
        action, mishap = self.action(wrong.moment, wrong.which), wrong.mishap
        if isinstance(mishap, str):
            self.world.line.troubles[action] = mishap
        elif not isinstance(mishap, OtherId):
            self.world.app.plan(action, mishap, times=wrong.times)
        elif self.model.held and action.endswith(".create"):
            self.world.app.plan(action, Says({"id": one_of(list(self.model.held), mishap.which)[1]}))

    def action(self, moment: Moment, which: int) -> str:
        intents = list(self.model.intents.values())
        match moment:
            case "export" if intents:
                intent = one_of(intents, which)
                declared = InForce.read(self.world.app.capabilities.info()) or InForce()
                return f"{intent.name}.{declared.wire_name(intent.name, intent.operation)}"
            case "info":
                return "implementation.info"
            case "show":
                return "threads.show"
        return f"{one_of(POLLED, which)}.list"

    def teardown(self) -> None:
        try:
            if self.sound:  # else what failed is known
                self.come_to_rest()
        finally:
            self.world.close()
        kind = type(self)
        kind.ended, kind.cycles = kind.ended + 1, kind.cycles + self.world.cycles
        kind.requests, kind.exports = kind.requests + self.world.requests, kind.exports + self.world.exports

    def come_to_rest(self) -> None:
        """Nothing goes wrong any more, and the partner can do all again; it lists as it is its nature."""
        self.world.app._script = Script()
        self.world.line.troubles.clear()
        assert self.world.all_well()
        self.world.app.capabilities = DEFAULT
        for _ in range(20):
            self.world.now += timedelta(seconds=HOUR)  # for cursors to be checked (LS11)
            before = self.world.rows()
            report = self.world.cycle()
            assert report is not None
            if report.idle and not self.model.exported:
                break
        else:
            raise AssertionError("LS5, PU6: it does not come to rest")
        assert self.world.rows() == before, "LS4: a cycle without news changed contents"
        self.check_contents()
        self.people.check_doings(self.model)
        self.world.check_creates()

    def check_contents(self) -> None:
        """Each content that the partner has we have, and as it is now."""
        for content in self.people.standing():
            name = content.object_name
            truth = self.people.truth(content, self.model)
            if name == "messages" and not content.thread_id:
                continue  # written while there were no threads: it is shown without what it must have now (OB1)
            if (name, content.id) in self.model.taken_over:
                continue
            held = self.model.held.get((name, content.id))
            assert held is not None, f"LS3, LS6, LS10: {name} {content.id} was never listed"
            assert not held.deleted or content.id in self.model.denied, f"LS4: {content.id} is deleted here only"
            if name == "threads" and held.under.titles_only:
                truth = {field: value for field, value in truth.items() if field == "title"}
            if held.under.unthreaded:
                truth.pop("thread_id", None)
            for field, value in truth.items():
                assert held.row[field] == value, f"LS3, LS6: {field} of {content.id} is {held.row[field]}, not {value}"
