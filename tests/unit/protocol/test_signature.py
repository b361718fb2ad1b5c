import copy
import hashlib
import hmac
import pickle
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.protocol.signature import HEADER, QUERY_PARAMETER, Secret

SG2_SECRET = "3YJZzqMJ5Ec7i2JGvnt8TgvleD7dtpwpmag4S6MuRA2GQdfvV4STIsxDRJ4fEjO8"
SG2_BODY = b'{"action":"implementation.info","time":"2012-10-01T17:18:40Z"}'
SG2_SIGNATURE = (
    "826b61e7939505b2e773ef43a2aad53ec0385dd9d783fbd1c8fea00d0e2a3e2f"
    "b0ae0a5b2eb342356b61c41b5f19baec4c1f7e7e37a5b486fe9b593942017ff9"
)

texts = st.text(st.characters(exclude_categories=["Cs"]))
secrets = texts.filter(bool)
unquoted = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="«»"))


def test_the_guides_vector_is_signed_as_the_guide_says() -> None:
    secret = Secret(SG2_SECRET)

    assert secret.sign(SG2_BODY) == SG2_SIGNATURE
    assert secret.verifies(SG2_BODY, SG2_SIGNATURE)


def test_the_names_on_the_wire() -> None:
    assert HEADER == "X-SMCCSDK-SIGNATURE"
    assert QUERY_PARAMETER == "signature"


@given(secrets, st.binary())
def test_a_signature_is_a_lower_case_hexadecimal_hmac_sha512(text: str, body: bytes) -> None:
    signature = Secret(text).sign(body)

    assert signature == hmac.new(text.encode(), body, hashlib.sha512).hexdigest()
    assert len(signature) == 128
    assert signature == signature.lower()


@given(secrets, st.binary(), st.binary())
def test_it_verifies_its_own_body_and_no_other(text: str, body: bytes, other: bytes) -> None:
    secret = Secret(text)

    assert secret.verifies(body, secret.sign(body))
    assert secret.verifies(other, secret.sign(body)) == (other == body)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        SG2_SIGNATURE[:-1],
        SG2_SIGNATURE + "0",
        SG2_SIGNATURE[:-1] + "0",
        SG2_SIGNATURE.upper(),
        " " + SG2_SIGNATURE,
        SG2_SIGNATURE + "\n",
        "é" * 128,
        "\ud800",
    ],
)
def test_a_signature_that_differs_at_all_is_refused(signature: str) -> None:
    assert not Secret(SG2_SECRET).verifies(SG2_BODY, signature)


def test_signing_once_leaves_no_trace_in_the_next() -> None:
    secret = Secret(SG2_SECRET)

    secret.sign(b"something else")

    assert secret.sign(SG2_BODY) == SG2_SIGNATURE


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        Secret("")


def test_a_secret_that_is_not_unicode_is_refused_without_being_shown() -> None:
    text = f"{SG2_SECRET}\ud800"
    with pytest.raises(ValueError, match="text that UTF-8 can hold") as caught:
        Secret(text)

    assert SG2_SECRET not in "".join(traceback.format_exception(caught.value))


def test_secrets_are_equal_if_their_texts_are() -> None:
    assert Secret("a") == Secret("a")
    assert hash(Secret("a")) == hash(Secret("a"))
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"


def test_no_way_of_showing_it_shows_it() -> None:
    secret = Secret(SG2_SECRET)

    shown = [repr(secret), str(secret), f"{secret}", f"{secret!r}", f"{secret!s}", f"{[secret]}", "%s" % secret]  # noqa: UP031

    assert all("***" in text for text in shown)
    assert not any(SG2_SECRET in text for text in shown)


def test_a_format_specification_does_not_show_it() -> None:
    with pytest.raises(TypeError) as caught:
        format(Secret(SG2_SECRET), ">200")

    assert SG2_SECRET not in str(caught.value)


def test_it_has_no_dictionary_to_be_dumped() -> None:
    with pytest.raises(TypeError):
        vars(Secret(SG2_SECRET))


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_it_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="not copied or pickled") as caught:
        pickle.dumps(Secret(SG2_SECRET), protocol)

    assert SG2_SECRET not in "".join(traceback.format_exception(caught.value))


def test_it_is_not_copied() -> None:
    for copier in (copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not copied or pickled") as caught:
            copier(Secret(SG2_SECRET))
        assert SG2_SECRET not in str(caught.value)


def test_an_exception_that_carries_it_does_not_show_it() -> None:
    try:
        raise RuntimeError(Secret(SG2_SECRET))
    except RuntimeError as error:
        shown = "".join(traceback.format_exception(error)) + repr(error)

    assert "***" in shown
    assert SG2_SECRET not in shown


def test_signing_something_that_is_no_body_does_not_show_it() -> None:
    with pytest.raises(TypeError) as caught:
        Secret(SG2_SECRET).sign("text")  # type: ignore[arg-type]

    assert SG2_SECRET not in "".join(traceback.format_exception(caught.value))
