"""``explain``: a rule of the judge, a rule of the protocol, or a finding of a report."""

from collections.abc import Iterator, Sequence
from importlib.resources import files
from itertools import groupby

import click

from crawler.cli.invocation import Invocation
from crawler.cli.options import base_command
from crawler.cli.output import clean, echo
from crawler.cli.recorded import recorded
from crawler.conformance.probes import PROBES
from crawler.conformance.reports.evidence import LONGEST_CURL, SHOWN, exchange_lines
from crawler.conformance.reports.json import Report, read_exhibit
from crawler.conformance.rule import GUIDE, Rule, requirements
from crawler.conformance.rules import RULES, chosen, named
from crawler.protocol.envelope import escaped

BOTH = 90
"""Columns from which on names and titles stand side by side."""
BODY = 2_000
"""How many bytes of each body are shown."""


@click.command()
@base_command
@click.argument("words", nargs=-1, metavar="[RULE | ID | [REPORT] FINDING]")
def explain(run: Invocation, *, words: Sequence[str]) -> None:
    """Explain a RULE of `check`: what it requires, on what grounds, and how to mend what breaks it.

    Without RULE: all of them, by chapter. With a chapter's name or a level instead: those. With an ID of PROTOCOL.md,
    such as LS3: its text, and the rules that stand on it. With the number of a FINDING: what was found, in the last
    `check` or in a JSON REPORT.
    """
    if len(words) > 2:
        raise click.UsageError("expected one RULE or ID, or REPORT and FINDING")
    word = words[-1] if words else ""
    if len(words) == 2 or word.isdecimal():
        _finding(run, recorded(run, words[0] if len(words) == 2 else None), word)
    elif word.upper() in (texts := _texts()):
        _requirement(run, word.upper(), texts[word.upper()])
    elif any(rule.name == word for rule in RULES):
        _page(run, named(RULES, word))
    else:
        _chapters(run, chosen(RULES, [word] if word else ()))


def _texts() -> dict[str, str]:
    return dict(requirements(files("crawler").joinpath("PROTOCOL.md").read_text("utf-8")))


def _chapters(run: Invocation, listed: Sequence[Rule]) -> None:
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


def _requirement(run: Invocation, name: str, text: str) -> None:
    """A rule of the protocol, or the title of a chapter of it, and the judge's rules that stand on it."""
    rules = [rule for rule in RULES if any(it == name or (len(name) == 2 and it[:2] == name) for it in rule.ids)]
    if run.as_json:
        run.out.json({"id": name, "text": text, "rules": [rule.name for rule in rules]})
        return
    run.out.facts([(name, text)])
    run.out.text()
    if rules:
        run.out.text("judged by")
        _list(run, rules)
    else:
        run.out.text("no rule of `check` stands on it")


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
        ("level", f"{rule.level}, since {rule.harm}: {rule.because}"),
        ("chapter", rule.chapter),
        *((key, record[key]) for key in ("why", "mend")),
        ("needs", ", ".join(rule.needs)),
        ("writes", "only with --write" if record["writes"] else ""),
        ("guide", record["guide"]),
    ]
    run.out.facts(shown)
    run.out.text()
    texts = _texts()
    run.out.facts((name, texts.get(name, "")) for name in rule.ids)


def _finding(run: Invocation, report: Report, number: str) -> None:
    """What was found, with its bytes and what sends them again, and the rule's page. Raises `ConfigurationError`."""
    if not number.isdecimal():
        raise click.UsageError(f"'{number}' is no number of a finding")
    result = report.finding(int(number))
    if run.as_json:
        ids = [it["exchange"] for it in result["breaches"] if it["exchange"]]
        run.out.json({**result, "exchanges": {it: report.exchanges[it] for it in ids}})
        return
    run.out.text(clean(f"finding {number} of {report.where}: {result['outcome']}"))
    for line in _evidence(result["breaches"], report):
        echo(line)
    if result["reason"]:
        run.out.text(clean(result["reason"]))
    run.out.text()
    rule = next((rule for rule in RULES if rule.name == result["rule"]), None)
    if rule is None:
        run.out.text(clean(f"{result['rule']}: {result['requirement']}"))
    else:
        _page(run, rule)
    if any(it["exchange"] for it in result["breaches"]):
        run.out.text()
        run.out.text(clean(f"again: ringcx-crawler replay {report.where} {number}"))


def _evidence(breaches: Sequence[dict[str, str]], report: Report) -> Iterator[str]:
    for number, breach in enumerate(breaches[:SHOWN]):
        yield ""
        yield clean(f"expected: {breach['expected']}")
        yield clean(f"     got: {breach['actual']}")
        if number == 0 and breach["exchange"]:
            shown = read_exhibit(*report.exchange(breach["exchange"]))
            yield clean(f"     for: {shown.label} ({shown.id})")
            yield from (escaped(line.encode()) for line in exchange_lines(shown, BODY))
            if len(shown.curl) <= LONGEST_CURL:
                yield f"$ {shown.curl}"
    if len(breaches) > SHOWN:
        yield ""
        yield f"and {len(breaches) - SHOWN} more of the same"


def _record(rule: Rule) -> dict[str, object]:
    requirement, why, mend = rule.paragraphs
    return {
        "rule": rule.name,
        "chapter": rule.chapter,
        "level": rule.level.value,
        "harm": rule.harm.value,
        "because": rule.because,
        "requirement": requirement,
        "why": why,
        "mend": mend,
        "ids": list(rule.ids),
        "guide": f"{GUIDE}{rule.page}/",
        "needs": list(rule.needs),
        "writes": next((probe.writes for probe in PROBES if probe.name == rule.probe), False),
    }
