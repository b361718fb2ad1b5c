"""What a person reads when something is wrong, to the letter, and the exit code."""

from pathlib import Path

import httpx
import pytest

from crawler.protocol.signature import HEADER, Secret
from crawler.reference import Fails
from tests.unit.cli.terminal import SECRET, URL, Terminal, answering

INFO = f"error: {URL}: implementation.info: expected a JSON object with 'objects', got "
ONE_SECRET = "Check that both sides use the same secret, without a blank or line break at its end."
SIGN = "Sign the exact bytes of the answer's body: lower-case hex HMAC-SHA512, header X-SMCCSDK-SIGNATURE (SG1, SG4)."
PHP = (
    "The header 'Status: …' is how the PHP SDK reports an error; the web server turned it into an HTTP 200. "
    "Read the partner's text as the error message (TR9)."
)
PHP_ERROR = (
    "HTTP 200 (text/html, 14 bytes) that is unsigned and has a header 'Status: 400 Bad Request'; "
    "the partner says: Invalid action"
)
ONLY_JSON = "The answer must be JSON and nothing else: no HTML, no warnings, no blank page (TR6)."
BY_HAND = "Show the exchange with -v, or send it by hand with `ringcx-crawler send`."
COMPARE = "Compare the answer to implementation.info with the guide (TR6)."


def error(*lines: str) -> str:
    """An error and its advice, as they are printed where stderr is no terminal."""
    return "\n  ".join(lines) + "\n"


@pytest.mark.parametrize(
    ("fault", "lines"),
    [
        ("unsigned-answer", ("HTTP 200 (application/json, 636 bytes) that is unsigned; the partner says: {says}",)),
        ("info-empty", ("an empty body", ONLY_JSON, BY_HAND)),
        ("info-null", ("null", COMPARE, BY_HAND)),
        ("info-array", ("an empty array", COMPARE, BY_HAND)),
        (
            "info-not-json",
            (
                "a body that is not JSON (JSON is malformed: invalid character (byte 0)); the partner says: It works!",
                ONLY_JSON,
                BY_HAND,
            ),
        ),
        (
            "php-error-always",
            (
                PHP_ERROR,
                PHP,
                ONE_SECRET,
            ),
        ),
    ],
)
def test_an_answer_that_cannot_be_used_is_explained(terminal: Terminal, fault: str, lines: tuple[str, ...]) -> None:
    terminal.partner(fault)
    result = terminal.run("info", URL)
    if fault == "unsigned-answer":
        assert result.stderr.startswith(INFO + lines[0].format(says='{"objects":{"threads":["list",'))
        assert result.stderr.endswith(f"\n  {ONE_SECRET}\n  {SIGN}\n")
    else:
        assert result.stderr == error(INFO + lines[0], *lines[1:])
    assert result.exit_code == 1


def test_a_wrongly_signed_answer_is_explained(terminal: Terminal) -> None:
    headers = {HEADER: Secret("another").sign(b"{}"), "Content-Type": "application/json"}
    terminal.endpoints["shop.example"] = answering(lambda _request: httpx.Response(200, content=b"{}", headers=headers))
    result = terminal.run("info", URL)
    came = "HTTP 200 (application/json, 2 bytes) that is wrongly signed; the partner says: {}"
    assert result.stderr == error(INFO + came, ONE_SECRET, SIGN)
    assert result.exit_code == 1


def test_an_unsigned_web_page_is_explained(terminal: Terminal) -> None:
    page = b"<html><script>x()</script><h1>Welcome\x1b[31m</h1></html>"
    headers = {"Content-Type": "text/html"}
    terminal.endpoints["shop.example"] = answering(lambda _request: httpx.Response(200, content=page, headers=headers))
    result = terminal.run("info", URL)
    came = "HTTP 200 (text/html, 54 bytes) that is unsigned; the partner says: Welcome [31m"
    assert result.stderr == error(INFO + came, ONE_SECRET, SIGN)


def test_a_refused_signature_is_explained(terminal: Terminal) -> None:
    terminal.partner()
    result = terminal.run("info", URL, "--secret", "Simsalabim")
    assert result.stderr == error(
        f"error: {URL}: implementation.info: expected HTTP 2xx, got HTTP 403; "
        "the partner says: the request's signature is wrong",
        f"The partner refused the request, most often for its signature. {ONE_SECRET}",
    )
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (302, "Redirects are not followed: set base_uri to the final URL (TR5)."),
        (404, "Is this the endpoint's URL? It must answer POST (TR1)."),
        (413, "The request's body is larger than the partner takes: raise its limit, or send less (SP)."),
        (418, "The partner refused the request; its text, if any, says why."),
        (422, f"The partner refused the request, most often for its signature. {ONE_SECRET}"),
        (500, "The partner failed: look into its log."),
        (503, "The partner is busy: the next cycle tries again."),
    ],
)
def test_a_status_is_explained(terminal: Terminal, status: int, advice: str) -> None:
    terminal.partner().plan("implementation.info", Fails(status, "no"))
    result = terminal.run("info", URL)
    came = f"HTTP {status}, a redirect to nowhere, which is not followed" if status == 302 else f"HTTP {status}"
    where = f"error: {URL}: implementation.info: expected HTTP 2xx, got {came}; the partner says: no"
    assert result.stderr == error(where, advice)
    assert result.exit_code == 1


def test_a_422_to_a_non_ascii_body_says_what_to_try(terminal: Terminal) -> None:
    terminal.partner("python-spelling")
    result = terminal.run("send", URL, "messages.create", "--param", "body=déjà")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[1:] == [
        "  The request held non-ASCII characters: set ascii_json = true, or give --ascii-json (SP).",
        f"  {ONE_SECRET}",
    ]
    assert "got HTTP 422" in result.stderr


def test_what_a_422_says_to_try_helps(terminal: Terminal) -> None:
    terminal.partner("python-spelling")
    sending = ("send", URL, "messages.create", "--param", "body=déjà", "--param", "thread_id=1")
    by = ("--param", "author_id=agent", "--param", "content_id=c1", "--param", "format=html")
    assert "HTTP 422" in terminal.run(*sending, *by).stdout
    assert "HTTP 422" not in terminal.run(*sending, *by, "--ascii-json").stdout


def test_an_endpoint_that_is_not_there_is_explained(terminal: Terminal) -> None:
    result = terminal.run("info", "http://nowhere.example:81/x")
    assert result.stderr == error(
        "error: http://nowhere.example:81/x: implementation.info: expected a JSON object with 'objects', "
        "got no connection to http://nowhere.example:81: Connection refused",
        "Check the URL (scheme, host, port), that the endpoint is running, and the network between.",
    )
    assert result.exit_code == 3


def test_user_name_and_password_in_a_url_are_never_shown(terminal: Terminal) -> None:
    for words in (
        ("sync", "http://jo:hunter2@nowhere.example/"),
        ("info", "http://jo:hunter2@nowhere.example/", "-v"),
        ("info", "ftp://jo:hunter2@nowhere.example/"),
        ("info", "http://jo:hunter2@nowhere.example:port/"),
        ("status",),
        ("log", "http://jo:hunter2@nowhere.example/"),
    ):
        result = terminal.run(*words)
        assert "hunter2" not in result.output
        assert "jo:" not in result.output


def test_a_missing_secret_is_explained(terminal: Terminal) -> None:
    terminal.environ.clear()
    result = terminal.run("sync", URL)
    assert result.stderr == error(
        f"error: there is no secret for {URL}",
        "Set RINGCX_CRAWLER_SECRET, or give --secret-file, or secret_env or secret_file in the configuration file.",
    )
    assert result.exit_code == 2


def test_an_unreadable_secret_file_is_explained(terminal: Terminal, tmp_path: Path) -> None:
    result = terminal.run("sync", URL, "--secret-file", str(tmp_path / "none"))
    assert result.stderr == error(
        "error: --secret-file: the secret file that it names cannot be read: No such file or directory",
        "Check the path and its permissions; a path in the configuration file is relative to that file.",
    )
    assert result.exit_code == 2


def test_two_secrets_are_a_misuse(terminal: Terminal) -> None:
    result = terminal.run("sync", URL, "--secret-file", "x", "--secret", "y")
    assert "--secret and --secret-file exclude each other" in result.stderr
    assert result.exit_code == 2


def test_an_unknown_key_is_explained(terminal: Terminal) -> None:
    path = terminal.configure('[sources.shop]\nbase_uri = "http://shop.example"\nlist_intervall = 60\n')
    result = terminal.run("sync", "shop")
    assert result.stderr == error(
        f"error: {path}: sources.shop.list_intervall: there is no such setting; did you mean list_interval?",
        "`ringcx-crawler init` writes a configuration to start from.",
    )
    assert result.exit_code == 2


def test_a_configuration_file_that_is_not_there_is_explained(terminal: Terminal) -> None:
    result = terminal.run("sync", "shop", "--config", "none.toml")
    assert result.stderr == error(
        "error: the configuration file none.toml cannot be read: No such file or directory",
        "`ringcx-crawler init` writes a configuration to start from.",
    )
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("url", "came", "advice"),
    [
        (
            "localhost:3000",
            "'localhost:3000' is a text without http:// before it",
            ["Did you mean http://localhost:3000?"],
        ),
        ("ftp://shop.example/", "'ftp://shop.example/' is a URL of another scheme than http and https", []),
        ("http:///channel", "'http:///channel' is a URL that names no host", []),
        ("http://shop.example:x/", "'http://shop.example:x/' is no URL: it cannot be read", []),
    ],
)
def test_a_bad_url_is_explained(terminal: Terminal, url: str, came: str, advice: list[str]) -> None:
    result = terminal.run("sync", url)
    expected = f"error: a source must be a name or a URL such as https://shop.example/channel: {came}"
    assert result.stderr == error(expected, *advice)
    assert result.exit_code == 2


def test_an_unknown_name_is_explained(terminal: Terminal) -> None:
    path = terminal.configure('[sources.shop]\nbase_uri = "http://shop.example"\n')
    result = terminal.run("sync", "shpo")
    assert result.stderr == error(f"error: {path} has no source 'shpo'", "Did you mean shop?; a URL will do as well.")
    assert result.exit_code == 2


def test_a_name_without_a_configuration_is_explained(terminal: Terminal) -> None:
    result = terminal.run("sync", "shop")
    assert result.stderr == error(
        "error: there is no source 'shop', for there is no configuration file",
        "Give the endpoint's URL, such as http://localhost:3000/, or write crawler.toml: "
        "`ringcx-crawler init` writes a configuration to start from.",
    )
    assert result.exit_code == 2


def test_no_source_at_all_is_explained(terminal: Terminal) -> None:
    result = terminal.run("sync")
    assert result.stderr == error(
        "error: no source was given, and none is configured (no crawler.toml here)",
        "Give the endpoint's URL, such as http://localhost:3000/, or write a configuration with `ringcx-crawler init`.",
    )
    assert result.exit_code == 2


def test_a_database_that_cannot_be_opened_is_explained(terminal: Terminal, tmp_path: Path) -> None:
    terminal.partner()
    where = tmp_path / "none" / "crawler.db"
    result = terminal.run("sync", URL, "--database", str(where))
    assert result.stderr == error(
        f"error: the database sqlite:///{where} cannot be used: unable to open database file",
        f"The directory {where.parent} does not exist: create it, or name another file with --database.",
    )
    assert result.exit_code == 1


def test_a_mistyped_command_is_a_misuse(terminal: Terminal) -> None:
    result = terminal.run("sycn")
    assert "No such command 'sycn'. Did you mean 'sync'?" in result.stderr
    assert result.exit_code == 2


@pytest.mark.parametrize("option", ["--no-verify-signature", "--insecure"])
def test_what_is_dangerous_is_said_loudly(terminal: Terminal, option: str) -> None:
    terminal.partner("unsigned-answer")
    result = terminal.run("info", "https://shop.example/", option)
    assert "NOT VERIFIED" in result.stderr
    assert result.exit_code == (0 if option == "--no-verify-signature" else 1)


def test_a_secret_is_never_shown(terminal: Terminal) -> None:
    terminal.partner()
    for words in (("sync", URL, "-v"), ("log", URL, "last"), ("status", "--json"), ("send", URL, "x.y", "-v")):
        assert SECRET not in terminal.run(*words).output
