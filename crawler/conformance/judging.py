"""Judging one rule by what was seen. PURE."""

from collections.abc import Mapping
from dataclasses import replace

from crawler.conformance.evidence import UNJUDGED, DoesNotApply, NotJudged, Remedy, Seen, Unjudged
from crawler.conformance.rule import BREACHED, Breach, Case, Kept, Outcome, Result, Rule
from crawler.errors import EndpointUnreachable
from crawler.protocol.envelope import INTERRUPTED

BREACHES_KEPT = 20
"""How many breaches of one rule are kept; a page of a thousand broken contents has one cause."""
EVIDENCE_KEPT = 2
"""How many kept cases of one rule are kept as evidence."""

BLOCKING = frozenset({Outcome.FAILED, Outcome.WARNED, Outcome.BROKEN})
"""Outcomes of a rule that keep those from being judged that need it."""


def judge(rule: Rule, seen: Seen, needed: Mapping[str, Result]) -> Result:
    """What becomes of `rule`; `needed` are the results of the rules that it needs.

    It passes by what it looked at alone: not where that was nothing, and not where the conversation broke off, for the
    rest was never seen. What says nothing about the partner (`_void`) is no case of any rule.
    """
    if isinstance(seen.ended, DoesNotApply):
        return _unjudged(Result(rule=rule, outcome=Outcome.DOES_NOT_APPLY), seen.ended)
    if blocked_by := _blocked_by(rule, seen, needed):
        reason = f"needs {blocked_by}, which the partner does not keep"
        blocked = Result(rule=rule, outcome=Outcome.NOT_JUDGED, blocked_by=blocked_by)
        return _unjudged(blocked, NotJudged(reason, Remedy.FIX))
    breaches: list[Breach] = []
    evidence: list[Kept] = []
    looked_at = 0
    void: NotJudged | None = None
    unjudged: Unjudged | None = None
    try:
        for found in rule.check(seen):
            if nothing_said := _void(found, seen):
                void = nothing_said
                continue
            looked_at += 1
            if isinstance(found, Breach):
                breaches.append(found)
            elif len(evidence) < EVIDENCE_KEPT:
                evidence.append(found)
            if len(breaches) == BREACHES_KEPT:
                break
    except UNJUDGED as reason:
        unjudged = reason
    except Exception as error:  # noqa: BLE001 - the partner's answers must not break the run, whatever they are
        text = f"this rule could not take what it saw, which is a fault of the judge: {type(error).__name__}: {error}"
        return Result(rule=rule, outcome=Outcome.BROKEN, reason=text)
    seen_so_far = Result(rule=rule, outcome=Outcome.PASSED, breaches=breaches, looked_at=looked_at, evidence=evidence)
    if breaches:  # what was found before the rest could not be judged stays found
        return replace(seen_so_far, outcome=BREACHED[rule.level])
    if not isinstance(unjudged, DoesNotApply):
        nothing = None if looked_at else NotJudged("nothing was seen that it could be judged by", Remedy.CONTENTS)
        unjudged = seen.ended or unjudged or void or nothing
    return seen_so_far if unjudged is None else _unjudged(seen_so_far, unjudged)


def _blocked_by(rule: Rule, seen: Seen, needed: Mapping[str, Result]) -> str:
    """The broken rule that keeps this one from being judged; empty where there is none."""
    for name in rule.needs:
        result = needed[name]
        tolerated = result.rule.signature and not seen.verified
        blocked_by = name if result.outcome in BLOCKING and not tolerated else result.blocked_by
        if blocked_by:
            return blocked_by
    return ""


def _unjudged(result: Result, why: Unjudged) -> Result:
    if isinstance(why, DoesNotApply):
        return replace(result, outcome=Outcome.DOES_NOT_APPLY, reason=str(why))
    return replace(result, outcome=Outcome.NOT_JUDGED, reason=str(why), remedy=why.remedy)


def _void(found: Case, seen: Seen) -> NotJudged | None:
    """Why a case says nothing about the partner, if so.

    A request that the endpoint died of, for which there is a rule of its own; one that did not get to the endpoint, or
    found nobody since the one before it had no answer either, or that we cut off ourselves; an answer by which the
    endpoint limits how often it is asked; and that all is well where no answer came.
    """
    sent = found.sent
    if sent is None:
        return None
    if (sent.status is None or sent.status >= 500) and any(death.sent.id == sent.id for death in seen.deaths):
        return NotJudged(f"the endpoint dies of it: {sent.action} ({sent.id})", Remedy.FIX)
    if sent.found_nobody or isinstance(sent.error, EndpointUnreachable):
        return NotJudged(sent.came, Remedy.THERE)
    if sent.exchange.error == INTERRUPTED:
        return NotJudged(f"{sent.action} was cut off", Remedy.AGAIN)
    if seen.put_off(sent):
        return NotJudged(f"{sent.came}: the endpoint limits how often it is asked", Remedy.PACE)
    if isinstance(found, Kept) and sent.exchange.answer is None:
        return NotJudged(f"{sent.action} brought no answer: {sent.came}", Remedy.THERE)
    return None
