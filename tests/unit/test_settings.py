from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from crawler.errors import ConfigurationError
from crawler.protocol.signature import Secret
from crawler.settings import (
    Configuration,
    Flags,
    normal_uri,
    read_configuration,
)
from crawler.settings.keys import SourceKeys, SourceTable
from crawler.settings.values import SECRET_KEYS
from crawler.sync.source import Source

AT_THE_TOP = "database belongs at the top of the file, before the first [table]"
SHOP = '[sources.shop]\nbase_uri = "https://shop.example/channel"\n'


class File:
    """A configuration file in a directory of its own, and what is warned about while it is read and used."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.path = directory / "crawler.toml"
        self.warnings: list[str] = []
        self.environ: dict[str, str] = {}

    def read(self, text: str) -> Configuration:
        self.path.write_text(text)
        self.path.chmod(0o600)
        return read_configuration(str(self.path), self.environ, warn=self.warnings.append)

    def problems(self, text: str) -> list[str]:
        with pytest.raises(ConfigurationError) as caught:
            self.read(text)
        lines = str(caught.value).splitlines()
        assert all(line.startswith(f"{self.path}: ") for line in lines)
        return [line.removeprefix(f"{self.path}: ") for line in lines]

    def secret(self, name: str, text: str, mode: int = 0o600) -> Path:
        path = self.directory / name
        path.write_text(text)
        path.chmod(mode)
        return path


@pytest.fixture
def file(tmp_path: Path) -> File:
    return File(tmp_path)


def signed_by(source: Source, secret: str) -> bool:
    return source.secret == Secret(secret)


def test_the_keys_of_a_source_are_its_fields() -> None:
    expected = {field.name for field in fields(Source)} - {"name", "secret"}
    assert set(SourceTable.model_fields) == expected | set(SECRET_KEYS)
    assert set(SourceKeys.model_fields) == set(SourceTable.model_fields) - {"base_uri"}


def test_what_is_not_set_has_the_sources_own_default(file: File) -> None:
    source = file.read(SHOP + 'secret = "s"\nlist_interval = 7\n').source("shop")
    assert source == Source(name="shop", base_uri="https://shop.example/channel", secret=source.secret, list_interval=7)


def test_defaults_apply_where_a_source_sets_nothing(file: File) -> None:
    configuration = file.read('[defaults]\ndeadline = 5\nmax_pages = 9\nsecret = "common"\n' + SHOP + "deadline = 6\n")
    source = configuration.source("shop")
    assert (source.deadline, source.max_pages, source.connect_timeout) == (6, 9, 10)
    assert signed_by(source, "common")


def test_a_sources_secret_replaces_whichever_the_defaults_name(file: File) -> None:
    source = file.read('[defaults]\nsecret_env = "UNSET"\n' + SHOP + 'secret = "own"\n').source("shop")
    assert signed_by(source, "own")


def test_a_configured_secret_counts_for_configured_sources_and_the_environments_for_urls(file: File) -> None:
    file.environ["RINGCX_CRAWLER_SECRET"] = "ambient"
    configuration = file.read('[defaults]\nsecret = "common"\n' + SHOP)
    assert signed_by(configuration.source("shop"), "common")
    assert signed_by(configuration.source("http://localhost:3000"), "ambient")
    file.environ.clear()
    assert signed_by(configuration.source("http://localhost:3000"), "common")


def test_defaults_apply_to_a_url_as_well(file: File) -> None:
    file.environ["RINGCX_CRAWLER_SECRET"] = "s"
    assert file.read("[defaults]\ndeadline = 5\n").source("http://localhost:3000").deadline == 5


def test_flags_have_the_last_word(file: File) -> None:
    configuration = file.read(SHOP + 'deadline = 5\nsecret = "theirs"\n')
    source = configuration.source("shop", Flags(secret="ours", settings={"deadline": 2.0}))
    assert source.deadline == 2
    assert signed_by(source, "ours")


def test_files_may_begin_with_a_byte_order_mark(file: File) -> None:
    """As some editors save them: it is part of no key and of no secret."""
    path = file.secret("key", "\ufeffown\r\n")
    source = file.read(f'\ufeff# shops\r\n{SHOP}secret_file = "{path}"\r\n').source("shop")
    assert signed_by(source, "own")


SECONDS = "list_interval: expected a number of seconds from 0.001 to 31,622,400"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("list_intervall = 60", ["list_intervall: there is no such setting; did you mean list_interval?"]),
        ("name = 'x'", ["name: there is no such setting"]),
        ("database = 'x'", ["database: there is no such setting; " + AT_THE_TOP]),
        ("list_interval = '60'", [SECONDS + ", got the text '60'"]),
        ("list_interval = 0", [SECONDS + ", got 0"]),
        ("list_interval = inf", [SECONDS + ", got inf"]),
        ("list_interval = nan", [SECONDS + ", got nan"]),
        ("verify_tls = 0", ["verify_tls: expected true or false, got 0"]),
        ("max_pages = 2.5", ["max_pages: expected a whole number from 1 to 2,147,483,647, got 2.5"]),
        ("max_pages = true", ["max_pages: expected a whole number from 1 to 2,147,483,647, got true"]),
        ("agent_id = 7", ["agent_id: expected a text that is not empty, got 7"]),
        ("agent_id = ''", ["agent_id: expected a text that is not empty, got an empty text"]),
        ("sender_name = ['x']", ["sender_name: expected a text that is not empty, got an array"]),
        ("ca_bundle = {}", ["ca_bundle: expected the path of a file, got a table"]),
        ("deadline = 2024-01-01", ["deadline" + SECONDS[13:] + ", got a date"]),
        ("secret = 4711", ["secret: expected a text, got something else"]),
        ("secret_env = ['x']", ["secret_env: expected the name of an environment variable, got something else"]),
        ("deadline = 0\nmax_pages = 0", ["deadline" + SECONDS[13:] + ", got 0",
                                         "max_pages: expected a whole number from 1 to 2,147,483,647, got 0"]),
    ],
)  # fmt: skip
def test_each_problem_is_one_line_with_the_key_and_what_was_expected(
    file: File, text: str, expected: list[str]
) -> None:
    assert file.problems(SHOP + text) == [f"sources.shop.{line}" for line in expected]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[source.shop]", "source: there is no such setting; did you mean sources?"),
        ("base_uri = 'x'", "base_uri: there is no such setting; base_uri belongs below [sources.NAME]"),
        ("deadline = 3", "deadline: there is no such setting; deadline belongs below [sources.NAME] or [defaults]"),
        ("sources = 3", "sources: expected a table: [sources.NAME], got 3"),
        ("sources.shop = 3", "sources.shop: expected a table: [sources.NAME], got 3"),
        ("defaults = 3", "defaults: expected a table: [defaults], got 3"),
        ("database = ''", "database: expected a text that is not empty, got an empty text"),
        ("[defaults]\nbase_uri = 'x'", "defaults.base_uri: there is no such setting"),
        ("[sources.shop]", "sources.shop.base_uri: is missing; expected a URL such as https://shop.example/channel"),
        (
            "[sources.'a b']\nbase_uri = 'http://x'",
            "sources.a b: expected a name of letters, digits, '.', '_' and '-', got the text 'a b'",
        ),
    ],
)
def test_what_stands_in_the_wrong_place_is_told_where_it_belongs(file: File, text: str, line: str) -> None:
    assert file.problems(text) == [line]


def test_a_file_that_is_not_toml_says_where(file: File) -> None:
    with pytest.raises(ConfigurationError, match=r"is not TOML: .*line 2"):
        file.read("database = 'x'\n[sources\n")


def test_a_file_that_is_not_text_says_so(file: File) -> None:
    file.path.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="is not TOML: it is not UTF-8"):
        read_configuration(str(file.path), {})


def test_a_directory_is_no_configuration(file: File) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory"):
        read_configuration(str(file.directory), {})


def test_a_secret_is_never_quoted(file: File) -> None:
    texts = [
        SHOP + "secret = ['hunter2hunter']",
        SHOP + "secret = 'hunter2hunter'\nsecret_file = 'x'",
        SHOP + "secrte = 'hunter2hunter'",
        SHOP + "secret_env = 'hunter2hunter'",
        SHOP + "secret = 'hunter2hunter",
        "[sources.shop]\nbase_uri = 'ftp://jo:hunter2hunter@shop.example'",
        "[sources.shop]\nbase_uri = 'http://jo:hunter2hunter@shop.example:x'",
        "[sources.shop]\nbase_uri = ['http://jo:hunter2hunter@shop.example']",
    ]
    for text in texts:
        with pytest.raises(ConfigurationError) as caught:
            file.read(text).source("shop")
        error: BaseException | None = caught.value
        assert "hunter2hunter" not in f"{error} {caught.value.hint}"
        while error is not None and not error.__suppress_context__:  # nor where a traceback would show it
            error = error.__cause__ or error.__context__
            assert "hunter2hunter" not in str(error)


def test_two_places_for_one_secret_are_refused(file: File) -> None:
    with pytest.raises(ConfigurationError, match=r"sources\.shop: secret_env and secret_file are both set"):
        file.read(SHOP + "secret_env = 'X'\nsecret_file = 'x'").source("shop")


@pytest.mark.parametrize("ending", ["", "\n", "\r\n", "\n\n"])
def test_a_line_break_at_the_end_of_a_secret_file_is_no_part_of_it(file: File, ending: str) -> None:
    file.secret("shop.secret", "hunter2hunter" + ending)
    assert signed_by(file.read(SHOP + "secret_file = 'shop.secret'").source("shop"), "hunter2hunter")
    assert file.warnings == []


def test_a_blank_at_the_end_of_a_secret_is_warned_about(file: File) -> None:
    file.secret("shop.secret", "hunter2hunter \n")
    assert signed_by(file.read(SHOP + "secret_file = 'shop.secret'").source("shop"), "hunter2hunter ")
    assert "begins or ends with a blank" in file.warnings[0]
    assert "hunter2hunter" not in file.warnings[0]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "must not be empty"),
        (b"\n", "must not be empty"),
        (b"\xff\xfe", "not text in UTF-8"),
        (b"x" * 70_000, "too large"),
    ],
)
def test_a_secret_file_without_a_secret_is_refused(file: File, content: bytes, why: str) -> None:
    file.secret("shop.secret", "").write_bytes(content)
    with pytest.raises(ConfigurationError, match=why):
        file.read(SHOP + "secret_file = 'shop.secret'").source("shop")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_secret_file_that_others_can_reach_is_warned_about(file: File, mode: int) -> None:
    path = file.secret("shop.secret", "hunter2hunter", mode)
    file.read(SHOP + "secret_file = 'shop.secret'").source("shop")
    assert file.warnings == [f"{path} holds a secret, and is open to others (mode {mode:04o}): chmod 600 {path}"]


def test_a_configuration_with_a_secret_that_others_can_read_is_warned_about(file: File) -> None:
    configuration = file.read(SHOP + "secret = 'hunter2hunter'")
    file.path.chmod(0o644)
    configuration.source("shop")
    assert file.warnings[0].startswith(f"{file.path} holds a secret")


def test_a_secret_comes_from_the_variable_that_is_named(file: File) -> None:
    file.environ.update(SHOP_SECRET="hunter2hunter", RINGCX_CRAWLER_SECRET="other")
    assert signed_by(file.read(SHOP + "secret_env = 'SHOP_SECRET'").source("shop"), "hunter2hunter")


def test_without_a_secret_of_its_own_a_source_takes_the_environments(file: File) -> None:
    file.environ["RINGCX_CRAWLER_SECRET"] = "other"
    assert signed_by(file.read(SHOP).source("shop"), "other")


@pytest.mark.parametrize("environ", [{}, {"SHOP_SECRET": ""}])
def test_a_variable_that_holds_nothing_is_refused_by_its_name(file: File, environ: dict[str, str]) -> None:
    file.environ.update(environ)
    with pytest.raises(ConfigurationError, match=r"sources\.shop\.secret_env: the environment variable SHOP_SECRET"):
        file.read(SHOP + "secret_env = 'SHOP_SECRET'").source("shop")


def test_looking_at_what_is_stored_needs_no_secret(file: File) -> None:
    assert file.read(SHOP + "secret_env = 'UNSET'").source("shop", with_secret=False).name == "shop"


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("HTTP://Shop.Example:80", "http://shop.example/"),
        ("https://shop.example:443/a/B?c=D", "https://shop.example/a/B?c=D"),
        ("https://shop.example:80", "https://shop.example:80/"),
        ("http://[::1]:3000/", "http://[::1]:3000/"),
        ("http://Jo:Pw@shop.example", "http://Jo:Pw@shop.example/"),
        ("http://böses.example/", "http://böses.example/"),
        ("http://Shop.Example?Debug", "http://shop.example/?Debug"),
        ("http://shop.example:80/sdk?", "http://shop.example/sdk?"),
        ("http://shop.example/a%2fb%2F/../%zz;x?a;b=%C3%a4&&", "http://shop.example/a%2fb%2F/../%zz;x?a;b=%C3%a4&&"),
    ],
)
def test_a_url_has_one_spelling(uri: str, expected: str) -> None:
    assert normal_uri(uri) == expected
    assert normal_uri(expected) == expected


@pytest.mark.parametrize(
    "uri",
    ["", "shop", "localhost:3000", "ftp://x/", "http://", "http:///x", "http://x:y/", "http://x:99999/", "http://[::1/",
     "http://x/#y", " http://x/", "http://x y/", "http://x/\n", "http://jo:pw@/", "http://jo:pw@\u2260.x/", "http://user:pw@x:y/"],
)  # fmt: skip
def test_what_is_no_endpoint_is_refused_without_its_userinfo(uri: str) -> None:
    with pytest.raises(ValueError, match=r"\S") as caught:
        normal_uri(uri)
    assert "pw" not in str(caught.value)


def test_a_url_names_its_source_showable(file: File) -> None:
    file.environ["RINGCX_CRAWLER_SECRET"] = "s"
    source = file.read("").source("http://jo:pw@LOCALHOST:3000")
    assert (source.name, source.base_uri) == ("http://localhost:3000/", "http://jo:pw@localhost:3000/")


def test_a_configured_sources_url_is_that_source(file: File) -> None:
    configuration = file.read(SHOP)
    assert configuration.name("HTTPS://shop.example:443/channel") == "shop"
    assert configuration.name("https://shop.example/other") == "https://shop.example/other"


def test_a_url_of_two_sources_is_ambiguous(file: File) -> None:
    configuration = file.read(SHOP + SHOP.replace("shop]", "twin]"))
    with pytest.raises(ConfigurationError, match=r"the base_uri of several sources in .*: shop, twin"):
        configuration.name("https://shop.example/channel")


@pytest.mark.parametrize(
    ("text", "environ", "flag", "expected"),
    [
        ("", {}, None, "crawler.db"),
        ("database = 'x.db'", {}, None, "{here}/x.db"),
        ("database = '/x.db'", {}, None, "/x.db"),
        ("database = 'sqlite:///x.db'", {}, None, "{here}/x.db"),
        ("database = 'sqlite:///x.db?timeout=3'", {}, None, "sqlite:///{here}/x.db?timeout=3"),
        ("database = 'sqlite:////x.db'", {}, None, "sqlite:////x.db"),
        ("database = 'sqlite://'", {}, None, "sqlite://"),
        ("database = 'sqlite:///:memory:'", {}, None, "sqlite:///:memory:"),
        ("database = 'postgresql://x/y'", {}, None, "postgresql://x/y"),
        ("database = 'x.db'", {"RINGCX_CRAWLER_DATABASE": "env.db"}, None, "env.db"),
        ("database = 'x.db'", {"RINGCX_CRAWLER_DATABASE": "env.db"}, "flag.db", "flag.db"),
    ],
)
def test_the_database_is_the_flags_the_environments_or_beside_the_file(
    file: File, text: str, environ: dict[str, str], flag: str | None, expected: str
) -> None:
    file.environ.update(environ)
    assert file.read(text).database(flag) == expected.format(here=file.directory)


def test_paths_are_relative_to_the_file(file: File) -> None:
    (file.directory / "below").mkdir()
    file.secret("below/shop.secret", "hunter2hunter")
    source = file.read(SHOP + "secret_file = 'below/shop.secret'\nca_bundle = 'ca.pem'").source("shop")
    assert source.ca_bundle == str(file.directory / "ca.pem")


def test_the_file_is_the_one_named_then_the_environments_then_the_usual_one(tmp_path: Path) -> None:
    def names(path: str | None, **environ: Any) -> tuple[str, ...]:
        return tuple(read_configuration(path, environ, directory=tmp_path).names)

    assert names(None) == ()
    for name in ("crawler", "env", "flag"):
        (tmp_path / f"{name}.toml").write_text(SHOP.replace("shop]", f"{name}]"))
    assert names(None) == ("crawler",)
    assert names(None, RINGCX_CRAWLER_CONFIG="env.toml") == ("env",)
    assert names("flag.toml", RINGCX_CRAWLER_CONFIG="env.toml") == ("flag",)


def test_the_environment_sets_nothing_else(file: File) -> None:
    file.environ.update(SOURCES='{"x": {}}', DATABASE="x")
    configuration = file.read("")
    assert (configuration.names, configuration.database()) == ((), "crawler.db")
