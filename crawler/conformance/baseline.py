"""Failures that are accepted, each for a reason: so that a partner with known faults can be watched for new ones. PURE.

A baseline is a TOML file::

    [accepted]
    raw-utf8-body-accepted = "the SDK serialises the body again; the source is set to ascii_json"
"""

import json
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from crawler.conformance.rule import BREACHED, JUDGED, Outcome, Result, Rule
from crawler.conformance.rules import named
from crawler.errors import ConfigurationError

TABLE = "accepted"
HINT = f'under [{TABLE}], one line a rule: unsigned-request-refused = "why it is accepted"'
UNEXPLAINED = "TODO: say why this is accepted"
"""The reason that a new baseline gives; it must be replaced before it is read."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """The `accepted` failures: rule name → reason."""

    accepted: Mapping[str, str] = field(default_factory=dict)

    def apply(self, result: Result) -> Result:
        """The result, as `ACCEPTED` where it is a breach that is listed, as `STALE` where a listed rule is kept now.

        A rule that was not judged, or that the judge failed at, stays what it is: nothing was learnt about it.
        """
        reason = self.accepted.get(result.rule.name)
        if reason is None:
            return result
        if result.outcome in BREACHED.values():
            return replace(result, outcome=Outcome.ACCEPTED, reason=reason)
        if result.outcome is Outcome.PASSED:
            stale = f"the baseline accepts its failure ('{reason}'), but the partner keeps it now: delete that line"
            return replace(result, outcome=Outcome.STALE, reason=stale)
        return result

    def unlearnt(self, results: Iterable[Result]) -> Sequence[str]:
        """The listed rules that were not judged this time, so that nothing is known about them: their lines stay."""
        judged = {result.rule.name for result in results if result.outcome in JUDGED}
        return [name for name in self.accepted if name not in judged]


def read_baseline(text: str, where: str, rules: Iterable[Rule]) -> Baseline:
    """The baseline in a file's `text`; `where` names the file in errors.

    Raises `ConfigurationError`: no TOML, an unknown rule, or no reason.
    """
    try:
        tables = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{where} is not TOML: {error}", hint=HINT) from None
    accepted = tables.pop(TABLE, {})
    if tables or not isinstance(accepted, dict):
        found = ", ".join(tables) or f"{TABLE} that is no table"
        raise ConfigurationError(f"{where}: expected a table [{TABLE}] and nothing else, got {found}", hint=HINT)
    known = list(rules)
    for name, reason in accepted.items():
        try:
            named(known, name)
        except ConfigurationError as error:
            raise ConfigurationError(f"{where}: {error}", hint=error.hint) from None
        if not isinstance(reason, str) or not reason.strip() or reason == UNEXPLAINED:
            raise ConfigurationError(f"{where}: {name} has no reason", hint=HINT)
    return Baseline(accepted)


def new_baseline(results: Iterable[Result], known: Baseline) -> str:
    """A baseline that accepts what failed or was warned of in `results`; reasons that are `known` are kept.

    Lines that are known of rules that were not judged this time are carried over.
    """
    listed = list(results)
    accepted = (Outcome.FAILED, Outcome.WARNED, Outcome.ACCEPTED)
    names = [it.rule.name for it in listed if it.outcome in accepted]
    lines = [f"[{TABLE}]"]
    for name in dict.fromkeys([*names, *known.unlearnt(listed)]):
        reason = known.accepted.get(name, UNEXPLAINED)
        lines.append(f"{name} = {json.dumps(reason, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"
