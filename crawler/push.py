"""Sending at once what agents have queued, instead of by the next cycle (LS8): by its steps, without lists."""

from functools import partial

from crawler.clock import Clock, utc_now
from crawler.cycle import Steps, under_lease
from crawler.journal import Watch, unwatched
from crawler.partner import Partner
from crawler.protocol.implementation import read_implementation
from crawler.store import Store
from crawler.sync.report import CycleReport
from crawler.sync.source import Source


async def run_push(
    source: Source,
    store: Store,
    *,
    partner: Partner | None = None,
    clock: Clock = utc_now,
    watch: Watch = unwatched,
) -> CycleReport:
    """Send every queued entry of `source` that was never attempted, and report on it as a cycle of the kind ``push``.

    For whoever queues at a source whose setting is ``push = "at once"``. What the partner last declared counts; it is
    asked first where that is not known (CY5). The next cycle is due when it was, and is the retry of what fails here.

    Raises `SourceBusy` where another process crawls the source, which then sends it with its cycle or the next one, and
    `StoreError`.
    """
    work = partial(_push, source, store)
    return await under_lease(work, source, store, kind="push", partner=partner, clock=clock, watch=watch)


async def _push(source: Source, store: Store, steps: Steps) -> None:
    stored = await store.run(store.stored_info, source)
    info = read_implementation(source.name, stored) if stored is not None else await steps.ask_info()
    await steps.push_all(info, untried=True)
