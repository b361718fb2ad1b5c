"""What contents and users must have to be imported (OB1 to OB4, LS7)."""

from collections.abc import Iterator, Sequence

from crawler.conformance.chapters.objects.contents import Found, contents, users, value, which, with_content
from crawler.conformance.chapters.transport.answers import signed
from crawler.conformance.evidence import UNREADABLE, DoesNotApply, Seen, Sent, Shown, id_of
from crawler.conformance.rule import Case, Chapter, Harm, Level, Part, case, harm
from crawler.protocol.objects import NOTHING

PART = Part(Chapter.OBJECTS)
rule = PART.rule
PAGE, PROBE = "objects", "contents"
READ = ["objects-can-be-read"]
IDS = ("id", "thread_id", "in_reply_to_id")
DATES = ("created_at", "updated_at")


def having(found: Sequence[Found], *names: str) -> Iterator[Case]:
    """A breach for each content that has none of the fields `names`."""
    expected = " or ".join(f"'{name}'" for name in names)
    for sent, content in found:
        kept = any(content.get(name) not in NOTHING for name in names)
        whose = which(sent, content)
        yield case(kept, sent, expected=expected, actual=f"{whose} has none", note=whose)


@rule(Level.MUST, "SG4", "SG1", page="request-response", probe=PROBE, needs=READ, signature=True)
@harm(Harm.LOST, "nothing of a wrongly signed answer is imported")
def contents_are_rightly_signed(seen: Seen) -> Iterator[Case]:
    """Answers that hold contents are signed as rightly as the implementation info is.

    Why: nothing of an answer with a wrong signature is imported.

    Mend: sign the bytes that are sent: a signature over text goes wrong at the first accent, one that is computed
    before the answer is shortened or escaped goes wrong at the first long or odd one.
    """
    found = (sent for sent in seen.sent if sent.label in ("list", "show") and 200 <= (sent.status or 0) < 300)
    for sent in signed(seen, seen.some(found, "no object was listed or shown")):
        expected = f"HMAC-SHA512 of the body of {sent.action}, keyed with the secret"
        yield case(sent.exchange.verdict == "valid", sent, expected=expected, actual=sent.came)


@rule(Level.MUST, "TR6", "LS7", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.LOST, "what is none is not imported")
def contents_are_objects(seen: Seen) -> Iterator[Case]:
    """Each element of a list is a JSON object.

    Why: what is none is ignored; ids alone, or null for what was deleted, tell nothing that can be imported.

    Mend: list whole contents, and leave out what is no longer there.
    """
    for sent in seen.lists():
        for position, element in enumerate(sent.elements()):
            kept = isinstance(element, dict) or element is UNREADABLE
            actual = f"the element at position {position} is {value(element)}"
            yield case(kept, sent, expected="an object", actual=actual, note=f"position {position}")


@rule(Level.MUST, "OB1", "OB2", "OB3", "LS7", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.LOST, "a content without one is not imported")
def contents_have_an_id(seen: Seen) -> Iterator[Case]:
    """Each content has an `id`.

    Why: a content without one cannot be recognised, answered or deleted, so it is ignored.

    Mend: give each content an id that never changes and is never used again.
    """
    for sent, content in contents(seen):
        actual = f"'id' is {value(content.get('id'))}"
        yield case(id_of(content) is not None, sent, expected="an 'id'", actual=actual, note=which(sent, content))


def strings(sent: Sent, whose: str, holder: Shown) -> Iterator[Case]:
    """A breach for each id of a content or user that is a number."""
    for name in IDS:
        if holder.get(name) not in NOTHING:
            kept = not isinstance(holder[name], int | float) or isinstance(holder[name], bool)
            actual = f"'{name}' of {whose} is {value(holder[name])}"
            yield case(kept, sent, expected="a string", actual=actual, note=f"'{name}' of {whose}")


@rule(Level.UNCLEAR, "OB9", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.UNKNOWN, "numbers are read as text, and the guide forbids none")
def ids_are_strings(seen: Seen) -> Iterator[Case]:
    """A content's `id`, `thread_id` and `in_reply_to_id` are JSON strings.

    Why: ids are compared as text; large numbers lose their last digits on the way.

    Mend: write `"id": "42"` instead of `"id": 42`.
    """
    for sent, content in contents(seen):
        yield from strings(sent, which(sent, content), content)


@rule(Level.MUST, "OB1", "OB2", "OB3", "LS7", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.LOST, "a content of nobody is not imported")
def contents_have_an_author(seen: Seen) -> Iterator[Case]:
    """Each content has an `author`, which is a user: an object.

    Why: the platform shows who wrote, and keeps one identity for each; a content of nobody is ignored.

    Mend: put the whole user there, with `id` and `screenname`; for deleted accounts make one up that stays.
    """
    for sent, content in with_content(seen):
        author = content.get("author")
        actual = f"'author' of {which(sent, content)} is {value(author)}"
        kept = isinstance(author, dict) and author
        yield case(kept, sent, expected="an object: the author", actual=actual, note=which(sent, content))


@rule(Level.MUST, "OB4", "LS7", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.LOST, "a content whose author has none is not imported")
def users_have_an_id(seen: Seen) -> Iterator[Case]:
    """Each author and recipient has an `id`.

    Why: without it nobody can tell whether two messages are of the same person, so the content is ignored.

    Mend: give each user an id that never changes.
    """
    for sent, whose, user in users(seen):
        actual = f"'id' of {whose} is {value(user.get('id'))}"
        yield case(id_of(user) is not None, sent, expected="an 'id'", actual=actual, note=whose)


@rule(Level.UNCLEAR, "OB9", "OB4", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.UNKNOWN, "numbers are read as text, and the guide forbids none")
def user_ids_are_strings(seen: Seen) -> Iterator[Case]:
    """The `id` of each author and recipient is a JSON string.

    Why: an agent's `author_id` is sent back as text; who compares it with a number finds nobody.

    Mend: write `"id": "42"` instead of `"id": 42`.
    """
    for sent, whose, user in users(seen):
        yield from strings(sent, whose, user)


@rule(Level.MUST, "OB4", "LS7", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.LOST, "a content whose author has none is not imported")
def users_have_a_screenname(seen: Seen) -> Iterator[Case]:
    """Each author and recipient has a `screenname`.

    Why: it is the name that agents see; a content whose user has none is ignored.

    Mend: use the name, or else the id.
    """
    for sent, whose, user in users(seen):
        kept = user.get("screenname") not in NOTHING
        yield case(kept, sent, expected="a 'screenname'", actual=f"{whose} has none", note=whose)


@rule(Level.SHOULD, "OB4", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "agents do not see since when a customer is known")
def users_have_dates(seen: Seen) -> Iterator[Case]:
    """Each user has `created_at` and `updated_at`.

    Why: the guide requires both, though its own examples leave them out.

    Mend: send when the account was made, and when it was last changed.
    """
    for sent, whose, user in users(seen):
        missing = [f"'{name}'" for name in DATES if user.get(name) in NOTHING]
        expected = " and ".join(missing or [f"'{name}'" for name in DATES])
        yield case(not missing, sent, expected=expected, actual=f"{whose} lacks it", note=whose)


@rule(Level.MUST, "OB1", "LS7", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.LOST, "a message without one is not imported")
def messages_have_a_thread(seen: Seen) -> Iterator[Case]:
    """Each message has a `thread_id`, unless the option `messages.unthreaded` is declared.

    Why: messages are shown thread by thread; one that belongs to none is ignored.

    Mend: name the thread's id, or declare `messages.unthreaded`.
    """
    if seen.declared.unthreaded:
        raise DoesNotApply("messages.unthreaded is declared")
    yield from having(contents(seen, "messages"), "thread_id")


@rule(Level.MUST, "OB1", "OB2", "LS7", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.LOST, "a message with nothing to show is not imported")
def messages_have_a_body(seen: Seen) -> Iterator[Case]:
    """Each message and private message has a `body`, `attachments` or `structured_content`.

    Why: one with none of them holds nothing to show, and is ignored.

    Mend: leave empty messages out of the list; put files under `attachments`.
    """
    yield from having(contents(seen, "messages", "private_messages"), "body", "attachments", "structured_content")


@rule(Level.MUST, "OB3", "LS7", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.LOST, "a thread without a text is not imported")
def threads_have_a_body(seen: Seen) -> Iterator[Case]:
    """Each thread has a `body`, unless the option `threads.no_content` is declared.

    Why: a thread is shown like its first message; one without a text is ignored.

    Mend: send the text that opened the thread, or declare `threads.no_content` where a thread is but a title.
    """
    yield from having(with_content(seen, "threads"), "body")


@rule(Level.MUST, "OB2", "LS7", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.LOST, "a private message without one is not imported")
def private_messages_have_a_recipient(seen: Seen) -> Iterator[Case]:
    """Each private message has a `recipient`, which is a user: an object.

    Why: author and recipient say which conversation it belongs to; without one of them it is ignored.

    Mend: put the whole user there, as for the author.
    """
    for sent, content in contents(seen, "private_messages"):
        recipient = content.get("recipient")
        actual = f"'recipient' of {which(sent, content)} is {value(recipient)}"
        kept = isinstance(recipient, dict) and recipient
        yield case(kept, sent, expected="an object: the recipient", actual=actual, note=which(sent, content))
