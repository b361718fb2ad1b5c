import json

from crawler.errors import EndpointUnreachable
from crawler.protocol.signature import Secret
from crawler.store import Store
from crawler.sync.source import Source
from tests.unit.cli.terminal import NOON, SECRET, Terminal
from tests.unit.store.writing import end

CONFIG = '[sources.shop]\nbase_uri = "http://shop.example/"\nsecret = "open sesame"\n'
SHOP = Source(name="shop", base_uri="http://shop.example/", secret=Secret(SECRET), disable_after=1)


def switched_off(terminal: Terminal) -> None:
    """A source that failed once too often."""
    terminal.configure(CONFIG)
    error = EndpointUnreachable("shop", "implementation.info", expected="an answer", came="no connection")
    with Store.open(str(terminal.directory / "crawler.db")) as store:
        store.manage([SHOP])
        end(store, SHOP, store.begin_cycle(SHOP, "process 1 on elsewhere", NOON), errors=[error])


def test_a_source_that_was_switched_off_is_due_again(terminal: Terminal) -> None:
    switched_off(terminal)
    result = terminal.run("enable", "shop")
    assert (result.exit_code, result.stdout) == (0, "shop is switched on again: a daemon that runs crawls it now.\n")
    with Store.open(str(terminal.directory / "crawler.db")) as store:
        (standing,) = store.standing()
    assert (standing.disabled_at, standing.failures, standing.is_due) == (None, 0, True)


def test_one_that_is_on_stays_so(terminal: Terminal) -> None:
    switched_off(terminal)
    assert json.loads(terminal.run("enable", "shop", "--json").stdout) == {"source": "shop", "was_disabled": True}
    assert json.loads(terminal.run("enable", "shop", "--json").stdout) == {"source": "shop", "was_disabled": False}
    assert terminal.run("enable", "shop").stdout == "shop was not switched off: there is nothing to do.\n"


def test_one_that_is_not_there_is_an_error(terminal: Terminal) -> None:
    switched_off(terminal)
    result = terminal.run("enable", "shpo")
    assert result.exit_code == 2
    assert "did you mean shop?" in result.stderr.lower()


def test_status_shows_that_it_is_off_and_how_to_switch_it_on(terminal: Terminal) -> None:
    switched_off(terminal)
    shown = terminal.run("status").stdout
    assert "switched off" in shown
    assert "`ringcx-crawler enable shop`" in shown
    record = json.loads(terminal.run("status", "--json").stdout)
    assert record["managed"] is True
    assert record["disabled_at"].startswith("2024-03-01T12:00")
    terminal.run("enable", "shop")
    assert "switched off" not in terminal.run("status").stdout
