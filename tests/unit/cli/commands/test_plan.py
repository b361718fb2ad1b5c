"""`plan`: what the next cycle would send."""

import json

from tests.unit.cli.terminal import URL, Terminal


def test_plan_sends_only_the_implementation_info(terminal: Terminal) -> None:
    asked = terminal.partner().forum.ledger
    result = terminal.run("plan", URL)
    assert list(asked.actions) == ["implementation.info"]
    assert [line.split()[:2] for line in result.stdout.splitlines()[1:]] == [
        ["sends", "implementation.info"],
        ["sends", "threads.list"],
        ["sends", "messages.list"],
        ["sends", "private_messages.list"],
    ]


def test_plan_asks_from_the_cursors_on(terminal: Terminal) -> None:
    terminal.partner()
    terminal.run("sync", URL)
    steps = json.loads(terminal.run("plan", URL, "--json").stdout)["steps"]
    assert [step["params"] for step in steps] == [{}, {"since_id": "3"}, {"since_id": "11"}, {"since_id": "13"}]


def test_plan_says_what_is_sent_what_waits_and_why(terminal: Terminal) -> None:
    partner = terminal.partner()
    terminal.run("sync", URL)
    terminal.run("create", URL, "--title", "New", "--body", "<p>x</p>")
    terminal.run("create", URL, "--thread", "id1", "--body", "<p>y</p>")
    partner.forum.ledger.clear()
    sends, waits = json.loads(terminal.run("plan", URL, "--json").stdout)["steps"][-2:]
    assert (sends["does"], sends["action"], sends["why"]) == ("sends", "threads.create", "attempt 1 of 3")
    assert sends["params"]["content_id"] == "id1"
    assert (waits["does"], waits["id"]) == ("waits", "id2")
    assert waits["why"].endswith("(id1) (PU9)")
    assert list(partner.forum.ledger.actions) == ["implementation.info"]
