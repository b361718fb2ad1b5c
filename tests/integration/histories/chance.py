"""All that may happen in a history, as Hypothesis draws it."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

from hypothesis import strategies as st

from crawler.reference import (
    DEFAULT,
    DESTROYING,
    FAULTS,
    TITLES_ONLY,
    UNTHREADED,
    Capabilities,
    Fails,
    Fault,
    Listing,
    LosesReply,
    Rejects,
    Says,
)
from crawler.reference.faults.fault import HEALTHY
from crawler.reference.script import Planned
from tests.integration.histories.process import Death, Trouble

NATURES: dict[str, Fault] = {
    name: FAULTS.get(name, HEALTHY) for name in ("", "ignores-since-id", "ascending-order", "duplicates-in-page")
}
"""What a partner may be like, by the name of its fault, and still have all that it holds listed."""

OPERATIONS = ("delete", "publish", "unpublish", "mark_as_solved", "escalate")


@dataclass(frozen=True)
class OtherId:
    """The partner answers a create with the id of another content (PU4)."""

    which: int


Mishap = Planned | Trouble | OtherId
Does = Literal[
    "starts a thread",
    "writes messages",
    "writes privately",
    "writes under a deleted id",
    "edits",
    "removes",
    "removes a cursor",
    "is renamed",
]
Task = Literal["write", "reply", "act", "cancel", "retry"]
Moment = Literal["export", "list", "info", "show"]


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What one of the partner's people does; `which` and `plain` choose among the ways to do it."""

    does: Does
    which: int
    plain: bool
    times: int


@dataclass(frozen=True, kw_only=True)
class Job:
    """What an agent wants done, and what goes wrong when it is sent, so many times. `boldly`: allowed or not."""

    task: Task
    which: int
    operation: str
    boldly: bool
    mishap: Mishap | None
    times: int


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """What goes wrong with requests of one kind, so many times; `which` chooses among those of the kind."""

    moment: Moment
    which: int
    mishap: Mishap
    times: int


@dataclass(frozen=True, kw_only=True)
class Day:
    """What happens, in this order; of `cycles` some end with a death."""

    deeds: list[Deed]
    jobs: list[Job]
    wrongs: list[Wrong]
    cycles: list[Death | None]


@dataclass(frozen=True)
class Declares:
    """The partner declares something else from now on: a base, without some actions and options."""

    base: str
    lost: frozenset[str] = frozenset()
    options: frozenset[str] = frozenset()

    @property
    def capabilities(self) -> Capabilities:
        base = BASES[self.base]
        for action in sorted(self.lost):
            base = base.without(action)
        return replace(base, options=tuple(it for it in base.options if it not in self.options))


BASES = {"all": DEFAULT, "destroy": DESTROYING, "unthreaded": UNTHREADED, "titles only": TITLES_ONLY}

pick = st.integers(0, 30)
"""Which of those that there are: the number is taken modulo."""

repeats = st.integers(1, 4)

declarations = st.just(Declares("all")) | st.builds(
    Declares,
    st.sampled_from(["all", *BASES]),
    st.frozensets(st.sampled_from([f"{name}.{it}" for name, its in DEFAULT.objects.items() for it in its]), max_size=4),
    st.frozensets(st.sampled_from(DEFAULT.options), max_size=2),
)

listings = st.builds(
    Listing,
    page_size=st.sampled_from([None, 1, 2, 3]),
    unknown_since_id=st.sampled_from(["nothing", "everything", "all but the oldest"]),
    forgets_removed=st.booleans(),
    repeats_since_id=st.booleans(),
)

failures: st.SearchStrategy[Planned] = st.sampled_from(
    [
        LosesReply(done=True),
        LosesReply(done=False),
        Fails(500),
        Fails(404, "<h1>Whoops</h1>"),
        Rejects("not now"),
        Rejects("the thread is closed", fatal=True),
        Says({}),
        Says([]),
        Says("nonsense"),
        Says([{"id": "ghost"}, 17]),
    ]
)

mishaps: st.SearchStrategy[Mishap] = failures | st.sampled_from(get_args(Trouble)) | st.builds(OtherId, pick)
wrongs = st.builds(
    Wrong,
    moment=st.sampled_from(["list", "list", "info", "show", "export"]),
    which=pick,
    mishap=mishaps,
    times=repeats,
)

deaths = st.builds(
    Death,
    method=st.sampled_from(
        ["save_page"] * 4
        + ["begin_attempt", "settle"] * 3
        + ["find_content", "save_lookup"] * 2
        + ["begin_cycle", "look_up", "threads_to_look_up", "load_outbox", "end_cycle"]
    ),
    count=st.sampled_from([1, 1, 2, 3]),
    committed=st.booleans(),
)

deeds = st.builds(Deed, does=st.sampled_from(get_args(Does)), which=pick, plain=st.booleans(), times=repeats)

jobs = st.builds(
    Job,
    task=st.sampled_from(["write", "write", "reply", "reply", "act", "act", "act", "cancel", "retry"]),
    which=pick,
    operation=st.sampled_from(OPERATIONS),
    boldly=st.booleans(),
    mishap=st.none() | mishaps,
    times=repeats,
)

deletions = st.builds(
    Job,
    task=st.just("act"),
    which=pick,
    operation=st.just("delete"),
    boldly=st.just(False),
    mishap=st.none(),
    times=st.just(1),
)
again = st.builds(Deed, does=st.just("writes under a deleted id"), which=pick, plain=st.booleans(), times=st.just(1))

days = st.builds(
    Day,
    deeds=st.lists(deeds, max_size=3),
    jobs=st.lists(jobs, min_size=1, max_size=4),
    wrongs=st.lists(wrongs, max_size=2),
    cycles=st.lists(st.none() | deaths, min_size=1, max_size=2),
)
