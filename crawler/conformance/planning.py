"""What a run will create at a partner, by what the partner declares and which rules are chosen."""

from collections import Counter
from collections.abc import Iterable, Mapping

from crawler.conformance.evidence import DoesNotApply
from crawler.conformance.probe import Probe
from crawler.conformance.probes import PROBES
from crawler.conformance.rule import Rule
from crawler.conformance.rules import RULES
from crawler.protocol.implementation import POLLED, ImplementationInfo
from crawler.sync.exports import NOUNS


def planned(rules: Iterable[Rule], info: ImplementationInfo) -> Mapping[str, int]:
    """Object → how many contents the conversations create that `rules` read, and the rules that these need.

    So many where the partner does all that it declares; fewer where it refuses some.
    """
    found: Counter[str] = Counter()
    for probe in _held(rules):
        if probe.writes:
            try:
                probe.applies(info)
            except DoesNotApply:
                continue
            found.update(probe.count(info))
    return {name: found[name] for name in POLLED if found[name]}


def _held(rules: Iterable[Rule]) -> list[Probe]:
    """The conversations that are held for these rules."""
    by_name = {rule.name: rule for rule in RULES}
    needed: dict[str, Rule] = {}
    rest = list(rules)
    while rest:
        rule = rest.pop()
        if rule.name not in needed:
            needed[rule.name] = rule
            rest += [by_name[name] for name in rule.needs]
    names = {rule.probe for rule in needed.values()}
    return [probe for probe in PROBES if probe.name in names]


def announced(plan: Mapping[str, int], info: ImplementationInfo) -> str:
    """What will be created, and what becomes of it, in a sentence or two for people."""
    counts = [f"{number} {NOUNS[name]}{'s' if number > 1 else ''}" for name, number in plan.items()]
    text = f"--write creates up to {_all(counts)} there, each of which says that it is a check"
    if "private_messages" in plan:
        text += ", private messages to customers who are listed"
    ends = {name: _end(name, info) for name in plan}
    if len(set(ends.values())) == 1:
        return f"{text}. They are {next(iter(ends.values()))}."
    return f"{text}. " + "; ".join(f"{NOUNS[name]}s are {end}" for name, end in ends.items()) + "."


def _end(name: str, info: ImplementationInfo) -> str:
    if info.delete_name(name):
        return "deleted again at the end"
    return "unpublished at the end" if info.allows(name, "unpublish") else "left there, since they cannot be deleted"


def _all(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
