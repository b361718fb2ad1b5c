"""The report that CI systems read: JUnit's XML, a suite for each chapter and a case for each rule. PURE.

Warnings and notes are passed cases with a text, unless the run is strict; accepted failures, rules that were not judged
and those that do not apply are skipped ones: JUnit has no other word. The verdict stands in the name of the whole, and
one that could not be judged is an error of a case of its own.
"""

from collections.abc import Sequence
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from crawler.conformance.judgement import Judgement
from crawler.conformance.reports.evidence import evidence
from crawler.conformance.rule import Outcome, Result
from crawler.protocol.envelope import escaped

SKIPPED = (Outcome.NOT_JUDGED, Outcome.DOES_NOT_APPLY, Outcome.ACCEPTED)
BODY = 4_000
"""How many bytes of each body are shown."""


def junit_report(judgement: Judgement) -> str:
    """The report as XML."""
    judgement = judgement.withheld()
    seconds = f"{(judgement.ended - judgement.started).total_seconds():.3f}"
    root = Element(
        "testsuites", name=_text(f"ringcx-crawler check {judgement.source.name}: {judgement.headline}"), time=seconds
    )
    _count(root, judgement, judgement.results)
    for chapter, group in groupby(judgement.results, lambda result: result.rule.chapter):
        results = list(group)
        timestamp = judgement.started.strftime("%Y-%m-%dT%H:%M:%S")
        suite = SubElement(root, "testsuite", name=chapter, timestamp=timestamp, time="0")
        _count(suite, judgement, results)
        for result in results:
            _case(suite, judgement, result)
    if judgement.left_behind and len(root):
        left = ", ".join(f"{name} {content_id}" for name, content_id in judgement.left_behind)
        SubElement(root[-1], "system-out").text = _text(f"left behind, for it could not be deleted again: {left}")
    if why := judgement.why_unjudged or judgement.broke_off:
        suite = SubElement(
            root, "testsuite", name="the run", tests="1", failures="0", errors="1", skipped="0", time="0"
        )
        case = SubElement(suite, "testcase", classname="the run", name="comes-to-its-end", time="0")
        SubElement(case, "error", message=_text(f"{judgement.verdict}: {why}"), type="broke_off")
        for name in ("tests", "errors"):
            root.set(name, str(int(root.get(name, "0")) + 1))
    indent(root)
    return "<?xml version='1.0' encoding='utf-8'?>\n" + tostring(root, encoding="unicode") + "\n"


def _count(element: Element, judgement: Judgement, listed: Sequence[Result]) -> None:
    failed = [result for result in listed if result in judgement.failures and result.outcome is not Outcome.BROKEN]
    element.set("tests", str(len(listed)))
    element.set("failures", str(len(failed)))
    element.set("errors", str(sum(result.outcome is Outcome.BROKEN for result in listed)))
    element.set("skipped", str(sum(result.outcome in SKIPPED for result in listed)))


def _case(suite: Element, judgement: Judgement, result: Result) -> None:
    rule = result.rule
    case = SubElement(suite, "testcase", classname=rule.chapter, name=rule.name, time="0")
    text = _text(evidence(result, judgement.source, body=BODY))
    if result.outcome is Outcome.BROKEN:
        SubElement(case, "error", message=_text(result.reason), type=rule.level.value).text = text
    elif result in judgement.failures:
        SubElement(case, "failure", message=_text(result.reason or rule.title), type=rule.level.value).text = text
    elif result.outcome in SKIPPED:
        to_do = f"; to have it judged: {result.remedy.do}" if result.remedy else ""
        SubElement(case, "skipped", message=_text(f"{result.outcome}: {result.reason}{to_do}"))
    elif result.breaches:
        SubElement(case, "system-out").text = f"{result.outcome.value}\n{text}"


def _text(text: str) -> str:
    """`text` without what XML cannot hold."""
    return escaped(text.encode("utf-8", "backslashreplace"))
