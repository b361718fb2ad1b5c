"""The tests that ``pytest --ringcx-url`` runs."""

from crawler.pytest_plugin.judging import JudgedRule


def test_rule(ringcx_rule: JudgedRule) -> None:
    """The partner keeps the rule."""
    ringcx_rule.check()
