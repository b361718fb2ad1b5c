"""What every rule and every probe must have."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

import crawler
from crawler.conformance import chapters
from crawler.conformance.probes import PROBES
from crawler.conformance.rule import GRAVE, Chapter, Harm, Level, Rule
from crawler.conformance.rules import PARTS, RULES
from tests.conformance.test_traceability import protocol_ids

PAGES = {
    "polling",
    "request-response",
    "action-details",
    "actions",
    "objects",
    "options",
    "locales",
    "send-api",
    "structured-messages",
    "quick-start",
}
"""The guide's pages, as PROTOCOL.md names them."""

FOLDER = Path(chapters.__file__).parent

each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)


def test_names_are_unique() -> None:
    names = [rule.name for rule in RULES]
    assert len(names) == len(set(names))


@each_rule
def test_a_name_is_kebab_case(rule: Rule) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)+", rule.name)


@each_rule
def test_a_page_says_what_is_required_why_and_how_to_mend_it(rule: Rule) -> None:
    """One sentence, ``Why:``, ``Mend:``, each ended."""
    requirement, why, mend = (inspect.getdoc(rule.check) or "").split("\n\n")
    assert why.startswith("Why: ")
    assert mend.startswith("Mend: ")
    assert all(part.endswith(".") for part in (requirement, why, mend))
    assert rule.paragraphs == (
        " ".join(requirement.split()),
        " ".join(why.split())[5:],
        " ".join(mend.split())[6:],
    )


@each_rule
def test_its_level_follows_from_the_harm_that_a_breach_does(rule: Rule) -> None:
    """A ``must`` loses, doubles or exposes something, or leaves an agent without a way to answer."""
    assert (rule.level is Level.MUST) == (rule.harm in GRAVE)
    assert (rule.level is Level.UNCLEAR) == (rule.harm is Harm.UNKNOWN)
    assert 15 < len(rule.because) < 100
    assert not rule.because.endswith(".")


@each_rule
def test_it_stands_on_rules_of_the_protocol_and_a_page_of_the_guide(rule: Rule) -> None:
    assert rule.ids
    assert len(set(rule.ids)) == len(rule.ids)
    assert set(rule.ids) <= protocol_ids()
    assert rule.page in PAGES


@each_rule
def test_what_it_needs_does_not_need_it(rule: Rule) -> None:
    rules = {it.name: it for it in RULES}
    needed, rest = set[str](), set(rule.needs)
    while rest:
        name = rest.pop()
        needed.add(name)
        rest |= set(rules[name].needs) - needed
    assert rule.name not in needed


@each_rule
def test_its_probe_is_held(rule: Rule) -> None:
    assert rule.probe in {probe.name for probe in PROBES}


def test_every_probe_is_read_and_comes_after_those_it_needs() -> None:
    names = [probe.name for probe in PROBES]
    assert set(names) == {rule.probe for rule in RULES}
    for position, probe in enumerate(PROBES):
        assert set(probe.needs) <= set(names[:position])


def test_a_rule_stands_in_the_folder_of_its_chapter() -> None:
    folders = {rule.check.__module__.split(".")[-2]: rule.chapter.name.lower() for rule in RULES}

    assert folders == {it: it for it in folders}
    assert len(folders) == len(Chapter)


def test_no_module_of_rules_is_forgotten() -> None:
    modules = (
        importlib.import_module(f"{chapters.__name__}.{it.parent.name}.{it.stem}") for it in FOLDER.glob("*/*.py")
    )

    assert {id(module.PART) for module in modules if hasattr(module, "PART")} == {id(part) for part in PARTS}


def test_a_rule_is_written_in_its_chapter_alone() -> None:
    """A new one needs nothing but itself, and a twin: what is said of it elsewhere follows from what it says."""
    elsewhere = [it for it in Path(crawler.__file__).parent.rglob("*.py") if FOLDER not in it.parents]
    texts = "\n".join(it.read_text("utf-8") for it in elsewhere)

    assert [rule.name for rule in RULES if f'"{rule.name}"' in texts] == []
