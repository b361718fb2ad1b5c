"""What the user wrote is what the partner sees, byte for byte (TR8, SG3)."""

import pytest

from crawler.protocol.uri import is_marked, request_target, secrets_in, showable, split_uri, with_query

WRITTEN = {
    "http://x/sdk": "/sdk",
    "http://x": "/",
    "http://x/": "/",
    "http://x/sdk?debug": "/sdk?debug",
    "http://x?debug": "/?debug",
    "http://x/sdk?": "/sdk?",
    "http://x/sdk?a=b;c=d;": "/sdk?a=b;c=d;",
    "http://x/%zz%": "/%zz%",
    "http://x/a%2Fb%2fc": "/a%2Fb%2fc",
    "http://x/%7Euser/~user": "/%7Euser/~user",
    "http://x/a/./b/../c//d": "/a/./b/../c//d",
    "http://x/s?u=http://y/?z&q=[1]{2}|\\^`'\"<>": "/s?u=http://y/?z&q=[1]{2}|\\^`'\"<>",
    "http://x/s?a=b+c%20d": "/s?a=b+c%20d",
    "http://jo:pw@x:80/s?a@b": "/s?a@b",
    "http://x/s#top": "/s",
    "http://x/s?#": "/s?",
    "http://x/größe?ä=€": "/gr%C3%B6%C3%9Fe?%C3%A4=%E2%82%AC",
    "http://x/a b\x7f": "/a%20b%7F",
}  # fmt: skip


@pytest.mark.parametrize("uri", WRITTEN)
def test_path_and_query_are_what_was_written(uri: str) -> None:
    assert request_target(uri) == WRITTEN[uri].encode()


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("http://x", "http://x/?signature=1%2F2"),
        ("http://x/s", "http://x/s?signature=1%2F2"),
        ("http://x/s?", "http://x/s?signature=1%2F2"),
        ("http://x/s?debug", "http://x/s?debug&signature=1%2F2"),
        ("http://x/s?a=%zz&", "http://x/s?a=%zz&signature=1%2F2"),
        ("http://jo:pw@x/s?a;b#top", "http://jo:pw@x/s?a;b&signature=1%2F2"),
    ],
)
def test_a_query_is_put_behind_what_is_there(uri: str, expected: str) -> None:
    assert with_query(uri, {"signature": "1/2"}) == expected
    assert with_query(uri, {}) == uri.partition("#")[0]


def test_a_uri_in_two() -> None:
    assert split_uri("http://jo:pw@x:80/s?a") == ("http://jo:pw@x:80", "/s?a")
    assert split_uri("http://x?a/b") == ("http://x", "?a/b")
    assert split_uri("shop.example/s") == ("", "shop.example/s")


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("http://jo:pw@x/y@z", "http://x/y@z"),
        ("http://jo:p@w@x/", "http://x/"),
        ("http://x/?a=b@c", "http://x/?a=b@c"),
        ("http://jo:pw@x/s?", "http://x/s?"),
        ("http://jo:pw@x?debug", "http://x?debug"),
        ("HTTP://jo:pw@X/%zz", "HTTP://X/%zz"),
        ("jo:pw@x", "x"),
        ("http://jo:pw@x", "http://x"),
    ],
)
def test_userinfo_is_not_shown(uri: str, shown: str) -> None:
    assert showable(uri) == shown


@pytest.mark.parametrize(
    "name",
    ["token", "access_token", "accessToken", "api_key", "apikey", "key", "X-Key", "secret", "client_secret", "password",
     "pwd", "sig", "auth", "jwt", "session", "code"],
)  # fmt: skip
def test_a_secret_in_the_query_is_not_shown(name: str) -> None:
    shown = showable(f"http://x/s?lang=en&{name}=a%2Fb+c&page=2#top")
    assert shown.startswith(f"http://x/s?lang=en&{name}=withheld-")
    assert shown.endswith("&page=2#top")
    assert showable(shown) == shown
    assert is_marked(shown)
    assert not is_marked(f"http://x/?{name}=withheld")
    assert showable(f"x/s?{name}=abc").startswith(f"x/s?{name}=withheld-")
    assert showable(f"http://x/?{name}=abc") != showable(f"http://x/?{name}=abd")
    assert set(secrets_in(f"http://x/?{name}=a%2Fb+c")) == {"a%2Fb+c", "a/b+c", "a/b c"}


@pytest.mark.parametrize("name", ["keyword", "shipping", "design", "author", "passage", "encode", "lang", "page"])
def test_what_only_sounds_like_a_secret_is_shown(name: str) -> None:
    assert showable(f"http://x/?{name}=abc") == f"http://x/?{name}=abc"
    assert secrets_in(f"http://x/?{name}=abc") == []


def test_the_secrets_of_a_uri_are_its_userinfo_as_it_is_written_and_meant() -> None:
    assert secrets_in("http://jo:p%40w@x/") == ["jo", "p%40w", "p@w", "jo:p%40w", "jo:p@w"]
    assert secrets_in("http://jo@x/") == ["jo"]
    assert secrets_in("http://x/?a=b@c") == []
