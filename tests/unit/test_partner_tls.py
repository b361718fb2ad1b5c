"""TLS to endpoints whose certificate nobody vouches for (TR8)."""

import re
from pathlib import Path
from typing import Any

import pytest

from crawler.errors import (
    ConfigurationError,
    ConnectionBroken,
    EndpointUnreachable,
)
from crawler.partner import Partner
from crawler.transport import tls_context
from tests.partners.calling import call, calling, failed, source
from tests.partners.raw import CERTIFICATE, raw_partner, response, saying

OK = response(b"[]")


async def test_a_certificate_that_signs_itself_is_refused_with_the_reason() -> None:
    async with raw_partner(saying(OK), tls=True) as endpoint, calling(endpoint) as partner:
        error = await failed(partner)

    assert isinstance(error, EndpointUnreachable)
    assert f"no connection to {endpoint.base_uri.removesuffix('/sdk')}: " in str(error)
    assert "certificate verify failed: self-signed certificate" in str(error)
    assert endpoint.requests == []


@pytest.mark.parametrize(
    "settings", [{"ca_bundle": str(CERTIFICATE)}, {"verify_tls": False}], ids=lambda it: next(iter(it))
)
async def test_it_is_taken_where_the_source_says_so(settings: dict[str, Any]) -> None:
    async with raw_partner(saying(OK), tls=True) as endpoint, calling(endpoint, **settings) as partner:
        await call(partner)

    assert len(endpoint.requests) == 1


async def test_a_bundle_does_not_excuse_a_certificate_for_another_name() -> None:
    async with raw_partner(saying(OK), tls=True) as endpoint:
        endpoint.base_uri = endpoint.base_uri.replace("localhost", "127.0.0.2")
        async with calling(endpoint, ca_bundle=str(CERTIFICATE)) as partner:
            error = await failed(partner)

    assert "127.0.0.2" in error.came


async def test_tls_to_a_plain_endpoint_and_plain_to_a_tls_endpoint() -> None:
    async with raw_partner(saying(OK)) as plain, raw_partner(saying(OK), tls=True) as tls:
        plain.base_uri = plain.base_uri.replace("http:", "https:")
        tls.base_uri = tls.base_uri.replace("https:", "http:")
        async with calling(plain, connect_timeout=0.3) as partner, calling(tls) as other:
            errors = [await failed(partner), await failed(other)]

    assert [type(error) for error in errors] == [EndpointUnreachable, ConnectionBroken]


@pytest.mark.parametrize("content", [None, b"", b"no certificate", b"-----BEGIN CERTIFICATE-----\nnonsense\n"])
def test_a_bundle_that_cannot_be_read(tmp_path: Path, content: bytes | None) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_bytes(content)

    shown = "that ca_bundle names" if content is None else str(bundle)  # what names no file may be a secret
    with pytest.raises(ConfigurationError, match=f"the CA bundle {re.escape(shown)} cannot be used: .+") as caught:
        Partner(source("https://shop.example/", ca_bundle=str(bundle)))

    assert "PEM" in caught.value.hint


def test_a_file_for_keys_that_cannot_be_written_is_not_blamed_on_the_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "none" / "keys"))
    tls_context.cache_clear()
    with pytest.raises(
        ConfigurationError, match=r"^SSLKEYLOGFILE cannot be used: No such file or directory$"
    ) as caught:
        Partner(source("https://shop.example/", ca_bundle=str(CERTIFICATE)))
    assert "unset that variable" in caught.value.hint


async def test_equal_tls_settings_share_one_context() -> None:
    def context(partner: Partner) -> object:
        return partner._transport._tls  # type: ignore[attr-defined]

    async with (
        Partner(source("https://a.example/")) as first,
        Partner(source("https://b.example/", name="other")) as second,
        Partner(source("https://a.example/", ca_bundle=str(CERTIFICATE))) as third,
    ):
        assert context(first) is context(second) is tls_context(None, True)
        assert context(third) is tls_context(str(CERTIFICATE), True)
        assert context(first) is not context(third)
