"""A partner that sends a secret back, in any spelling and at any place: it is shown and kept nowhere."""

import json
import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
import structlog
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from crawler.log import OURS, configure
from crawler.protocol.credentials import WITHHELD, Credentials
from crawler.protocol.signature import HEADER, Secret
from crawler.protocol.uri import secrets_in
from crawler.reference import reference_partner
from tests.unit.cli.terminal import Terminal, answering, noon
from tests.unit.protocol.test_credentials import SPELLINGS

SECRET = 'Tok3n/"é<&Value9'
USERINFO = "administrator:p%40ss-w0rd-long"
URL = f"http://{USERINFO}@shop.example/sdk?lang=en&access_token=qu3ry-t0ken-value"
CREDENTIALS = [SECRET, *(it for it in secrets_in(URL) if len(it) >= 8)]
INFO = {"objects": {"messages": ["list", "show", "create"], "threads": ["list", "show"]}, "options": []}
MESSAGE = {"id": "1", "author": {"id": "u", "screenname": "Jo"}, "body": "Hi", "thread_id": "t",
           "created_at": "2024-01-01T00:00:00Z", "updated_at": "2024-01-01T00:00:00Z"}  # fmt: skip

Answers = Callable[[str], tuple[int, dict[str, str], object]]
"""What is answered to an action: status, headers and a JSON value, or bytes."""


def info_with(**changes: Any) -> Answers:
    return lambda action: (200, {}, {**INFO, **changes} if action == "implementation.info" else [])


def message_with(**changes: Any) -> Answers:
    def answers(action: str) -> tuple[int, dict[str, str], object]:
        return (
            200,
            {},
            INFO if action == "implementation.info" else [{**MESSAGE, **changes}] if action == "messages.list" else [],
        )

    return answers


def on(asked: str, status: int, headers: dict[str, str], body: object) -> Answers:
    return lambda action: (status, headers, body) if action == asked else (200, {}, INFO if "info" in action else [])


def in_header(text: str) -> str:
    """As a header can hold it."""
    return "".join(c if c.isprintable() and c.isascii() else "?" for c in text)


PLACES: dict[str, Callable[[str], Answers]] = {
    "error body": lambda it: on("messages.list", 500, {}, f"wrong key {it}, sorry".encode()),
    "error body, long": lambda it: on("messages.list", 403, {}, b"x" * (295 - len(it) // 2) + it.encode() + b"y" * 90),
    "error body, at the end": lambda it: on("implementation.info", 422, {}, b"<p>" * 1_998 + it.encode()),
    "not JSON": lambda it: on("messages.list", 200, {}, f"<b>{it}</b>".encode()),
    "wrong shape": lambda it: on("messages.list", 200, {}, {it: 1, "long" * 9 + it: 2}),
    "resource error": lambda it: on("messages.list", 200, {}, {"error": {"message": "no " * 95 + it}}),
    "info's error": lambda it: on("implementation.info", 200, {}, {"error": {"message": it, "fatal": True}}),
    "reason": lambda it: on("messages.list", 200, {"reason": in_header(it)}, b"x"),
    "location": lambda it: on("messages.list", 302, {"Location": "/login?key=" + "z" * 150 + in_header(it)}, b""),
    "content type": lambda it: on("messages.list", 200, {"Content-Type": "text/" + in_header(it)}, b"x"),
    "content encoding": lambda it: on("messages.list", 200, {"Content-Encoding": "x" * 30 + in_header(it)}, b"x"),
    "PHP's status": lambda it: on("messages.list", 200, {"Status": "400 " + in_header(it), HEADER: ""}, b"x"),
    "any header": lambda it: on("messages.list", 200, {"X-Debug": in_header(it)}, []),
    "header's name": lambda it: on("messages.list", 200, {"X-" + "".join(filter(str.isalnum, in_header(it))): "1"}, []),
    "id": lambda it: message_with(id=it),
    "id that is ignored": lambda it: message_with(id=it, author=None),
    "thread's id": lambda it: message_with(thread_id=it),
    "type": lambda it: message_with(body={it: 1}, format=it, language=it),
    "date": lambda it: message_with(created_at=it),
    "actions": lambda it: message_with(actions=[it, "x" * 50 + it]),
    "operation": lambda it: info_with(objects={"messages": ["list", it], it: ["list"]}),
    "option": lambda it: info_with(options=[it, "x" * 55 + it]),
    "label": lambda it: info_with(locales={"en": {"messages": {it: it}}, it: {it: it}}),
}  # fmt: skip


def at(place: Callable[[str], Answers], text: str, secret: Secret) -> httpx.AsyncBaseTransport:
    answers = place(text)

    def respond(request: httpx.Request) -> httpx.Response:
        status, headers, value = answers(json.loads(request.content)["action"])
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        headers = dict(headers)
        reason = headers.pop("reason", "").encode() or None
        signed = {HEADER: secret.sign(body)} if HEADER not in headers else {}
        extensions = {"reason_phrase": reason} if reason else {}
        return httpx.Response(status, headers={**signed, **headers}, content=body, extensions=extensions)

    return answering(respond)


COMMANDS = [
    *(["sync", "shop", "-v"], ["sync", "shop", "--json"], ["info", "shop"], ["log", "shop"], ["log", "shop", "1"]),
    *(["log", "shop", "1", "--json"], ["status", "--json"], ["messages", "shop"], ["messages", "shop", "--json"]),
    *(["send", "shop", "messages.list"], ["plan", "shop"]),
]


def shown(terminal: Terminal) -> Iterator[tuple[str, str]]:
    """All that commands print, and what the log's tables keep."""
    for command in COMMANDS:
        result = terminal.run(*command)
        yield " ".join(command), result.stdout + result.stderr
    with closing(sqlite3.connect(terminal.directory / "crawler.db")) as database:
        for table in ("cycle", "exchange"):
            for row in database.execute(f"SELECT * FROM {table}"):  # noqa: S608 - our own names
                yield (
                    table,
                    "\n".join(it.decode("utf-8", "replace") if isinstance(it, bytes) else str(it) for it in row),
                )
        for row in database.execute("SELECT name, base_uri, lease_owner FROM source"):
            yield "source", str(row)


def pieces(text: str) -> set[str]:
    """A spelled secret as it may be printed, and as much of its beginning as nobody may see."""
    whole = {text, in_header(text), json.dumps(text)[1:-1], json.dumps(json.dumps(text)[1:-1])[1:-1], repr(text)[1:-1]}
    return {
        it.lower() for spelled in whole for it in (spelled, spelled[: max(len(spelled) * 2 // 3, 7)]) if len(it) > 6
    }


NOT_HERE = ("UTF-16", "two lines")
"""What a value that is a text cannot hold, or what `pieces` does not find."""
spellings = st.sampled_from([name for name in sorted(SPELLINGS) if name not in NOT_HERE])
outer_spellings = spellings.filter(lambda it: it not in ("lower", "upper"))


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_secret_that_is_sent_back_is_shown_and_kept_nowhere(
    tmp_path_factory: Any, place: str, data: st.DataObject
) -> None:
    secret = data.draw(st.sampled_from(CREDENTIALS), label="secret")
    inner, outer = data.draw(spellings, label="inner"), data.draw(outer_spellings, label="outer")
    assume(place != "header's name" or "base64" not in inner + outer)  # whose case is lost there
    spelled = SPELLINGS[outer](SPELLINGS[inner](secret.encode())).decode("utf-8", "replace")
    terminal = Terminal(tmp_path_factory.mktemp("shop"), environ={"SHOP_SECRET": SECRET})
    terminal.configure(f"[sources.shop]\nbase_uri = '{URL}'\nsecret_env = 'SHOP_SECRET'\n")
    terminal.endpoints["shop.example"] = at(PLACES[place], spelled, Secret(SECRET))
    unseen = pieces(spelled) | pieces(secret)
    for surface, text in shown(terminal):
        assert not [it for it in unseen if it in text.lower()], surface


def test_what_is_made_of_a_name_that_holds_one_is_withheld_with_it(tmp_path: Path) -> None:
    """A label is the operation's name in other letters (IM11), by which base64 is spoilt and still says too much."""
    spelled = SPELLINGS["base64, 0"](SPELLINGS["HEX"](SECRET.encode())).decode()
    terminal = Terminal(tmp_path, environ={"SHOP_SECRET": SECRET})
    terminal.configure(f"[sources.shop]\nbase_uri = '{URL}'\nsecret_env = 'SHOP_SECRET'\n")
    objects = {"messages": ["list", spelled]}

    def answers(action: str) -> tuple[int, dict[str, str], object]:
        message = {**MESSAGE, "actions": [spelled]}
        return 200, {}, {**INFO, "objects": objects} if "info" in action else [message] if "messages" in action else []

    terminal.endpoints["shop.example"] = at(lambda _: answers, "", Secret(SECRET))
    for command in (
        ["sync", "shop"],
        ["info", "shop"],
        ["info", "shop", "--json"],
        ["show", "shop", "1"],
        ["show", "shop", "1", "--json"],
    ):
        result = terminal.run(*command)
        assert result.exit_code == 0, result.output
        assert spelled[:20].lower() not in result.output.lower(), command


@pytest.fixture
def logging_left_as_it_was() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger(OURS)
    before = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:], root.level, ours.level = before
    structlog.reset_defaults()


@pytest.mark.usefixtures("logging_left_as_it_was")
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(secret=st.sampled_from(CREDENTIALS), inner=spellings, outer=outer_spellings, readable=st.booleans())
def test_no_line_of_the_daemons_log_shows_one_nor_does_a_traceback(
    secret: str, inner: str, outer: str, readable: bool
) -> None:
    spelled = SPELLINGS[outer](SPELLINGS[inner](secret.encode())).decode("utf-8", "replace")
    configure(stream := StringIO(), readable=readable, known=lambda: Credentials(CREDENTIALS))
    log = structlog.get_logger(OURS).bind(source="shop", since_id=spelled)
    try:
        raise ValueError(f"the key {spelled} does not fit")
    except ValueError:
        log.exception(spelled, number=1, several=[spelled])
    logging.getLogger("other").error("from a library: %s", spelled)
    text = stream.getvalue()
    assert not [it for it in pieces(spelled) if it in text.lower()]
    assert WITHHELD in text
    assert "Traceback" in text


MISPLACED = [
    "agent_id = ['{}']",
    "list_interval = '{}'",
    "push = '{}'",
    "verify_tls = '{}'",
    "secret_env = '{}'",
    "secret_file = '{}'",
    "secret = ['{}']",
    "secret = '{}",
    "secret = {}",
    "keep_bytes = '{}'",
    "unknown = '{}'",
    "[daemon]\nlisten = '{}'",
    "[daemon]\nmax_cycles = '{}'",
    "[sources.other]\nbase_uri = '{}'",
    "[sources.other]\nbase_uri = 'ftp://{}'",
    "[sources.other]\nbase_uri = 'http://jo:{}@shop.example:port/'",
    "[sources.other]\nbase_uri = 'http://shop.example:1/?token={}#x'",
    "[sources]\n'a b' = '{}'",
]


@pytest.mark.parametrize("secret", ["TOK3NSECRET", "Tok3nSecretValue9", "tok3n-secret-value"])
@pytest.mark.parametrize("text", MISPLACED)
def test_a_secret_that_stands_at_the_wrong_place_of_the_settings_is_not_quoted(
    terminal: Terminal, text: str, secret: str
) -> None:
    terminal.environ.clear()
    terminal.configure(f"[sources.shop]\nbase_uri = 'http://shop.example/'\n{text.format(secret)}\n")
    for command in (["status"], ["sync", "shop"], ["sync", "other"]):
        result = terminal.run(*command)
        assert secret.lower() not in (result.stdout + result.stderr).lower(), command


@pytest.mark.parametrize("place", ["other.pem", "shop.key"])
def test_a_path_that_names_a_file_is_quoted(terminal: Terminal, place: str) -> None:
    (terminal.directory / place).mkdir()
    terminal.configure(f"[sources.shop]\nbase_uri = 'https://x.example/'\nsecret_file = '{place}'\n")
    assert f"{place} cannot be read: Is a directory" in terminal.run("sync", "shop").stderr


def test_a_url_with_a_secret_in_its_query_names_a_source_without_it(terminal: Terminal) -> None:
    terminal.partner()
    url = "http://shop.example/?lang=en&token={}"
    for token in ("first-t0ken", "other-t0ken"):
        assert terminal.run("sync", url.format(token)).exit_code == 0
    result = terminal.run("status", "--json")
    names = [json.loads(line)["source"] for line in result.stdout.splitlines()]
    assert len(set(names)) == 2  # two endpoints that differ in their token only are two
    assert all(name.startswith("http://shop.example/?lang=en&token=withheld-") for name in names)
    assert "t0ken" not in result.stdout
    assert terminal.run("threads", url.format("other-t0ken")).stdout == terminal.run("threads", names[1]).stdout


@pytest.mark.parametrize("secret", ["s", "list", "id", "messages", "implementation.info", "200", "application/json"])
def test_a_secret_that_is_short_or_a_word_is_warned_of_once_and_breaks_nothing(terminal: Terminal, secret: str) -> None:
    terminal.partner()
    usual = terminal.run("sync", "http://shop.example/")
    terminal = Terminal(terminal.directory / "weak", environ={"RINGCX_CRAWLER_SECRET": secret})
    terminal.directory.mkdir()
    terminal.endpoints["shop.example"] = httpx.ASGITransport(reference_partner(secret, noon))
    result = terminal.run("sync", "http://shop.example/")
    assert result.stdout == usual.stdout
    assert result.stderr.count("cannot be told from other text") == 1
    logged = terminal.run("log", "http://shop.example/", "1").stdout
    assert WITHHELD not in logged + result.stdout


def test_a_replay_of_a_report_goes_to_the_url_whose_secrets_were_not_shown(terminal: Terminal) -> None:
    asked: list[str] = []

    def respond(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.query.decode())
        return httpx.Response(500)

    terminal.environ["HOME"] = str(terminal.directory)
    terminal.configure(f"[sources.shop]\nbase_uri = '{URL}'\nsecret = '{SECRET}'\n")
    terminal.endpoints["shop.example"] = answering(respond)
    assert terminal.run("check", "shop").exit_code in (1, 3)
    [report] = terminal.directory.glob("**/*.json")
    assert "qu3ry-t0ken-value" not in report.read_text()
    asked.clear()
    assert terminal.run("replay", "declaration.1").exit_code == 0
    assert asked == ["lang=en&access_token=qu3ry-t0ken-value"]
