"""The report for people who would rather look at it: one HTML file that needs nothing else. PURE.

It is built as a tree, so that whatever a partner sent can only ever be text in it.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from xml.etree.ElementTree import Element, tostring

from crawler.conformance.exhibit import Exhibit, exhibit
from crawler.conformance.judgement import Judgement, Verdict
from crawler.conformance.reports.evidence import SHOWN, body_lines, looked_at
from crawler.conformance.reports.style import STYLE
from crawler.conformance.reports.tables import Cell, matrix, setting, spellings
from crawler.conformance.rule import GUIDE, Breach, Outcome, Result
from crawler.protocol.envelope import escaped
from crawler.sync.source import Source

BODY = 20_000
"""How many bytes of each body are shown."""

ORDER = (
    Outcome.FAILED,
    Outcome.STALE,
    Outcome.BROKEN,
    Outcome.WARNED,
    Outcome.NOTED,
    Outcome.ACCEPTED,
    Outcome.NOT_JUDGED,
    Outcome.PASSED,
    Outcome.DOES_NOT_APPLY,
)
QUIET = (Outcome.NOT_JUDGED, Outcome.PASSED, Outcome.DOES_NOT_APPLY)
"""Outcomes that have no section of their own."""
"""The outcomes, those that need a person first."""

MARKS = dict(zip(ORDER, "✘✘✘!·~?✔–", strict=True))
LONGEST_CURL = 20_000

Child = Element | str


def html_report(judgement: Judgement) -> str:
    """The report as HTML."""
    judgement = judgement.withheld()
    title = f"{judgement.source.name} {judgement.verdict}"
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", title),
        el("style", STYLE),
    )
    parts = (_summary, _left_out, _matrix, _encodings, _breached)
    main = el("main", *(element for part in parts for element in part(judgement)))
    main.extend(_rules(judgement))
    page = el("html", head, el("body", main), lang="en")
    return "<!doctype html>\n" + tostring(page, encoding="unicode", method="html") + "\n"


def el(tag: str, *children: Child, **attributes: str) -> Element:
    """An element; ``class_`` is its class. Texts lose what is not printable, but no line breaks."""
    element = Element(tag, {name.rstrip("_"): _text(value) for name, value in attributes.items()})
    last: Element | None = None
    for child in children:
        if isinstance(child, Element):
            element.append(child)
            last = child
        elif last is None:
            element.text = (element.text or "") + _text(child)
        else:
            last.tail = (last.tail or "") + _text(child)
    return element


def _text(text: str) -> str:
    return escaped(text.encode("utf-8", "backslashreplace"))


def _summary(judgement: Judgement) -> Iterator[Element]:
    source, good = judgement.source, judgement.verdict is Verdict.CLEAR
    seconds = (judgement.ended - judgement.started).total_seconds()
    yield el("p", "ringcx-crawler check", class_="tool")
    yield el("h1", f"{source.name} ", el("span", judgement.headline, class_="good" if good else "bad"))
    address: list[Child] = [el("code", source.address), " · "] if source.address != source.name else []
    at = f"{judgement.started:%Y-%m-%d %H:%M:%S} UTC, {seconds:.1f} s, {judgement.requests} requests" + (
        " · strict" if judgement.strict else ""
    )
    yield el("p", *address, at, class_="legend")
    if judgement.pace.put_off:
        yield el("p", el("strong", "Its pace: "), str(judgement.pace), class_="legend")
    if why := judgement.why_unjudged or judgement.broke_off:
        yield el("p", el("strong", "Broken off: " if judgement.broke_off else "Not judged: "), why, class_="broke-off")
    if judgement.left_behind:
        left = ", ".join(f"{name} {content_id}" for name, content_id in judgement.left_behind)
        yield el("p", el("strong", "Left behind: "), f"{left}, which could not be deleted again", class_="left-behind")
    tiles = [
        el("li", el("a", el("b", str(count)), f" {outcome}", href=f"#{_section(outcome)}"), class_=_class(outcome))
        for outcome in ORDER
        if (count := judgement.counts[outcome])
    ]
    yield el("ul", *tiles, class_="tiles")


def _section(outcome: Outcome) -> str:
    """The id of the heading under which results of that outcome stand."""
    return "all" if outcome in QUIET else f"all-{outcome.value}"


def _class(outcome: Outcome) -> str:
    return outcome.value.replace(" ", "-")


def _left_out(judgement: Judgement) -> Iterator[Element]:
    groups = judgement.left_out
    if not groups:
        return
    heads = el("tr", el("th", "rules"), el("th", "since"), el("th", "to have them judged"))
    rows = [
        el("tr", el("td", str(len(results))), el("td", remedy.why), el("td", remedy.do))
        for remedy, results in groups.items()
    ]
    yield el("h2", f"What was not judged ({sum(map(len, groups.values()))})")
    yield el("div", el("table", el("thead", heads), el("tbody", *rows)), class_="scroll")


def _matrix(judgement: Judgement) -> Iterator[Element]:
    table = matrix(judgement)
    if table is None:
        return
    yield el("h2", "What the partner declares")
    head = el("tr", el("th", "object"), *(el("th", operation) for operation in table.operations))
    rows = [el("tr", el("th", name), *map(_cell, cells)) for name, cells in table.rows]
    yield el("div", el("table", el("thead", head), el("tbody", *rows), class_="matrix"), class_="scroll")
    yield el(
        "p",
        "✔ declared and asked for · ○ declared, but not asked for · ✘ so many rules broken · – not declared",
        class_="legend",
    )


def _cell(cell: Cell) -> Element:
    if cell.failed:
        title = f"asked {cell.asked} times, {cell.failed} rules broken"
        return el("td", f"✘ {cell.failed}", class_="failed", title=title)
    if not cell.declared:
        return el("td", "–", class_="does-not-apply")
    if not cell.asked:
        return el("td", "○", class_="noted", title="declared, not asked for")
    return el("td", "✔", class_="passed", title=f"asked {cell.asked} times")


def _encodings(judgement: Judgement) -> Iterator[Element]:
    tried = spellings(judgement)
    if not tried:
        return
    words = {True: ("✔ taken", "passed"), False: ("✘ refused", "failed"), None: ("? unknown", "noted")}
    told = not all(it.taken for it in tried)  # what came is of interest only where it is not what should
    rows = []
    for it in tried:
        word, class_ = words[it.taken]
        came = [el("td", "" if it.taken else it.came)] if told else []
        rows.append(el("tr", el("th", it.name), el("td", word, class_=class_), *came))
    heads = ["spelling of the body", "", "what came"][: 3 if told else 2]
    head = el("tr", *(el("th", name) for name in heads))
    yield el("h2", "Which spellings of a request it takes")
    yield el("div", el("table", el("thead", head), el("tbody", *rows), class_="spellings"), class_="scroll")
    if advice := setting(tried):
        yield el("p", advice)


def _breached(judgement: Judgement) -> Iterator[Element]:
    for outcome, heading in (
        (Outcome.FAILED, "Failures"),
        (Outcome.STALE, "Stale lines of the baseline"),
        (Outcome.BROKEN, "Faults of the judge"),
        (Outcome.WARNED, "Warnings"),
        (Outcome.NOTED, "Notes, where the guide does not decide"),
        (Outcome.ACCEPTED, "Accepted failures"),
    ):
        found = [(number, it) for number, it in enumerate(judgement.findings, 1) if it.outcome is outcome]
        if found:
            yield el("h2", f"{heading} ({len(found)})", id=_section(outcome))
            yield from (_evidence(result, judgement.source, number) for number, result in found)


def _evidence(result: Result, source: Source, number: int) -> Element:
    rule, (requirement, why, mend) = result.rule, result.rule.paragraphs
    heading = el("h3", f"{MARKS[result.outcome]} {number} {rule.name}")
    article = el("article", heading, id=rule.name, class_=_class(result.outcome))
    article.append(el("p", *_prose(requirement), class_="requirement"))
    page = el("a", rule.page, href=f"{GUIDE}{rule.page}/")
    article.append(el("p", f"{rule.chapter} · {rule.level} · {', '.join(rule.ids)} · guide: ", page, class_="legend"))
    if result.reason:
        article.append(el("p", result.reason))
    for place, breach in enumerate(result.breaches[:SHOWN]):
        article.extend(_breach(breach, source, opened=place == 0 and result.outcome is Outcome.FAILED))
    if len(result.breaches) > SHOWN:
        article.append(el("p", f"and {len(result.breaches) - SHOWN} more of the same"))
    if result.breaches:
        texts = [("Harm", f"{rule.harm}: {rule.because}."), ("Why", why), ("Mend", mend)]
        parts = [part for name, text in texts for part in (el("dt", name), el("dd", *_prose(text)))]
        article.append(el("dl", *parts, class_="advice"))
    return article


def _prose(text: str) -> Iterator[Child]:
    """A rule's text, in which what stands between backticks is code."""
    for number, part in enumerate(text.split("`")):
        yield el("code", part) if number % 2 else part


def _breach(breach: Breach, source: Source, *, opened: bool) -> Iterator[Element]:
    yield el(
        "dl",
        *(el("dt", "Expected"), el("dd", breach.expected)),
        *(el("dt", "Got"), el("dd", breach.actual, class_="got")),
    )
    if breach.sent is None:
        return
    shown = exhibit(breach.sent, source, keep_bytes=BODY)
    details = el(
        "details",
        el("summary", f"{shown.id}: {shown.label}"),
        el("pre", _request(shown)),
        el("pre", _answer(shown)),
        *([el("pre", shown.curl, class_="curl")] if len(shown.curl) <= LONGEST_CURL else []),
        el("p", "See the difference later: ", el("code", f"ringcx-crawler replay {shown.id}"), class_="legend"),
    )
    if opened:
        details.set("open", "open")
    yield details


def _request(shown: Exhibit) -> str:
    headers = [f"{name}: {value}" for name, value in shown.headers.items()]
    body = (line.removeprefix(" ") for line in body_lines("", shown.body, len(shown.body), BODY))
    return "\n".join([f"{shown.method} {shown.url}", *headers, *body])


def _answer(shown: Exhibit) -> str:
    if shown.status is None:
        return shown.error or "no answer"
    headers = [f"{name}: {value}" for name, value in shown.answer_headers.items()]
    body = (line.removeprefix(" ") for line in body_lines("", shown.answer, shown.answer_size, BODY))
    return "\n".join([f"HTTP {shown.status}", *headers, *body])


def _rules(judgement: Judgement) -> Iterator[Element]:
    yield el("h2", f"All rules ({len(judgement.results)})", id="all")
    for chapter, group in groupby(judgement.results, lambda result: result.rule.chapter):
        results = list(group)
        troubled = [result for result in results if result.outcome not in QUIET]
        summary = el("summary", f"{chapter} ", el("span", _counts(results), class_="legend"))
        details = el("details", summary, el("ul", *map(_line, results), class_="rules"))
        if troubled:
            details.set("open", "open")
        yield details


def _counts(results: Iterable[Result]) -> str:
    outcomes = [result.outcome for result in results]
    return ", ".join(f"{outcomes.count(outcome)} {outcome}" for outcome in ORDER if outcome in outcomes)


def _line(result: Result) -> Element:
    name: Child = result.rule.name
    if result.outcome not in QUIET:
        name = el("a", result.rule.name, href=f"#{result.rule.name}")
    reason = f" · {result.reason}" if result.reason else ""
    reason += f" · {looked_at(result)}" if result.looked_at else ""
    mark = el("span", MARKS[result.outcome], class_="mark")
    said = el("span", f"{result.outcome}: ", *_prose(result.rule.title), reason, class_="legend")
    return el("li", mark, " ", name, " ", said, class_=_class(result.outcome))
