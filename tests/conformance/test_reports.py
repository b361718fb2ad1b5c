"""The reports of a run: whole, valid, and safe to look at whatever the partner sent."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from lxml import etree
from rich.cells import cell_len

from crawler.conformance.baseline import Baseline
from crawler.conformance.evidence import Remedy, Seen
from crawler.conformance.exhibit import exhibit
from crawler.conformance.judgement import Judgement, Verdict
from crawler.conformance.reports.html import html_report
from crawler.conformance.reports.json import KEPT, body_of, json_report, read_exhibit, read_report
from crawler.conformance.reports.junit import junit_report
from crawler.conformance.reports.style import STYLE
from crawler.conformance.reports.tables import matrix, setting, spellings
from crawler.conformance.reports.terminal import Page
from crawler.conformance.returned import Written
from crawler.conformance.rule import Breach, Chapter, Outcome, Result
from crawler.conformance.rules import RULES
from crawler.errors import ConfigurationError
from crawler.protocol.signature import HEADER
from crawler.reference import DEFAULT, Says
from tests.conformance.courtroom import SCHEMA, judged, partner, read_as_junit, reported
from tests.conformance.telling import telling
from tests.conformance.twins.transport import TRANSPORT as TRANSPORT_TWINS
from tests.unit.cli.terminal import nothing_there

TRANSPORT = [rule for rule in RULES if rule.chapter is Chapter.TRANSPORT]
NASTY = "<script>alert(1)</script>\x1b]0;owned\x07 &amp; \u202e ]]> \ud800"


async def judgement(fault: str = "accepts-unsigned", **settings: Any) -> Judgement:
    return await judged(partner(fault, **settings), TRANSPORT)


async def of_every_outcome() -> Judgement:
    """One with a result of each outcome."""
    found = await judgement()
    kept = [result for result in found.results if result.outcome is Outcome.PASSED]
    breach = next(result for result in found.results if result.breaches).breaches[0]
    made = [
        Result(
            rule=result.rule,
            outcome=outcome,
            breaches=[] if outcome in (Outcome.NOT_JUDGED, Outcome.DOES_NOT_APPLY) else [breach],
            reason="why",
            looked_at=1,
            remedy=Remedy.WRITE if outcome is Outcome.NOT_JUDGED else None,
        )
        for outcome, result in zip(Outcome, kept, strict=False)
    ]
    return replace(found, results=made, broke_off="interrupted by Ctrl-C")


async def hostile() -> Judgement:
    """A partner that puts commands, markup and the secret into everything."""
    endpoint = partner("accepts-unsigned")
    endpoint.plan("*", Says({"error": NASTY, "secret": "open sesame"}), times=100)
    found = await judged(endpoint, TRANSPORT)
    results = [
        replace(
            result,
            outcome=Outcome.FAILED,
            reason=f"{NASTY} open sesame",
            breaches=[replace(breach, actual=f"{NASTY} open sesame") for breach in result.breaches],
        )
        if result.breaches
        else result
        for result in found.results
    ]
    assert any(result.breaches for result in results)
    return replace(found, results=results, broke_off=NASTY)


async def with_a_baseline() -> Judgement:
    """One whose breaches are accepted, and another one that is kept by now."""
    found = await judgement()
    accepted = {it.rule.name: "known" for it in found.findings} | {"no-redirect": "was so"}
    results = [Baseline(accepted).apply(it) for it in found.results]
    assert {it.outcome for it in results} >= {Outcome.ACCEPTED, Outcome.STALE}
    return replace(found, results=results)


async def cut_short() -> Judgement:
    found = await judgement()
    return replace(found, results=found.results[:3]).cut_short(TRANSPORT, "interrupted by Ctrl-C")


async def without_anybody() -> Judgement:
    return await judged(httpx.MockTransport(nothing_there))


each_kind = pytest.mark.parametrize(
    "made", [judgement, of_every_outcome, hostile, with_a_baseline, cut_short, without_anybody]
)


@each_kind
async def test_the_json_report_keeps_its_schema(made: Any) -> None:
    Draft202012Validator.check_schema(json.loads(SCHEMA.read_text()))
    reported(await made())


async def test_the_schema_refuses_a_report_that_lacks_something_or_passes_what_nobody_looked_at() -> None:
    schema = Draft202012Validator(json.loads(SCHEMA.read_text()))
    for change in ({"outcome": None}, {"outcome": "skipped"}, {"looked_at": 0}, {"remedy": "write"}):
        report = json.loads(json_report(await judgement()))
        assert report["results"][0]["outcome"] == "passed"
        assert schema.is_valid(report)
        report["results"][0] |= change
        assert not schema.is_valid(report)


async def test_the_junit_report_counts_what_it_holds() -> None:
    root = etree.fromstring(junit_report(await of_every_outcome()).encode())
    for element in (root, *root.iter("testsuite")):
        for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(element.get(name)) == len(list(element.iter(tag)))
    # with "broken off" as an error; skipped is what is accepted, what was not judged, and what does not apply
    assert [int(root.get(name)) for name in ("failures", "errors", "skipped")] == [2, 2, 3]


@each_kind
async def test_the_junit_report_is_understood_by_a_reader_that_is_not_ours(made: Any) -> None:
    read_as_junit(await made())


@pytest.mark.parametrize("report", [json_report, junit_report, html_report, Page(width=60, colours=False).whole])
async def test_no_report_holds_the_secret_or_a_command_for_a_terminal(report: Any) -> None:
    text = report(await hostile())
    assert "sesame" not in text
    assert all(c.isprintable() or c == "\n" for c in text)


@pytest.mark.parametrize("before", range(40, 62))
async def test_no_report_holds_the_beginning_of_a_secret_that_was_cut(before: int) -> None:
    """A rule shows the first 60 bytes of what came; here the secret begins before their end."""
    body = b"x" * before + b"open sesame, and more"
    found = await judged(httpx.MockTransport(lambda _: httpx.Response(200, headers={HEADER: "ab"}, content=body)))
    assert [it.rule.name for it in found.results if it.breaches] == ["answer-signature-is-right"]
    for report in (json_report, junit_report, html_report, Page().whole):
        assert "open ses" not in report(found)


async def test_the_html_report_is_one_file_and_what_a_partner_sent_is_text_in_it() -> None:
    root = etree.HTML(html_report(await hostile()))
    tags = {element.tag for element in root.iter()}
    assert not tags & {"script", "link", "img", "iframe", "object"}
    assert "alert(1)" in "".join(root.itertext())
    links = [element.get("href") for element in root.iter("a")]
    assert links
    assert all(link.startswith(("#", "https://developers.ringcentral.com/")) for link in links)
    assert "url(" not in html_report(await hostile())


async def test_the_html_report_shows_each_failure_with_its_evidence_and_how_to_repeat_it() -> None:
    root = etree.HTML(html_report(await judgement()))
    article = root.xpath("//article[@id='unsigned-request-refused']")[0]
    text = " ".join("".join(article.itertext()).split())
    assert "an error status, such as 403" in text
    assert "HTTP 200" in text
    assert "ringcx-crawler replay signatures.1" in text
    assert "curl -sS -i --globoff -X POST" in text


def luminance(colour: str) -> float:
    """How bright a colour is, from 0 to 1, as the W3C's guidelines on accessibility have it."""
    digits = colour * 2 if len(colour) == 3 else colour
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (it / 12.92 if it <= 0.04045 else ((it + 0.055) / 1.055) ** 2.4 for it in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["paper", "box"])
@pytest.mark.parametrize("name", ["ink", "faint", "good", "bad", "warn", "note"])
def test_the_html_report_can_be_read_in_the_light_and_in_the_dark(scheme: str, ground: str, name: str) -> None:
    light, dark = (dict(re.findall(r"--(\w+): #(\w+);", part)) for part in STYLE.split("@media (prefers", 1))
    colours = light if scheme == "light" else dark
    brighter, darker = sorted((luminance(colours[name]), luminance(colours[ground])), reverse=True)
    assert (brighter + 0.05) / (darker + 0.05) >= 4.5


async def test_links_within_the_html_report_lead_somewhere() -> None:
    root = etree.HTML(html_report(await of_every_outcome()))
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    links = {element.get("href")[1:] for element in root.iter("a") if element.get("href").startswith("#")}
    assert len(ids) == len(set(ids))
    assert links
    assert links <= set(ids)


async def test_texts_of_rules_show_what_is_code_as_code_in_the_html_report() -> None:
    text = html_report(await judgement())
    assert "<code>Content-Type: application/json; charset=utf-8</code>" in text
    assert "`" not in text


@pytest.mark.parametrize("report", [json_report, junit_report, html_report, Page().whole])
async def test_what_was_left_behind_is_named(report: Any) -> None:
    found = await judged(partner(capabilities=DEFAULT.without("private_messages.delete")))
    left = [sent.body for sent in found.seen["pushing"].asked("private_messages.create")]
    assert left
    assert {name for name, _ in found.left_behind} == {"private_messages"}
    text = report(found)
    if report is junit_report:
        read_as_junit(found)
    ids = [content_id for _, content_id in found.left_behind]
    if report is json_report:
        assert [(it["object"], it["id"]) for it in json.loads(text)["left_behind"]] == found.left_behind
    elif report in (junit_report, html_report):
        assert ", ".join(f"private_messages {it}" for it in ids) in text
    else:
        assert f"private_messages {', '.join(ids)}\n" in text


async def test_of_much_that_was_left_behind_the_first_screen_shows_three_lines_and_the_details_all() -> None:
    left = [("messages", f"{it}" * 8) for it in range(40)]
    found = replace(
        await judgement(),
        seen={"returning": Seen(probe="returning", facts={Written: Written(mark="", left_behind=left)})},
    )
    lines = [line for line in Page().screen(found).splitlines() if "00000" in line or "33333" in line or "-v)" in line]

    assert len(Page().screen(found).splitlines()) <= 24
    assert lines[-1].endswith(" … (all of it: -v)")
    assert "39393939" not in Page().screen(found)
    assert "3939393939393939" in Page().details(found)


def left_unjudged(found: Judgement) -> list[Result]:
    return [
        replace(it, outcome=Outcome.NOT_JUDGED, breaches=[], reason="why", remedy=Remedy.WRITE) for it in found.results
    ]


def inapplicable(found: Judgement) -> list[Result]:
    return [replace(it, outcome=Outcome.DOES_NOT_APPLY, breaches=[], reason="why") for it in found.results]


def first_as(outcome: Outcome) -> Callable[[Judgement], Judgement]:
    return lambda it: replace(it, results=[replace(it.results[0], outcome=outcome, reason="x"), *it.results[1:]])


ALL, ALL_BUT_ONE = "{n} of {n} rules judged", "{m} of {n} rules judged"
VERDICTS: dict[str, tuple[str, Callable[[Judgement], Judgement], Verdict, str]] = {
    "a must is broken": (
        "accepts-unsigned", lambda it: it, Verdict.BREACH, f"does not conform: 2 broken, {ALL}",
    ),
    "all was judged": ("", lambda it: it, Verdict.CLEAR, f"conforms: no breach found, {ALL}"),
    "a should is broken": (
        "answers-as-html", lambda it: it, Verdict.CLEAR, f"conforms: no breach found, {ALL}, 1 warning",
    ),
    "it was interrupted": (
        "", lambda it: replace(it, broke_off="why"), Verdict.UNJUDGED, f"could not be judged, {ALL}",
    ),
    "nothing was judged": (
        "", lambda it: replace(it, results=left_unjudged(it)), Verdict.UNJUDGED, "could not be judged",
    ),
    "nothing applies": (
        "", lambda it: replace(it, results=inapplicable(it)), Verdict.UNJUDGED, "could not be judged",
    ),
    "no rule": ("", lambda it: replace(it, results=[]), Verdict.UNJUDGED, "could not be judged"),
    "a must was not judged": (
        "",
        lambda it: replace(it, results=[*left_unjudged(it)[:1], *it.results[1:]]),
        Verdict.CLEAR,
        f"no breach found, {ALL_BUT_ONE}",
    ),
    "a should was not judged": (
        "",
        lambda it: replace(it, results=[*it.results[:-1], *left_unjudged(it)[-1:]]),
        Verdict.CLEAR,
        f"conforms: no breach found, {ALL_BUT_ONE}",
    ),
    "one does not apply": (
        "",
        lambda it: replace(it, results=[*inapplicable(it)[:1], *it.results[1:]]),
        Verdict.CLEAR,
        "conforms: no breach found, {m} of {m} rules judged",
    ),
    "the judge failed": (
        "", first_as(Outcome.BROKEN), Verdict.UNJUDGED, f"could not be judged, {ALL_BUT_ONE}",
    ),
    "the baseline is stale": (
        "", first_as(Outcome.STALE), Verdict.BREACH, f"does not conform: 1 stale in the baseline, {ALL}",
    ),
    "warnings are failures": (
        "answers-as-html", lambda it: replace(it, strict=True), Verdict.BREACH, f"does not conform: 1 warning, {ALL}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", VERDICTS)
async def test_the_verdict_is_the_same_in_each_report_and_comes_first(name: str) -> None:
    fault, change, verdict, headline = VERDICTS[name]
    made = TRANSPORT_TWINS[fault].made() if fault == "answers-as-html" else partner(fault)
    found = change(await judged(made, TRANSPORT))
    said = headline.format(n=len(TRANSPORT), m=len(TRANSPORT) - 1)

    assert (found.verdict, found.headline) == (verdict, said)
    assert Page().screen(found).splitlines()[0] == said
    assert f">{said}</span>" in html_report(found)
    root = etree.fromstring(junit_report(found).encode())
    assert root.get("name") == f"ringcx-crawler check partner: {said}"
    assert bool(root.xpath("//testcase[@name='comes-to-its-end']")) == (verdict is Verdict.UNJUDGED)
    report = json.loads(json_report(found))
    assert (report["verdict"], report["headline"]) == (verdict.value, said)
    assert report["conforms"] is said.startswith("conforms")


async def crowded() -> Judgement:
    """One with more to tell than there is room for."""
    found = await judged(partner())
    breach = Breach(expected="a very long expectation " * 9, actual="a very long surprise " * 9)
    outcomes = [Outcome.FAILED, Outcome.WARNED, Outcome.NOTED, Outcome.STALE, Outcome.BROKEN, Outcome.ACCEPTED]
    results = [
        replace(it, outcome=outcomes[number % 6], breaches=[breach] if number % 6 < 3 else [], reason="why " * 40)
        for number, it in enumerate(found.results)
    ]
    left = [
        replace(it, outcome=Outcome.NOT_JUDGED, reason="why " * 40, remedy=list(Remedy)[number % len(Remedy)])
        for number, it in enumerate(found.results)
    ]
    source = replace(found.source, name="http://partner.example/" + "y" * 200)
    mixed = [*results[:60], *left[60:]]
    return replace(found, source=source, results=mixed, broke_off="the endpoint did not answer " * 20)


@pytest.mark.parametrize("made", [judgement, of_every_outcome, hostile, crowded])
@pytest.mark.parametrize("width", [None, 200, 80, 60])
async def test_the_first_screen_is_24_lines_of_80_columns(made: Any, width: int | None) -> None:
    lines = Page(width=width).screen(await made()).splitlines()
    assert 3 < len(lines) <= 24
    assert [line for line in lines if cell_len(line) > min(width or 80, 80)] == []


async def test_the_first_screen_names_breaches_by_harm_with_what_was_expected_and_what_came() -> None:
    found = await judged(partner("create-ignores-content-id"))
    warned = await judged(partner("show-unknown-null"))
    results = [it for it in found.results if it.breaches] + [it for it in warned.results if it.breaches]
    lines = Page().screen(replace(found, results=results[::-1])).splitlines()
    [breach] = next(it for it in results if it.rule.name == "repeated-create-answers-the-same-id").breaches
    assert lines[0] == "does not conform: 2 broken, 1 warning, 3 of 3 rules judged"
    assert lines[2:9] == [
        "",
        "something comes twice:",
        f" 1 ✘ repeated-create-answers-the-same-id: expected {breach.expected}, got {breach.actual}",
        " 2 ✘ repeated-create-makes-no-copy: one content, got 2 of the same content_id",
        "warnings (should):",
        " 3 ! show-of-an-unknown-id-refused: HTTP 4xx, such as…, got HTTP 200 (applicati…",
        "",
    ]
    assert lines[-1] == "next: ringcx-crawler explain 1 (to 3)"


async def test_the_first_screen_says_what_was_not_judged_why_and_what_would_change_that() -> None:
    lines = Page().screen(await judged(partner(), write=False)).splitlines()
    left = [line for line in lines if line.endswith("it writes at the partner, which was not allowed: give --write")]
    assert len(left) == 1
    assert lines[-1] == "next: ringcx-crawler check partner --write"


async def test_where_nothing_could_be_judged_the_next_thing_is_the_same_once_more() -> None:
    """Not another option: what is wrong stands above, as that the secrets differ."""
    lines = Page().screen(await telling("refuses our signature")()).splitlines()
    assert lines[0].startswith("could not be judged")
    assert [
        line for line in lines if line.endswith("the endpoint refuses our signature: compare the secrets of both sides")
    ]
    assert lines[-1] == "next: ringcx-crawler check partner"


async def test_what_has_no_room_on_the_first_screen_is_counted() -> None:
    found = await crowded()
    lines = Page().screen(found).splitlines()
    [more] = [line for line in lines if "-v shows all" in line]
    shown = [line for line in lines if re.match(r" ?\d+ [✘!·~] ", line)]
    assert int(more.split()[1]) + len(shown) == len(found.findings)
    groups = [int(line.split()[0]) for line in lines if re.match(r" +\d+  \w", line)]
    assert sum(groups) == sum(map(len, found.left_out.values()))
    assert [line for line in lines if line.endswith("for other reasons: -v")]


async def test_the_details_repeat_each_rule_with_what_it_looked_at_and_findings_with_evidence() -> None:
    lines = Page().details(await judgement()).splitlines()
    assert lines[1] == "transport and signature"
    looked_at = "2 cases, such as implementation.info (declaration.1): HTTP 200 (application/json, "
    assert any(line.startswith(f"  ✔ answer-is-signed: {looked_at}") for line in lines)
    assert "  ✘ unsigned-request-refused: failed: A request without a signature is refused." in lines
    assert "1 failed: unsigned-request-refused (transport and signature, must)" in lines
    assert any(line.startswith("  $ curl -sS -i --globoff -X POST http://partner.example/ ") for line in lines)


async def test_the_details_are_as_narrow_as_the_terminal_but_for_what_is_on_the_wire() -> None:
    text = Page(width=50).details(await judgement())
    long = [line for line in text.splitlines() if len(line) > 50 and line[2:3] not in ("<", ">", "$")]
    assert [line for line in long if " " in line.strip()] == []


async def test_colours_and_marks_are_only_where_they_can_be_shown() -> None:
    found = await judgement()
    assert "\x1b[31m" in Page(colours=True).whole(found)
    assert "\x1b" not in Page().whole(found)
    assert " 1 x unsigned-request-refused" in Page(unicode=False).whole(found)
    assert "✘" not in Page(unicode=False).whole(found)


async def test_the_spellings_are_told_as_a_table_with_the_setting_to_use() -> None:
    found = await judgement("")
    tried = spellings(found)
    assert [it.taken for it in tried] == [True] * len(tried)
    assert setting(tried) == "No setting is needed: non-ASCII text is sent as it is."


@pytest.mark.parametrize(
    ("raw", "escapes", "said"),
    [
        (True, False, "No setting"),
        (False, True, "ascii_json = true"),
        (False, False, "No setting helps"),
        (None, None, ""),
    ],
)
async def test_the_setting_follows_from_what_is_taken(raw: bool | None, escapes: bool | None, said: str) -> None:
    by_name = {"raw UTF-8": raw, "escapes": escapes}
    tried = [replace(it, taken=by_name.get(it.name, it.taken)) for it in spellings(await judgement(""))]
    assert setting(tried).partition(":")[0].endswith(said) or said in setting(tried)
    assert bool(setting(tried)) is bool(said)


async def test_the_matrix_tells_what_is_declared_and_asked_for_and_broken() -> None:
    table = matrix(await judgement())
    assert table is not None
    cells = dict(zip(table.operations, dict(table.rows)["threads"], strict=True))
    assert cells["list"].declared
    assert cells["list"].asked > 0
    assert (cells["create"].declared, cells["create"].asked) == (True, 0)
    assert not cells["escalate"].declared


async def test_every_exchange_can_be_read_back_from_the_json_report() -> None:
    found = await judgement()
    report = read_report(json_report(found), "report.json")
    assert report.address == "http://partner.example/"
    for seen in found.seen.values():
        for sent in seen.sent:
            _, record = report.exchange(sent.id)
            assert body_of(record, "request") == sent.exchange.request
            assert body_of(record, "answer") == sent.body
            assert read_exhibit(sent.id, record) == exhibit(sent, found.source, keep_bytes=KEPT)


async def test_a_finding_is_known_by_its_number_in_the_json_report() -> None:
    found = await judgement()
    report = read_report(json_report(found), "report.json")
    assert report.finding(1)["rule"] == "unsigned-request-refused"
    assert report.exchange("1") == report.exchange("signatures.1")
    with pytest.raises(ConfigurationError, match="has no finding 3") as caught:
        report.finding(3)
    assert caught.value.hint == "it has the findings 1 to 2"


OLD = '{"schema":1,"source":{"address":"x"},"results":[],"exchanges":{}}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "no report"),
        ("[]", "no report"),
        ('{"schema": 1}', "no report"),
        (OLD, "has the schema 1, and this version reads 2"),
    ],
)
def test_what_is_no_report_is_said(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        read_report(text, "report.json")


async def test_accepted_failures_are_none() -> None:
    found = await judgement()
    reasons = {result.rule.name: "known" for result in found.results if result.breaches}
    accepted = replace(found, results=[Baseline(reasons).apply(result) for result in found.results])
    assert accepted.conforms
    assert accepted.headline.endswith("rules judged, 2 accepted")


async def test_a_run_that_is_cut_short_still_names_every_rule() -> None:
    found = await judgement("")
    short = replace(found, results=found.results[:3]).cut_short(TRANSPORT, "interrupted by Ctrl-C")
    assert [result.rule for result in short.results] == TRANSPORT
    assert {result.reason for result in short.results[3:]} == {"interrupted by Ctrl-C"}
    assert set(short.left_out) == {Remedy.AGAIN}
