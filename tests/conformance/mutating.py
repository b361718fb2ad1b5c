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
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path
from types import CodeType, FunctionType

import anyio

from crawler.conformance.evidence import Seen
from crawler.conformance.judgement import Judgement
from crawler.conformance.judging import judge
from crawler.conformance.rule import Outcome, Result, Rule
from crawler.conformance.rules import RULES
from crawler.protocol.implementation import ImplementationInfo
from tests.conformance.courtroom import BREACHED, judged
from tests.conformance.mutation import Mutant, mutants
from tests.conformance.telling import PARTNERS, said, telling
from tests.conformance.test_looked_at import EVERYTHING, PASSED
from tests.conformance.test_partners import GOOD as OTHERS
from tests.conformance.test_partners import busy, cut_short, good, two_of_each
from tests.conformance.twins import TABLES
from tests.conformance.variants import CONFORMING, VARIANTS
from tests.conformance.variants.time import Time

ALL = frozenset(rule.name for rule in RULES)
READING = ("chapters.objects.contents", "returned")
"""The modules by which rules read what was seen."""
NOTED = frozenset({"older-positions-reach-as-much"})
Record = Callable[[], Awaitable[Judgement]]
Change = Callable[[], AbstractContextManager[None]]


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

    async def notices(self, rules: Iterable[Rule], change: Change = nullcontext) -> bool:
        """Whether a test notices what becomes of any of these rules while the code is changed."""
        for rule in rules:
            with change():
                if any(self._passes_by_nothing(rule, info) for info in (None, EVERYTHING)):
                    return True
            for trial in self.trials:
                if trial.told or rule.name in trial.about:
                    if trial.name not in self.held:
                        self.held[trial.name] = await trial.record()
                    with change():
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
    """Try every mutant of a module of ``crawler.conformance``: how many there are, and what is known of survivors."""
    module = importlib.import_module(f"crawler.conformance.{name}")
    tried, survived = 0, []
    for mutant in mutants(inspect.getsource(module)):
        function = getattr(module, mutant.function)
        concerned = [rule for rule in RULES if function in reached(rule.check)]
        change = partial(changed, function, code_of(mutant, str(module.__file__)))
        tried += bool(concerned)
        if concerned and not await court.notices(concerned, change):
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


@contextmanager
def changed(function: FunctionType, code: CodeType) -> Iterator[None]:
    """A function that does something else meanwhile, for whoever has imported it."""
    before, function.__code__ = function.__code__, code
    try:
        yield
    finally:
        function.__code__ = before


def code_of(mutant: Mutant, file: str) -> CodeType:
    """The code of the function that was changed."""
    whole = compile(mutant.tree, file, "exec")
    return next(it for it in whole.co_consts if isinstance(it, CodeType) and it.co_name == mutant.function)


@cache
def reached(function: Callable[..., object]) -> frozenset[Callable[..., object]]:
    """The functions of the judge that a function uses, itself included, and those that they use."""
    found, left = set[Callable[..., object]](), [function]
    while left:
        it = left.pop()
        if isinstance(it, FunctionType) and it.__module__.startswith("crawler.conformance.") and it not in found:
            found.add(it)
            left += [it.__globals__[name] for name in names_in(it.__code__) if name in it.__globals__]
    return frozenset(found)


def names_in(code: CodeType) -> set[str]:
    """The names that a function uses, those in it included."""
    inner = [names_in(it) for it in code.co_consts if isinstance(it, CodeType)]
    return {*code.co_names}.union(*inner)


def _all() -> list[str]:
    return [*READING, *sorted({rule.check.__module__.removeprefix("crawler.conformance.") for rule in RULES})]


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 1))
