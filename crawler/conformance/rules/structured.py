"""Structured content (ST)."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from crawler.conformance.evidence import DoesNotApply, Seen, Sent, id_of, refusal
from crawler.conformance.rule import Breach, Case, Chapter, Harm, Level, case, harm
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


def structured(seen: Seen) -> Sequence[tuple[Sent, dict[str, Any], Any]]:
    """Each content that is listed with structured content, with its list, at least one. Raises `Unjudged`."""
    found = [
        (page.sent, content, content["structured_content"])
        for name, listed in listings(seen)
        for page in listed
        for content in page.contents
        if name != "threads" and content.get("structured_content")
    ]
    if not found and "view.messaging" not in seen.declared.options:
        raise DoesNotApply("the partner does not declare the option view.messaging, and lists no structured content")
    return seen.some(found, "no content is listed with structured content")


def of_type(seen: Seen, *types: str) -> Sequence[tuple[Sent, str, dict[str, Any]]]:
    """The structured contents of these types: the list, the content's id, and the value; a carousel's parts too.

    At least one. Raises `Unjudged`.
    """
    found = [
        (sent, str(id_of(content)), part)
        for sent, content, value in structured(seen)
        if isinstance(value, dict)
        for part in (value, *(items(value) if value.get("type") == "carousel" else ()))
        if part.get("type") in types
    ]
    return seen.some(found, f"no content is listed with {' or '.join(types)}")


def items(value: dict[str, Any]) -> list[dict[str, Any]]:
    """The parts of a structured content that are objects."""
    found = value.get("items")
    return [it for it in found if isinstance(it, dict)] if isinstance(found, list) else []


def short_enough(sent: Sent, content_id: str, value: dict[str, Any], limits: dict[str, int]) -> Iterator[Case]:
    """A breach for each text that is longer than it may be, or is none."""
    for name, limit in limits.items():
        text = value.get(name)
        if text is not None:
            kept = isinstance(text, str) and len(text) <= limit
            came = f"{len(text):,} characters" if isinstance(text, str) else shape(text)
            expected, actual = f"{name} of at most {limit:,} characters", f"{content_id}: {came}"
            yield case(kept, sent, expected=expected, actual=actual, note=f"{name} of {actual}")


@rule(Level.SHOULD, "ST", "IM9", page=PAGE, probe="crawling", needs=READABLE)
@harm(Harm.ALTERED, "agents see the message without it")
def structured_content_needs_view_messaging(seen: Seen) -> Iterator[Case]:
    """Structured content is listed only where the option `view.messaging` is declared.

    Why: it is shown in that view alone; elsewhere agents see a message without it, or nothing.

    Mend: declare `view.messaging`, or say the same in the body.
    """
    if "view.messaging" in seen.declared.options:
        raise DoesNotApply("the partner declares the option view.messaging")
    for _, listed in listings(seen):
        for page in listed:
            for content in page.contents:
                kept, actual = not content.get("structured_content"), f"{id_of(content)} with structured content"
                expected = "none without view.messaging"
                yield case(kept, page.sent, expected=expected, actual=actual, note=str(id_of(content)))


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=READABLE)
@harm(Harm.LOST, "what the platform cannot show is not shown")
def structured_type_known(seen: Seen) -> Iterator[Case]:
    """Structured content is an object whose `type` is `select`, `rich_link`, `template` or `carousel`.

    Why: the platform knows how to show these four.

    Mend: use the nearest of them.
    """
    for sent, content, value in structured(seen):
        kind = value.get("type") if isinstance(value, dict) else None
        actual = f"{id_of(content)}: {printable(str(kind), 60) if kind else shape(value)}"
        kept = isinstance(kind, str) and kind in TYPES
        yield case(kept, sent, expected=f"a type out of {', '.join(TYPES)}", actual=actual, note=actual)


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=KNOWN)
@harm(Harm.LOST, "the platform takes it from nobody else")
def structured_author_is_puppetizable(seen: Seen) -> Iterator[Case]:
    """A content with structured content is written by a user who is puppetizable.

    Why: only your own side can offer choices and cards; a customer answers them.

    Mend: set `puppetizable: true` for the bot or the agent that writes there.
    """
    for sent, content, _ in structured(seen):
        author = content.get("author")
        kept, actual = (
            isinstance(author, dict) and author.get("puppetizable") is True,
            f"{id_of(content)} by one who is not",
        )
        yield case(kept, sent, expected="an author who is puppetizable", actual=actual, note=str(id_of(content)))


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=KNOWN)
@harm(Harm.LOST, "what goes beyond is not shown")
def select_within_limits(seen: Seen) -> Iterator[Case]:
    """A select has 1 to 13 items, each with a title of at most 80 characters and a payload of at most 1,000.

    Why: what goes beyond cannot be shown.

    Mend: offer fewer choices, or ask in two steps.
    """
    for sent, content_id, value in of_type(seen, "select"):
        offered = items(value)
        few, actual = 1 <= len(offered) <= SELECT_ITEMS, f"{content_id}: {len(offered)}"
        yield case(few, sent, expected=f"1 to {SELECT_ITEMS} items", actual=actual, note=actual)
        for item in offered:
            yield from short_enough(sent, content_id, item, SELECT_TEXTS)
            missing = [name for name in SELECT_TEXTS if not item.get(name)]
            actual = f"{content_id}: no {' and no '.join(missing)}"
            yield case(not missing, sent, expected="items with title and payload", actual=actual, note=content_id)


@rule(Level.SHOULD, "ST", page=PAGE, probe="crawling", needs=KNOWN)
@harm(Harm.ALTERED, "it is shown, but cannot be opened; the guide's own examples break it")
def link_is_a_web_address(seen: Seen) -> Iterator[Case]:
    """The `url` of a rich link, and of a template if it has one, is http or https, of at most 2,048 characters.

    Why: it is opened in the customer's browser.

    Mend: use an absolute address; shorten it if need be.
    """
    for sent, content_id, value in of_type(seen, "rich_link", "template"):
        url = value.get("url")
        if url is None and value.get("type") == "template":
            continue
        kept = isinstance(url, str) and _is_web(url) and len(url) <= URL_CHARS
        came = f"{content_id}: {printable(url, 80)}" if isinstance(url, str) else f"{content_id}: {shape(url)}"
        yield case(kept, sent, expected=f"http(s)://…, at most {URL_CHARS:,} characters", actual=came, note=came)


def _is_web(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return False


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=KNOWN)
@harm(Harm.LOST, "what goes beyond is not shown")
def card_texts_within_limits(seen: Seen) -> Iterator[Case]:
    """A rich link or template has a title of at most 350 characters, a subtitle of 1,000 and a url_text of 80.

    Why: what goes beyond cannot be shown.

    Mend: say the rest in the body.
    """
    for sent, content_id, value in of_type(seen, "rich_link", "template"):
        yield from short_enough(sent, content_id, value, LINK_TEXTS)


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=KNOWN)
@harm(Harm.LOST, "another button is not shown")
def template_buttons_known(seen: Seen) -> Iterator[Case]:
    """The items of a template are of the type `url` or `reply`.

    Why: other buttons are not known.

    Mend: open an address with `url`, or send an answer with `reply`.
    """
    for sent, content_id, value in of_type(seen, "template"):
        for button in items(value):
            came = f"{content_id}: {printable(str(button.get('type')), 60)}"
            yield case(button.get("type") in ("url", "reply"), sent, expected="url or reply", actual=came, note=came)


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=KNOWN)
@harm(Harm.LOST, "what goes beyond is not shown")
def carousel_within_limits(seen: Seen) -> Iterator[Case]:
    """A carousel has 1 to 10 items, all templates, each with at most 4 buttons.

    Why: what goes beyond cannot be shown.

    Mend: show the best ten, or write two messages.
    """
    for sent, content_id, value in of_type(seen, "carousel"):
        cards = items(value)
        few, actual = 1 <= len(cards) <= CAROUSEL_ITEMS, f"{content_id}: {len(cards)}"
        yield case(few, sent, expected=f"1 to {CAROUSEL_ITEMS} items", actual=actual, note=actual)
        for card in cards:
            came = f"{content_id}: {printable(str(card.get('type')), 60)}"
            is_card = card.get("type") == "template"
            yield case(is_card, sent, expected="templates in the carousel", actual=came, note=came)
            buttons = len(items(card))
            expected, actual = f"at most {CAROUSEL_BUTTONS} buttons", f"{content_id}: {buttons} buttons"
            yield case(buttons <= CAROUSEL_BUTTONS, sent, expected=expected, actual=actual, note=actual)


@rule(Level.SHOULD, "ST", "PU1", page=PAGE, probe="structured", needs=READABLE)
@harm(Harm.ALTERED, "the message is delivered, without its choices or its card")
def structured_content_is_kept(seen: Seen) -> Iterator[Case]:
    """With the option `view.messaging`, messages with a select and with a rich link are accepted, and listed as sent.

    Why: with that option agents can send them, and so do the platform's own surveys.

    Mend: store `structured_content` as it came; or do not declare `view.messaging`.
    """
    for creation in created(seen, "select", "rich link"):
        expected = f"the {creation.purpose} that was sent"
        if refused := refusal(creation.sent):
            yield Breach(expected=f"a message with a {creation.purpose}", actual=refused, sent=creation.sent)
            continue
        content = shown(seen, creation)
        given = content.get("structured_content") if content is not None else None
        same = given == creation.sent.exchange.params["structured_content"]
        what = f"{creation.id} with {'another' if given else 'no'} structured content"
        actual = what if content is not None else "never listed"
        yield case(same, creation.sent, expected=expected, actual=actual, note=creation.purpose)
