"""What must not be shown: found in each spelling, and not taken for what it is not."""

import base64
import html
import json
import pickle
from collections.abc import Callable
from time import process_time
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from crawler.protocol.credentials import NOTHING, WITHHELD, Credentials, weakness
from crawler.protocol.signature import Secret

TOKEN = "Tok3nSecretValue9"
AWKWARD = 'Tok3n/"é<&'
UUID = "9b2f0c1e-77aa-4d5e-8c3f-000000000000"
SECRETS = [TOKEN, AWKWARD, "открой сезам!", UUID, 'a "quoted" secret\\', "p@ss w+rd%41&lt"]

Spelling = Callable[[bytes], bytes]


def text(spell: Callable[[str], str]) -> Spelling:
    """A spelling of text, for bytes that are text."""
    return lambda data: spell(data.decode("utf-8", "backslashreplace")).encode("utf-8", "surrogatepass")


def units(form: str) -> Callable[[str], str]:
    """Each UTF-16 unit of a text in that form."""
    return lambda of: "".join(
        form.format(int.from_bytes(pair, "big")) for pair in zip(*[iter(of.encode("utf-16-be"))] * 2, strict=True)
    )


def base64_behind(before: bytes, encode: Callable[[bytes], bytes] = base64.b64encode) -> Spelling:
    return lambda data: encode(before + data + b" and more")


SPELLINGS: dict[str, Spelling] = {
    "plain": lambda data: data,
    "lower": text(str.lower),
    "upper": text(str.upper),
    "JSON": text(lambda it: json.dumps(it)[1:-1]),
    "JSON, raw": text(lambda it: json.dumps(it, ensure_ascii=False)[1:-1]),
    "JSON of PHP": text(lambda it: json.dumps(it)[1:-1].replace("/", "\\/").replace("<", "\\u003C")),
    "JSON, all": text(units("\\u{:04x}")),
    "JSON, all, upper": text(units("\\u{:04X}")),
    "URL": text(quote),
    "URL, whole": text(lambda it: quote(it, safe="")),
    "URL, lower": text(lambda it: quote(it, safe="").replace("%2F", "%2f").replace("%C3%A9", "%c3%a9")),
    "URL, plus": text(quote_plus),
    "URL, all": lambda data: b"".join(b"%%%02X" % byte for byte in data),
    "HTML": text(html.escape),
    "HTML, numeric": text(lambda it: "".join(f"&#{ord(c)};" for c in it)),
    "HTML, hexadecimal": text(lambda it: "".join(f"&#x{ord(c):X};" for c in it)),
    "base64, 0": base64_behind(b""),
    "base64, 1": base64_behind(b":"),
    "base64, 2": base64_behind(b"a:"),
    "base64url": base64_behind(b"api:", base64.urlsafe_b64encode),
    "base64 in lines": base64_behind(b"x" * 50, base64.encodebytes),
    "hex": lambda data: data.hex().encode(),
    "HEX": lambda data: data.hex().upper().encode(),
    "repr": text(lambda it: repr(it)[1:-1]),
    "UTF-16": text(lambda it: it.encode("utf-16-le").decode("latin-1")),
    "two lines": text(lambda it: f"{it[:5]}\n{it[5:]}"),
}
spelled = st.sampled_from(sorted(SPELLINGS))


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_each_spelling_is_found(secret: str, spelling: str) -> None:
    data = SPELLINGS[spelling](secret.encode())
    assert Credentials([secret]).hold(b'{"it": "' + data + b'", "more": 1}')


@given(st.sampled_from(SECRETS), spelled, spelled, st.text(max_size=40), st.text(max_size=40))
def test_a_spelling_of_a_spelling_is_found_wherever_it_stands(
    secret: str, inner: str, outer: str, before: str, after: str
) -> None:
    assume(not (inner.startswith("base64") and outer in ("lower", "upper")))  # which nobody can read any more
    assume(secret.isascii() or "UTF-16" not in (inner, outer))  # of other letters little may be legible
    assume(outer != "two lines" or inner in ("plain", "lower", "upper", "hex", "HEX"))  # else it splits an escape
    data = SPELLINGS[outer](SPELLINGS[inner](secret.encode()))
    around = [it.encode("utf-8", "surrogatepass") for it in (before, after)]
    assert Credentials([secret]).hold(around[0] + b" " + data + b" " + around[1])


visible = st.characters(codec="utf-8", exclude_categories=["Cc", "Zs", "Cf", "Zl", "Zp"])
strong = st.text(visible, min_size=8, max_size=60).filter(lambda it: weakness(it) is None)


@given(strong, spelled.filter(lambda it: it not in ("lower", "upper", "UTF-16")))
@example("00000000é", "JSON, all")
def test_any_secret_that_can_be_told_from_other_text_is_found(secret: str, spelling: str) -> None:
    assert Credentials([secret]).hold(b'"' + SPELLINGS[spelling](secret.encode()) + b'"')


@pytest.mark.parametrize("before", ["", "a", "ab"])
def test_base64_is_found_whose_case_was_lost(before: str) -> None:
    assert Credentials([TOKEN]).hold(b"x-" + base64.b64encode(f"{before}{TOKEN}:more".encode()).lower() + b": 1")


def test_it_is_found_in_latin_1() -> None:
    assert Credentials([AWKWARD]).hold(AWKWARD.encode("latin-1"))
    assert Credentials(["ÄÖÜäöüßÄÖÜ"]).hold("Key: ÄÖÜäöüßÄÖÜ".encode("latin-1"))


@given(st.binary(max_size=2_000), st.text(max_size=500))
def test_any_bytes_and_any_text_can_be_looked_at(data: bytes, text: str) -> None:
    for credentials in (Credentials([TOKEN]), Credentials(SECRETS)):
        assert credentials.withhold_bytes(data) is data
        assert credentials.withhold(text) is text


HOSTILE = [
    b"\\",
    b"\\n",
    b"\\u",
    b"%",
    b"%25",
    b"&",
    b"&amp;",
    b"3",
    b"41",
    b"A\0",
    b"a+/",
    b"&#",
    b"\\u005c",
    "…".encode(),
]


@pytest.mark.parametrize("token", [TOKEN, "aaaaaaaa", "открой сезам!"])
@pytest.mark.parametrize("unit", HOSTILE)
def test_no_text_takes_long_to_look_at(unit: bytes, token: str) -> None:
    """Usually some milliseconds: nothing grows with the square of the length."""
    credentials, body = Credentials([token]), unit * (65_536 // len(unit))
    begun = process_time()
    credentials.withhold(body.decode("latin-1"))
    assert process_time() - begun < 1


def test_the_whole_value_is_withheld_and_says_so() -> None:
    credentials = Credentials([TOKEN])
    assert credentials.withhold(f"wrong key: {TOKEN}, sorry") == WITHHELD
    assert credentials.withhold_bytes(f"wrong key: {TOKEN}".encode()) == WITHHELD.encode()
    value = {"a": [1, None, f"x{TOKEN}"], f"X-{TOKEN}": b"y", "b": TOKEN.encode(), "c": (2.5, "z")}
    expected = {"a": [1, None, WITHHELD], WITHHELD: b"y", "b": WITHHELD.encode(), "c": [2.5, "z"]}
    assert credentials.withhold_all(value) == expected


@pytest.mark.parametrize("left", range(4, len(TOKEN)))
@pytest.mark.parametrize("spelling", ["plain", "upper", "JSON, all", "URL, all", "HTML, numeric", "hex"])
def test_what_is_left_of_it_where_a_text_was_cut_is_found(left: int, spelling: str) -> None:
    left = left if spelling in ("plain", "upper") else max(left, 6)
    shown = SPELLINGS[spelling](TOKEN[:left].encode()).decode()
    assert Credentials([TOKEN]).withhold(f"the partner says: your key is {shown}… (403)") == WITHHELD


def test_a_long_text_is_looked_through_at_once() -> None:
    credentials = Credentials([TOKEN])
    assert credentials.may_stand_in(json.dumps({"a": [f"x{TOKEN}"]}))
    assert credentials.may_stand_in("cut…")
    assert credentials.may_stand_in(json.dumps("cut…"))
    assert not credentials.may_stand_in("nothing of the kind")
    assert not NOTHING.may_stand_in("cut…")


def test_of_a_traceback_only_the_places_are_left() -> None:
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\n    raise E(x)\nE: {}\n  {}'
    credentials = Credentials([TOKEN])
    assert credentials.withhold_trace(trace) is trace
    shown = credentials.withhold_trace(trace.format(TOKEN[:5], TOKEN[5:]))
    assert shown == f'Traceback (most recent call last):\n  File "a.py", line 1, in f\n{WITHHELD}'


@pytest.mark.parametrize("shown", ["Tok…", "Tok3n is no token…", "… Tok3n", "Tok3n"])
def test_what_only_begins_like_it_is_shown(shown: str) -> None:
    assert Credentials([TOKEN]).withhold(shown) == shown


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("s", "shorter than 8 characters"),
        ("list", "shorter"),
        ("1234567", "shorter"),
        ("messages", "a word of the protocol"),
        ("Messages.List", "a word of the protocol"),
        ("implementation.info", "a word of the protocol"),
        ("since_id", "a word of the protocol"),
        ("application/json", "a word of the protocol"),
        ("export_pending", "a word of the protocol"),
        ("        ", "fewer than 8 characters that can be seen"),
    ],
)
def test_what_cannot_be_told_from_other_text_is_not_looked_for(secret: str, why: str) -> None:
    assert why in (weakness(secret) or "")
    credentials = Credentials([secret])
    assert not credentials
    assert not credentials.hold(secret.encode())
    assert credentials.withhold(secret) == secret


def test_a_number_is_found_as_it_is_and_not_in_a_date() -> None:
    credentials = Credentials(["20261128"])
    assert credentials.hold(b"key 20261128")
    assert not credentials.hold(b"2026-11-28T00:00:00Z")


def test_of_many_each_is_found() -> None:
    many = Credentials([f"{TOKEN}-{number:05}" for number in range(1_000)])
    assert many.hold(f"key={TOKEN}-00777".encode())
    assert not many.hold(b"nothing of the kind is in here, nor there")
    assert not many.hold(f"key={TOKEN}-x".encode())
    assert many.withhold(f"key={TOKEN}-007…") == WITHHELD


def test_they_are_those_of_the_secret_and_of_the_base_uri() -> None:
    uri = "https://administrator:p%40ssword123@shop.example/x?lang=en-US-longer&access_token=abcdefgh123&a=1"
    found = Credentials.of(Secret(TOKEN), uri)
    passwords = ["p@ssword123", "p%40ssword123"]
    both = [f"administrator:{it}" for it in passwords]
    assert found == Credentials([TOKEN, "administrator", *passwords, *both, "abcdefgh123"])
    assert found.hold(b"Authorization: Basic " + base64.b64encode(b"administrator:p@ssword123"))
    assert not found.hold(b"en-US-longer")


def test_they_are_put_together() -> None:
    both = Credentials([TOKEN]) | Credentials([AWKWARD])
    assert both == Credentials.union([Credentials([AWKWARD]), Credentials([TOKEN]), NOTHING])
    assert hash(both) == hash(Credentials([TOKEN, AWKWARD]))
    assert both != TOKEN
    assert both.hold(TOKEN.encode())
    assert both.hold(AWKWARD.encode())


def test_they_are_not_shown() -> None:
    assert TOKEN not in repr(Credentials([TOKEN]))
    with pytest.raises(TypeError):
        pickle.dumps(Credentials([TOKEN]))


def test_where_none_is_known_nothing_is_withheld() -> None:
    assert not NOTHING
    assert NOTHING.withhold("anything…") == "anything…"
    assert not NOTHING.hold(b"anything")
