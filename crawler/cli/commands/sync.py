"""``sync``: cycles now, of one source or of several at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import anyio
import click

from crawler.cli.errors import FAILED, UNREACHABLE, advise, print_advice
from crawler.cli.invocation import Invocation
from crawler.cli.options import many_sources
from crawler.cli.progress import Progress
from crawler.cli.report import print_report
from crawler.cycle import cycles_until_idle, run_cycle
from crawler.errors import CrawlerError, EndpointUnreachable
from crawler.journal import Watch
from crawler.store import Store
from crawler.sync.report import CycleReport
from crawler.sync.source import Source


@dataclass(slots=True, kw_only=True)
class Synced:
    """What became of one source: the reports of its cycles, and the error that kept it from going on, if any."""

    source: Source
    reports: list[CycleReport] = field(default_factory=list)
    error: CrawlerError | None = None

    @property
    def errors(self) -> list[CrawlerError]:
        """All that failed, in order."""
        failed: list[CrawlerError] = [error for report in self.reports for error in report.errors]
        return [*failed, self.error] if self.error is not None else failed

    @property
    def exit_code(self) -> int:
        """0 if all is well in the end: what an earlier cycle failed at and a later one achieved does not count."""
        if self.error is not None:
            return advise(self.error).exit_code
        last = self.reports[-1]
        if any(isinstance(error, EndpointUnreachable) for error in last.errors):
            return UNREACHABLE
        given_up = any(report.outcomes()["given up"] for report in self.reports)
        return FAILED if last.failed or given_up else 0

    def as_json(self, *, until_idle: bool) -> dict[str, object]:
        """One report, or those of all cycles."""
        error = {"kind": type(self.error).__name__, "message": str(self.error)} if self.error else None
        if until_idle or not self.reports:
            cycles = [report.as_json() for report in self.reports]
            return {"source": self.source.name, "cycles": cycles, "failed": bool(self.exit_code), "error": error}
        return self.reports[0].as_json()


@click.command()
@many_sources
@click.option("--all", "every", is_flag=True, help="All configured sources; goes without saying if none is named.")
@click.option("--until-idle", is_flag=True, help="Further cycles at once, until nothing is left to pull or send.")
@click.pass_context
def sync(ctx: click.Context, run: Invocation, sources: Sequence[str], *, every: bool, until_idle: bool) -> None:
    """Run a synchronization cycle: import what is new, export what is queued.

    Several SOURCEs run at the same time. With --json: the cycle's report as one object; with --until-idle an object
    with `cycles`; of several sources an object with `sources`.
    """
    found = run.sources(sources, every=every)
    with run.open_store() as store, Progress.on_terminal(quiet=run.verbose) as progress:

        async def all_of_them() -> list[Synced]:
            results = [Synced(source=source) for source in found]
            async with anyio.create_task_group() as tasks:
                for result in results:
                    watch = progress.watch(result.source.name)
                    tasks.start_soon(_sync, run, store, result, watch, until_idle)
            return results

        results = run.wait_for(all_of_them)
    _show(run, results, until_idle=until_idle)
    ctx.exit(max(result.exit_code for result in results))


async def _sync(run: Invocation, store: Store, result: Synced, watch: Watch, until_idle: bool) -> None:
    """Run the cycles of one source; what fails there is kept from its neighbours (CY4)."""
    source, clock = result.source, run.outside.clock
    try:
        async with run.partner(source) as partner:
            if not until_idle:
                result.reports.append(await run_cycle(source, store, partner=partner, clock=clock, watch=watch))
                return
            async for report in cycles_until_idle(source, store, partner=partner, clock=clock, watch=watch):
                result.reports.append(report)
    except CrawlerError as error:
        result.error = error


def _show(run: Invocation, results: Sequence[Synced], *, until_idle: bool) -> None:
    if run.as_json:
        shown = [result.as_json(until_idle=until_idle) for result in results]
        run.out.json(shown[0] if len(shown) == 1 else {"sources": shown})
    else:
        for result in results:
            for report in result.reports:
                print_report(run.out, report.as_json())
    seen: set[str] = set()
    for error in (error for result in results for error in result.errors):
        if str(error) not in seen:
            print_advice(advise(error))
        seen.add(str(error))
