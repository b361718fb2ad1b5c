"""Text as html, and attachments with their type and name (PU1, PU13)."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.protocol.formats import ATTACHMENT_TYPES, fill_in_attachment, text_as_html
from tests.unit.protocol.samples import unhurried


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("hey", "<p>hey</p>"),
        ("5 < 6 & 7", "<p>5 &lt; 6 &amp; 7</p>"),
        ("<b>not bold</b>", "<p>&lt;b&gt;not bold&lt;/b&gt;</p>"),
        ("&amp; is &", "<p>&amp;amp; is &amp;</p>"),
        ("\"quoted\" and 'quoted'", "<p>\"quoted\" and 'quoted'</p>"),
        ("one\ntwo", "<p>one<br>two</p>"),
        ("one\r\ntwo\rthree", "<p>one<br>two<br>three</p>"),
        ("one\n\ntwo", "<p>one</p><p>two</p>"),
        ("one\r\n\r\ntwo", "<p>one</p><p>two</p>"),
        ("one\n \t\n\n\ntwo\nthree", "<p>one</p><p>two<br>three</p>"),
        ("\n\n  indented \nmore\n\n", "<p>  indented <br>more</p>"),
        ("zażółć 🐘\u2028日本", "<p>zażółć 🐘\u2028日本</p>"),
        ("", ""),
        (" \n\t\n", ""),
        ("  ", ""),
        (" x", "<p> x</p>"),
    ],
)
def test_a_text_is_escaped_and_wrapped(text: str, body: str) -> None:
    """PU13."""
    assert text_as_html(text) == body


@unhurried
@given(st.text(st.sampled_from("a<>&;\"' \t\n\r") | st.characters(exclude_categories=["Cs"])))
def test_what_is_shown_is_the_text(text: str) -> None:
    """PU13: nothing in it is markup, and nothing is lost but blank lines."""
    body = text_as_html(text)
    assert set(re.findall(r"<[^>]*>?", body)) <= {"<p>", "</p>", "<br>"}
    shown = html.unescape(re.sub(r"</p>|<br>", "\n", body.replace("<p>", "")))
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert [line for line in shown.split("\n") if line.strip()] == [line for line in lines if line.strip()]


TYPES = """
audio aac mp3 ogg m4a · excel xls xlsm xlsx xlc xlt xltm xltx · image bmp gif jpg jpeg png svg webp · message eml msg ·
pdf pdf · presentation key odp otp · powerpoint pps ppt pptx pot · spreadsheet numbers ods ots · text csv txt log ·
video avi flv m4v mkv mov mp4 mpg mpeg4 qt wmv · word doc docm docx dotm dotx · word_processing pages odt ott rtf
"""


def test_each_ending_has_its_type() -> None:
    """PU1: as the platform has them."""
    table = [row.split() for row in TYPES.split("·")]
    assert {ending: kind for kind, *endings in table for ending in endings} == ATTACHMENT_TYPES


@pytest.mark.parametrize(
    ("url", "kind", "filename"),
    [
        ("https://shop.example/photo.jpg", "image", "photo.jpg"),
        ("https://shop.example/a/b/PHOTO.JPG?size=2#top", "image", "PHOTO.JPG"),
        ("https://shop.example/re%C3%A7u%20no%201.pdf", "pdf", "reçu no 1.pdf"),
        ("https://shop.example/reçu.pdf", "pdf", "reçu.pdf"),
        ("https://shop.example/song.mp4", "video", "song.mp4"),
        ("https://shop.example/archive.tar.gz", "other", "archive.tar.gz"),
        ("https://shop.example/README", "other", "README"),
        ("https://shop.example/png", "other", "png"),
        ("https://shop.example/.png", "image", ".png"),
        ("https://shop.example/files/", "other", None),
        ("https://shop.example", "other", None),
        ("https://shop.example/?file=a.png", "other", None),
        ("https://shop.example/..%2F..%2Fetc%2Fpasswd.txt", "text", "..%2F..%2Fetc%2Fpasswd.txt"),
        ("https://shop.example/a%5Cb.png", "image", "a%5Cb.png"),
        ("https://shop.example/nul%00.png", "image", "nul%00.png"),
        ("https://shop.example/line%0Abreak.png", "image", "line%0Abreak.png"),
        ("https://shop.example/..", "other", None),
        ("https://shop.example/%2E%2E", "other", "%2E%2E"),
        ("https://shop.example/half%C3.png", "image", "half\ufffd.png"),
        ("https://shop.example/100%.png", "image", "100%.png"),
        ("https://[shop.example/a.png", "other", None),
    ],
)
def test_type_and_name_come_from_the_url(url: str, kind: str, filename: str | None) -> None:
    """PU1."""
    named = {"filename": filename} if filename is not None else {}
    filled = fill_in_attachment({"url": url})
    assert list(filled.items()) == list({"url": url, "type": kind, **named}.items())
    assert fill_in_attachment(filled) == filled


@pytest.mark.parametrize(
    ("given_too", "kind", "filename"),
    [
        ({"filename": "Invoice.pdf"}, "pdf", "Invoice.pdf"),
        ({"filename": "My photo"}, "image", "My photo"),
        ({"filename": ""}, "image", "a.png"),
        ({"type": "audio"}, "audio", "a.png"),
        ({"type": "video/mp4", "filename": "x"}, "video/mp4", "x"),
    ],
)
def test_what_is_given_counts_before_the_url(given_too: dict[str, str], kind: str, filename: str) -> None:
    """PU1."""
    url = "https://shop.example/a.png"
    assert fill_in_attachment({**given_too, "url": url}) == {"url": url, "type": kind, "filename": filename}
