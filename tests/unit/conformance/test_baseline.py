"""Accepted failures."""

import tomllib

import pytest

from crawler.conformance.baseline import UNEXPLAINED, Baseline, new_baseline, read_baseline
from crawler.conformance.rule import Breach, Outcome, Result
from crawler.conformance.rules import RULES, named
from crawler.errors import ConfigurationError

NAME = "raw-utf8-body-accepted"
LISTED = Baseline({NAME: "known"})


def result(outcome: Outcome, name: str = NAME) -> Result:
    breaches = [Breach(expected="this", actual="that")] if outcome in (Outcome.FAILED, Outcome.WARNED) else []
    return Result(rule=named(RULES, name), outcome=outcome, breaches=breaches)


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.WARNED, Outcome.NOTED])
def test_a_listed_breach_is_accepted_with_its_reason_and_keeps_its_evidence(outcome: Outcome) -> None:
    before = result(outcome)
    after = LISTED.apply(before)
    assert (after.outcome, after.reason, after.breaches) == (Outcome.ACCEPTED, "known", before.breaches)


def test_a_listed_rule_that_is_kept_is_stale() -> None:
    after = LISTED.apply(result(Outcome.PASSED))
    assert after.outcome is Outcome.STALE
    assert "delete that line" in after.reason


@pytest.mark.parametrize("outcome", [Outcome.NOT_JUDGED, Outcome.DOES_NOT_APPLY, Outcome.BROKEN])
def test_a_rule_that_was_not_judged_is_not_stale(outcome: Outcome) -> None:
    assert LISTED.apply(result(outcome)) == result(outcome)


def test_a_listed_rule_that_was_not_judged_is_named_and_carried_over_into_a_new_baseline() -> None:
    results = [result(Outcome.NOT_JUDGED), result(Outcome.FAILED, "no-redirect")]
    assert LISTED.unlearnt(results) == [NAME]
    assert LISTED.unlearnt([result(Outcome.PASSED)]) == []
    assert tomllib.loads(new_baseline(results, LISTED))["accepted"] == {"no-redirect": UNEXPLAINED, NAME: "known"}


def test_a_rule_that_is_not_listed_stays_what_it_is() -> None:
    other = result(Outcome.FAILED, "no-redirect")
    assert LISTED.apply(other) == other


def test_a_baseline_is_a_table_of_reasons() -> None:
    assert read_baseline(f'[accepted]\n{NAME} = "known"\n', "b.toml", RULES) == LISTED
    assert read_baseline("", "b.toml", RULES) == Baseline()


def test_a_baseline_may_begin_with_a_byte_order_mark() -> None:
    assert read_baseline(f'\ufeff[accepted]\r\n{NAME} = "known"\r\n', "b.toml", RULES) == LISTED


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[accepted", "b.toml is not TOML"),
        ("[accepts]", "expected a table [accepted] and nothing else, got accepts"),
        ("accepted = 1", "got accepted that is no table"),
        ('[accepted]\nraw-utf-body-accepted = "x"', "b.toml: there is no rule 'raw-utf-body-accepted'"),
        (f'[accepted]\n{NAME} = " "', f"b.toml: {NAME} has no reason"),
        (f"[accepted]\n{NAME} = true", f"b.toml: {NAME} has no reason"),
        (f'[accepted]\n{NAME} = "{UNEXPLAINED}"', f"b.toml: {NAME} has no reason"),
    ],
)
def test_what_is_no_baseline_is_said(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_baseline(text, "b.toml", RULES)
    assert said in str(caught.value)
    assert caught.value.hint


def test_a_new_baseline_lists_what_fails_keeps_known_reasons_and_wants_the_others_filled_in() -> None:
    accepted = LISTED.apply(result(Outcome.WARNED))
    text = new_baseline([accepted, result(Outcome.FAILED, "no-redirect"), result(Outcome.PASSED)], LISTED)
    assert tomllib.loads(text) == {"accepted": {NAME: "known", "no-redirect": UNEXPLAINED}}
    with pytest.raises(ConfigurationError, match="no-redirect has no reason"):
        read_baseline(text, "b.toml", RULES)
