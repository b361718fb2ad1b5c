"""Judging one rule by what was seen. PURE."""

from collections.abc import Mapping

from crawler.conformance.evidence import NotApplicable, Seen
from crawler.conformance.rule import BREACHED, Breach, Outcome, Result, Rule
from crawler.errors import EndpointUnreachable
from crawler.protocol.envelope import INTERRUPTED

BREACHES_KEPT = 20
"""How many breaches of one rule are kept; a page of a thousand broken contents has one cause."""

BLOCKING = frozenset({Outcome.FAILED, Outcome.WARNED, Outcome.BROKEN})
"""Outcomes of a rule that keep those from being judged that need it."""


def judge(rule: Rule, seen: Seen, needed: Mapping[str, Result]) -> Result:
    """What becomes of `rule`; `needed` are the results of the rules that it needs.

    A rule that finds no breach in a conversation that broke off is not passed: the rest was never seen. A request that
    did not get to the endpoint, or that we cut off ourselves, is no breach of anything.
    """
    for name in rule.needs:
        blocked_by = name if needed[name].outcome in BLOCKING else needed[name].blocked_by
        if blocked_by:
            reason = f"needs {blocked_by}, which the partner does not keep"
            return Result(rule=rule, outcome=Outcome.SKIPPED, reason=reason, blocked_by=blocked_by)
    breaches: list[Breach] = []
    unreached = ""
    try:
        for breach in rule.check(seen):
            if breach.sent is not None and isinstance(breach.sent.error, EndpointUnreachable):
                unreached = breach.sent.came
                continue
            if breach.sent is not None and breach.sent.exchange.error == INTERRUPTED:
                unreached = f"{breach.sent.action} was cut off"
                continue
            breaches.append(breach)
            if len(breaches) == BREACHES_KEPT:
                break
    except NotApplicable as not_applicable:
        if not breaches:  # what was found before the rest could not be judged stays found
            return Result(rule=rule, outcome=Outcome.SKIPPED, reason=seen.broke_off or str(not_applicable))
    except Exception as error:  # noqa: BLE001 - the partner's answers must not break the run, whatever they are
        reason = f"this rule could not take what it saw, which is a fault of the judge: {type(error).__name__}: {error}"
        return Result(rule=rule, outcome=Outcome.BROKEN, reason=reason)
    if breaches:
        return Result(rule=rule, outcome=BREACHED[rule.level], breaches=breaches)
    if seen.broke_off or unreached:
        return Result(rule=rule, outcome=Outcome.SKIPPED, reason=seen.broke_off or unreached)
    return Result(rule=rule, outcome=Outcome.PASSED)
