import json
from datetime import timedelta

import pytest

from crawler.protocol.signature import Secret
from crawler.store import Store
from crawler.sync.source import Source
from tests.unit.cli.terminal import NOON, SECRET, Terminal
from tests.unit.store.writing import end, rows

SHOP = Source(name="shop", base_uri="http://shop.example/", secret=Secret(SECRET))


@pytest.fixture
def crawled(terminal: Terminal) -> Terminal:
    """A source whose cycles were 40, 20 and 0 days ago."""
    with Store.open(str(terminal.directory / "crawler.db")) as store:
        for days in (40, 20, 0):
            end(store, SHOP, store.begin_cycle(SHOP, "process 1 on elsewhere", NOON - timedelta(days=days)))
    return terminal


def left(terminal: Terminal) -> list[int]:
    with Store.open(str(terminal.directory / "crawler.db")) as store:
        return [row["id"] for row in rows(store, "cycle")]


def test_what_is_older_than_the_configuration_says_goes(crawled: Terminal) -> None:
    result = crawled.run("prune")
    assert (result.exit_code, result.stdout) == (0, "1 cycle deleted that were older than 30 days.\n")
    assert left(crawled) == [2, 3]
    crawled.configure("[daemon]\nkeep_days = 10.5\n")
    assert json.loads(crawled.run("prune", "--json").stdout) == {"deleted_cycles": 1, "older_than_days": 10.5}
    assert left(crawled) == [3]


def test_the_command_line_has_the_last_word(crawled: Terminal) -> None:
    assert crawled.run("prune", "--days", "19").stdout == "2 cycles deleted that were older than 19 days.\n"
    assert left(crawled) == [3]


def test_a_number_that_is_none_is_refused(crawled: Terminal) -> None:
    assert crawled.run("prune", "--days", "-1").exit_code == 2
    assert left(crawled) == [1, 2, 3]
