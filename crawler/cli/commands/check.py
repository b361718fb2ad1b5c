"""``check``: whether RingCX Digital would work with an endpoint."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from crawler.cli.errors import FAILED, INTERRUPTED, UNREACHABLE
from crawler.cli.invocation import Invocation
from crawler.cli.judging import CTRL_C, TERMINATED, Bench, write_file
from crawler.cli.options import Seconds, one_source
from crawler.cli.rejudging import changes, rejudge
from crawler.conformance.baseline import Baseline, new_baseline, read_baseline
from crawler.conformance.judgement import Judgement, Verdict
from crawler.conformance.reports import FILES
from crawler.conformance.rules import RULES, chosen
from crawler.conformance.suite import REQUESTS, SECONDS
from crawler.conformance.witness import RESTART_WAIT
from crawler.errors import ConfigurationError
from crawler.sync.source import Source

ENDED = 143  # as a shell reports a process that SIGTERM ended
UNJUDGED = UNREACHABLE
"""What a run ends with that says nothing about the partner, for whatever reason."""


@click.command()
@one_source
@click.option("--select", multiple=True, metavar="NAME", help="Judge these only: a rule, chapter or level. Repeatable.")
@click.option("--skip", multiple=True, metavar="NAME", help="Leave these out. May be repeated.")
@click.option("--write", is_flag=True, help="Let it create, change and delete contents at the partner.")
@click.option("--yes", is_flag=True, help="Do not ask before it writes.")
@click.option("--strict", is_flag=True, help="Let warnings count as failures.")
@click.option("--require-all", is_flag=True, help="Exit with 3 where a rule that applies was not judged.")
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
    "--html", "pages", multiple=True, metavar="FILE", help="The same as --report FILE.html: a page to look at."
)
@click.option(
    "--seconds", type=Seconds(), default=SECONDS, show_default=True,
    help="How long the whole run may take.",
)  # fmt: skip
@click.option(
    "--requests-at-most", type=click.IntRange(min=1), default=REQUESTS, show_default=True, metavar="N",
    help="How many requests it may take.",
)  # fmt: skip
@click.option(
    "--restart-wait", type=Seconds(), default=RESTART_WAIT, show_default=True,
    help="How long an endpoint that stopped answering is waited for.",
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
    yes: bool,
    strict: bool,
    require_all: bool,
    baseline: str | None,
    write_baseline: str | None,
    reports: Sequence[str],
    pages: Sequence[str],
    seconds: float,
    requests_at_most: int,
    restart_wait: float,
    watched: Sequence[str],
) -> None:
    """Judge whether RingCX Digital would work with an endpoint.

    The verdict comes first, then what was found, what was not judged, and why; -v and --html show everything, `explain`
    tells more about a rule or a finding, and `replay` sends a request again. With --json the report is one JSON object
    on stdout. No breach found is no proof that there is none: docs/check.md says what a verdict means.

    Exit codes: 0 no breach found, 1 does not conform, 2 usage, 3 could not be judged, 130 interrupted.
    """
    bench = Bench(
        run=run,
        source=source,
        rules=chosen(RULES, select, skip),
        unwanted=chosen(RULES, skip) if skip else (),
        baseline=_read_baseline(baseline),
        reports=[*(_report_path("--report", name) for name in reports), *(_page_path(name) for name in pages)],
        write=write,
        strict=strict,
        seconds=seconds,
        requests_at_most=requests_at_most,
        restart_wait=restart_wait,
    )
    new = [_new_path("--write-baseline", name) for name in [write_baseline] if name is not None]
    if write and (announcement := bench.announcement()):
        run.out.note(announcement)
        if run.out.is_terminal and not yes:
            click.confirm("go on?", abort=True, err=True)
    if watched:
        own = [*bench.reports, *new]
        judgement = rejudge(bench, changes([_watched_path(name) for name in watched], run, own))
    else:
        judgement = bench.judge()
    for path in new:
        if judgement.broke_off:
            run.out.warn(f"{path} was not written, for the run broke off: {judgement.broke_off}")
        else:
            write_file(path, new_baseline(judgement.results, bench.baseline))
    if unlearnt := bench.baseline.unlearnt(judgement.results):
        carried = ", and were carried over" if new and not judgement.broke_off else ""
        run.out.note(f"accepted by the baseline, and not judged this time{carried}: {', '.join(unlearnt)}")
    ctx.exit(exit_code(judgement, require_all=require_all))


def exit_code(judgement: Judgement, *, require_all: bool = False) -> int:
    """What a run ends with; `require_all` wants every rule judged that applies."""
    if judgement.broke_off == CTRL_C:
        return INTERRUPTED
    if judgement.broke_off == TERMINATED:
        return ENDED
    match judgement.verdict:
        case Verdict.BREACH:
            return FAILED
        case Verdict.UNJUDGED:
            return UNJUDGED
    return UNJUDGED if require_all and judgement.judged < judgement.applicable else 0


def _report_path(option: str, name: str, endings: Iterable[str] = FILES) -> Path:
    """A report's file. Raises `ConfigurationError` for an ending that means no report, or a missing directory."""
    path = Path(name)
    if path.suffix.lower() not in endings:
        raise ConfigurationError(f"{option} {name}: no report has that ending", hint=f"it may be {', '.join(endings)}")
    return _new_path(option, name)


def _page_path(name: str) -> Path:
    return _report_path("--html", name, [".html"])


def _new_path(option: str, name: str) -> Path:
    """A file that is to be written. Raises `ConfigurationError` where its directory is missing."""
    path = Path(name)
    if not path.parent.is_dir():
        raise ConfigurationError(f"{option} {name}: there is no directory {path.parent}")
    return path


def _watched_path(name: str) -> Path:
    """What is watched. Raises `ConfigurationError` where there is nothing of that name."""
    path = Path(name)
    if not path.exists():
        raise ConfigurationError(f"--watch {name}: there is no such file or directory")
    return path


def _read_baseline(name: str | None) -> Baseline:
    if name is None:
        return Baseline()
    try:
        return read_baseline(Path(name).read_text("utf-8"), name, RULES)
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise ConfigurationError(f"the baseline {name} cannot be read: {reason}") from None
