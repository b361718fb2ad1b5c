"""Structured content (ST): `crawler.protocol.structured` knows what is wrong with one, each rule has its part of it."""

from collections.abc import Iterator
from typing import Any

from crawler.conformance.evidence import NotApplicable, Seen, Sent, id_of, refusal
from crawler.conformance.rule import Breach, Chapter, Level
from crawler.conformance.rules.pushing import READABLE, created, shown
from crawler.conformance.timeline import listings
from crawler.protocol.structured import NAME, OPTION, About, Problem, check_structured

STRUCTURED = Chapter("structured content")
rule = STRUCTURED.rule
PAGE = "structured-messages"
CARDS = ("rich_link", "template", "carousel")
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


def problems(seen: Seen, *types: str) -> Iterator[tuple[Sent, str, Problem]]:
    """What is wrong with the structured contents of these types, or of any: the list, the content's id, the problem.

    Raises `NotApplicable` where none of them is listed.
    """
    listed = list(structured(seen))
    meant = [it for it in listed if not types or (isinstance(it[2], dict) and it[2].get("type") in types)]
    if not meant:
        raise NotApplicable(f"no content is listed with {' or '.join(types)}")
    for sent, content, value in meant:
        for problem in check_structured(value):
            yield sent, str(id_of(content)), problem


def wrong(seen: Seen, about: About, *types: str, level: str = "must") -> Iterator[Breach]:
    """A breach for each problem of one kind of part."""
    for sent, content_id, problem in problems(seen, *types):
        if (problem.about, problem.level) == (about, level):
            yield breach(sent, content_id, problem)


def breach(sent: Sent, content_id: str, problem: Problem) -> Breach:
    """A problem as a breach."""
    place = problem.path.removeprefix(NAME).removeprefix(".")
    expected = f"{place}: {problem.expected}" if place else problem.expected
    return Breach(expected=expected, actual=f"{content_id}: {problem.came}", sent=sent)


@rule(Level.SHOULD, "ST", "IM9", page=PAGE, probe="crawling", needs=READABLE)
def structured_content_needs_view_messaging(seen: Seen) -> Iterator[Breach]:
    """Structured content is listed only where the option `view.messaging` is declared.

    Why: it is shown in that view alone; elsewhere agents see a message without it, or nothing.

    Mend: declare `view.messaging`, or say the same in the body.
    """
    if OPTION in seen.declared.options:
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
    yield from wrong(seen, "type")


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=KNOWN)
def structured_author_is_puppetizable(seen: Seen) -> Iterator[Breach]:
    """A content with structured content is written by a user who is puppetizable.

    Why: only your own side can offer choices and cards; a customer answers them.

    Mend: set `puppetizable: true` for the bot or the agent that writes there.
    """
    for sent, content, _ in structured(seen):
        author = content.get("author")
        if not isinstance(author, dict) or author.get("puppetizable") is not True:
            actual = f"{id_of(content)} by an author who is not"
            yield Breach(expected="an author who is puppetizable", actual=actual, sent=sent)


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=KNOWN)
def select_within_limits(seen: Seen) -> Iterator[Breach]:
    """A select has 1 to 13 items, each with a title of at most 80 characters, and a payload, if any, of at most 1,000.

    Why: what goes beyond cannot be shown.

    Mend: offer fewer choices, or ask in two steps.
    """
    yield from wrong(seen, "select", "select")


@rule(Level.SHOULD, "ST", page=PAGE, probe="crawling", needs=KNOWN)
def link_is_a_web_address(seen: Seen) -> Iterator[Breach]:
    """The `url` of a rich link, of a card or of a button begins with http or https.

    Why: it is opened in the customer's browser, which may know no other; the guide says so, and shows another one in
    its own examples.

    Mend: use an absolute address of the web; it may lead on into your app.
    """
    for sent, content_id, problem in problems(seen, *CARDS):
        if problem.kind == "address":
            yield breach(sent, content_id, problem)


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=KNOWN)
def card_texts_within_limits(seen: Seen) -> Iterator[Breach]:
    """A link or card has its title, a link its url, and none is too long: 350, 1,000 (subtitle), 80 (url_text), 2,048.

    Why: what goes beyond cannot be shown, and what is missing neither.

    Mend: say the rest in the body.
    """
    yield from wrong(seen, "card", *CARDS)


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=KNOWN)
def template_buttons_known(seen: Seen) -> Iterator[Breach]:
    """A template or card has at most 4 buttons, of the type `url`, with a url, or `reply`, each with a title.

    Why: other buttons are not known.

    Mend: open an address with `url`, or send an answer with `reply`.
    """
    yield from wrong(seen, "button", "template", "carousel")


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=KNOWN)
def carousel_within_limits(seen: Seen) -> Iterator[Breach]:
    """A carousel has 1 to 10 cards.

    Why: what goes beyond cannot be shown.

    Mend: show the best ten, or write two messages.
    """
    yield from wrong(seen, "carousel", "carousel")


@rule(Level.SHOULD, "ST", page=PAGE, probe="crawling", needs=KNOWN)
def carousel_cards_alike(seen: Seen) -> Iterator[Breach]:
    """The cards of a carousel all have an `attachment_url`, or none has.

    Why: they stand side by side, and a card without a picture among others looks broken.

    Mend: give each card a picture.
    """
    yield from wrong(seen, "carousel", "carousel", level="should")


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
