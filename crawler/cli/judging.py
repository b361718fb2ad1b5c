"""One run of the judge at the command line: shown while it goes on, and kept in reports whatever becomes of it."""

import asyncio
import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import anyio

from crawler.cli.errors import advise, print_advice
from crawler.cli.invocation import Invocation
from crawler.cli.output import echo, terminal
from crawler.cli.recorded import last_report
from crawler.cli.trace import received, sent
from crawler.conformance.baseline import Baseline
from crawler.conformance.chapters.declaration.probes.declaration import DECLARATION
from crawler.conformance.evidence import Seen
from crawler.conformance.judgement import Judgement
from crawler.conformance.planning import announced, planned
from crawler.conformance.probe import Probe
from crawler.conformance.reports import FILES
from crawler.conformance.reports.json import as_json, json_report
from crawler.conformance.reports.terminal import Page
from crawler.conformance.rule import Result, Rule
from crawler.conformance.suite import REQUESTS, Suite
from crawler.conformance.witness import RESTART_WAIT
from crawler.errors import ConfigurationError, EndpointUnreachable
from crawler.sync.source import Source

CTRL_C = "interrupted by Ctrl-C"
TERMINATED = "ended by SIGTERM"
ENDINGS = {signal.SIGINT: CTRL_C, signal.SIGTERM: TERMINATED}
"""The signals that end a run, with what is said of it."""
NO_READER = "nobody reads its output any more"


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Where an endpoint is judged, perhaps again and again, always in the same way.

    What keeps one of the `rules` from being judged is told as well, unless it is `unwanted`.
    """

    run: Invocation
    source: Source
    rules: Sequence[Rule]
    unwanted: Sequence[Rule] = ()
    baseline: Baseline
    reports: Sequence[Path]
    write: bool
    strict: bool
    seconds: float
    requests_at_most: int = REQUESTS
    restart_wait: float = RESTART_WAIT

    @property
    def page(self) -> Page:
        """How the report is written at this terminal, or into this pipe."""
        out = self.run.out
        return Page(
            width=out.width if out.is_terminal else None,
            colours=out.is_terminal and not self.run.outside.environ.get("NO_COLOR"),
            unicode=(sys.stdout.encoding or "").lower().replace("_", "-") in ("utf-8", "utf8"),
        )

    def judge(self) -> Judgement:
        """One run. Shows it while it goes on, and writes the reports, even if it is interrupted or nobody reads it.

        Raises `ConfigurationError` for a report that cannot be written.
        """
        suite = self._suite()
        shown = Shown(self, suite)

        async def work() -> Judgement:
            with anyio.CancelScope() as scope, cancelled_by_signals(scope, self._tell_that_it_tidies) as came:
                async with suite:
                    return await suite.run(self.rules, shown.trace, self.unwanted)
            return self._cut_short(suite, ENDINGS[came[0]])

        unwritten: OSError | None = None
        try:
            judgement = self.run.wait_for(work)
        except KeyboardInterrupt:
            judgement = self._cut_short(suite, CTRL_C)
        except OSError as error:  # what goes wrong at the endpoint never comes as one
            reason = NO_READER if error.errno == errno.EPIPE else f"its output cannot be written: {error.strerror}"
            judgement, unwritten = self._cut_short(suite, reason), error
        results = [self.baseline.apply(result) for result in judgement.results]
        judgement = replace(judgement, results=results, strict=self.strict)
        try:
            if unwritten is not None:
                raise unwritten
            shown.end(judgement)
        finally:
            self._keep(judgement)
        return judgement

    def _tell_that_it_tidies(self) -> None:
        if self.write:
            self.run.out.note("taking away what was created; Ctrl-C once more leaves it there")

    @staticmethod
    def was_ended(judgement: Judgement) -> bool:
        """Whether somebody wanted the run to end, so that there must be no other."""
        return judgement.broke_off in ENDINGS.values()

    def is_there(self) -> bool:
        """Whether anybody answers, whatever it is. Shows nothing."""
        suite = self._suite()

        async def ask() -> Seen:
            async with suite:
                return await suite.look(DECLARATION.name)

        return not all(isinstance(sent.error, EndpointUnreachable) for sent in self.run.wait_for(ask).sent)

    def announcement(self) -> str:
        """What a run creates at the partner, and what becomes of it; empty where nothing, or nobody can tell."""
        suite = self._suite()

        async def ask() -> Seen:
            async with suite:
                return await suite.look(DECLARATION.name)

        info = self.run.wait_for(ask).info
        plan = planned(self.rules, info) if info is not None else {}
        return announced(plan, info) if info is not None and plan else ""

    def _suite(self) -> Suite:
        return Suite(
            self.source,
            transport=self.run.outside.transport(self.source),
            clock=self.run.outside.clock,
            new_id=self.run.outside.new_id,
            write=self.write,
            seconds=self.seconds,
            requests_at_most=self.requests_at_most,
            restart_wait=self.restart_wait,
            during=self._during,
        )

    def _during(self, probe: Probe) -> AbstractContextManager[object]:
        """What is seen of a conversation while it is held: a line on stderr, on a terminal only, gone at its end."""
        if self.run.verbose or not sys.stderr.isatty():
            return nullcontext()
        return terminal(stderr=True).status(f"{probe.name}: {probe.about}")

    def _cut_short(self, suite: Suite, reason: str) -> Judgement:
        now = self.run.outside.clock()
        begun = suite.judgement or Judgement(source=self.source, started=now, ended=now)
        return replace(begun, ended=now).cut_short(self.rules, reason)

    def _keep(self, judgement: Judgement) -> None:
        for path in self.reports:
            write_file(path, FILES[path.suffix.lower()](judgement))
        last = last_report(self.run)
        if last is None:
            return
        try:
            last.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_file(last, json_report(judgement), mode=0o600)
        except (OSError, ConfigurationError) as error:
            self.run.out.warn(f"what was sent is not kept for `replay`: {error}")


def silent() -> None:
    """Tell nothing."""


@contextmanager
def cancelled_by_signals(scope: anyio.CancelScope, tell: Callable[[], None] = silent) -> Iterator[list[signal.Signals]]:
    """Ctrl-C and SIGTERM cancel `scope`, and `tell`; another one interrupts it. Yields a list of those that have come.

    The event loop's own way would not wait for a thread that is at the store, and would close the store under it.
    """
    loop = asyncio.get_running_loop()
    came: list[signal.Signals] = []

    def cancel(number: int, _frame: object) -> None:
        came.append(signal.Signals(number))
        if len(came) > 1:
            raise KeyboardInterrupt
        loop.call_soon_threadsafe(scope.cancel)
        loop.call_soon_threadsafe(tell)

    before = {number: signal.signal(number, cancel) for number in ENDINGS}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Shown:
    """What a person sees of a run: with ``-v`` each exchange while it goes on, and at its end what came of it."""

    def __init__(self, bench: Bench, suite: Suite) -> None:
        self._bench = bench
        self._suite = suite
        self._traced: set[str] = set()

    def end(self, judgement: Judgement) -> None:
        """The verdict first, and what was found; with ``-v`` every rule as well, and the evidence."""
        run, page = self._bench.run, self._bench.page
        if run.as_json:
            run.out.json(as_json(judgement))
        else:
            text = page.screen(judgement)
            if run.verbose and not judgement.unreachable:  # no rule says more about an endpoint that is not there
                text += page.details(judgement)
            echo(text, nl=False)
        sys.stdout.flush()
        if judgement.unreachable:
            print_advice(advise(judgement.unreached[0]))

    def trace(self, _result: Result) -> None:
        """The exchanges that have come up since the last rule was judged."""
        if not self._bench.run.verbose:
            return
        for seen in self._suite.seen.values():
            for it in seen.sent:
                if it.id not in self._traced:
                    self._traced.add(it.id)
                    answer = it.exchange
                    line = received(
                        status=it.status,
                        verdict=answer.verdict,
                        size=answer.answer_size,
                        seconds=answer.seconds,
                        error=answer.error,
                    )
                    echo(f"{it.id} ({it.label}) {sent(it.action, answer.params)}", err=True)
                    echo(f"{it.id} {line}", err=True)


def write_file(path: Path, text: str, *, mode: int = 0o666) -> None:
    """Write a file; `mode` is that of a new one. Raises `ConfigurationError`."""
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:  # noqa: PTH123 - with a mode
            file.write(text)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None
