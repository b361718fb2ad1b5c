"""What reads bytes that others wrote, each as a function that may raise nothing but what its callers expect."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import msgspec

from crawler.cli.output import clean
from crawler.errors import ConfigurationError, PartnerError
from crawler.protocol.envelope import Answer, check_answer, explain, verdict
from crawler.protocol.implementation import POLLED, ImplementationInfo, read_implementation
from crawler.protocol.reading import check_no_error, read_content, read_page
from crawler.protocol.signature import Secret
from crawler.settings import read_configuration

SECRET = Secret("open sesame")
INFOS = [
    read_implementation("shop", b'{"objects": {"messages": ["list"], "threads": ["list"]}, "options": %s}' % options)
    for options in (b"[]", b'["messages.unthreaded"]', b'["threads.no_content"]')
]


def envelope(data: bytes) -> None:
    """Status, headers and body of an answer."""
    head, _, body = data.partition(b"\n\n")
    fields = [(name, value) for name, _, value in (line.partition(b": ") for line in head.split(b"\n"))]
    fields = [(name, value) for name, value in fields if name.isascii()]  # h11 takes no other
    headers = dict(httpx.Headers(fields))  # as an answer's come, in bytes
    answer = Answer(status=data[0] * 3 if data else 200, headers=headers, body=body)
    with suppress(PartnerError):
        check_answer("shop", "messages.list", "a list", answer, verdict(answer, SECRET), raw_non_ascii=False)
    text = explain(body)
    assert text == clean(text)


def info(data: bytes) -> None:
    """An implementation info, and what follows from it."""
    with suppress(PartnerError):
        found = read_implementation("shop", data)
        for name in found.declared:
            for operation in found.operations(name):
                found.label(operation, name)
        _objects(data, found)


def objects(data: bytes) -> None:
    """Contents, as a list shows them and by themselves."""
    for found in INFOS:
        _objects(data, found)


def _objects(data: bytes, found: ImplementationInfo) -> None:
    for name in POLLED:
        with suppress(PartnerError):
            page = read_page("shop", name, data, found)
            for content in page.contents:
                assert msgspec.json.encode(content)  # text that UTF-8 can hold
                assert "\0" not in (content.body or "")
        with suppress(PartnerError):
            read_content("shop", f"{name}.show", name, data, found)
    with suppress(PartnerError):
        check_no_error("shop", "messages.delete", data)


def configuration(data: bytes) -> None:
    """A configuration file; its sources, too, if it has any."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "crawler.toml"
        path.write_bytes(data)
        try:
            found = read_configuration(str(path), {"SHOP_SECRET": "open sesame"})
        except ConfigurationError as error:
            assert str(error)  # noqa: PT017 - it must have a text
            return
        for name in found.names:
            with suppress(ConfigurationError):
                assert "open sesame" not in repr(found.source(name))
        found.database()


TARGETS: dict[str, Callable[[bytes], None]] = {
    "envelope": envelope,
    "info": info,
    "objects": objects,
    "configuration": configuration,
}

SEEDS: dict[str, list[bytes]] = {
    "envelope": [b"content-type: text/html\nstatus: 400\n\n<b>no</b>", b"location: x\n\n{}"],
    "info": [
        b'{"objects": {"messages": ["list", "create", "solve"]}, "options": ["messages.unthreaded"]}',
        b'{"objects": {"threads": ["list", "show"]}, "locales": {"default": {"solve": "Solved"}}}',
        b'{"objects": ["messages.list"]}',
    ],
    "objects": [
        b'[{"id": "1", "author": {"id": "a", "screenname": "b"}, "body": "x", "thread_id": "t"}]',
        b'[{"id": "2", "actions": {"0": "spam"}, "context_data": {"a": [1, 2.5]}, "attachments": [{"url": "u"}]}]',
        b'{"error": {"fatal": true, "message": "no"}}',
        b'[{"id": 7, "updated_at": 1349111920000, "author": {"id": null}}, [[[NaN]]], "\\ud83d"]',
    ],
    "configuration": [
        b'database = "x.db"\n[daemon]\ntick = 1\nlisten = "9180"\n[defaults]\nsecret = "s"\n',
        b'[sources.shop]\nbase_uri = "https://shop.example/"\nsecret_env = "SHOP_SECRET"\n',
    ],
}
