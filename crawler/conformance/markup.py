"""What html shows, in two forms that can be compared. PURE.

Entities, the order of attributes, quotes around them and white space between blocks are no difference; scripts, styles
and comments show nothing.
"""

import html
import re
from dataclasses import dataclass
from html.parser import HTMLParser

BREAKING = frozenset(
    {
        "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figure", "footer", "form",
        "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section",
        "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    }
)  # fmt: skip
"""Tags at which a line ends."""
UNSEEN = frozenset({"script", "style", "head", "title", "template", "noscript"})
"""Tags of which not even the text is shown."""
SILENT = frozenset({"rel", "target"})
"""Attributes that nobody sees, and that sanitisers add."""
ALIKE = {"strong": "b", "em": "i", "del": "s", "strike": "s"}
VOID = frozenset({"br", "hr", "img", "input", "wbr"})
ADDRESSES = {"a": "href", "img": "src"}
"""Tags that lead somewhere, or show what is there."""
BLANKS = re.compile(r"[ \t\n\r\f]+")


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag, or with a ``/`` before its `name` the end of one; `attributes` in the order of their names."""

    name: str
    attributes: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"<{' '.join([self.name, *(f'{name}={value!r}' for name, value in self.attributes)])}>"

    @property
    def breaks(self) -> bool:
        """Whether a line ends here."""
        return self.name.strip("/") in BREAKING

    @property
    def address(self) -> str:
        """Where it leads; empty where nowhere."""
        return dict(self.attributes).get(ADDRESSES.get(self.name, ""), "")


class _Reader(HTMLParser):
    """Reads a body into `parts`, tags and texts."""

    def __init__(self, body: str) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[Tag | str] = []
        self._unseen = 0
        self.feed(body)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take a tag."""
        if tag in UNSEEN:
            self._unseen += 1
        elif not self._unseen:
            seen = sorted((name, value or "") for name, value in attrs if name not in SILENT)
            self.parts.append(Tag(ALIKE.get(tag, tag), tuple(seen)))

    def handle_endtag(self, tag: str) -> None:
        """Take the end of one."""
        if tag in UNSEEN:
            self._unseen = max(self._unseen - 1, 0)
        elif not self._unseen and tag not in VOID:
            self.parts.append(Tag(f"/{ALIKE.get(tag, tag)}"))

    def handle_data(self, data: str) -> None:
        """Take a text."""
        if not self._unseen:
            self.parts.append(data)


def _parts(body: str) -> list[Tag | str]:
    """Tags, and the texts between them with one blank for many, and none where a line begins or ends anyway."""
    found: list[Tag | str] = []
    for part in _Reader(body).parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        else:
            found.append(part)
    edges = [Tag("br"), *found, Tag("br")]
    for place, part in enumerate(found):
        if isinstance(part, str):
            text = BLANKS.sub(" ", part)
            before, after = edges[place], edges[place + 2]
            text = text.lstrip(" ") if isinstance(before, Tag) and before.breaks else text
            found[place] = text.rstrip(" ") if isinstance(after, Tag) and after.breaks else text
    return found


def normal(body: str) -> str:
    """The html in one spelling: what looks the same and leads to the same places is equal in it."""
    return "".join(html.escape(part, quote=False) if isinstance(part, str) else str(part) for part in _parts(body))


def shown(body: str) -> str:
    """The text that the html shows, line by line."""
    text = ""
    for part in _parts(body):
        if isinstance(part, str):
            text += part
        elif part.name == "br" or (part.breaks and not text.endswith("\n")):
            text += "\n"
    return text.strip("\n")


def addresses(body: str) -> list[str]:
    """Where the html leads, and the pictures that it shows."""
    return [part.address for part in _parts(body) if isinstance(part, Tag) and part.address]
