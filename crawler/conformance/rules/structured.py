"""Structured content (ST)."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from crawler.conformance.evidence import NotApplicable, Seen, Sent, id_of, refusal
from crawler.conformance.rule import Breach, Chapter, Level
from crawler.conformance.rules.pushing import READABLE, created, shown
from crawler.conformance.timeline import listings
from crawler.protocol.envelope import printable
from crawler.protocol.implementation import shape

STRUCTURED = Chapter("structured content")
rule = STRUCTURED.rule
PAGE = "structured-messages"
TYPES = ("select", "rich_link", "template", "carousel")
SELECT_ITEMS, CAROUSEL_ITEMS, CAROUSEL_BUTTONS = 13, 10, 4
URL_CHARS = 2_048
SELECT_TEXTS = {"title": 80, "payload": 1_000}
LINK_TEXTS = {"title": 350, "subtitle": 1_000, "url_text": 80}
"""Characters at most, by field."""
KNOWN = [*READABLE, "structured-type-known"]


def structured(seen: Seen) -> Iterator[tuple[Sent, dict[str, Any], Any]]:
    """Each content that is listed with structured content, with its list. Raises `NotApplicable` if there is none."""
    found = False
    for name, listed in listings(seen):
        for page in listed:
            for content in page.contents:
                if name != "threads" and content.get("structured_content"):
                    found = True
                    yield page.sent, content, content["structured_content"]
    if not found:
        raise NotApplicable("no content is listed with structured content")


def of_type(seen: Seen, *types: str) -> Iterator[tuple[Sent, str, dict[str, Any]]]:
    """The structured contents of these types: the list, the content's id, and the value; a carousel's parts too."""
    found = False
    for sent, content, value in structured(seen):
        if isinstance(value, dict):
            for part in (value, *(items(value) if value.get("type") == "carousel" else ())):
                if part.get("type") in types:
                    found = True
                    yield sent, str(id_of(content)), part
    if not found:
        raise NotApplicable(f"no content is listed with {' or '.join(types)}")


def items(value: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of a structured content that are objects."""
    found = value.get("items")
    return [it for it in found if isinstance(it, dict)] if isinstance(found, list) else []


def too_long(sent: Sent, content_id: str, value: dict[str, Any], limits: dict[str, int]) -> Iterator[Breach]:
    """A breach for each text that is longer than it may be, or is none."""
    for name, limit in limits.items():
        text = value.get(name)
        if text is not None and (not isinstance(text, str) or len(text) > limit):
            came = f"{len(text):,} characters" if isinstance(text, str) else shape(text)
            yield Breach(expected=f"{name} of at most {limit:,} characters", actual=f"{content_id}: {came}", sent=sent)


@rule(Level.SHOULD, "ST", "IM9", page=PAGE, probe="crawling", needs=READABLE)
def structured_content_needs_view_messaging(seen: Seen) -> Iterator[Breach]:
    """Structured content is listed only where the option `view.messaging` is declared.

    Why: it is shown in that view alone; elsewhere agents see a message without it, or nothing.

    Mend: declare `view.messaging`, or say the same in the body.
    """
    if "view.messaging" in seen.declared.options:
        return
    for _, listed in listings(seen):
        for page in listed:
            for content in page.contents:
                if content.get("structured_content"):
                    actual = f"{id_of(content)} with structured content"
                    yield Breach(expected="none without view.messaging", actual=actual, sent=page.sent)


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=READABLE)
def structured_type_known(seen: Seen) -> Iterator[Breach]:
    """Structured content is an object whose `type` is `select`, `rich_link`, `template` or `carousel`.

    Why: the platform knows how to show these four.

    Mend: use the nearest of them.
    """
    for sent, content, value in structured(seen):
        kind = value.get("type") if isinstance(value, dict) else None
        if not isinstance(kind, str) or kind not in TYPES:
            actual = f"{id_of(content)}: {printable(str(kind), 60) if kind else shape(value)}"
            yield Breach(expected=f"a type out of {', '.join(TYPES)}", actual=actual, sent=sent)


def users(seen: Seen) -> Iterator[dict[str, Any]]:
    """All that are listed as authors or recipients: it is enough to say once that one is puppetizable (OB4)."""
    for _, listed in listings(seen):
        for page in listed:
            for content in page.contents:
                yield from (it for role in ("author", "recipient") if isinstance(it := content.get(role), dict))


@rule(Level.MUST, "ST", "OB4", page=PAGE, probe="crawling", needs=KNOWN)
def structured_author_is_puppetizable(seen: Seen) -> Iterator[Breach]:
    """A content with structured content is written by a user who is puppetizable.

    Why: only your own side can offer choices and cards; a customer answers them.

    Mend: set `puppetizable: true` for the bot or the agent that writes there, in one of the contents at least.
    """
    told = {id_of(user) for user in users(seen) if user.get("puppetizable") is True}
    for sent, content, _ in structured(seen):
        author = content.get("author")
        if not isinstance(author, dict) or author.get("puppetizable", id_of(author) in told) is not True:
            actual = f"{id_of(content)} by an author who is not"
            yield Breach(expected="an author who is puppetizable", actual=actual, sent=sent)


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=KNOWN)
def select_within_limits(seen: Seen) -> Iterator[Breach]:
    """A select has 1 to 13 items, each with a title of at most 80 characters and a payload of at most 1,000.

    Why: what goes beyond cannot be shown.

    Mend: offer fewer choices, or ask in two steps.
    """
    for sent, content_id, value in of_type(seen, "select"):
        offered = items(value)
        if not 1 <= len(offered) <= SELECT_ITEMS:
            yield Breach(expected=f"1 to {SELECT_ITEMS} items", actual=f"{content_id}: {len(offered)}", sent=sent)
        for item in offered:
            yield from too_long(sent, content_id, item, SELECT_TEXTS)
            missing = [name for name in SELECT_TEXTS if not item.get(name)]
            if missing:
                actual = f"{content_id}: no {' and no '.join(missing)}"
                yield Breach(expected="items with title and payload", actual=actual, sent=sent)


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=KNOWN)
def link_is_a_web_address(seen: Seen) -> Iterator[Breach]:
    """The `url` of a rich link, and of a template if it has one, is http or https, of at most 2,048 characters.

    Why: it is opened in the customer's browser.

    Mend: use an absolute address; shorten it if need be.
    """
    for sent, content_id, value in of_type(seen, "rich_link", "template"):
        url = value.get("url")
        if url is None and value.get("type") == "template":
            continue
        if not isinstance(url, str) or not _is_web(url) or len(url) > URL_CHARS:
            came = f"{content_id}: {printable(url, 80)}" if isinstance(url, str) else f"{content_id}: {shape(url)}"
            yield Breach(expected=f"http(s)://…, at most {URL_CHARS:,} characters", actual=came, sent=sent)


def _is_web(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return False


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=KNOWN)
def card_texts_within_limits(seen: Seen) -> Iterator[Breach]:
    """A rich link or template has a title of at most 350 characters, a subtitle of 1,000 and a url_text of 80.

    Why: what goes beyond cannot be shown.

    Mend: say the rest in the body.
    """
    for sent, content_id, value in of_type(seen, "rich_link", "template"):
        yield from too_long(sent, content_id, value, LINK_TEXTS)


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=KNOWN)
def template_buttons_known(seen: Seen) -> Iterator[Breach]:
    """The items of a template are of the type `url` or `reply`.

    Why: other buttons are not known.

    Mend: open an address with `url`, or send an answer with `reply`.
    """
    for sent, content_id, value in of_type(seen, "template"):
        for button in items(value):
            if button.get("type") not in ("url", "reply"):
                came = f"{content_id}: {printable(str(button.get('type')), 60)}"
                yield Breach(expected="url or reply", actual=came, sent=sent)


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=KNOWN)
def carousel_within_limits(seen: Seen) -> Iterator[Breach]:
    """A carousel has 1 to 10 items, all templates, each with at most 4 buttons.

    Why: what goes beyond cannot be shown.

    Mend: show the best ten, or write two messages.
    """
    for sent, content_id, value in of_type(seen, "carousel"):
        cards = items(value)
        if not 1 <= len(cards) <= CAROUSEL_ITEMS:
            yield Breach(expected=f"1 to {CAROUSEL_ITEMS} items", actual=f"{content_id}: {len(cards)}", sent=sent)
        for card in cards:
            if card.get("type") != "template":
                came = f"{content_id}: {printable(str(card.get('type')), 60)}"
                yield Breach(expected="templates in the carousel", actual=came, sent=sent)
            if len(items(card)) > CAROUSEL_BUTTONS:
                actual = f"{content_id}: {len(items(card))} buttons"
                yield Breach(expected=f"at most {CAROUSEL_BUTTONS} buttons", actual=actual, sent=sent)


@rule(Level.SHOULD, "ST", "PU1", page=PAGE, probe="structured", needs=READABLE)
def structured_content_is_kept(seen: Seen) -> Iterator[Breach]:
    """With the option `view.messaging`, messages with a select and with a rich link are accepted, and listed as sent.

    Why: with that option agents can send them, and so do the platform's own surveys.

    Mend: store `structured_content` as it came; or do not declare `view.messaging`.
    """
    for creation in created(seen, "select", "rich link"):
        content = shown(seen, creation)
        if refused := refusal(creation.sent):
            yield Breach(expected=f"a message with a {creation.purpose}", actual=refused, sent=creation.sent)
        elif content is None:
            yield Breach(expected=f"the {creation.purpose} in a list", actual="never listed", sent=creation.sent)
        elif content.get("structured_content") != creation.sent.exchange.params["structured_content"]:
            actual = f"{creation.id} with {'another' if content.get('structured_content') else 'no'} structured content"
            yield Breach(expected=f"the {creation.purpose} that was sent", actual=actual, sent=creation.sent)
