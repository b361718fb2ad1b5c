"""``check``: whether RingCX Digital would get on with an endpoint."""

import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from crawler.cli.advice import FAILED, MISUSED, UNREACHABLE
from crawler.cli.ending import INTERRUPTED
from crawler.cli.invocation import Invocation
from crawler.cli.options import one_source
from crawler.cli.trace import received, sent
from crawler.conformance.baseline import Baseline, new_baseline, read_baseline
from crawler.conformance.judgement import Judgement, redacted
from crawler.conformance.reports import FILES
from crawler.conformance.reports.json import as_json, json_report
from crawler.conformance.reports.terminal import Page
from crawler.conformance.rule import Result, Rule
from crawler.conformance.rules import RULES
from crawler.conformance.selection import chosen
from crawler.conformance.suite import SECONDS, Suite
from crawler.errors import ConfigurationError
from crawler.sync.state import Source

CTRL_C = "interrupted by Ctrl-C"
EVERY = 1.0
"""Seconds from one look at the watched files to the next."""
TRIES = 10
"""How often an endpoint is looked for that has been changed and is not there."""


@click.command()
@one_source
@click.option("--select", multiple=True, metavar="NAME", help="Judge these only: a rule, chapter or level. Repeatable.")
@click.option("--skip", multiple=True, metavar="NAME", help="Leave these out. May be repeated.")
@click.option("--write", is_flag=True, help="Let it create, change and delete contents at the partner.")
@click.option("--strict", is_flag=True, help="Let warnings count as failures.")
@click.option("--baseline", metavar="FILE", help="Failures that are accepted, in TOML, with a reason each.")
@click.option("--write-baseline", metavar="FILE", help="Write a baseline of what fails now, to be filled in.")
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FILE",
    help="Write a .json, .xml (JUnit) or .html report. Repeatable.",
)
@click.option(
    "--seconds", type=click.FloatRange(min=0, min_open=True), default=SECONDS, show_default=True,
    help="How long the whole run may take.",
)  # fmt: skip
@click.option(
    "--watch",
    "watched",
    multiple=True,
    metavar="PATH",
    help="Judge again whenever a file below it changes. Repeatable.",
)
@click.pass_context
def check(
    ctx: click.Context,
    run: Invocation,
    source: Source,
    *,
    select: Sequence[str],
    skip: Sequence[str],
    write: bool,
    strict: bool,
    baseline: str | None,
    write_baseline: str | None,
    reports: Sequence[str],
    seconds: float,
    watched: Sequence[str],
) -> None:
    """Judge whether RingCX Digital would get on with an endpoint.

    Rules are judged one by one, with the evidence where the endpoint breaks one; `explain` tells more about each, and
    `replay` sends a request again. With --json the report is one JSON object on stdout. Exit codes: 0 conforms, 1 does
    not, 2 usage or nothing was judged, 3 unreachable, 130 interrupted.
    """
    bench = Bench(
        run=run,
        source=source,
        rules=chosen(RULES, select, skip),
        baseline=_read_baseline(baseline),
        reports=[_report_path(name) for name in reports],
        write=write,
        strict=strict,
        seconds=seconds,
    )
    paths = [Path(path) for path in watched]
    judged = snapshot(paths)
    judgement = bench.judge()
    if write_baseline is not None:
        _write(Path(write_baseline), new_baseline(judgement.results, bench.baseline))
    if paths and judgement.broke_off != CTRL_C:
        for _ in changes(paths, judged, run):
            judgement = bench.judge_when_it_is_back()
            if judgement.broke_off == CTRL_C:
                break
    ctx.exit(exit_code(judgement))


def exit_code(judgement: Judgement) -> int:
    """What a run ends with; a run in which nothing was judged is never a success."""
    if judgement.broke_off == CTRL_C:
        return INTERRUPTED
    if judgement.unreachable:
        return UNREACHABLE
    if not judgement.judged and not judgement.broke_off:
        return MISUSED
    return 0 if judgement.conforms else FAILED


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Where an endpoint is judged, perhaps again and again, always in the same way."""

    run: Invocation
    source: Source
    rules: Sequence[Rule]
    baseline: Baseline
    reports: Sequence[Path]
    write: bool
    strict: bool
    seconds: float

    def judge(self) -> Judgement:
        """One run. Shows it while it goes on, and writes the reports, even if it is interrupted."""
        run, outside = self.run, self.run.outside
        show = not run.as_json
        page = Page(
            width=run.out.width if run.out.is_terminal else None,
            colours=run.out.is_terminal and not outside.environ.get("NO_COLOR"),
            unicode=(sys.stdout.encoding or "").lower().replace("_", "-") in ("utf-8", "utf8"),
        )
        before: list[Result] = []
        traced: set[str] = set()

        def watch(result: Result) -> None:
            shown = redacted(self.baseline.apply(result), self.source.secret)
            if show:
                click.echo(page.judged(shown, before[-1] if before else None), nl=False)
                sys.stdout.flush()
            before.append(shown)
            if run.verbose:
                self._trace(suite, traced)

        suite = Suite(
            self.source,
            transport=outside.transport(self.source),
            clock=outside.clock,
            new_id=outside.new_id,
            write=self.write,
            seconds=self.seconds,
        )

        async def work() -> Judgement:
            async with suite:
                return await suite.run(self.rules, watch)

        if show:
            click.echo(page.head(self.source), nl=False)
        try:
            judgement = run.wait_for(work)
        except KeyboardInterrupt:
            if suite.judgement is None:
                raise
            judgement = suite.judgement.cut_short(self.rules, CTRL_C)
        results = [self.baseline.apply(result) for result in judgement.results]
        judgement = replace(judgement, results=results, strict=self.strict)
        if show:
            click.echo(page.tail(judgement), nl=False)
        else:
            run.out.json(as_json(judgement))
        self._keep(judgement)
        return judgement

    def _trace(self, suite: Suite, traced: set[str]) -> None:
        """Show the exchanges that have come up since the last rule was judged."""
        for seen in suite.seen.values():
            for it in seen.sent:
                if it.id not in traced:
                    traced.add(it.id)
                    answer = it.exchange
                    line = received(
                        status=it.status,
                        verdict=answer.verdict,
                        size=answer.answer_size,
                        seconds=answer.seconds,
                        error=answer.error,
                    )
                    click.echo(f"{it.id} ({it.label}) {sent(it.action, answer.params)}", err=True)
                    click.echo(f"{it.id} {line}", err=True)

    def judge_when_it_is_back(self) -> Judgement:
        """One run; tried again a few times while nobody is there, for an endpoint may be about to start again."""
        for _ in range(TRIES):
            judgement = self.judge()
            if not judgement.unreachable or judgement.broke_off == CTRL_C:
                break
            self.run.outside.sleep(EVERY)
        return judgement

    def _keep(self, judgement: Judgement) -> None:
        for path in self.reports:
            _write(path, FILES[path.suffix](judgement))
        last = last_report(self.run)
        if last is None:
            return
        try:
            last.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write(last, json_report(judgement), mode=0o600)
        except (OSError, ConfigurationError) as error:
            self.run.out.warn(f"what was sent is not kept for `replay`: {error}")


def last_report(run: Invocation) -> Path | None:
    """Where the report of the last run is kept for `replay`: in the user's cache, `None` for a user without a home."""
    environ = run.outside.environ
    cache = environ.get("XDG_CACHE_HOME") or (f"{environ['HOME']}/.cache" if environ.get("HOME") else "")
    return Path(cache) / "ringcx-crawler" / "last-check.json" if cache else None


Snapshot = Mapping[str, tuple[int, int]]
"""Path → time of the last change, in nanoseconds, and size."""


def changes(paths: Sequence[Path], judged: Snapshot, run: Invocation) -> Iterator[None]:
    """Yields whenever files below `paths` differ from those `judged`, and rest for `EVERY` seconds; ends by Ctrl-C."""
    names = ", ".join(map(str, paths))
    settled = judged
    try:
        while True:
            run.out.note(f"waiting for a change below {names}, until Ctrl-C")
            while (settled := snapshot(paths)) == judged:
                run.outside.sleep(EVERY)
            run.outside.sleep(EVERY)
            while (now := snapshot(paths)) != settled:
                settled = now
                run.outside.sleep(EVERY)
            judged = settled
            yield
    except KeyboardInterrupt:
        click.echo(err=True)


def snapshot(paths: Iterable[Path]) -> Snapshot:
    """All files at and below `paths` that are not hidden or compiled."""
    found: dict[str, tuple[int, int]] = {}
    for path in paths:
        walked = [(str(path.parent), [], [path.name])] if path.is_file() else os.walk(path)
        for directory, below, names in walked:
            below[:] = [name for name in below if not name.startswith((".", "__pycache__"))]
            for name in names:
                try:
                    status = Path(directory, name).stat()
                except OSError:
                    continue  # gone in the meantime
                if stat.S_ISREG(status.st_mode):
                    found[str(Path(directory, name))] = (status.st_mtime_ns, status.st_size)
    return found


def _report_path(name: str) -> Path:
    """A report's file. Raises `ConfigurationError` for an ending that means no report, or a missing directory."""
    path = Path(name)
    if path.suffix not in FILES:
        raise ConfigurationError(f"--report {name}: no report has that ending", hint=f"it may be {', '.join(FILES)}")
    if not path.parent.is_dir():
        raise ConfigurationError(f"--report {name}: there is no directory {path.parent}")
    return path


def _read_baseline(name: str | None) -> Baseline:
    if name is None:
        return Baseline()
    try:
        return read_baseline(Path(name).read_text("utf-8"), name, RULES)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"the baseline {name} cannot be read: {reason}") from None


def _write(path: Path, text: str, *, mode: int = 0o666) -> None:
    """Write a file; `mode` is that of a new one. Raises `ConfigurationError`."""
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w", encoding="utf-8") as file:  # noqa: PTH123
            file.write(text)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from None
