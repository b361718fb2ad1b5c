"""``check --watch``: an endpoint is judged again whenever its files change."""

import os
import stat
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import click

from crawler.cli.invocation import Invocation
from crawler.cli.judging import Bench
from crawler.cli.output import echo
from crawler.conformance.judgement import Judgement

EVERY = 1.0
"""Seconds from one look at the watched files, or for the endpoint, to the next."""
RESTLESS = 3
"""In how many runs on end a file must change, while they go on, to be taken for the endpoint's log or database."""
NAMED = 3
"""How many changed files are named."""

Snapshot = Mapping[str, tuple[int, int]]
"""Path → time of the last change, in nanoseconds, and size."""


def rejudge(bench: Bench, changes: Iterable[Sequence[str]]) -> Judgement:
    """Judge at each of the `changes`, which name files, until they end or Ctrl-C comes; the last judgement.

    There must be one change at least. Where nobody answers, because the endpoint starts again or has yet to be mended,
    it is waited for; where it goes away in the middle of a run, it is judged once more.
    """
    run = bench.run
    before: Judgement | None = None
    for changed in changes:
        if changed:
            more = f" and {len(changed) - NAMED} more" if len(changed) > NAMED else ""
            run.out.note(f"changed: {', '.join(changed[:NAMED])}{more}")
        judgement = bench.judge()
        if changed and judgement.unreached and not judgement.unreachable and not bench.was_ended(judgement):
            run.out.note("it went away in the middle of that, perhaps to start again: once more")
            judgement = bench.judge()
        try:
            while judgement.unreachable and not bench.was_ended(judgement):
                run.out.note("waiting until somebody answers there, or Ctrl-C")
                while not bench.is_there():
                    run.outside.sleep(EVERY)
                judgement = bench.judge()
        except KeyboardInterrupt:
            click.echo(err=True)
            return judgement
        if bench.was_ended(judgement):
            return judgement
        if before is not None and not run.as_json:
            echo(bench.page.news(before, judgement))
        before = judgement
    assert before is not None  # noqa: S101 - there was one change at least
    return before


def changes(paths: Sequence[Path], run: Invocation, own: Collection[Path] = ()) -> Iterator[Sequence[str]]:
    """Yields at once, and then whenever files below `paths` have changed and rest for `EVERY` seconds: which.

    What changed while the other side was busy counts. Files of our `own` do not, and neither do those that change in
    `RESTLESS` runs on end. Ctrl-C ends it.
    """
    ours = {path.resolve() for path in own}
    restless: set[str] = set()
    names = ", ".join(map(str, paths))

    def differing(before: Snapshot, after: Snapshot) -> set[str]:
        """The files that are new, gone or changed."""
        found = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        return {name for name in found - restless if Path(name).resolve() not in ours}

    streak: Counter[str] = Counter()
    changed: Sequence[str] = ()
    seen = snapshot(paths)
    try:
        while True:
            yield changed
            busy = differing(seen, snapshot(paths))
            streak = Counter({name: streak[name] + 1 for name in busy})
            for name in sorted(name for name, times in streak.items() if times == RESTLESS):
                run.out.note(f"{name} changes whenever the endpoint is judged: it is not watched any more")
                restless.add(name)
            run.out.note(f"waiting for a change below {names}, until Ctrl-C")
            while not (found := differing(seen, now := snapshot(paths))):
                run.outside.sleep(EVERY)
            run.outside.sleep(EVERY)
            while (later := snapshot(paths)) != now:
                now = later
                run.outside.sleep(EVERY)
            changed, seen = sorted(found | differing(seen, now)), now
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
                if stat.S_ISREG(status.st_mode) and not name.startswith("."):
                    found[str(Path(directory, name))] = (status.st_mtime_ns, status.st_size)
    return found
