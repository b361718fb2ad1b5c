"""Structured content (ST): `crawler.protocol.structured` knows what is wrong with one, each rule has its part of it."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from crawler.conformance.chapters.pushing.creating import READABLE, created, shown
from crawler.conformance.evidence import DoesNotApply, Seen, Sent, Shown, id_of, refusal
from crawler.conformance.rule import Breach, Case, Chapter, Harm, Kept, Level, Part, case, harm
from crawler.conformance.timeline import listings
from crawler.protocol.structured import NAME, OPTION, About, Problem, check_structured

PART = Part(Chapter.STRUCTURED)
rule = PART.rule
PAGE = "structured-messages"
CARDS = ("rich_link", "template", "carousel")
KNOWN = [*READABLE, "structured-type-known"]


def structured(seen: Seen) -> Sequence[tuple[Sent, Shown, Any]]:
    """Each content that is listed with structured content, with its list, at least one. Raises `Unjudged`."""
    found = [
        (page.sent, content, content["structured_content"])
        for name, listed in listings(seen)
        for page in listed
        for content in page.contents
        if name != "threads" and content.get("structured_content")
    ]
    if not found and OPTION not in seen.declared.options:
        raise DoesNotApply("the partner does not declare the option view.messaging, and lists no structured content")
    return seen.some(found, "no content is listed with structured content")


def cards(value: Any) -> Sequence[Shown]:
    """The links and cards of a structured content: itself, or those of a carousel."""
    found = value.get("items") if value.get("type") == "carousel" else [value]
    return [it for it in found if isinstance(it, dict)] if isinstance(found, list) else []


def buttons(value: Any) -> Sequence[Any]:
    """The buttons of a template, or of the cards of a carousel."""
    found = [card.get("items") for card in cards(value) if value.get("type") != "rich_link"]
    return [button for items in found if isinstance(items, list) for button in items]


def addresses(value: Any) -> Sequence[Any]:
    """The links, cards and buttons that have a `url`."""
    return [it for it in (*cards(value), *buttons(value)) if isinstance(it, dict) and it.get("url")]


def each(
    seen: Seen, wrong: Callable[[Problem], bool], *types: str, having: Callable[[Any], object] = bool
) -> Iterator[Case]:
    """A breach for each problem that is meant, of the structured contents of these types; `having` the part meant.

    Raises `Unjudged`.
    """
    listed = structured(seen)
    meant = [it for it in listed if not types or (isinstance(it[2], dict) and it[2].get("type") in types)]
    for sent, content, value in seen.some(meant, f"no content is listed with {' or '.join(types)}"):
        content_id = str(id_of(content))
        found = [problem for problem in check_structured(value) if wrong(problem)]
        if not found and having(value):
            yield Kept(sent=sent, note=content_id)
        for problem in found:
            place = problem.path.removeprefix(NAME).removeprefix(".")
            expected = f"{place}: {problem.expected}" if place else problem.expected
            yield Breach(expected=expected, actual=f"{content_id}: {problem.came}", sent=sent)


def about(part: About, level: str = "must") -> Callable[[Problem], bool]:
    """Whether a problem is one of that kind of part."""
    return lambda problem: (problem.about, problem.level) == (part, level)


@rule(Level.SHOULD, "ST", "IM9", page=PAGE, probe="crawling", needs=READABLE)
@harm(Harm.ALTERED, "agents see the message without it")
def structured_content_needs_view_messaging(seen: Seen) -> Iterator[Case]:
    """Structured content is listed only where the option `view.messaging` is declared.

    Why: it is shown in that view alone; elsewhere agents see a message without it, or nothing.

    Mend: declare `view.messaging`, or say the same in the body.
    """
    if OPTION in seen.declared.options:
        raise DoesNotApply("the partner declares the option view.messaging")
    for _, listed in listings(seen):
        for page in listed:
            for content in page.contents:
                actual = f"{id_of(content)} with structured content"
                kept = not content.get("structured_content")
                yield case(kept, page.sent, expected="none without view.messaging", actual=actual)


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=READABLE)
@harm(Harm.LOST, "what the platform cannot show is not shown")
def structured_type_known(seen: Seen) -> Iterator[Case]:
    """Structured content is an object whose `type` is `select`, `rich_link`, `template` or `carousel`.

    Why: the platform knows how to show these four.

    Mend: use the nearest of them.
    """
    yield from each(seen, about("type"))


def users(seen: Seen) -> Iterator[Shown]:
    """All that are listed as authors or recipients: it is enough to say once that one is puppetizable (OB4)."""
    for _, listed in listings(seen):
        for page in listed:
            for content in page.contents:
                yield from (it for role in ("author", "recipient") if isinstance(it := content.get(role), dict))


@rule(Level.MUST, "ST", "OB4", page=PAGE, probe="crawling", needs=KNOWN)
@harm(Harm.LOST, "the platform takes it from nobody else")
def structured_author_is_puppetizable(seen: Seen) -> Iterator[Case]:
    """A content with structured content is written by a user who is puppetizable.

    Why: only your own side can offer choices and cards; a customer answers them.

    Mend: set `puppetizable: true` for the bot or the agent that writes there, in one of the contents at least.
    """
    told = {id_of(user) for user in users(seen) if user.get("puppetizable") is True}
    for sent, content, _ in structured(seen):
        author = content.get("author")
        kept = isinstance(author, dict) and author.get("puppetizable", id_of(author) in told) is True
        actual = f"{id_of(content)} by an author who is not"
        yield case(kept, sent, expected="an author who is puppetizable", actual=actual, note=str(id_of(content)))


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=KNOWN)
@harm(Harm.LOST, "what goes beyond is not shown")
def select_within_limits(seen: Seen) -> Iterator[Case]:
    """A select has 1 to 13 items, each with a title of at most 80 characters, and a payload, if any, of at most 1,000.

    Why: what goes beyond cannot be shown.

    Mend: offer fewer choices, or ask in two steps.
    """
    yield from each(seen, about("select"), "select")


@rule(Level.SHOULD, "ST", page=PAGE, probe="crawling", needs=KNOWN)
@harm(Harm.ALTERED, "it is shown, but cannot be opened; the guide's own examples break it")
def link_is_a_web_address(seen: Seen) -> Iterator[Case]:
    """The `url` of a rich link, of a card or of a button begins with http or https.

    Why: it is opened in the customer's browser, which may know no other; the guide says so, and shows another one in
    its own examples.

    Mend: use an absolute address of the web; it may lead on into your app.
    """
    yield from each(seen, lambda problem: problem.kind == "address", *CARDS, having=addresses)


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=KNOWN)
@harm(Harm.LOST, "what goes beyond is not shown")
def card_texts_within_limits(seen: Seen) -> Iterator[Case]:
    """A link or card has its title, a link its url, and none is too long: 350, 1,000 (subtitle), 80 (url_text), 2,048.

    Why: what goes beyond cannot be shown, and what is missing neither.

    Mend: say the rest in the body.
    """
    yield from each(seen, about("card"), *CARDS, having=cards)


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=KNOWN)
@harm(Harm.LOST, "another button is not shown")
def template_buttons_known(seen: Seen) -> Iterator[Case]:
    """A template or card has at most 4 buttons, of the type `url`, with a url, or `reply`, each with a title.

    Why: other buttons are not known.

    Mend: open an address with `url`, or send an answer with `reply`.
    """
    yield from each(seen, about("button"), "template", "carousel", having=buttons)


@rule(Level.MUST, "ST", page=PAGE, probe="crawling", needs=KNOWN)
@harm(Harm.LOST, "what goes beyond is not shown")
def carousel_within_limits(seen: Seen) -> Iterator[Case]:
    """A carousel has 1 to 10 cards.

    Why: what goes beyond cannot be shown.

    Mend: show the best ten, or write two messages.
    """
    yield from each(seen, about("carousel"), "carousel")


@rule(Level.SHOULD, "ST", page=PAGE, probe="crawling", needs=KNOWN)
@harm(Harm.ALTERED, "a card without a picture among others looks broken")
def carousel_cards_alike(seen: Seen) -> Iterator[Case]:
    """The cards of a carousel all have an `attachment_url`, or none has.

    Why: they stand side by side, and a card without a picture among others looks broken.

    Mend: give each card a picture.
    """
    yield from each(seen, about("carousel", "should"), "carousel", having=lambda value: len(cards(value)) > 1)


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
