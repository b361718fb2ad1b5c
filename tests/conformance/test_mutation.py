"""Mutants of rules: what is changed, and that a rule which no test is about is told."""

import ast
import inspect

import pytest

from crawler.conformance import returned
from crawler.conformance.chapters.pushing import fields, once, returning
from crawler.conformance.rules import RULES
from tests.conformance.mutating import Court, changed, code_of, reached, survivors, trials
from tests.conformance.mutation import mutants

SOURCE = """
def helper(found):
    return [it for it in found if it.there if it.whole]

def rule(seen):
    if not seen.sent:
        raise NotJudged("nothing")
    for sent in helper(seen.sent):
        if sent.odd:
            yield Breach(expected="", actual="", sent=sent)
        else:
            yield case(sent.kept, sent, expected="", actual="")
        yield declares(seen, sent.declared, "", "")

def another(seen):
    yield from rule(seen)
"""
CHANGED = [
    ("helper", "turned round: … if it.there", "if not it.there if it.whole]"),
    ("helper", "left out: … if it.there", "if True if it.whole]"),
    ("helper", "turned round: … if it.whole", "if it.there if not it.whole]"),
    ("helper", "left out: … if it.whole", "if it.there if True]"),
    ("rule", "turned round: if not seen.sent", "if not not seen.sent:"),
    ("rule", "left out: if not seen.sent", "if False:"),
    ("rule", "turned round: if sent.odd", "if not sent.odd:"),
    ("rule", "left out: if sent.odd", "if True:"),
    ("rule", "left out: yield Breach(expected='', actual='', sent=sent)", "yield from ()"),
    ("rule", "turned round: case(sent.kept)", "case(not sent.kept, sent,"),
    ("rule", "left out: case(sent.kept)", "case(True, sent,"),
    ("rule", "turned round: declares(sent.declared)", "declares(seen, not sent.declared,"),
    ("rule", "left out: declares(sent.declared)", "declares(seen, True,"),
]


def test_each_condition_is_turned_round_and_left_out_one_at_a_time() -> None:
    found = list(mutants(SOURCE))

    assert [(it.function, it.what) for it in found] == [(function, what) for function, what, _ in CHANGED]
    whole = ast.unparse(ast.parse(SOURCE))
    for mutant, (_, _, text) in zip(found, CHANGED, strict=True):
        assert text in ast.unparse(mutant.tree)
        assert text not in whole
        assert len(ast.unparse(mutant.tree).splitlines()) == len(whole.splitlines())


def test_lines_are_those_of_the_source() -> None:
    lines = SOURCE.splitlines()

    assert ["if" in lines[it.line - 1] or "yield" in lines[it.line - 1] for it in mutants(SOURCE)] == [True] * 13


def test_a_function_reaches_what_it_calls_and_what_that_calls_in_other_modules_too() -> None:
    found = reached(fields.title_is_kept)

    assert {fields.title_is_kept, returning.titles, once.returned, returned.found} <= found
    assert fields.author_is_kept not in found


def test_a_function_is_changed_for_all_who_use_it_and_only_meanwhile() -> None:
    [mutant, *_] = (it for it in mutants(inspect.getsource(once)) if it.function == "creations")
    creations = vars(fields)["creations"]
    before = creations.__code__
    with changed(vars(once)["creations"], code_of(mutant, "once.py")):
        assert creations.__code__ is not before
    assert creations.__code__ is before


async def test_what_no_test_is_about_survives_and_is_told() -> None:
    tried, survived = await survivors("chapters.errors.survival", Court(trials=[]))

    assert tried == len(survived) > 0
    assert survived[0].startswith("crawler/conformance/chapters/errors/survival.py:")


def test_every_rule_is_in_some_trial() -> None:
    about = frozenset[str]().union(*(trial.about for trial in trials()))

    assert about >= {rule.name for rule in RULES}


@pytest.mark.thorough
@pytest.mark.parametrize("module", ["chapters.objects.people", "chapters.listing.reach", "chapters.errors.survival"])
async def test_no_mutant_of_these_rules_survives(module: str) -> None:
    tried, survived = await survivors(module, Court())

    assert tried
    assert survived == []
