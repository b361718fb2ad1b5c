"""The reports of a run: whole, valid, and safe to look at whatever the partner sent."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from lxml import etree

import crawler.conformance.reports
from crawler.conformance.baseline import Baseline
from crawler.conformance.judgement import Judgement
from crawler.conformance.reports.html import html_report
from crawler.conformance.reports.json import body_of, json_report, read_exchange
from crawler.conformance.reports.junit import junit_report
from crawler.conformance.reports.style import STYLE
from crawler.conformance.reports.tables import matrix, setting, spellings
from crawler.conformance.reports.terminal import Page
from crawler.conformance.rule import Outcome, Result
from crawler.conformance.rules.transport import TRANSPORT
from crawler.errors import ConfigurationError
from crawler.reference import DEFAULT, Says
from tests.conformance.courtroom import judged, partner

SCHEMA = Path(crawler.conformance.reports.__file__).with_name("report.schema.json")
JUNIT = Path(__file__).with_name("junit.xsd")
NASTY = "<script>alert(1)</script>\x1b]0;owned\x07 &amp; \u202e ]]> \ud800"


async def judgement(fault: str = "accepts-unsigned", **settings: Any) -> Judgement:
    return await judged(partner(fault, **settings), TRANSPORT.rules)


async def of_every_outcome() -> Judgement:
    """One with a result of each outcome."""
    found = await judgement()
    kept = [result for result in found.results if result.outcome is Outcome.PASSED]
    breach = next(result for result in found.results if result.breaches).breaches[0]
    made = [
        Result(
            rule=result.rule, outcome=outcome, breaches=[breach] if outcome is not Outcome.SKIPPED else [], reason="why"
        )
        for outcome, result in zip(Outcome, kept, strict=False)
    ]
    return replace(found, results=made, broke_off="interrupted by Ctrl-C")


async def hostile() -> Judgement:
    """A partner that puts commands, markup and the secret into everything."""
    endpoint = partner("accepts-unsigned")
    endpoint.plan("*", Says({"error": NASTY, "secret": "open sesame"}), times=100)
    found = await judged(endpoint, TRANSPORT.rules)
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


@pytest.mark.parametrize("made", [judgement, of_every_outcome, hostile])
async def test_the_json_report_keeps_its_schema(made: Any) -> None:
    schema = json.loads(SCHEMA.read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(json.loads(json_report(await made())))


async def test_the_schema_refuses_a_report_that_lacks_something() -> None:
    report = json.loads(json_report(await judgement()))
    del report["results"][0]["outcome"]
    assert not Draft202012Validator(json.loads(SCHEMA.read_text())).is_valid(report)


@pytest.mark.parametrize("made", [judgement, of_every_outcome, hostile])
async def test_the_junit_report_keeps_junits_schema(made: Any) -> None:
    etree.XMLSchema(etree.parse(JUNIT)).assertValid(etree.fromstring(junit_report(await made()).encode()))


async def test_the_junit_report_counts_what_it_holds() -> None:
    root = etree.fromstring(junit_report(await of_every_outcome()).encode())
    for element in (root, *root.iter("testsuite")):
        for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(element.get(name)) == len(list(element.iter(tag)))
    assert {int(root.get(name)) for name in ("failures", "errors", "skipped")} == {2}  # with "broken off" as an error


@pytest.mark.parametrize("report", [json_report, junit_report, html_report, Page(width=60, colours=False).whole])
async def test_no_report_holds_the_secret_or_a_command_for_a_terminal(report: Any) -> None:
    text = report(await hostile())
    assert "sesame" not in text
    assert all(c.isprintable() or c == "\n" for c in text)


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
    assert "curl -sS -i -X POST" in text


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
    [(name, content_id)] = found.left_behind
    assert name == "private_messages"
    text = report(found)
    if report is junit_report:
        etree.XMLSchema(etree.parse(JUNIT)).assertValid(etree.fromstring(text.encode()))
    shown = json.loads(text)["left_behind"] if report is json_report else text
    assert shown == [{"object": name, "id": content_id}] if report is json_report else f"{name} {content_id}" in shown


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({}, "does not conform"),
        ({"results": []}, "was not judged"),
        ({"results": [], "broke_off": "why"}, "was not judged to the end"),
    ],
)
async def test_the_verdict_is_the_same_in_each_report(changes: dict[str, Any], verdict: str) -> None:
    found = replace(await judgement(), **changes)
    assert found.verdict == verdict
    assert f">{verdict}</span>" in html_report(found)
    assert f"partner {verdict}: " in Page().whole(found)


async def test_the_terminal_report_repeats_failures_with_evidence_and_ends_with_one_line_of_counts() -> None:
    lines = Page().whole(await judgement()).splitlines()
    assert lines[2] == "transport and signature"
    assert "  ✔ answer-is-signed" in lines
    assert "  ✘ unsigned-request-refused: failed: A request without a signature is refused." in lines
    assert "failed: unsigned-request-refused (transport and signature, must)" in lines
    assert any(line.startswith("  $ curl -sS -i -X POST http://partner.example/ ") for line in lines)
    assert lines[-1].startswith(f"partner does not conform: {len(TRANSPORT.rules)} rules: ")


async def test_a_terminal_report_is_as_narrow_as_the_terminal_but_for_what_is_on_the_wire() -> None:
    text = Page(width=50).whole(await judgement())
    long = [line for line in text.splitlines() if len(line) > 50 and line[2:3] not in ("<", ">", "$")]
    assert [line for line in long if " " in line.strip()] == []


async def test_colours_and_marks_are_only_where_they_can_be_shown() -> None:
    found = await judgement()
    assert "\x1b[31m" in Page(colours=True).whole(found)
    assert "\x1b" not in Page().whole(found)
    assert "  x unsigned-request-refused" in Page(unicode=False).whole(found)
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
    text = json_report(found)
    for seen in found.seen.values():
        for sent in seen.sent:
            address, record = read_exchange(text, "report.json", sent.id)
            assert address == "http://partner.example/"
            assert body_of(record, "request") == sent.exchange.request
            assert body_of(record, "answer") == sent.body


@pytest.mark.parametrize(("text", "said"), [("{", "no report"), ("[]", "no report"), ('{"schema": 1}', "no report")])
def test_what_is_no_report_is_said(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        read_exchange(text, "report.json", "x.1")


async def test_strict_warnings_count_and_accepted_failures_do_not() -> None:
    found = await judgement()
    assert not found.conforms
    reasons = {result.rule.name: "known" for result in found.results if result.breaches}
    accepted = replace(found, results=[Baseline(reasons).apply(result) for result in found.results])
    assert accepted.conforms
    warned = [replace(result, outcome=Outcome.WARNED) if result.breaches else result for result in found.results]
    assert replace(found, results=warned).conforms
    assert not replace(found, results=warned, strict=True).conforms


async def test_a_run_that_skipped_everything_or_broke_off_does_not_conform() -> None:
    found = await judgement("")
    assert found.conforms
    skipped = [replace(result, outcome=Outcome.SKIPPED) for result in found.results]
    assert not replace(found, results=skipped).conforms
    assert not replace(found, broke_off="interrupted").conforms


async def test_a_run_that_is_cut_short_still_names_every_rule() -> None:
    found = await judgement("")
    short = replace(found, results=found.results[:3]).cut_short(TRANSPORT.rules, "interrupted by Ctrl-C")
    assert [result.rule for result in short.results] == TRANSPORT.rules
    assert {result.reason for result in short.results[3:]} == {"interrupted by Ctrl-C"}
