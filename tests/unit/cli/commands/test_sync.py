import json
from pathlib import Path

import httpx

from crawler.protocol.signature import HEADER
from crawler.reference import Capabilities, Fails, Listing, Rejects, Says
from crawler.settings import read_configuration
from crawler.store import Store
from tests.unit.cli.terminal import NOON, SECRET, URL, Terminal, answering, columns

PRIVATE = Capabilities({"private_messages": ("list", "show", "create")}, ("private_messages.text",))
TWO = """
[sources.shop]
base_uri = "http://shop.example"
secret = "open sesame"
[sources.dead]
base_uri = "http://dead.example"
secret = "open sesame"
"""


def test_a_url_and_a_secret_are_all_it_takes(terminal: Terminal) -> None:
    terminal.partner()
    result = terminal.run("sync", "http://SHOP.example:80")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert result.stdout.startswith(f"{URL}: cycle 1 done in 0.00 s\n")
    assert columns(result, "threads") == ["threads", "3", "3", "0", "0", "0", "3"]
    assert columns(result, "messages") == ["messages", "8", "8", "0", "0", "0", "11"]


def test_the_second_cycle_goes_on_from_the_cursors(terminal: Terminal) -> None:
    terminal.partner()
    terminal.run("sync", URL)
    assert columns(terminal.run("sync", URL), "messages") == ["messages", "0", "0", "0", "0", "0", "11", "11"]


def test_a_cycle_by_hand_that_comes_sooner_than_it_was_due_says_so(terminal: Terminal) -> None:
    """A cycle of the command line may come at once (CY1)."""
    terminal.partner()
    assert "by hand" not in terminal.run("sync", URL).stdout
    early = columns(terminal.run("sync", URL), "by")
    assert early[:2] == ["by", "hand"]
    assert early[3:] == ["s", "before", "it", "was", "due", "(CY1)"]
    assert 50 < int(early[2]) <= 60
    assert 50 < json.loads(terminal.run("sync", URL, "--json").stdout)["early"] <= 61


def test_what_was_ignored_is_named_with_the_reason(terminal: Terminal) -> None:
    terminal.partner("author-missing")
    result = terminal.run("sync", URL)
    assert result.exit_code == 0
    row = next(line for line in result.stdout.splitlines() if line.startswith("messages  7"))
    assert row.split(maxsplit=3)[3] == "has no 'author'  OB1"


def test_json_is_the_cycles_report_and_nothing_else(terminal: Terminal) -> None:
    terminal.partner()
    result = terminal.run("sync", URL, "--json")
    report = json.loads(result.stdout)
    assert report["source"] == URL
    assert report["objects"]["messages"]["new"] == 8
    assert result.stdout.count("\n") == 1
    assert result.stderr == ""


def test_options_may_stand_before_the_command(terminal: Terminal) -> None:
    terminal.partner()
    assert json.loads(terminal.run("--json", "sync", URL).stdout)["cycle"] == 1


def test_until_idle_runs_cycles_until_nothing_is_left(terminal: Terminal) -> None:
    terminal.configure('[defaults]\nmax_pages = 1\n[sources.shop]\nbase_uri = "http://shop.example"\n')
    terminal.partner().listing = Listing(page_size=2)
    report = json.loads(terminal.run("sync", "shop", "--until-idle", "--json").stdout)
    assert [cycle["objects"]["messages"]["new"] for cycle in report["cycles"]] == [2, 2, 2, 2, 0]
    assert report["failed"] is False


def test_a_page_limit_is_mentioned(terminal: Terminal) -> None:
    terminal.configure('[sources.shop]\nbase_uri = "http://shop.example"\nmax_pages = 1\n')
    terminal.partner().listing = Listing(page_size=2)
    assert "messages: the page limit was reached; the next cycle goes on" in terminal.run("sync", "shop").stdout


def test_exports_are_shown_with_what_became_of_them(terminal: Terminal) -> None:
    partner = terminal.partner()
    terminal.run("sync", URL)
    terminal.run("reply", URL, "4", "Thanks!")
    terminal.run("create", URL, "--private", "--recipient", "42", "--body", "Hello", "--format", "text")
    partner.capabilities = PRIVATE
    partner.plan("private_messages.create", Rejects("later"))
    result = terminal.run("sync", URL)
    assert "exports     1 sent, 1 retried, 1 waiting\n" in result.stdout
    assert columns(result, "messages.create")[:4] == ["messages.create", "id1", "waits", "the"]
    assert columns(result, "private_messages.create")[:3] == ["private_messages.create", "id2", "retried"]
    assert result.exit_code == 1


def test_an_error_that_comes_back_in_each_cycle_is_printed_once(terminal: Terminal) -> None:
    partner = terminal.partner()
    terminal.run("sync", URL)
    terminal.run("reply", URL, "4", "Thanks!")
    partner.plan("messages.list", Fails(503, "closed"), times=9)
    result = terminal.run("sync", URL, "--until-idle")
    assert result.stdout.count(": cycle ") == 2
    assert result.stderr.count("error: ") == 1


def test_what_a_later_cycle_puts_right_is_no_failure(terminal: Terminal) -> None:
    partner = terminal.partner()
    terminal.run("sync", URL)
    terminal.run("reply", URL, "4", "Thanks!")
    partner.plan("messages.create", Rejects("later"))
    result = terminal.run("sync", URL, "--until-idle")
    assert "1 sent, 1 retried" in result.stdout
    assert result.exit_code == 0


def test_several_sources_report_in_one_object_and_fail_apart(terminal: Terminal) -> None:
    terminal.configure(TWO)
    terminal.partner()
    result = terminal.run("sync", "--json")
    shop, dead = json.loads(result.stdout)["sources"]
    assert (shop["source"], shop["failed"]) == ("shop", False)
    assert (dead["source"], dead["failed"]) == ("dead", True)
    assert "error: dead: implementation.info: " in result.stderr
    assert result.exit_code == 3


def test_a_source_that_another_process_crawls_is_left_alone_and_its_neighbours_are_not(terminal: Terminal) -> None:
    terminal.configure(TWO)
    terminal.partner()
    terminal.partner(host="dead.example")
    with Store.open(str(terminal.directory / "crawler.db")) as store:
        dead = read_configuration(terminal.environ["RINGCX_CRAWLER_CONFIG"], {}).source("dead")
        store.begin_cycle(dead, "process 7 on another-machine", NOON)
    result = terminal.run("sync", "--json")
    shop, busy = json.loads(result.stdout)["sources"]
    assert shop["failed"] is False
    assert (busy["cycles"], busy["failed"], busy["error"]["kind"]) == ([], True, "SourceBusy")
    assert result.stderr.startswith(
        "error: dead: is being crawled by process 7 on another-machine\n"
        "  Wait for it to end; if it is gone, its lease runs out within "
    )
    assert result.exit_code == 1


def test_all_is_what_no_source_means(terminal: Terminal) -> None:
    terminal.configure(TWO)
    terminal.partner()
    assert terminal.run("sync", "--all", "--json").stdout.count('"failed"') == 2
    assert "exclude each other" in terminal.run("sync", "--all", "shop").stderr


def test_a_source_named_twice_is_crawled_once(terminal: Terminal) -> None:
    terminal.configure(TWO)
    asked = terminal.partner().forum.ledger
    assert terminal.run("sync", "shop", "http://shop.example/").exit_code == 0
    assert list(asked.actions).count("implementation.info") == 1


def test_a_list_that_fails_is_exit_code_1(terminal: Terminal) -> None:
    terminal.partner("list-error")
    result = terminal.run("sync", URL)
    assert result.exit_code == 1
    assert "got HTTP 503; the partner says: the message index is being rebuilt" in result.stderr
    assert columns(result, "threads")[2] == "3"


def test_a_rejected_list_names_the_partners_reason(terminal: Terminal) -> None:
    terminal.partner().plan("threads.list", Rejects("closed on Sundays"))
    result = terminal.run("sync", URL)
    assert "closed on Sundays" in result.stderr
    assert result.exit_code == 1


def test_the_database_is_the_one_that_is_named(terminal: Terminal, tmp_path: Path) -> None:
    terminal.partner()
    terminal.run("sync", URL, "--database", str(tmp_path / "other.db"))
    assert (tmp_path / "other.db").exists()
    assert not (tmp_path / "crawler.db").exists()


def test_verbose_shows_each_exchange_on_stderr(terminal: Terminal) -> None:
    terminal.partner()
    lines = terminal.run("sync", URL, "-v").stderr.splitlines()
    assert lines[0] == f"{URL} --> implementation.info"
    assert lines[1].startswith(f"{URL} <-- HTTP 200, signature valid, 636 bytes, ")
    assert f'{URL} --> messages.list {{"since_id": "11"}}' in lines


class Trailing(httpx.ASGITransport):
    """Tells of a line break behind each answer, as the network does."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["behind"] = b"\n"
        return await super().handle_async_request(request)


def test_what_comes_behind_answers_is_remarked_on(terminal: Terminal) -> None:
    """TR12."""
    terminal.endpoints["shop.example"] = Trailing(terminal.partner())
    remark = r"1 byte behind the end of an answer: '\n'; the connection was closed"
    result = terminal.run("sync", URL, "-v")
    assert result.exit_code == 0
    assert result.stderr.splitlines()[2] == f"{URL} {remark}"
    for shown in (result.stdout, terminal.run("log", URL, "last").stdout):
        [row] = [line for line in shown.splitlines() if remark in line]
        assert row.split()[:3] == ["a", "connection", "7"]
        assert row.endswith("implementation.info, threads.list, threads.list  TR12")
    [found] = json.loads(terminal.run("sync", URL, "--json").stdout)["connections"]
    assert (found["rule"], found["text"], found["count"]) == ("TR12", remark, 4)


def test_verbose_shows_a_wrong_signature_as_one(terminal: Terminal) -> None:
    terminal.partner("wrongly-signed-answer")
    assert "<-- HTTP 200, wrongly signed, " in terminal.run("sync", URL, "-v").stderr


def test_flags_win_over_the_configuration(terminal: Terminal) -> None:
    terminal.configure(TWO)
    terminal.partner("unsigned-answer")
    assert terminal.run("sync", "shop").exit_code == 1
    assert terminal.run("sync", "shop", "--no-verify-signature").exit_code == 0


def test_a_url_of_a_configured_source_is_that_source(terminal: Terminal) -> None:
    terminal.configure(TWO)
    terminal.partner()
    terminal.environ.pop("RINGCX_CRAWLER_SECRET")
    assert json.loads(terminal.run("sync", URL, "--json").stdout)["source"] == "shop"


def test_a_narrow_terminal_gets_one_cell_a_line(terminal: Terminal) -> None:
    terminal.partner()
    terminal.width = 50
    lines = terminal.run("sync", URL).stdout.splitlines()
    assert lines[1:5] == [
        "object  threads",
        "  listed 3, new 3, updated 0, unchanged 0,",
        "  ignored 0",
        "  cursor after  3",
    ]
    assert max(map(len, lines)) <= 50


def test_a_wide_terminal_gets_a_table(terminal: Terminal) -> None:
    terminal.partner()
    terminal.width = 120
    lines = terminal.run("sync", URL).stdout.splitlines()
    assert set(lines[2]) == {"─"}
    assert [line.split()[0] for line in lines[3:6]] == ["threads", "messages", "private_messages"]


def test_commands_for_the_terminal_never_reach_it(terminal: Terminal) -> None:
    partner = terminal.partner()
    partner.plan("threads.list", Rejects("\x1b]0;owned\x07 \x9b31m"), times=5)
    partner.plan("messages.list", Says([{"id": "\x1b]0;owned\x07\x9b31m"}]), times=9)
    for width in (None, 40, 80, 200):
        terminal.width = width
        for words in (("sync", URL, "-v"), ("log", URL), ("log", URL, "last"), ("sync", URL, "--json"), ("status",)):
            if words[2:] == ("last",) and width is None:
                continue  # bytes as they were, for a file
            output = terminal.run(*words).output
            assert "owned" in output or words == ("status",)
            assert not set(output) & set("\x07\x9b")
            assert "\x1b]" not in output


def test_the_signature_goes_into_the_query_where_that_is_asked_for(terminal: Terminal) -> None:
    seen: list[httpx.Request] = []

    def respond(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(500)

    terminal.endpoints["shop.example"] = answering(respond)
    terminal.run("sync", URL, "--signature-in-query", "--secret", SECRET)
    assert seen[0].url.params["signature"] == seen[0].headers[HEADER]
