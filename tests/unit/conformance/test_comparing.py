import html
from collections.abc import Callable, Sequence

import pytest

from crawler.conformance import causes
from crawler.conformance.comparing import MARK, Difference, Text, compare, essence, holds, is_lost, visible
from crawler.conformance.texts import GROUPS, HTML, Plan
from tests.conformance.variants.texts import SAMPLES, STORED
from tests.conformance.variants.variant import Harm

TAG = "ringcx-crawler check 0123abcd: please ignore"
LINK = '<p>See <a href="https://shop.example/42?a=1&amp;b=2" title="42">this</a>, or<br>ask</p><p>Bye</p>'


def text(body: str) -> Text:
    return Text(body)


def of_html(body: str) -> Text:
    return Text(body, "html")


def differing(sent: Text, received: Text) -> Difference:
    found = compare(sent, received)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("sent", "received"),
    [
        (text("one\ntwo\n"), text("one\r\ntwo\r\n")),
        (text("one\r\ntwo\rthree"), text("one\ntwo\nthree")),
        (text(""), text("")),
        (text("  \t "), text("  \t ")),
        (of_html("<p>5 &lt; 6 &amp; é</p>"), of_html("<P>5 &#60; 6 &#x26; &eacute;</P>")),
        (of_html("<p>one</p><p>two</p>"), of_html("\n<p>one</p>\n  <p>two</p>\n")),
        (of_html("a<br>b"), of_html("a<br />\nb")),
        (of_html('<a href="/x" title="y">z</a>'), of_html("<a title='y'  href=/x rel='nofollow' target=_blank>z</a>")),
        (of_html("<b>a</b> <i>b</i>"), of_html("<strong>a</strong> <em>b</em>")),
        (of_html("a   b\n c"), of_html("a b c")),
        (of_html("<p>a</p><script>alert(1)</script><style>p{}</style>"), of_html("<p>a</p><!-- clean -->")),
        (of_html("<p>a</p>"), of_html("<p>a</p><script>let p = '<p>b</p>'</script>")),
        (text("5 < 6 & so\non"), of_html("<p>5 &lt; 6 &amp; so<br>on</p>")),
        (of_html("<p>5 &lt; 6</p>"), text("5 < 6")),
    ],
)  # fmt: skip
def test_what_is_the_same_to_who_reads_it(sent: Text, received: Text) -> None:
    assert compare(sent, received) is None


@pytest.mark.parametrize(
    ("sent", "received", "lost"),
    [
        (text("a"), text(""), True),
        (text("a b"), text("a  b"), False),
        (text("Ab"), text("aB"), False),
        (text("é"), text("e\u0301"), False),
        (text("5²"), text("52"), True),
        (text("x\u200dy"), text("xy"), False),
        (text("it's"), text("it’s"), False),
        (text("a -- b..."), text("a – b…"), False),
        (text(":)"), text("🙂"), False),
        (text("a & b"), text("a &amp;amp; b"), False),
        (text('a "b"'), text(r"a \"b\""), False),
        (text("a\nb"), text("a<br/>b"), False),
        (text("&amp;lt;"), text("&lt;"), True),
        (text("1+1"), text("1 1"), True),
        (text("007"), text("7"), True),
        (text("what was sent"), text("what was sent -- our shop"), False),
        (text("what was sent"), text("another's\nwhat was sent"), False),
        (text("<b>a</b>"), of_html("<b>a</b>"), True),
        (of_html(LINK), of_html(LINK.replace(' title="42"', "")), False),
        (of_html(LINK), of_html("<p>See this, or<br>ask</p><p>Bye</p>"), True),
        (of_html(LINK), of_html(LINK.replace("/42?", "/43?")), True),
        (of_html(LINK), of_html(html.escape(LINK)), False),
        (of_html(LINK), text("See this (https://shop.example/42?a=1&b=2), or\nask\nBye"), True),
        (of_html("<p>a</p><p>b</p>"), of_html("ab"), False),
        (of_html('a<img src="https://shop.example/1.png">'), of_html("a"), True),
    ],
)
def test_what_is_lost_and_what_only_looks_otherwise(sent: Text, received: Text, lost: bool) -> None:
    assert differing(sent, received).lost is lost
    assert is_lost(sent, received) is lost


@pytest.mark.parametrize(
    ("sent", "received", "before", "after"),
    [
        (text(r"C:\temp"), text("C:temp"), rf"'C:{MARK}\temp'", f"'C:{MARK}temp'"),
        (text("a b"), text("a"), f"'a {MARK}b'", f"'a{MARK}'"),
        (text("a"), text("ab"), f"'a{MARK}'", f"'a{MARK}b'"),
        (text("a\tb"), text("a b"), rf"'a{MARK}\tb'", f"'a{MARK} b'"),
        (text("e\u0301"), text("é"), rf"'{MARK}e\u0301'", f"'{MARK}é'"),
        (text("x" * 50 + "yz"), text("x" * 50 + "z"), f"'…{'x' * 12}{MARK}yz'", f"'…{'x' * 12}{MARK}z'"),
        (text("'one' 5²"), text("‘one’ 52"), f"''one' 5{MARK}²'", f"'‘one’ 5{MARK}2'"),
        (of_html("<p>a</p>"), of_html("<p>b</p>"), f"'{MARK}a'", f"'{MARK}b'"),
        (of_html("<b>a</b>"), of_html("a"), f"'{MARK}<b>a</b>'", f"'{MARK}a'"),
    ],
)
def test_the_first_difference_is_marked_and_of_a_loss_the_first_that_is_one(
    sent: Text, received: Text, before: str, after: str
) -> None:
    found = differing(sent, received)
    assert (found.sent, found.received) == (before, after)


def as_written(plan: Plan) -> Text:
    return Text(plan.body(f"{TAG} ({plan.name})"), plan.format)


TABLE = [*map(as_written, (*GROUPS, *HTML))]


@pytest.mark.parametrize("row", STORED, ids=lambda row: row[0])
@pytest.mark.parametrize("samples", ["table", "samples"])
def test_what_partners_do_to_texts_is_told_apart_by_its_harm(row: Sequence[object], samples: str) -> None:
    change: Callable[[str], str] = row[3]  # type: ignore[assignment]  # see there
    texts = TABLE if samples == "table" else [Text(it, "html" if it.startswith("<p>") else "text") for it in SAMPLES]
    found = [it for one in texts if (it := compare(one, Text(change(one.body), one.format)))]

    assert found
    assert any(it.lost for it in found) is (row[2] is Harm.LOST)
    assert all(it.cause != causes.UNKNOWN for it in found if it.lost is (row[2] is Harm.LOST))


@pytest.mark.parametrize(
    ("sent", "received", "cause"),
    [
        (r"C:\temp", "C:temp", "stripslashes()"),
        ('a "b"', r"a \"b\"", "addslashes()"),
        ("&lt; &amp;", "< &", "html_entity_decode()"),
        ("a < b", "a &lt; b", "htmlspecialchars()"),
        ("a <b> c", "a  c", "strip_tags()"),
        ("a\nb", "a b", "a field of one line"),
        ("a\nb", "a<br />\nb", "nl2br()"),
        ("a\r\nb\nc", "a\n\nb\n\nc", "doubles line ends"),
        (" a ", "a", "trim()"),
        ("a  b", "a b", "one blank of several"),
        ("a\tb", "a    b", "tabs"),
        ("a 🐘 b", "a  b", "utf8mb4"),
        ("a 🐘 b", "a ", "without strict mode"),
        ("a 🐘 b", "a ? b", "utf8mb4"),
        ("zażółć", "za?ó??", "latin1"),
        ("日本", "", "nothing of it is there"),
        ("é", "Ã©", "UTF-8 as Latin-1"),
        ("e\u0301", "é", "NFC"),
        ("5²", "52", "NFKC"),
        ("a\x07b", "ab", "control characters"),
        ("file_name_2", "filename2", "Markdown"),
        ("$10 for it", " for it", "$10 for a group"),
        ("Hello {name}", "Hello ", "template"),
        ("50%25", "50%", "urldecode()"),
        ("> quoted\nanswered", "answered", "quoted lines"),
        ("Above\n-- \nBelow", "Above", "signature"),
        ("007", "7", "as one"),
        ("0", "", "empty()"),
        ("x" * 300, "x" * 255, "cut at 255 characters: a column's width, VARCHAR(255)"),
        ("é" * 300, "é" * 127, "cut at 255 bytes: a column's width, VARCHAR(255)"),
        ("🐘" * 20_000, "🐘" * 16_383, "cut at 16,383 characters: a column's width"),
        ("x" * 300, "x" * 100 + "…", "cut at 100 characters, 100 bytes"),
        ("see https://shop.example/42", "see https://shop…", "shortens links"),
        ("one two", "one\ntwo", "moves line ends and blanks"),
        ("ABC", "aBc", "upper and lower case"),
        ("a text", "a text, and ours", "adds text to it"),
        ("a text", "ours, and a text", "adds text before it"),
        ("a text", "something else", causes.UNKNOWN),
        ("é", "?", "what ASCII has not"),
    ],
)
def test_the_likely_cause_is_named(sent: str, received: str, cause: str) -> None:
    assert cause in differing(text(sent), text(received)).cause


@pytest.mark.parametrize(
    ("sent", "received", "cause"),
    [
        (text("<b>a</b>"), of_html("<b>a</b>"), "text is shown as html: its format is not kept"),
        (of_html("<b>a</b>"), text("<b>a</b>"), "html is shown as text: its format is not kept"),
        (text("a\nb"), of_html("a b"), "text is shown as html: its format is not kept"),
        (text("a\nb"), of_html("a, b"), causes.UNKNOWN),
        (
            of_html(LINK),
            of_html("<p>See this, or<br>ask</p><p>Bye</p>"),
            "removes links: a sanitiser's list of tags without a",
        ),
        (of_html(LINK), of_html(LINK.replace("<p>", "").replace("</p>", "")), causes.UNKNOWN),
    ],
)  # fmt: skip
def test_so_it_is_where_formats_differ_or_are_html(sent: Text, received: Text, cause: str) -> None:
    assert differing(sent, received).cause == cause


def test_a_part_is_held_exactly_or_so_that_it_can_be_read() -> None:
    whole = text("tag\nit’s all there")
    assert holds(whole, text("it’s"), exactly=True)
    assert not holds(whole, text("it's"), exactly=True)
    assert holds(whole, text("it's"), exactly=False)
    assert not holds(whole, text("it was"), exactly=False)


def test_what_cannot_be_seen_is_spelled_out() -> None:
    assert visible("a\n\u200d\x07\u0301 é👋") == "a\\n\\u200d\\x07\\u0301 é👋"
    assert essence("A\u00a0 “b”\u200d\n") == 'a"b"'
