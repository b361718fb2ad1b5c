"""``explain``: the page of a rule, or all rules."""

from importlib.resources import files
from itertools import groupby

import click

from crawler.cli.invocation import Invocation
from crawler.cli.options import base_command
from crawler.conformance.probes import PROBES
from crawler.conformance.requirement import GUIDE, requirements
from crawler.conformance.rule import Rule
from crawler.conformance.rules import RULES
from crawler.conformance.selection import named


@click.command()
@base_command
@click.argument("rule", required=False)
def explain(run: Invocation, *, rule: str | None) -> None:
    """Explain a RULE of `check`: what it requires, on what grounds, and how to mend what breaks it.

    Without RULE: all of them, by chapter.
    """
    if rule is not None:
        _page(run, named(RULES, rule))
    elif run.as_json:
        run.out.json_lines(_record(found) for found in RULES)
    else:
        for number, (chapter, rules) in enumerate(groupby(RULES, lambda found: found.chapter)):
            run.out.text(f"\n{chapter}" if number else chapter)
            run.out.facts((f"  {found.name}", f"{found.level}: {found.title}") for found in rules)


def _page(run: Invocation, rule: Rule) -> None:
    record = _record(rule)
    if run.as_json:
        run.out.json(record)
        return
    run.out.text(rule.name)
    run.out.text()
    run.out.text(rule.title)
    run.out.text()
    shown = [
        ("level", rule.level),
        ("chapter", rule.chapter),
        *((key, record[key]) for key in ("why", "mend")),
        ("needs", ", ".join(rule.needs)),
        ("writes", "only with --write" if record["writes"] else ""),
        ("guide", record["guide"]),
    ]
    run.out.facts(shown)
    run.out.text()
    texts = requirements(files("crawler").joinpath("PROTOCOL.md").read_text("utf-8"))
    run.out.facts((name, texts.get(name, "")) for name in rule.ids)


def _record(rule: Rule) -> dict[str, object]:

    requirement, why, mend = rule.paragraphs
    return {
        "rule": rule.name,
        "chapter": rule.chapter,
        "level": rule.level.value,
        "requirement": requirement,
        "why": why,
        "mend": mend,
        "ids": list(rule.ids),
        "guide": f"{GUIDE}{rule.page}/",
        "needs": list(rule.needs),
        "writes": next((probe.writes for probe in PROBES if probe.name == rule.probe), False),
    }
