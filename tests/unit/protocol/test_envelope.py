"""The bytes of a request, and when an answer is a trusted success (TR, SG4, SP)."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.errors import ErrorStatus, SignatureInvalid
from crawler.protocol.envelope import (
    EXPLANATION_CHARS,
    Answer,
    Exchange,
    check_answer,
    encode_request,
    explain,
    format_time,
    printable,
    unverified,
    verdict,
    without_mark,
)
from crawler.protocol.remarks import Remark
from crawler.protocol.signature import HEADER, Secret
from tests.unit.protocol.samples import unhurried

TIME = datetime(2012, 10, 1, 17, 18, 40, 999_999, tzinfo=UTC)
SECRET = Secret("open sesame")

texts = st.text(st.characters())
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


def answer(status: int = 200, body: bytes = b"[]", headers: dict[str, str] | None = None) -> Answer:
    return Answer(status=status, headers=headers or {}, body=body)


def signed(body: bytes = b"[]", status: int = 200) -> Answer:
    return Answer(status=status, headers={HEADER.lower(): SECRET.sign(body)}, body=body)


def test_the_guides_request_is_sent_byte_for_byte() -> None:
    """TR1, TR2, TR7, SG2."""
    body = b'{"action":"implementation.info","time":"2012-10-01T17:18:40Z"}'
    assert encode_request("implementation.info", None, TIME) == body
    assert encode_request("implementation.info", {}, TIME) == body


@pytest.mark.parametrize("params", [None, {}])
@pytest.mark.parametrize("action", ["messages.list", "threads.list", "messaging.queuing_update", "whatever"])
def test_every_other_action_has_params_though_they_are_empty(action: str, params: dict[str, object] | None) -> None:
    """TR7: there are partners that read `params.since_id` unguarded, and die without."""
    body = f'{{"action":"{action}","params":{{}},"time":"2012-10-01T17:18:40Z"}}'
    assert encode_request(action, params, TIME) == body.encode()


@pytest.mark.parametrize(
    ("text", "raw", "escaped"),
    [
        ("é", b'"\xc3\xa9"', rb'"\u00e9"'),
        ("😀", b'"\xf0\x9f\x98\x80"', rb'"\ud83d\ude00"'),
        ("a/b <&>", b'"a/b <&>"', b'"a/b <&>"'),
        ('"\\\n\x1f', rb'"\"\\\n\u001f"', rb'"\"\\\n\u001f"'),
        ("\u2028", b'"\xe2\x80\xa8"', rb'"\u2028"'),
        ("\ud83d!", rb'"\ud83d!"', rb'"\ud83d!"'),
        ("\\\ud83d", rb'"\\\ud83d"', rb'"\\\ud83d"'),
        ("\0", rb'"\u0000"', rb'"\u0000"'),
    ],
)
def test_every_character_has_the_spelling_that_partners_sign(text: str, raw: bytes, escaped: bytes) -> None:
    """TR3: raw UTF-8, or escapes in lower case; a lone surrogate is escaped either way (OB12)."""
    head, tail = b'{"action":"messages.show","params":{"id":', b'},"time":"2012-10-01T17:18:40Z"}'
    assert encode_request("messages.show", {"id": text}, TIME) == head + raw + tail
    assert encode_request("messages.show", {"id": text}, TIME, ascii_json=True) == head + escaped + tail


def test_keys_stand_in_the_order_in_which_they_are_given() -> None:
    """TR1, TR3."""
    params = MappingProxyType({"id": "1", "a": [1, {"z": None, "b": True}]})
    body = encode_request("messages.spam", dict(params), TIME)
    assert body == (
        b'{"action":"messages.spam","params":{"id":"1","a":[1,{"z":null,"b":true}]},"time":"2012-10-01T17:18:40Z"}'
    )


@unhurried
@given(st.dictionaries(texts, values, min_size=1, max_size=4), st.booleans())
def test_whatever_is_sent_arrives_as_it_was(params: dict[str, object], ascii_json: bool) -> None:
    """TR3, OB12: lone surrogates included; two that make a pair arrive as the character that they are."""
    body = encode_request("messages.show", params, TIME, ascii_json=ascii_json)
    as_json = json.loads(json.dumps(params))
    assert json.loads(body) == {"action": "messages.show", "params": as_json, "time": "2012-10-01T17:18:40Z"}
    assert body.isascii() or not ascii_json


@unhurried
@given(st.dictionaries(st.text(), st.text() | st.integers() | st.booleans()))
def test_a_partner_that_spells_it_again_gets_the_same_bytes(params: dict[str, object]) -> None:
    """TR3: some SDKs verify the signature over a re-serialised body."""
    body = encode_request("messages.show", params, TIME)
    assert json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":")).encode() == body


def test_what_is_not_json_is_never_sent() -> None:
    """SP."""
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode_request("messages.show", {"id": float("nan")}, TIME)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (TIME, "2012-10-01T17:18:40Z"),
        (datetime(2012, 10, 1, 17, 18, 40, tzinfo=timezone(timedelta(hours=2))), "2012-10-01T15:18:40Z"),
        (datetime(999, 1, 1, tzinfo=UTC), "0999-01-01T00:00:00Z"),
    ],
)
def test_times_are_utc_in_whole_seconds(moment: datetime, text: str) -> None:
    """TR2."""
    assert format_time(moment) == text


@pytest.mark.parametrize(
    ("given_answer", "secret", "expected"),
    [
        (signed(), SECRET, "valid"),
        (signed(), Secret("another"), "wrong"),
        (signed(), None, "unchecked"),
        (signed(status=299), SECRET, "valid"),
        (signed(status=300), SECRET, "unchecked"),
        (answer(500), SECRET, "unchecked"),
        (answer(199), SECRET, "unchecked"),
        (answer(), SECRET, "missing"),
        (answer(headers={"x-smccsdk-signature": ""}), SECRET, "wrong"),
        (answer(headers={"x-smccsdk-signature": SECRET.sign(b"[]").upper()}), SECRET, "wrong"),
    ],
)
def test_a_signature_counts_on_a_success_only(given_answer: Answer, secret: Secret | None, expected: str) -> None:
    """SG4, TR10."""
    assert verdict(given_answer, secret) == expected


@pytest.mark.parametrize("signature_verdict", ["valid", "unchecked"])
@pytest.mark.parametrize("status", [200, 201, 299])
def test_a_trusted_success_passes(status: int, signature_verdict: str) -> None:
    """TR5."""
    check_answer("shop", "messages.list", "an array", answer(status), signature_verdict, raw_non_ascii=True)


@pytest.mark.parametrize(
    ("status", "raw_non_ascii", "hint"),
    [(422, True, True), (422, False, False), (400, True, False), (199, True, False)],
)
def test_an_error_status_says_what_the_partner_says_and_what_may_help(
    status: int, raw_non_ascii: bool, hint: bool
) -> None:
    """TR5, TR6, SP."""
    body = b"<h1>Invalid\n signature</h1><script>alert(1)</script>"
    with pytest.raises(ErrorStatus) as caught:
        check_answer("shop", "messages.list", "x", answer(status, body), "unchecked", raw_non_ascii=raw_non_ascii)
    error = caught.value
    assert (error.status, error.came, error.explanation) == (status, f"HTTP {status}", "Invalid signature")
    assert (error.source, error.action, error.expected, error.ascii_hint) == ("shop", "messages.list", "HTTP 2xx", hint)


@pytest.mark.parametrize(
    ("redirect", "target"),
    [
        (answer(301, headers={"location": "https://shop.example/"}), "https://shop.example/"),
        (answer(300), "nowhere"),
        (answer(399), "nowhere"),
    ],
)
def test_a_redirect_is_an_error_and_says_where_to(redirect: Answer, target: str) -> None:
    """TR5."""
    with pytest.raises(ErrorStatus) as caught:
        check_answer("shop", "messages.list", "x", redirect, "unchecked", raw_non_ascii=False)
    assert caught.value.came == f"HTTP {redirect.status}, a redirect to {target}, which is not followed"


def test_an_unsigned_success_is_not_trusted_and_phps_status_is_named() -> None:
    """SG4, TR9."""
    headers = {"content-type": "text/html; charset=utf-8", "status": "400 Bad Request"}
    came = answer(200, b"No such action", headers)
    with pytest.raises(SignatureInvalid) as caught:
        check_answer("shop", "messages.list", "an array", came, "missing", raw_non_ascii=False)
    error = caught.value
    assert error.came == "HTTP 200 (text/html, 14 bytes) that is unsigned and has a header 'Status: 400 Bad Request'"
    assert (error.expected, error.explanation, error.php_status) == ("an array", "No such action", "400 Bad Request")


def test_a_wrongly_signed_success_is_not_trusted() -> None:
    """SG4."""
    with pytest.raises(SignatureInvalid) as caught:
        check_answer("shop", "messages.list", "an array", answer(), "wrong", raw_non_ascii=False)
    assert caught.value.came == "HTTP 200 (no content type, 2 bytes) that is wrongly signed"
    assert caught.value.php_status == ""


@pytest.mark.parametrize(
    ("came", "told"),
    [
        (signed(), None),
        (answer(), "answers are not signed; they are read because verify_signature is off"),
        (replace(signed(), body=b"[1]"), "answers are wrongly signed; they are read because verify_signature is off"),
        (replace(signed(), status=500), None),
    ],
)
def test_what_is_told_of_a_signature_that_does_not_count(came: Answer, told: str | None) -> None:
    """SG4: nothing of an error, whose text anybody may have written."""
    remark = unverified(came, SECRET)
    assert remark == (Remark("SG4", told) if told else None)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", b""),
        (b"[]", b"[]"),
        (b"\n []", b"\n []"),
        (b"\xef\xbb\xbf[]", b"[]"),
        (b"\r\n\xef\xbb\xbf\xef\xbb\xbf \xef\xbb\xbf\n[]", b"\n[]"),
        (b"\xef\xbb\xbf", b""),
        (b"\xef\xbb[]", b"\xef\xbb[]"),
        (b"[\xef\xbb\xbf]", b"[\xef\xbb\xbf]"),
    ],
)
def test_byte_order_marks_are_passed_over_at_the_beginning_alone(body: bytes, text: bytes) -> None:
    """TR6: and a body without one is the very same object, whatever its size."""
    assert without_mark(body) == text
    assert (without_mark(body) is body) is (text == body)


def test_the_signature_is_the_headers() -> None:
    """SG1."""
    assert signed().signature == SECRET.sign(b"[]")
    assert answer().signature is None


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", ""),
        (b"plain", "plain"),
        (b"<style type='a'>p {}</style ><p>Fatal <b>error</b>: 1 < 2</p>", "Fatal error : 1 < 2"),
        (b"bell\x07 esc\x1b[31m \xc2\x9b \xe2\x80\xae!", "bell esc [31m !"),
        (b"\xff\xfe", "��"),
        (b"x" * 300, "x" * 300),
        (b"x" * 301, "x" * 299 + "…"),
    ],
)
def test_free_text_becomes_one_printable_line(body: bytes, text: str) -> None:
    """TR6."""
    assert explain(body) == text


@unhurried
@given(st.binary())
def test_an_explanation_is_always_short_and_printable(body: bytes) -> None:
    """TR6."""
    text = explain(body)
    assert text.isprintable()
    assert len(text) <= EXPLANATION_CHARS


@unhurried
@given(st.text(st.characters()), st.integers(1, 50))
def test_printable_text_is_one_line_within_its_limit(text: str, limit: int) -> None:
    line = printable(text, limit)
    assert line.isprintable()
    assert len(line) <= limit


def test_a_recorded_exchange_is_cut_and_keeps_its_sizes() -> None:
    whole = Exchange(
        action="messages.list", request=b"12345", started=TIME, seconds=1, answer=answer(body=b"1234567"),
        request_size=5, answer_size=7,
    )  # fmt: skip
    cut = whole.cut(3)
    assert cut.answer is not None
    assert (cut.request, cut.answer.body, cut.request_size, cut.answer_size) == (b"123", b"123", 5, 7)
    assert whole.cut(7) == whole


def test_an_exchange_without_an_answer_is_cut_as_well() -> None:
    cut = Exchange(action="messages.list", request=b"12345", started=TIME, seconds=1, request_size=5).cut(3)
    assert (cut.request, cut.answer, cut.verdict) == (b"123", None, "none")
