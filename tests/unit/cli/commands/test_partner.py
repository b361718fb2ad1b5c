"""`partner`: the reference partner."""

import json

from crawler.reference import FAULTS
from tests.unit.cli.terminal import Terminal


def test_partner_lists_its_faults(terminal: Terminal) -> None:
    lines = terminal.run("partner", "--list-faults", "--json").stdout.splitlines()
    assert {json.loads(line)["fault"] for line in lines} == set(FAULTS)


def test_partner_refuses_an_unknown_fault(terminal: Terminal) -> None:
    result = terminal.run("partner", "--fault", "laziness")
    assert result.stderr == "error: there is no fault 'laziness'\n  `ringcx-crawler partner --list-faults`.\n"
    assert result.exit_code == 2
