"""Whether a test would notice that a condition of a rule is turned round, or left out: ``scripts/mutate`` runs it.

A rule is a pure function over what a conversation saw. So the conversations are held once, with the partners of the
tests: good ones, the rule's twins, and where that is not enough variants, conforming partners, and ones that show
little. Each mutant judges what was seen there, and is noticed where a test asserts otherwise: a rule that passes, or is
not judged, on a good partner; a breach, or none, on all others.
"""

import importlib
import inspect
import sys
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import ModuleType

import anyio

from crawler.conformance.evidence import Seen
from crawler.conformance.judgement import Judgement
from crawler.conformance.judging import judge
from crawler.conformance.rule import Check, Outcome, Result, Rule
from crawler.conformance.rules import RULES
from crawler.protocol.implementation import ImplementationInfo
from tests.conformance.courtroom import BREACHED, judged
from tests.conformance.mutation import Mutant, mutants, used_by
from tests.conformance.telling import PARTNERS, said, telling
from tests.conformance.test_looked_at import EVERYTHING, PASSED
from tests.conformance.test_partners import GOOD as OTHERS
from tests.conformance.test_partners import busy, cut_short, good, two_of_each
from tests.conformance.twins import TABLES
from tests.conformance.variants import CONFORMING, VARIANTS
from tests.conformance.variants.time import Time

ALL = frozenset(rule.name for rule in RULES)
NOTED = frozenset({"older-positions-reach-as-much"})
Record = Callable[[], Awaitable[Judgement]]


@dataclass(frozen=True)
class Trial:
    """A partner that a test judges: how that is done, and for which rules.

    Of one that is `told` a test asserts what is said of each rule, of others whether it is breached; for `noted` rules
    what is in their evidence, and for `unjudged` ones that they have not passed.
    """

    name: str
    record: Record
    told: bool = False
    about: frozenset[str] = frozenset()
    noted: frozenset[str] = frozenset()
    unjudged: frozenset[str] = frozenset()


def trials() -> Iterator[Trial]:
    """All of them; of the twins all that stand in a table together are about the rules of each other."""
    for name in PARTNERS:
        yield Trial(name, telling(name), told=True)
    for table in TABLES:
        about = frozenset[str]().union(*(twin.breached for twin in table.values()))
        for name, twin in table.items():
            yield Trial(f"twin '{name}'", lambda twin=twin: judged(twin.made(), twin.rules), about=about)  # type: ignore[misc]
    for name in OTHERS:
        yield Trial(name, lambda name=name: judged(good(name)), about=ALL)  # type: ignore[misc]
    for size in (None, 3):
        yield Trial(f"busy, in pages of {size}", lambda size=size: judged(busy(size)), about=ALL)  # type: ignore[misc]
    yield Trial("no room for more requests", cut_short, about=NOTED, noted=NOTED)
    yield Trial("two of each", two_of_each, about=NOTED, unjudged=NOTED)
    for it in VARIANTS:
        yield Trial(
            f"variant '{it.name}'",
            lambda it=it: judged(it.made(Time()), write=it.write, source=it.source),  # type: ignore[misc]
            about=frozenset({it.found_by or ""}) | it.unjudged | it.not_by,
            unjudged=it.unjudged,
        )
    for one in CONFORMING:
        yield Trial(f"'{one.name}'", lambda one=one: judged(one.made(Time()), source=one.source), about=ALL)  # type: ignore[misc]


@dataclass
class Court:
    """What was seen at each trial, once it was held."""

    trials: Sequence[Trial] = field(default_factory=lambda: [*trials()])
    held: dict[str, Judgement] = field(default_factory=dict)

    async def notices(self, rules: Iterable[Rule]) -> bool:
        """Whether a test notices what has become of any of these rules."""
        for rule in rules:
            if any(self._passes_by_nothing(rule, info) for info in (None, EVERYTHING)):
                return True
            for trial in self.trials:
                if trial.told or rule.name in trial.about:
                    if trial.name not in self.held:
                        self.held[trial.name] = await trial.record()
                    if self._otherwise(rule, trial, self.held[trial.name]):
                        return True
        return False

    @staticmethod
    def _passes_by_nothing(rule: Rule, info: ImplementationInfo | None) -> bool:
        found = judge(rule, Seen(probe=rule.probe, info=info), PASSED)
        return found.outcome not in (Outcome.NOT_JUDGED, Outcome.DOES_NOT_APPLY)

    @staticmethod
    def _otherwise(rule: Rule, trial: Trial, judgement: Judgement) -> bool:
        results: Mapping[str, Result] = {it.rule.name: it for it in judgement.results}
        if rule.name not in results or rule.probe not in judgement.seen or not results.keys() >= {*rule.needs}:
            return False
        was, now = results[rule.name], judge(rule, judgement.seen[rule.probe], results)
        if rule.name in trial.noted and [it.note for it in now.evidence] != [it.note for it in was.evidence]:
            return True
        if rule.name in trial.unjudged and now.outcome is Outcome.PASSED:
            return True
        if trial.told:
            return said(now) != said(was)
        return (now.outcome in BREACHED) is not (was.outcome in BREACHED)


async def survivors(name: str, court: Court) -> tuple[int, list[str]]:
    """Try every mutant of the module of that name: how many there are, and the line and the change of the survivors."""
    module = importlib.import_module(f"crawler.conformance.rules.{name}")
    source = inspect.getsource(module)
    users, tried, survived = used_by(source), 0, []
    for mutant in mutants(source):
        checks = made(mutant, module)
        changed = [rule for rule in _rules(module) if rule.check.__name__ in users[mutant.function]]
        tried += bool(changed)
        if changed and not await court.notices(replace(it, check=checks[it.check.__name__]) for it in changed):
            where = Path(str(module.__file__)).relative_to(Path.cwd())
            survived.append(f"{where}:{mutant.line}: {mutant.function}: {mutant.what}")
    return tried, survived


def main(names: Sequence[str], processes: int = 2) -> int:
    """Try the modules of these names, all where there are none, and tell the survivors; how many there are."""
    chosen = names or _all()
    tried = survived = 0
    with ProcessPoolExecutor(min(processes, len(chosen))) as pool:
        for name, (number, lines) in zip(chosen, pool.map(_in_a_process, chosen), strict=True):
            tried, survived = tried + number, survived + len(lines)
            sys.stdout.write("".join(f"{line}\n" for line in [*lines, f"{name}: {number}, {len(lines)} survived"]))
            sys.stdout.flush()
    sys.stdout.write(f"{tried} mutants of {len(chosen)} modules, {survived} survived\n")
    return survived


@cache
def _court() -> Court:
    """One for all modules that a process tries."""
    return Court()


def _in_a_process(name: str) -> tuple[int, list[str]]:
    return anyio.run(survivors, name, _court())


def made(mutant: Mutant, module: ModuleType) -> Mapping[str, Check]:
    """The functions of a module that was changed."""
    changed = ModuleType(module.__name__)
    changed.__file__ = module.__file__
    sys.modules[module.__name__], original = changed, sys.modules[module.__name__]
    try:
        exec(compile(mutant.tree, str(module.__file__), "exec"), changed.__dict__)  # noqa: S102 - it is our own
    finally:
        sys.modules[module.__name__] = original
    return changed.__dict__


def _rules(module: ModuleType) -> list[Rule]:
    """The rules that are written in a module."""
    return [rule for rule in RULES if rule.check.__module__ == module.__name__]


def _all() -> list[str]:
    return sorted({rule.check.__module__.rpartition(".")[2] for rule in RULES})


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
