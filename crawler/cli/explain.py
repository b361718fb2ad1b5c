"""``explain``: the page of a rule, or all rules."""

from collections.abc import Sequence
from importlib.resources import files
from itertools import groupby

import click

from crawler.cli.invocation import Invocation
from crawler.cli.options import base_command
from crawler.conformance.probes import PROBES
from crawler.conformance.requirement import GUIDE, requirements
from crawler.conformance.rule import Rule
from crawler.conformance.rules import RULES
from crawler.conformance.selection import chosen

BOTH = 90
"""Columns from which on names and titles stand side by side."""


@click.command()
@base_command
@click.argument("rule", required=False)
def explain(run: Invocation, *, rule: str | None) -> None:
    """Explain a RULE of `check`: what it requires, on what grounds, and how to mend what breaks it.

    Without RULE: all of them, by chapter. With a chapter's name or a level instead: those.
    """
    page = next((found for found in RULES if found.name == rule), None)
    if page is not None:
        _page(run, page)
        return
    listed = chosen(RULES, [rule] if rule is not None else ())
    if run.as_json:
        run.out.json_lines(_record(found) for found in listed)
        return
    for number, (chapter, rules) in enumerate(groupby(listed, lambda found: found.chapter)):
        if number:
            run.out.text()
        run.out.text(chapter)
        _list(run, list(rules))


def _list(run: Invocation, rules: Sequence[Rule]) -> None:
    """A line for each rule; two on a terminal that has no room for both columns."""
    if run.out.is_terminal and run.out.width < BOTH:
        for found in rules:
            run.out.text(f"  {found.name}")
            run.out.facts([("   ", f"{found.level}: {found.title}")])
    else:
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
