"""What the user wrote is what the partner sees, byte for byte (TR8, SG3)."""

import pytest

from crawler.protocol.uri import request_target, split_uri, with_query, without_userinfo

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
    assert without_userinfo(uri) == shown
