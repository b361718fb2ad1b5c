"""Objects and their fields (OB)."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from crawler.conformance.evidence import UNREADABLE, NotApplicable, Seen, Sent, id_of
from crawler.conformance.rule import Breach, Chapter, Level
from crawler.conformance.rules.transport import verified
from crawler.errors import PartnerError
from crawler.protocol.dates import read_date
from crawler.protocol.envelope import printable
from crawler.protocol.implementation import COLLECTION_LEVEL, shape
from crawler.protocol.reading import read_page
from crawler.protocol.wire import MAX_BODY_CHARS, NOTHING

OBJECTS = Chapter("objects and fields")
rule = OBJECTS.rule
PAGE, PROBE = "objects", "contents"
READ = ["objects-can-be-read"]
FUTURE = timedelta(hours=1)
"""How far a partner's clock may be ahead."""

IDS = ("id", "thread_id", "in_reply_to_id")
TEXTS: tuple[str, ...] = ("title", "body", "format", "language", "display_url", "ip")
USER_TEXTS: tuple[str, ...] = (
    "screenname",
    "firstname",
    "lastname",
    "avatar_url",
    "email",
    "home_phone",
    "mobile_phone",
    "gender",
)
DATES = ("created_at", "updated_at")
PLAIN = re.compile(r"[\w -]+")
CONTEXT_KEY = re.compile(r"[a-zA-Z_-]+")
"""The guide allows no underscore, and writes one in its own example."""

Found = tuple[Sent, dict[str, Any]]


def which(sent: Sent, content: dict[str, Any]) -> str:
    """A content in a few words."""
    found = id_of(content)
    return f"{sent.object} {printable(found, 40)}" if found else f"one of {sent.object} without id"


def value(of: object) -> str:
    """A value of the partner's in a few words."""
    if isinstance(of, str) and of:
        return f"'{printable(of, 60)}'"
    if isinstance(of, int | float) and not isinstance(of, bool):
        return f"the number {printable(str(of), 40)}"
    return shape(of)


def contents(seen: Seen, *objects: str) -> Sequence[Found]:
    """The listed contents of some objects, or of all. Raises `NotApplicable` where there are none."""
    found = [it for it in seen.contents() if not objects or it[0].object in objects]
    if not found:
        raise NotApplicable(f"the partner lists no {' or '.join(objects)} now: there must be some to judge")
    return found


def with_content(seen: Seen, *objects: str) -> Sequence[Found]:
    """The same without threads that are but titles (IM8)."""
    found = [it for it in contents(seen, *objects) if not (it[0].object == "threads" and titled(seen))]
    if not found:
        raise NotApplicable("with threads.no_content, of threads only id and title are read")
    return found


def titled(seen: Seen) -> bool:
    """Whether threads are but titles (IM8)."""
    return seen.declared.threads_without_content


def users(seen: Seen) -> Iterator[tuple[Sent, str, dict[str, Any]]]:
    """Each user that a listed content shows, and whose user it is."""
    for sent, content in with_content(seen):
        for role in ("author", "recipient") if sent.object == "private_messages" else ("author",):
            user = content.get(role)
            if isinstance(user, dict) and user:
                yield sent, f"the {role} of {which(sent, content)}", user


def dates(seen: Seen) -> Iterator[tuple[Sent, str, object]]:
    """Each date that is there, and whose it is."""
    for sent, content in with_content(seen):
        for name in DATES:
            if content.get(name) not in NOTHING:
                yield sent, f"'{name}' of {which(sent, content)}", content[name]
    for sent, whose, user in users(seen):
        for name in DATES:
            if user.get(name) not in NOTHING:
                yield sent, f"'{name}' of {whose}", user[name]


def lacking(found: Sequence[Found], *names: str) -> Iterator[Breach]:
    """A breach for each content that has none of the fields `names`."""
    for sent, content in found:
        if all(content.get(name) in NOTHING for name in names):
            expected = " or ".join(f"'{name}'" for name in names)
            yield Breach(expected=expected, actual=f"{which(sent, content)} has none", sent=sent)


@rule(Level.MUST, "SG4", "SG1", page="request-response", probe=PROBE, needs=READ)
def contents_are_rightly_signed(seen: Seen) -> Iterator[Breach]:
    """Answers that hold contents are signed as rightly as the implementation info is.

    Why: nothing of an answer with a wrong signature is imported.

    Mend: sign the bytes that are sent: a signature over text goes wrong at the first accent, one that is computed
    before the answer is shortened or escaped goes wrong at the first long or odd one.
    """
    answers = [sent for label in ("list", "show") for sent in seen.sent if sent.label == label]
    answers = [sent for sent in answers if 200 <= (sent.status or 0) < 300]
    if not answers:
        raise NotApplicable("no object was listed or shown")
    for sent in verified(answers):
        if sent.exchange.verdict in ("missing", "wrong"):
            expected = f"HMAC-SHA512 of the body of {sent.action}, keyed with the secret"
            yield Breach(expected=expected, actual=sent.came, sent=sent)


@rule(Level.MUST, "TR6", "LS7", page=PAGE, probe=PROBE, needs=READ)
def contents_are_objects(seen: Seen) -> Iterator[Breach]:
    """Each element of a list is a JSON object.

    Why: what is none is ignored; ids alone, or null for what was deleted, tell nothing that can be imported.

    Mend: list whole contents, and leave out what is no longer there.
    """
    for sent in seen.lists():
        for position, element in enumerate(sent.elements()):
            if not isinstance(element, dict) and element is not UNREADABLE:
                actual = f"the element at position {position} is {value(element)}"
                yield Breach(expected="an object", actual=actual, sent=sent)


@rule(Level.MUST, "OB1", "OB2", "OB3", "LS7", page=PAGE, probe=PROBE, needs=READ)
def contents_have_an_id(seen: Seen) -> Iterator[Breach]:
    """Each content has an `id`.

    Why: a content without one cannot be recognised, answered or deleted, so it is ignored.

    Mend: give each content an id that never changes and is never used again.
    """
    for sent, content in contents(seen):
        if id_of(content) is None:
            yield Breach(expected="an 'id'", actual=f"'id' is {value(content.get('id'))}", sent=sent)


def numbers(sent: Sent, whose: str, holder: dict[str, Any]) -> Iterator[Breach]:
    """A breach for each id of a content or user that is a number."""
    for name in IDS:
        if isinstance(holder.get(name), int | float) and not isinstance(holder[name], bool):
            yield Breach(expected="a string", actual=f"'{name}' of {whose} is {value(holder[name])}", sent=sent)


@rule(Level.SHOULD, "OB9", page=PAGE, probe=PROBE, needs=READ)
def ids_are_strings(seen: Seen) -> Iterator[Breach]:
    """A content's `id`, `thread_id` and `in_reply_to_id` are JSON strings.

    Why: ids are compared as text; large numbers lose their last digits on the way.

    Mend: write `"id": "42"` instead of `"id": 42`.
    """
    for sent, content in contents(seen):
        yield from numbers(sent, which(sent, content), content)


@rule(Level.MUST, "OB1", "OB2", "OB3", "LS7", page=PAGE, probe=PROBE, needs=READ)
def contents_have_an_author(seen: Seen) -> Iterator[Breach]:
    """Each content has an `author`, which is a user: an object.

    Why: the platform shows who wrote, and keeps one identity for each; a content of nobody is ignored.

    Mend: put the whole user there, with `id` and `screenname`; for deleted accounts make one up that stays.
    """
    for sent, content in with_content(seen):
        author = content.get("author")
        if not isinstance(author, dict) or not author:
            actual = f"'author' of {which(sent, content)} is {value(author)}"
            yield Breach(expected="an object: the author", actual=actual, sent=sent)


@rule(Level.MUST, "OB4", "LS7", page=PAGE, probe=PROBE, needs=READ)
def users_have_an_id(seen: Seen) -> Iterator[Breach]:
    """Each author and recipient has an `id`.

    Why: without it nobody can tell whether two messages are of the same person, so the content is ignored.

    Mend: give each user an id that never changes.
    """
    for sent, whose, user in users(seen):
        if id_of(user) is None:
            yield Breach(expected="an 'id'", actual=f"'id' of {whose} is {value(user.get('id'))}", sent=sent)


@rule(Level.SHOULD, "OB9", "OB4", page=PAGE, probe=PROBE, needs=READ)
def user_ids_are_strings(seen: Seen) -> Iterator[Breach]:
    """The `id` of each author and recipient is a JSON string.

    Why: an agent's `author_id` is sent back as text; who compares it with a number finds nobody.

    Mend: write `"id": "42"` instead of `"id": 42`.
    """
    for sent, whose, user in users(seen):
        yield from numbers(sent, whose, user)


@rule(Level.MUST, "OB4", "LS7", page=PAGE, probe=PROBE, needs=READ)
def users_have_a_screenname(seen: Seen) -> Iterator[Breach]:
    """Each author and recipient has a `screenname`.

    Why: it is the name that agents see; a content whose user has none is ignored.

    Mend: use the name, or else the id.
    """
    for sent, whose, user in users(seen):
        if user.get("screenname") in NOTHING:
            yield Breach(expected="a 'screenname'", actual=f"{whose} has none", sent=sent)


@rule(Level.SHOULD, "OB4", page=PAGE, probe=PROBE, needs=READ)
def users_have_dates(seen: Seen) -> Iterator[Breach]:
    """Each user has `created_at` and `updated_at`.

    Why: the guide requires both, though its own examples leave them out.

    Mend: send when the account was made, and when it was last changed.
    """
    for sent, whose, user in users(seen):
        missing = [f"'{name}'" for name in DATES if user.get(name) in NOTHING]
        if missing:
            yield Breach(expected=" and ".join(missing), actual=f"{whose} lacks it", sent=sent)


@rule(Level.MUST, "OB1", "LS7", page=PAGE, probe=PROBE, needs=READ)
def messages_have_a_thread(seen: Seen) -> Iterator[Breach]:
    """Each message has a `thread_id`, unless the option `messages.unthreaded` is declared.

    Why: messages are shown thread by thread; one that belongs to none is ignored.

    Mend: name the thread's id, or declare `messages.unthreaded`.
    """
    if seen.declared.unthreaded:
        raise NotApplicable("messages.unthreaded is declared")
    yield from lacking(contents(seen, "messages"), "thread_id")


@rule(Level.MUST, "OB1", "OB2", "LS7", page=PAGE, probe=PROBE, needs=READ)
def messages_have_a_body(seen: Seen) -> Iterator[Breach]:
    """Each message and private message has a `body`, `attachments` or `structured_content`.

    Why: one with none of them holds nothing to show, and is ignored.

    Mend: leave empty messages out of the list; put files under `attachments`.
    """
    yield from lacking(contents(seen, "messages", "private_messages"), "body", "attachments", "structured_content")


@rule(Level.MUST, "OB3", "LS7", page=PAGE, probe=PROBE, needs=READ)
def threads_have_a_body(seen: Seen) -> Iterator[Breach]:
    """Each thread has a `body`, unless the option `threads.no_content` is declared.

    Why: a thread is shown like its first message; one without a text is ignored.

    Mend: send the text that opened the thread, or declare `threads.no_content` where a thread is but a title.
    """
    yield from lacking(with_content(seen, "threads"), "body")


@rule(Level.MUST, "OB2", "LS7", page=PAGE, probe=PROBE, needs=READ)
def private_messages_have_a_recipient(seen: Seen) -> Iterator[Breach]:
    """Each private message has a `recipient`, which is a user: an object.

    Why: author and recipient say which conversation it belongs to; without one of them it is ignored.

    Mend: put the whole user there, as for the author.
    """
    for sent, content in contents(seen, "private_messages"):
        recipient = content.get("recipient")
        if not isinstance(recipient, dict) or not recipient:
            actual = f"'recipient' of {which(sent, content)} is {value(recipient)}"
            yield Breach(expected="an object: the recipient", actual=actual, sent=sent)


@rule(Level.SHOULD, "OB1", "OB4", page=PAGE, probe=PROBE, needs=READ)
def texts_are_strings(seen: Seen) -> Iterator[Breach]:
    """Fields that hold a text are JSON strings.

    Why: numbers are read as their digits, everything else counts as absent.

    Mend: write the text in quotes; leave the field out where there is none.
    """
    places = [(sent, which(sent, it), it, TEXTS) for sent, it in with_content(seen)]
    places += [(sent, whose, user, USER_TEXTS) for sent, whose, user in users(seen)]
    for sent, whose, holder, names in places:
        for name in names:
            if holder.get(name) not in NOTHING and not isinstance(holder[name], str):
                actual = f"'{name}' of {whose} is {value(holder[name])}"
                yield Breach(expected="a string", actual=actual, sent=sent)


@rule(Level.SHOULD, "OB1", page=PAGE, probe=PROBE, needs=READ)
def format_is_html_or_text(seen: Seen) -> Iterator[Breach]:
    """`format` is `html` or `text`, or absent.

    Why: anything else is read as HTML, and plain text then loses its line breaks and its `<`.

    Mend: send `text` for plain text, `html` for HTML; markdown must be made HTML first.
    """
    for sent, content in with_content(seen):
        given = content.get("format")
        if isinstance(given, str) and given and given not in ("html", "text"):
            actual = f"'format' of {which(sent, content)} is {value(given)}"
            yield Breach(expected="'html' or 'text'", actual=actual, sent=sent)


@rule(Level.SHOULD, "OB5", page=PAGE, probe=PROBE, needs=READ)
def dates_can_be_read(seen: Seen) -> Iterator[Breach]:
    """Each date can be read.

    Why: one that cannot counts as absent, and the content is shown out of order.

    Mend: write ISO 8601 in UTC: `2012-10-01T17:18:40Z`.
    """
    for sent, whose, date in dates(seen):
        if read_date(date)[0] is None:
            yield Breach(expected="such as 2012-10-01T17:18:40Z", actual=f"{whose} is {value(date)}", sent=sent)


@rule(Level.SHOULD, "OB5", "OB11", page=PAGE, probe=PROBE, needs=READ)
def dates_are_iso_8601(seen: Seen) -> Iterator[Breach]:
    """Each date is ISO 8601 with its time zone, or a day alone.

    Why: without a zone nobody knows the hour, and not everybody reads other spellings.

    Mend: write UTC, with `T` and `Z`: `2012-10-01T17:18:40Z`.
    """
    for sent, whose, date in dates(seen):
        read, odd = read_date(date)
        if read is not None and odd:
            yield Breach(expected="such as 2012-10-01T17:18:40Z", actual=f"{whose}, {value(date)}, {odd}", sent=sent)


@rule(Level.UNCLEAR, "OB5", page=PAGE, probe=PROBE, needs=READ)
def dates_are_past(seen: Seen) -> Iterator[Breach]:
    """No date lies in the future.

    Why: such a content stays at the top of every list, and answering times come out negative.

    Mend: look at the server's clock, and whether local times are sent with `Z`.
    """
    for sent, whose, date in dates(seen):
        read, _ = read_date(date)
        if read is not None and datetime.fromisoformat(read) > sent.exchange.started + FUTURE:
            yield Breach(expected="a time that was", actual=f"{whose} is {value(date)}", sent=sent)


@rule(Level.UNCLEAR, "OB1", "OB5", page=PAGE, probe=PROBE, needs=READ)
def updated_after_created(seen: Seen) -> Iterator[Breach]:
    """No content was updated before it was created.

    Why: the two dates are mixed up, or one of them is in another time zone.

    Mend: send the same date twice for what was never changed.
    """
    for sent, content in with_content(seen):
        created, updated = (read_date(content.get(name))[0] for name in DATES)
        if created and updated and updated < created:
            actual = f"{which(sent, content)}: created {created}, updated {updated}"
            yield Breach(expected="'updated_at' not before 'created_at'", actual=actual, sent=sent)


@rule(Level.SHOULD, "OB6", page=PAGE, probe=PROBE, needs=READ)
def bodies_are_short_enough(seen: Seen) -> Iterator[Breach]:
    """A `body` has at most 20,000 characters.

    Why: the guide sets this limit; what lies beyond it may be cut off or refused.

    Mend: shorten the text and attach the whole.
    """
    for sent, content in with_content(seen):
        body = content.get("body")
        if isinstance(body, str) and len(body) > MAX_BODY_CHARS:
            actual = f"{which(sent, content)} has {len(body):,}"
            yield Breach(expected=f"at most {MAX_BODY_CHARS:,} characters", actual=actual, sent=sent)


def contexts(seen: Seen) -> Iterator[tuple[Sent, str, object]]:
    """Each `context_data` that holds something, and whose it is."""
    places = [(sent, which(sent, it), it) for sent, it in with_content(seen)]
    for sent, whose, holder in [*places, *users(seen)]:
        if holder.get("context_data") not in NOTHING:
            yield sent, whose, holder["context_data"]


@rule(Level.SHOULD, "OB6", page=PAGE, probe=PROBE, needs=READ)
def context_data_is_an_object(seen: Seen) -> Iterator[Breach]:
    """`context_data` is a JSON object, or absent.

    Why: it is shown to agents as names and values.

    Mend: write `"context_data": {"order": "A-1042"}`.
    """
    for sent, whose, data in contexts(seen):
        if not isinstance(data, dict):
            yield Breach(expected="an object", actual=f"that of {whose} is {value(data)}", sent=sent)


@rule(Level.SHOULD, "OB6", page=PAGE, probe=PROBE, needs=[*READ, "context-data-is-an-object"])
def context_data_keys_are_words(seen: Seen) -> Iterator[Breach]:
    """The keys of `context_data` consist of letters a-z and A-Z, `-` and `_`.

    Why: the guide allows letters and `-`; rules of the platform name these keys, and other characters break them.

    Mend: rename the key: `order-number` instead of `order no`.
    """
    for sent, whose, data in contexts(seen):
        for key in data if isinstance(data, dict) else ():
            if not CONTEXT_KEY.fullmatch(key):
                yield Breach(expected="letters, '-' and '_'", actual=f"{whose} has {value(key)}", sent=sent)


def attachments(seen: Seen) -> Iterator[tuple[Sent, str, object]]:
    """Each attachment, and whose it is."""
    for sent, content in with_content(seen):
        given = content.get("attachments")
        for attachment in [] if given in NOTHING else given if isinstance(given, list) else [given]:
            yield sent, which(sent, content), attachment


@rule(Level.SHOULD, "OB7", page=PAGE, probe=PROBE, needs=READ)
def attachments_have_a_source(seen: Seen) -> Iterator[Breach]:
    """Each attachment is an object with a `url`, or with `content` (base64) and `filename`.

    Why: without either there is no file, and the attachment is left out.

    Mend: write `"attachments": [{"url": "https://…"}]`, a list even for one.
    """
    for sent, whose, it in attachments(seen):
        if not (isinstance(it, dict) and (it.get("url") or (it.get("content") and it.get("filename")))):
            came = f"an object with {', '.join(map(value, it)) or 'nothing'}" if isinstance(it, dict) else value(it)
            yield Breach(expected="'url', or 'content' and 'filename'", actual=f"{whose} has {came}", sent=sent)


@rule(Level.SHOULD, "OB7", page=PAGE, probe=PROBE, needs=READ)
def attachment_urls_are_absolute(seen: Seen) -> Iterator[Breach]:
    """The `url` of an attachment begins with http:// or https://.

    Why: the platform fetches it from its own network, and knows no base for a relative one.

    Mend: send the whole URL, under a name that can be reached from outside.
    """
    for sent, whose, it in attachments(seen):
        url = it.get("url") if isinstance(it, dict) else None
        if isinstance(url, str) and url and not url.lower().startswith(("http://", "https://")):
            yield Breach(expected="http:// or https://", actual=f"{whose} has {value(url)}", sent=sent)


@rule(Level.SHOULD, "OB1", page=PAGE, probe=PROBE, needs=READ)
def categories_are_a_list(seen: Seen) -> Iterator[Breach]:
    """`categories` is a list, or absent.

    Why: a single name, or names with commas, are not understood as categories.

    Mend: write `"categories": ["delivery"]`.
    """
    for sent, content in with_content(seen):
        given = content.get("categories")
        if given not in NOTHING and not isinstance(given, list):
            actual = f"that of {which(sent, content)} is {value(given)}"
            yield Breach(expected="a list", actual=actual, sent=sent)


@rule(Level.UNCLEAR, "OB6", page=PAGE, probe=PROBE, needs=READ)
def categories_are_plain(seen: Seen) -> Iterator[Breach]:
    """A category is written in small letters, digits, blanks, `_` and `-`.

    Why: the guide wants neither capitals nor special characters, and categories are compared letter by letter.

    Mend: send the category's key instead of its title.
    """
    for sent, content in with_content(seen):
        given = content.get("categories")
        for name in given if isinstance(given, list) else ():
            if not isinstance(name, str) or name != name.lower() or not PLAIN.fullmatch(name):
                actual = f"{which(sent, content)} has {value(name)}"
                yield Breach(expected="small letters, digits, blanks, '_' and '-'", actual=actual, sent=sent)


def text_id(given: object) -> str:
    """An id that is named, as text; empty where there is none."""
    return id_of({"id": given}) or ""


def known(seen: Seen, object_name: str) -> set[str]:
    """The ids of an object that were listed, or were shown when asked for."""
    listed = {found for sent in seen.lists() if sent.object == object_name for found in sent.ids()}
    shown = {
        text_id(sent.exchange.params.get("id"))
        for sent in seen.sent
        if sent.label == "referred" and sent.object == object_name and shows(sent)
    }
    return listed | shown


def shows(sent: Sent) -> bool:
    """Whether an answer to ``show`` holds a content."""
    try:
        answer = sent.json()
    except NotApplicable:
        return False
    return isinstance(answer, dict) and bool(answer) and "error" not in answer


def asked(seen: Seen, object_name: str, foreign_id: str) -> bool:
    """Whether it is known of an id whether the partner has it: it was asked for, or all there is was listed."""
    if object_name in seen.facts.get("whole", ()) and not seen.declared.allows(object_name, "show"):
        return True
    return any(
        sent.label == "referred" and sent.object == object_name and sent.exchange.params.get("id") == foreign_id
        for sent in seen.sent
    )


@rule(Level.SHOULD, "OB8", "OB11", page=PAGE, probe=PROBE, needs=READ)
def replies_name_a_known_content(seen: Seen) -> Iterator[Breach]:
    """`in_reply_to_id` is the id of a content of the same object that is listed or can be shown, or of its own thread.

    Why: a reply to something unknown counts as no reply, and the conversation falls apart.

    Mend: leave the field out where there is no such content; do not send "0" for none.
    """
    for sent, content in contents(seen, "messages", "private_messages"):
        named = text_id(content.get("in_reply_to_id"))
        actual = f"{which(sent, content)} names {value(named)}"
        if named == "0":
            yield Breach(expected="no 'in_reply_to_id' where there is none", actual=actual, sent=sent)
            continue
        if not named or not asked(seen, sent.object, named) or named in known(seen, sent.object):
            continue
        opening = sent.object == "messages" and named == text_id(content.get("thread_id"))
        if not opening or (asked(seen, "threads", named) and named not in known(seen, "threads")):
            yield Breach(expected=f"one of {sent.object} that is listed or shown", actual=actual, sent=sent)


@rule(Level.SHOULD, "LS9", page=PAGE, probe=PROBE, needs=READ)
def messages_name_a_known_thread(seen: Seen) -> Iterator[Breach]:
    """The thread of a message is listed, or can be shown.

    Why: a message of an unknown thread is kept, but has no title and no beginning.

    Mend: list the thread before its messages, and answer `threads.show` for threads that are no longer listed.
    """
    if seen.declared.unthreaded:
        raise NotApplicable("messages.unthreaded is declared")
    for sent, content in contents(seen, "messages"):
        named = text_id(content.get("thread_id"))
        if named and asked(seen, "threads", named) and named not in known(seen, "threads"):
            actual = f"{which(sent, content)} names {value(named)}"
            yield Breach(expected="a thread that is listed or shown", actual=actual, sent=sent)


@rule(Level.SHOULD, "OB9", "IM5", page="actions", probe=PROBE, needs=READ)
def actions_are_a_list(seen: Seen) -> Iterator[Breach]:
    """A content's `actions` are a list of names, or absent.

    Why: they decide which buttons agents see at this content.

    Mend: write a JSON array of strings. In PHP, `array_values` makes one of an array with gaps.
    """
    for sent, content in with_content(seen):
        given = content.get("actions")
        if given not in NOTHING and not (isinstance(given, list) and all(isinstance(it, str) for it in given)):
            actual = f"those of {which(sent, content)} are {value(given)}"
            yield Breach(expected="a list of names", actual=actual, sent=sent)


def actions(seen: Seen) -> Iterator[tuple[Sent, str, str]]:
    """Each operation that a content's own `actions` name, and whose it is."""
    for sent, content in with_content(seen):
        given = content.get("actions")
        for operation in given if isinstance(given, list) else ():
            if isinstance(operation, str) and operation:
                yield sent, which(sent, content), operation


@rule(Level.SHOULD, "IM4", page="actions", probe=PROBE, needs=[*READ, "actions-are-a-list"])
def actions_are_instance_operations(seen: Seen) -> Iterator[Breach]:
    """A content's `actions` do not name `list`, `show` or `create`.

    Why: only the implementation info decides about these; here they are ignored.

    Mend: name what can be done to this very content: delete, publish, unpublish, reply, custom operations.
    """
    for sent, whose, operation in actions(seen):
        if operation in COLLECTION_LEVEL - {"reply"}:
            yield Breach(expected="an operation on one content", actual=f"{whose} names '{operation}'", sent=sent)


@rule(Level.SHOULD, "IM5", "AC3", page="actions", probe=PROBE, needs=[*READ, "actions-are-a-list"])
def actions_are_declared(seen: Seen) -> Iterator[Breach]:
    """What a content's `actions` name is declared for its object in the implementation info.

    Why: an operation is offered to agents only where both name it; one that is misspelled on one side never is.

    Mend: declare the operation, or remove it here; `delete` and `destroy` must be the same word on both sides.
    """
    for sent, whose, operation in actions(seen):
        if operation not in COLLECTION_LEVEL and not seen.declared.allows(sent.object, operation):
            expected = f"an operation that is declared for {sent.object}"
            yield Breach(expected=expected, actual=f"{whose} names {value(operation)}", sent=sent)


@rule(Level.SHOULD, "OB4", page=PAGE, probe=PROBE, needs=READ)
def puppetizable_is_a_boolean(seen: Seen) -> Iterator[Breach]:
    """`puppetizable` is true or false, or absent.

    Why: it says whether agents may write as this user; a text is true in some languages, even "false".

    Mend: write `true` without quotes.
    """
    for sent, whose, user in users(seen):
        given = user.get("puppetizable")
        if given is not None and not isinstance(given, bool):
            yield Breach(expected="true or false", actual=f"that of {whose} is {value(given)}", sent=sent)


@rule(Level.SHOULD, "OB4", page=PAGE, probe=PROBE, needs=READ)
def gender_is_man_or_woman(seen: Seen) -> Iterator[Breach]:
    """`gender` is `man` or `woman`, or absent.

    Why: the guide knows these two values; any other counts as absent.

    Mend: leave it out where it is not known or another.
    """
    for sent, whose, user in users(seen):
        given = user.get("gender")
        if isinstance(given, str) and given and given not in ("man", "woman"):
            yield Breach(expected="'man' or 'woman'", actual=f"that of {whose} is {value(given)}", sent=sent)


@rule(Level.MUST, "OB12", "LS7", page=PAGE, probe=PROBE, needs=READ)
def contents_can_be_stored(seen: Seen) -> Iterator[Breach]:
    """A content holds nothing that databases refuse.

    Why: NUL characters, half surrogate pairs, NaN, numbers beyond 64 bit, ids over 1,000 characters and values nested
    over 100 deep cannot be stored, so the content is ignored.

    Mend: clean texts before you send them; write large numbers as strings.
    """
    for sent in seen.lists():
        try:
            page = read_page("", sent.object, sent.body, seen.declared)
        except PartnerError:
            continue
        for it in page.ignored:
            if it.rule == "OB12":
                whose = f"{sent.object} {printable(it.id, 40)}" if it.id else f"the element at position {it.position}"
                yield Breach(expected="a content that can be stored", actual=f"{whose}: {it.reason}", sent=sent)


@rule(Level.UNCLEAR, "OB10", "OB11", page=PAGE, probe=PROBE, needs=READ)
def users_are_the_same_everywhere(seen: Seen) -> Iterator[Breach]:
    """A user looks the same in all contents: the same `screenname` and `created_at` for the same `id`.

    Why: a user's id is one identity; where its data differ, the newest wins, and it changes with every message.

    Mend: show the user as it is now, not as it was when the message was written.
    """
    first: dict[str, tuple[str, dict[str, Any]]] = {}
    for sent, whose, user in users(seen):
        found = id_of(user)
        if found is None:
            continue
        known_as, known_user = first.setdefault(found, (whose, user))
        for name in ("screenname", "created_at"):
            given, before = user.get(name), known_user.get(name)
            if given not in NOTHING and before not in NOTHING and given != before:
                expected = f"'{name}' {value(before)}, as for {known_as}"
                yield Breach(expected=expected, actual=f"{value(given)} for {whose}", sent=sent)


@rule(Level.MUST, "AC1", "TR6", page="action-details", probe=PROBE, needs=[*READ, "contents-are-rightly-signed"])
def show_answers_the_content(seen: Seen) -> Iterator[Breach]:
    """`show` of a listed id is answered with that content: an object.

    Why: it is how the platform gets a thread that it does not know, and looks again at a single content.

    Mend: answer the same object as in the list, not an array, under the same rights; or do not declare `show`.
    """
    for sent in seen.all("show"):
        if not sent.succeeded:
            yield Breach(expected="HTTP 2xx, signed: the content", actual=sent.came, sent=sent)
        elif not shows(sent):
            start = printable(sent.body[:60].decode("utf-8", "replace"), 60)
            actual = f"a body that starts with {start!r}" if start else "an empty body"
            yield Breach(expected="an object: the content", actual=actual, sent=sent)


SHOWN = [*READ, "show-answers-the-content"]


def shown(seen: Seen) -> Iterator[tuple[Sent, dict[str, Any], dict[str, Any]]]:
    """Each content that was shown, and the same as it was listed."""
    listed = {(sent.object, id_of(content)): content for sent, content in contents(seen)}
    for sent in seen.all("show"):
        before = listed.get((sent.object, text_id(sent.exchange.params.get("id"))))
        if before is not None and shows(sent):
            yield sent, sent.json(), before


@rule(Level.SHOULD, "AC1", "OB11", page="action-details", probe=PROBE, needs=SHOWN)
def show_spells_the_id_as_asked(seen: Seen) -> Iterator[Breach]:
    """`show` answers with the id that was asked for.

    Why: a content under two ids is two contents for whoever does not know better.

    Mend: use the same id in `list`, in `show`, and in the answer to `create`.
    """
    for sent, content, _ in shown(seen):
        if id_of(content) != sent.exchange.params.get("id"):
            expected = f"'id' {value(sent.exchange.params.get('id'))}"
            yield Breach(expected=expected, actual=value(content.get("id")), sent=sent)


@rule(Level.SHOULD, "AC1", page="action-details", probe=PROBE, needs=SHOWN)
def show_agrees_with_list(seen: Seen) -> Iterator[Breach]:
    """`show` answers the same author, thread, recipient and text as the list did.

    Why: whichever came last is what agents see.

    Mend: make both from the same function.
    """
    pick: dict[str, Callable[[dict[str, Any]], object]] = {
        "author": lambda it: id_of(it.get("author")),
        "recipient": lambda it: id_of(it.get("recipient")),
        "thread_id": lambda it: text_id(it.get("thread_id")),
        "body": lambda it: it.get("body") or "",
        "title": lambda it: it.get("title") or "",
    }
    for sent, content, before in shown(seen):
        for name, of in pick.items():
            if of(content) != of(before):
                expected = f"'{name}' as in the list: {value(of(before))}"
                yield Breach(expected=expected, actual=value(of(content)), sent=sent)


@rule(Level.SHOULD, "AC1", "OB9", page="action-details", probe=PROBE, needs=SHOWN)
def show_of_an_unknown_id_refused(seen: Seen) -> Iterator[Breach]:
    """`show` of an id that names nothing is answered with a 4xx status.

    Why: an empty success is read as "nothing there" here, but it looks like a content that lost everything.

    Mend: answer 404 with a short text.
    """
    for sent in seen.all("unknown"):
        if sent.exchange.answer is not None and not shows(sent) and not 400 <= (sent.status or 0) < 500:
            yield Breach(expected="HTTP 4xx, such as 404", actual=sent.came, sent=sent)


@rule(Level.MUST, "AC1", page="action-details", probe=PROBE, needs=SHOWN)
def show_of_an_unknown_id_shows_nothing(seen: Seen) -> Iterator[Breach]:
    """`show` of an id that names nothing does not answer with some content.

    Why: the platform would take it for the one that it asked for.

    Mend: look the id up as the whole text that it is: `(int) "12abc"` is 12 in some languages, and nothing is 0.
    """
    for sent in seen.all("unknown"):
        if shows(sent):
            answered = id_of(sent.json())
            yield Breach(expected="an error status, such as 404", actual=f"the content {value(answered)}", sent=sent)
