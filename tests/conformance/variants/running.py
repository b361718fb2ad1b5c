"""Judges all of them, without writing and with it, and keeps what was said: ``scripts/variants`` runs it.

``<name>.json`` holds it for programs, ``<name>.md`` for people, who may want to see it beside that of an earlier time.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import anyio

from crawler.cli.commands.check import exit_code
from crawler.conformance.judgement import Judgement
from crawler.conformance.rule import BREACHED, Level, Outcome
from tests.conformance.courtroom import judged
from tests.conformance.variants import CONFORMING, VARIANTS
from tests.conformance.variants.shop import shop
from tests.conformance.variants.time import Network, Time
from tests.conformance.variants.variant import Conforming, Kind, Variant

Said = Mapping[str, Any]
"""What was said in one run: see `said`."""

HERE = Path(__file__).parent
SHOP = Conforming("the shop", "what all variants are made of", lambda time: Network(shop(), time))
SHOWN = 4
"""So many rules are named in a cell."""
MODES = ("without --write", "with it")
BAD = ("failed", "warned", "broken")
ABOUT = """Written by `scripts/variants`. A cell holds the verdict, the exit code of `check` and two counts, then what
failed (F), was warned of (W) and noted (N), in a run with `--write` where the variant needs it, and else in one
without. A variant is found where a rule that is about it is broken at the level that its harm gives it."""


def said(judgement: Judgement) -> dict[str, Any]:
    """The verdict, the exit code of ``check``, and the rules by their outcome: those that passed by number alone."""
    names: dict[Outcome, list[str]] = {outcome: [] for outcome in Outcome}
    for result in judgement.results:
        names[result.outcome].append(result.rule.name)
    return {
        "verdict": judgement.verdict,
        "exit": exit_code(judgement),
        **{it.value: names[it] for it in (Outcome.FAILED, Outcome.WARNED, Outcome.NOTED, Outcome.BROKEN)},
        "passed": len(names[Outcome.PASSED]),
        "skipped": len(names[Outcome.NOT_JUDGED]) + len(names[Outcome.DOES_NOT_APPLY]),
        "broke_off": bool(judgement.broke_off),
    }


async def run(one: Variant | Conforming) -> dict[str, Any]:
    """Both runs; and of a variant whether it is found by the one in which it is to be found, and if not, why."""
    both = {write: await judged(one.made(Time()), write=write, source=one.source) for write in (False, True)}
    kept: dict[str, Any] = {"read": said(both[False]), "write": said(both[True])}
    if isinstance(one, Variant):
        kept["found"] = found(one, both[one.write])
    return kept


def found(variant: Variant, judgement: Judgement) -> str:
    """``yes``, or what was said instead."""
    if variant.found(judgement):
        return "yes"
    by_level = {level: names_of(judgement, BREACHED[level]) for level in Level}
    if variant.unjudged:
        passed = [name for name in names_of(judgement, Outcome.PASSED) if name in variant.unjudged]
        return f"no: passed without a look: {few(passed)}"
    if any(variant.found_by in names for names in by_level.values()):
        return f"no: {variant.found_by} is not a {variant.level}"
    blamed = [name for names in by_level.values() for name in names]
    return f"no: {few(blamed)}" if blamed else "no: nothing"


def names_of(judgement: Judgement, outcome: Outcome) -> list[str]:
    return [result.rule.name for result in judgement.results if result.outcome is outcome]


def few(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def cell(run_: Said) -> str:
    """One run in a few words."""
    parts = [f"{run_['verdict']}, {run_['exit']} ({run_['passed']} passed, {run_['skipped']} skipped)"]
    for outcome, label in (("failed", "F"), ("warned", "W"), ("noted", "N"), ("broken", "judge's fault")):
        if run_[outcome]:
            parts.append(f"{label}: {few(run_[outcome])}")
    return "; ".join(parts)


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    escaped = (" | ".join(it.replace("|", "\\|") for it in line) for line in lines)
    return "\n".join([f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}", *(f"| {line} |" for line in escaped)])


def page(times: Mapping[str, Mapping[str, Any]]) -> str:
    """The whole page; `times` are what was kept at one time or several, by name, the newest last."""
    parts = [
        f"# {len(VARIANTS)} variants and {len(CONFORMING)} conforming partners",
        ABOUT,
        "\n".join(f"- {name}: {summary(it)}" for name, it in times.items()),
        "## The shop itself, and conforming partners",
        table(
            ("partner", "what it does", *of_each(times, *MODES)), [fair_row(it, times) for it in (SHOP, *CONFORMING)]
        ),
    ]
    for kind in Kind:
        of_kind = [row(it, times) for it in VARIANTS if it.kind is kind]
        head = ("variant", "what was done", "harm", "level", "--write", "from", *of_each(times, "said", "found"))
        parts += [f"## {kind.value[0].upper()}{kind.value[1:]}", table(head, of_kind)]
    return "\n\n".join(parts) + "\n"


def of_each(times: Iterable[str], *columns: str) -> Sequence[str]:
    return [f"{name}: {column}" for name in times for column in columns]


def fair_row(one: Conforming, times: Mapping[str, Mapping[str, Any]]) -> Sequence[str]:
    kept = [time["variants"][one.name] for time in times.values()]
    return (one.name, one.about, *(cell(it[mode]) for it in kept for mode in ("read", "write")))


def row(variant: Variant, times: Mapping[str, Mapping[str, Any]]) -> Sequence[str]:
    kept = [time["variants"][variant.name] for time in times.values()]
    seen = [part for it in kept for part in (cell(it["write" if variant.write else "read"]), it["found"])]
    needs = "needed" if variant.write else ""
    return (
        variant.name,
        variant.slip,
        variant.harm.value,
        "" if variant.unjudged else variant.level.value,
        needs,
        variant.origin,
        *seen,
    )


def summary(time: Mapping[str, Any]) -> str:
    runs = [time["variants"][it.name] for it in VARIANTS]
    found_ = sum(it["found"] == "yes" for it in runs)
    good = sum(it["write"]["exit"] == 0 for it in runs)
    clean = [time["variants"][it.name] for it in CONFORMING]
    fair = sum(not any(it[mode][bad] for mode in ("read", "write") for bad in BAD) for it in clean)
    return (
        f"the judge of {time['judge']} found {found_} of {len(runs)} variants, found no breach in {good} of them with "
        f"--write, and found nothing wrong with {fair} of {len(clean)} conforming partners"
    )


async def main(name: str, judge: str, earlier: Sequence[str]) -> None:
    kept: dict[str, Any] = {"judge": judge, "variants": {}}
    everybody: Sequence[Variant | Conforming] = (SHOP, *CONFORMING, *VARIANTS)
    for one in everybody:
        kept["variants"][one.name] = await run(one)
        sys.stderr.write(f"{one.name}: {kept['variants'][one.name].get('found', '')}\n")
    lines = ",\n".join(f"{json.dumps(it)}: {json.dumps(kept['variants'][it])}" for it in kept["variants"])
    text = f'{{"judge": {json.dumps(judge)}, "variants": {{\n{lines}\n}}}}\n'  # a line for each, for differences
    (HERE / f"{name}.json").write_text(text, encoding="utf-8")
    times = {it: json.loads((HERE / f"{it}.json").read_text("utf-8")) for it in (*earlier, name)}
    (HERE / f"{name}.md").write_text(page(times), encoding="utf-8")


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], sys.argv[2], sys.argv[3:])
