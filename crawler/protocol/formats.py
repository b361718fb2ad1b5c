"""What an agent gives, as it goes over the wire: text as html, and attachments with their type and name (PU1, PU13)."""

import html
import re
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit

_BLANK_LINES = re.compile(r"\n(?:[^\S\n]*\n)+")

ATTACHMENT_TYPES: Mapping[str, str] = {
    ending: kind
    for kind, endings in {
        "audio": "aac mp3 ogg m4a",
        "excel": "xls xlsm xlsx xlc xlt xltm xltx",
        "image": "bmp gif jpg jpeg png svg webp",
        "message": "eml msg",
        "pdf": "pdf",
        "presentation": "key odp otp",
        "powerpoint": "pps ppt pptx pot",
        "spreadsheet": "numbers ods ots",
        "text": "csv txt log",
        "video": "avi flv m4v mkv mov mp4 mpg mpeg4 qt wmv",
        "word": "doc docm docx dotm dotx",
        "word_processing": "pages odt ott rtf",
    }.items()
    for ending in endings.split()
}
"""The platform's word for what a file is, by the ending of its name; `other` for any other."""


def text_as_html(text: str) -> str:
    r"""Plain text as an html body that shows it (PU13): ``5 < 6 & 7`` is ``<p>5 &lt; 6 &amp; 7</p>``.

    `&`, `<` and `>` are escaped, and nothing else. Blank lines part paragraphs, ``<p>…</p>``, which stand one after the
    other; a line break within one is ``<br>``. Line breaks are ``\n``, ``\r\n`` and ``\r``. Blank lines at the
    beginning and at the end are nothing, so a text with nothing to see in it is empty.
    """
    lines = html.escape(text, quote=False).replace("\r\n", "\n").replace("\r", "\n")
    paragraphs = _BLANK_LINES.split(f"\n\n{lines}\n\n")
    return "".join(f"<p>{part}</p>".replace("\n", "<br>") for part in paragraphs if part)


def fill_in_attachment(given: Mapping[str, str]) -> dict[str, str]:
    """An attachment with `url`, `type` and `filename` (PU1), the latter two by its URL where they are not given.

    The file's name is the last segment of the URL's path, percent-decoded; as it stands where it would hold a slash or
    a control character then; none where the URL names none. The type goes by the name's ending, or else by the URL's.
    """
    segment = _last_segment(given["url"])
    name = given.get("filename") or next(filter(_is_file_name, (unquote(segment), segment)), "")
    kind = given.get("type") or next(filter(None, map(_type, (name, segment))), "other")
    return {"url": given["url"], "type": kind, **({"filename": name} if name else {})}


def _last_segment(url: str) -> str:
    try:
        return urlsplit(url).path.rpartition("/")[2]
    except ValueError:  # brackets that are no address
        return ""


def _is_file_name(name: str) -> bool:
    return name.isprintable() and not {"/", "\\"} & set(name) and name not in (".", "..")


def _type(name: str) -> str | None:
    return ATTACHMENT_TYPES.get(name.rpartition(".")[2].lower()) if "." in name else None
