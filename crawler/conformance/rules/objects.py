"""Objects and their fields (OB)."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from crawler.conformance.evidence import UNREADABLE, DoesNotApply, NotJudged, Remedy, Seen, Sent, id_of
from crawler.conformance.rule import Breach, Case, Chapter, Harm, Kept, Level, case, harm
from crawler.errors import PartnerError
from crawler.protocol.dates import read_date
from crawler.protocol.envelope import printable
from crawler.protocol.implementation import COLLECTION_LEVEL, POLLED, shape
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
Holder = tuple[Sent, str, dict[str, Any]]


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
    """The listed contents of some objects, or of all, at least one. Raises `Unjudged`."""
    if objects and not {*objects} & {*seen.declared.listed}:
        raise DoesNotApply(f"the partner declares no list of {' or '.join(objects)}")
    found = (it for it in seen.contents() if not objects or it[0].object in objects)
    return seen.some(found, f"the partner lists no {' or '.join(objects)} now")


def with_content(seen: Seen, *objects: str) -> Sequence[Found]:
    """The same without threads that are but titles (IM8)."""
    if titled(seen) and objects == ("threads",):
        raise DoesNotApply("with threads.no_content, of threads only id and title are read")
    found = (it for it in contents(seen, *objects) if not (it[0].object == "threads" and titled(seen)))
    return seen.some(found, "the partner lists nothing but titles of threads now")


def given_in(seen: Seen, name: str) -> Sequence[tuple[Sent, str, object]]:
    """A field of each content that has it, and whose it is, at least one. Raises `Unjudged`."""
    found = ((sent, which(sent, it), it[name]) for sent, it in with_content(seen) if it.get(name) not in NOTHING)
    return seen.some(found, f"no content has '{name}'")


def titled(seen: Seen) -> bool:
    """Whether threads are but titles (IM8)."""
    return seen.declared.threads_without_content


def users_in(found: Sequence[Found]) -> Iterator[Holder]:
    """Each user that contents show, and whose user it is."""
    for sent, content in found:
        for role in ("author", "recipient") if sent.object == "private_messages" else ("author",):
            user = content.get(role)
            if isinstance(user, dict) and user:
                yield sent, f"the {role} of {which(sent, content)}", user


def users(seen: Seen) -> Sequence[Holder]:
    """Each user that a listed content shows, and whose user it is, at least one. Raises `Unjudged`."""
    return seen.some(users_in(with_content(seen)), "no content has an author", Remedy.FIX)


def holders(seen: Seen) -> Sequence[Holder]:
    """Each content and each user, and which or whose it is. Raises `Unjudged`."""
    found = with_content(seen)
    return [*((sent, which(sent, content), content) for sent, content in found), *users_in(found)]


def dates(seen: Seen) -> Sequence[tuple[Sent, str, object]]:
    """Each date that is there, and whose it is, at least one. Raises `Unjudged`."""
    found = (
        (sent, f"'{name}' of {whose}", holder[name])
        for sent, whose, holder in holders(seen)
        for name in DATES
        if holder.get(name) not in NOTHING
    )
    return seen.some(found, "no content and no user has a date")


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
    answers = [sent for sent in seen.sent if sent.label in ("list", "show") and 200 <= (sent.status or 0) < 300]
    if not seen.verified:
        answers = [it for it in answers if it.exchange.answer and it.exchange.answer.signature is not None]
        seen.some(answers, "no answer is signed, and signatures are not verified", Remedy.SIGNATURE)
    for sent in seen.some(answers, "no object was listed or shown"):
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


def strings(sent: Sent, whose: str, holder: dict[str, Any]) -> Iterator[Case]:
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


@rule(Level.SHOULD, "OB1", "OB4", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "what is no text counts as absent, and the content is imported without it")
def texts_are_strings(seen: Seen) -> Iterator[Case]:
    """Fields that hold a text are JSON strings.

    Why: numbers are read as their digits, everything else counts as absent.

    Mend: write the text in quotes; leave the field out where there is none.
    """
    found = with_content(seen)
    places = [(sent, which(sent, it), it, TEXTS) for sent, it in found]
    places += [(sent, whose, user, USER_TEXTS) for sent, whose, user in users_in(found)]
    for sent, whose, holder, names in places:
        for name in names:
            if holder.get(name) not in NOTHING:
                actual = f"'{name}' of {whose} is {value(holder[name])}"
                kept = isinstance(holder[name], str)
                yield case(kept, sent, expected="a string", actual=actual, note=f"'{name}' of {whose}")


@rule(Level.SHOULD, "OB1", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "it is read as HTML, and plain text loses its line breaks")
def format_is_html_or_text(seen: Seen) -> Iterator[Case]:
    """`format` is `html` or `text`, or absent.

    Why: anything else is read as HTML, and plain text then loses its line breaks and its `<`.

    Mend: send `text` for plain text, `html` for HTML; markdown must be made HTML first.
    """
    for sent, whose, given in given_in(seen, "format"):
        kept, actual = given in ("html", "text") or not isinstance(given, str), f"'format' of {whose} is {value(given)}"
        yield case(kept, sent, expected="'html' or 'text'", actual=actual, note=actual)


@rule(Level.SHOULD, "OB5", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "the content is imported without its date, and shown out of order")
def dates_can_be_read(seen: Seen) -> Iterator[Case]:
    """Each date can be read.

    Why: one that cannot counts as absent, and the content is shown out of order.

    Mend: write ISO 8601 in UTC: `2012-10-01T17:18:40Z`.
    """
    for sent, whose, date in dates(seen):
        kept, actual = read_date(date)[0] is not None, f"{whose} is {value(date)}"
        yield case(kept, sent, expected="such as 2012-10-01T17:18:40Z", actual=actual, note=actual)


@rule(Level.SHOULD, "OB5", "OB11", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.BRITTLE, "other spellings are read all the same, as far as they can be told")
def dates_are_iso_8601(seen: Seen) -> Iterator[Case]:
    """Each date is ISO 8601 with its time zone, or a day alone.

    Why: without a zone nobody knows the hour, and not everybody reads other spellings.

    Mend: write UTC, with `T` and `Z`: `2012-10-01T17:18:40Z`.
    """
    for sent, whose, date in dates(seen):
        read, odd = read_date(date)
        if read is not None:
            actual = f"{whose}, {value(date)}, {odd}"
            yield case(not odd, sent, expected="such as 2012-10-01T17:18:40Z", actual=actual, note=whose)


@rule(Level.UNCLEAR, "OB5", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.UNKNOWN, "a clock may be a little ahead")
def dates_are_past(seen: Seen) -> Iterator[Case]:
    """No date lies in the future.

    Why: such a content stays at the top of every list, and answering times come out negative.

    Mend: look at the server's clock, and whether local times are sent with `Z`.
    """
    for sent, whose, date in dates(seen):
        read, _ = read_date(date)
        if read is not None:
            kept = datetime.fromisoformat(read) <= sent.exchange.started + FUTURE
            actual = f"{whose} is {value(date)}"
            yield case(kept, sent, expected="a time that was", actual=actual, note=actual)


@rule(Level.UNCLEAR, "OB1", "OB5", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.UNKNOWN, "a content may be dated by when it is to be published")
def updated_after_created(seen: Seen) -> Iterator[Case]:
    """No content was updated before it was created.

    Why: the two dates are mixed up, or one of them is in another time zone.

    Mend: send the same date twice for what was never changed.
    """
    for sent, content in with_content(seen):
        created, updated = (read_date(content.get(name))[0] for name in DATES)
        if created and updated:
            actual = f"{which(sent, content)}: created {created}, updated {updated}"
            expected = "'updated_at' not before 'created_at'"
            yield case(updated >= created, sent, expected=expected, actual=actual, note=actual)


@rule(Level.SHOULD, "OB6", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "what lies beyond the limit may be cut off")
def bodies_are_short_enough(seen: Seen) -> Iterator[Case]:
    """A `body` has at most 20,000 characters.

    Why: the guide sets this limit; what lies beyond it may be cut off or refused.

    Mend: shorten the text and attach the whole.
    """
    for sent, content in with_content(seen):
        body = content.get("body")
        if isinstance(body, str) and body:
            kept, actual = len(body) <= MAX_BODY_CHARS, f"{which(sent, content)} has {len(body):,}"
            yield case(kept, sent, expected=f"at most {MAX_BODY_CHARS:,} characters", actual=actual, note=actual)


def contexts(seen: Seen) -> Sequence[tuple[Sent, str, object]]:
    """Each `context_data` that holds something, and whose it is, at least one. Raises `Unjudged`."""
    found = (
        (sent, whose, holder["context_data"])
        for sent, whose, holder in holders(seen)
        if holder.get("context_data") not in NOTHING
    )
    return seen.some(found, "no content and no user has 'context_data'")


@rule(Level.SHOULD, "OB6", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "agents do not see it")
def context_data_is_an_object(seen: Seen) -> Iterator[Case]:
    """`context_data` is a JSON object, or absent.

    Why: it is shown to agents as names and values.

    Mend: write `"context_data": {"order": "A-1042"}`.
    """
    for sent, whose, data in contexts(seen):
        actual = f"that of {whose} is {value(data)}"
        yield case(isinstance(data, dict), sent, expected="an object", actual=actual, note=whose)


@rule(Level.SHOULD, "OB6", page=PAGE, probe=PROBE, needs=[*READ, "context-data-is-an-object"])
@harm(Harm.BRITTLE, "it is shown all the same, but no rule of the platform can name it")
def context_data_keys_are_words(seen: Seen) -> Iterator[Case]:
    """The keys of `context_data` consist of letters a-z and A-Z, `-` and `_`.

    Why: the guide allows letters and `-`; rules of the platform name these keys, and other characters break them.

    Mend: rename the key: `order-number` instead of `order no`.
    """
    for sent, whose, data in contexts(seen):
        for key in data if isinstance(data, dict) else ():
            kept, actual = CONTEXT_KEY.fullmatch(key), f"{whose} has {value(key)}"
            yield case(kept, sent, expected="letters, '-' and '_'", actual=actual, note=actual)


def attachments(seen: Seen) -> Sequence[tuple[Sent, str, object]]:
    """Each attachment, and whose it is, at least one. Raises `Unjudged`."""
    given = given_in(seen, "attachments")
    return [(sent, whose, it) for sent, whose, them in given for it in (them if isinstance(them, list) else [them])]


@rule(Level.SHOULD, "OB7", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "the content is imported without it")
def attachments_have_a_source(seen: Seen) -> Iterator[Case]:
    """Each attachment is an object with a `url`, or with `content` (base64) and `filename`.

    Why: without either there is no file, and the attachment is left out.

    Mend: write `"attachments": [{"url": "https://…"}]`, a list even for one.
    """
    for sent, whose, it in attachments(seen):
        kept = isinstance(it, dict) and (it.get("url") or (it.get("content") and it.get("filename")))
        came = f"an object with {', '.join(map(value, it)) or 'nothing'}" if isinstance(it, dict) else value(it)
        yield case(kept, sent, expected="'url', or 'content' and 'filename'", actual=f"{whose} has {came}", note=whose)


@rule(Level.MUST, "OB7", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.LOST, "the file cannot be had by anybody but the partner")
def attachment_urls_are_absolute(seen: Seen) -> Iterator[Case]:
    """The `url` of an attachment begins with http:// or https://.

    Why: the platform fetches it from its own network, and knows no base for a relative one.

    Mend: send the whole URL, under a name that can be reached from outside.
    """
    for sent, whose, it in attachments(seen):
        url = it.get("url") if isinstance(it, dict) else None
        if isinstance(url, str) and url:
            kept, actual = url.lower().startswith(("http://", "https://")), f"{whose} has {value(url)}"
            yield case(kept, sent, expected="http:// or https://", actual=actual, note=actual)


@rule(Level.SHOULD, "OB1", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "the content is imported without its categories")
def categories_are_a_list(seen: Seen) -> Iterator[Case]:
    """`categories` is a list, or absent.

    Why: a single name, or names with commas, are not understood as categories.

    Mend: write `"categories": ["delivery"]`.
    """
    for sent, whose, given in given_in(seen, "categories"):
        actual = f"that of {whose} is {value(given)}"
        yield case(isinstance(given, list), sent, expected="a list", actual=actual, note=actual)


@rule(Level.UNCLEAR, "OB6", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.UNKNOWN, "the guide wants it, and does not say what becomes of others")
def categories_are_plain(seen: Seen) -> Iterator[Case]:
    """A category is written in small letters, digits, blanks, `_` and `-`.

    Why: the guide wants neither capitals nor special characters, and categories are compared letter by letter.

    Mend: send the category's key instead of its title.
    """
    for sent, whose, given in given_in(seen, "categories"):
        for name in given if isinstance(given, list) else ():
            kept = isinstance(name, str) and name == name.lower() and PLAIN.fullmatch(name)
            actual = f"that of {whose} has {value(name)}"
            yield case(kept, sent, expected="small letters, digits, blanks, '_' and '-'", actual=actual, note=actual)


def text_id(given: object) -> str:
    """An id that is named, as text; empty where there is none."""
    return id_of({"id": given}) or ""


def known(seen: Seen, object_name: str) -> set[str]:
    """The ids of an object that were listed, or were shown when asked for."""
    lists = [sent for sent in seen.sent if sent.action == f"{object_name}.list" and sent.succeeded]
    listed = {found for sent in lists for found in sent.ids()}
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
    except NotJudged:
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
@harm(Harm.ALTERED, "it is shown, but not as a reply to anything")
def replies_name_a_known_content(seen: Seen) -> Iterator[Case]:
    """`in_reply_to_id` is the id of a content of the same object that is listed or can be shown, or of its own thread.

    Why: a reply to something unknown counts as no reply, and the conversation falls apart.

    Mend: leave the field out where there is no such content; do not send "0" for none.
    """
    ids = {name: known(seen, name) for name in POLLED}
    for sent, content in contents(seen, "messages", "private_messages"):
        named = text_id(content.get("in_reply_to_id"))
        opening = sent.object == "messages" and named == text_id(content.get("thread_id"))
        where = "threads" if opening and named not in ids[sent.object] else sent.object
        expected, actual = f"one of {where} that is listed or shown", f"{which(sent, content)} names {value(named)}"
        if named == "0":
            yield Breach(expected="no 'in_reply_to_id' where there is none", actual=actual, sent=sent)
        elif named and (named in ids[where] or asked(seen, where, named)):
            yield case(named in ids[where], sent, expected=expected, actual=actual, note=actual)


@rule(Level.SHOULD, "LS9", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "it is shown, but in a thread without title and beginning")
def messages_name_a_known_thread(seen: Seen) -> Iterator[Case]:
    """The thread of a message is listed, or can be shown.

    Why: a message of an unknown thread is kept, but has no title and no beginning.

    Mend: list the thread before its messages, and answer `threads.show` for threads that are no longer listed.
    """
    if seen.declared.unthreaded:
        raise DoesNotApply("messages.unthreaded is declared")
    threads = known(seen, "threads")
    for sent, content in contents(seen, "messages"):
        named = text_id(content.get("thread_id"))
        if named and (named in threads or asked(seen, "threads", named)):
            kept, actual = named in threads, f"{which(sent, content)} names {value(named)}"
            yield case(kept, sent, expected="a thread that is listed or shown", actual=actual, note=actual)


@rule(Level.SHOULD, "OB9", "IM5", page="actions", probe=PROBE, needs=READ)
@harm(Harm.BRITTLE, "an array with gaps is read all the same")
def actions_are_a_list(seen: Seen) -> Iterator[Case]:
    """A content's `actions` are a list of names, or absent.

    Why: they decide which buttons agents see at this content.

    Mend: write a JSON array of strings. In PHP, `array_values` makes one of an array with gaps.
    """
    for sent, whose, given in given_in(seen, "actions"):
        kept = isinstance(given, list) and all(isinstance(it, str) for it in given)
        actual = f"those of {whose} are {value(given)}"
        yield case(kept, sent, expected="a list of names", actual=actual, note=actual)


def actions(seen: Seen) -> Sequence[tuple[Sent, str, str]]:
    """Each operation that a content's own `actions` name, and whose it is, at least one. Raises `Unjudged`."""
    given = given_in(seen, "actions")
    named = ((sent, whose, it) for sent, whose, them in given for it in (them if isinstance(them, list) else ()))
    return seen.some([it for it in named if isinstance(it[2], str) and it[2]], "no content names any 'actions'")


@rule(Level.SHOULD, "IM4", page="actions", probe=PROBE, needs=[*READ, "actions-are-a-list"])
@harm(Harm.WASTED, "they are ignored there")
def actions_are_instance_operations(seen: Seen) -> Iterator[Case]:
    """A content's `actions` do not name `list`, `show` or `create`.

    Why: only the implementation info decides about these; here they are ignored.

    Mend: name what can be done to this very content: delete, publish, unpublish, reply, custom operations.
    """
    for sent, whose, operation in actions(seen):
        kept, actual = operation not in COLLECTION_LEVEL - {"reply"}, f"{whose} names '{printable(operation, 60)}'"
        yield case(kept, sent, expected="an operation on one content", actual=actual, note=actual)


@rule(Level.SHOULD, "IM5", "AC3", page="actions", probe=PROBE, needs=[*READ, "actions-are-a-list"])
@harm(Harm.ALTERED, "agents see no button for it")
def actions_are_declared(seen: Seen) -> Iterator[Case]:
    """What a content's `actions` name is declared for its object in the implementation info.

    Why: an operation is offered to agents only where both name it; one that is misspelled on one side never is.

    Mend: declare the operation, or remove it here; `delete` and `destroy` must be the same word on both sides.
    """
    for sent, whose, operation in actions(seen):
        if operation not in COLLECTION_LEVEL:
            kept, actual = seen.declared.allows(sent.object, operation), f"{whose} names {value(operation)}"
            expected = f"an operation that is declared for {sent.object}"
            yield case(kept, sent, expected=expected, actual=actual, note=actual)


@rule(Level.MUST, "AC4", "IM5", page="actions", probe=PROBE, needs=[*READ, "actions-are-a-list"])
@harm(Harm.UNANSWERED, "where no content names it, agents see no way to reply to any")
def reply_is_offered(seen: Seen) -> Iterator[Case]:
    """Where `reply` is declared for an object, some of its contents name it in their own `actions`.

    Why: agents may then reply only to contents that name `reply`.

    Mend: put `reply` into the `actions` of what may be replied to; or do not declare it, so that `create` is enough.
    """
    replied = [name for name in POLLED if seen.declared.allows(name, "reply")]
    if not replied:
        raise DoesNotApply("the partner declares no reply")
    listed = with_content(seen)
    for name in replied:
        found = [(sent, content) for sent, content in listed if sent.object == name]
        names = [content for _, content in found if "reply" in (content.get("actions") or ())]
        if found:
            expected, actual = f"some of {name} that name 'reply'", f"none of {len(found)} does"
            yield case(
                names, found[0][0], expected=expected, actual=actual, note=f"{len(names)} of {len(found)} {name}"
            )


@rule(Level.MUST, "OB4", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.UNANSWERED, "what is no boolean is a no, so that nobody can write as that user")
def puppetizable_is_a_boolean(seen: Seen) -> Iterator[Case]:
    """`puppetizable` is true or false, or absent.

    Why: it says whether agents may write as this user; a text is true in some languages, even "false".

    Mend: write `true` without quotes.
    """
    found = ((sent, whose, user["puppetizable"]) for sent, whose, user in users(seen) if "puppetizable" in user)
    for sent, whose, given in seen.some(found, "no user says whether it is 'puppetizable'"):
        kept, actual = given is None or isinstance(given, bool), f"that of {whose} is {value(given)}"
        yield case(kept, sent, expected="true or false", actual=actual, note=actual)


@rule(Level.SHOULD, "OB4", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.ALTERED, "it counts as absent")
def gender_is_man_or_woman(seen: Seen) -> Iterator[Case]:
    """`gender` is `man` or `woman`, or absent.

    Why: the guide knows these two values; any other counts as absent.

    Mend: leave it out where it is not known or another.
    """
    found = ((sent, whose, user["gender"]) for sent, whose, user in users(seen) if user.get("gender") not in NOTHING)
    for sent, whose, given in seen.some(found, "no user has a 'gender'"):
        kept, actual = given in ("man", "woman") or not isinstance(given, str), f"that of {whose} is {value(given)}"
        yield case(kept, sent, expected="'man' or 'woman'", actual=actual, note=actual)


@rule(Level.MUST, "OB12", "LS7", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.LOST, "what cannot be stored is not imported")
def contents_can_be_stored(seen: Seen) -> Iterator[Case]:
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
        unstorable = [it for it in page.ignored if it.rule == "OB12"]
        for it in unstorable:
            whose = f"{sent.object} {printable(it.id, 40)}" if it.id else f"the element at position {it.position}"
            yield Breach(expected="a content that can be stored", actual=f"{whose}: {it.reason}", sent=sent)
        if sent.elements() and not unstorable:
            yield Kept(sent=sent, note=f"{len(sent.elements())} of {sent.object}")


@rule(Level.UNCLEAR, "OB10", "OB11", page=PAGE, probe=PROBE, needs=READ)
@harm(Harm.UNKNOWN, "a user may have changed between two messages")
def users_are_the_same_everywhere(seen: Seen) -> Iterator[Case]:
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
            if known_user is not user and given not in NOTHING and before not in NOTHING:
                expected, actual = f"'{name}' {value(before)}, as for {known_as}", f"{value(given)} for {whose}"
                yield case(given == before, sent, expected=expected, actual=actual, note=f"'{name}' of {whose}")


@rule(Level.MUST, "AC1", "TR6", page="action-details", probe=PROBE, needs=[*READ, "contents-are-rightly-signed"])
@harm(Harm.LOST, "what only `show` can bring, as the beginning of an older thread, is not imported")
def show_answers_the_content(seen: Seen) -> Iterator[Case]:
    """`show` of a listed id is answered with that content: an object.

    Why: it is how the platform gets a thread that it does not know, and looks again at a single content.

    Mend: answer the same object as in the list, not an array, under the same rights; or do not declare `show`.
    """
    for sent in seen.all("show"):
        start = printable(sent.body[:60].decode("utf-8", "replace"), 60)
        actual = f"a body that starts with {start!r}" if start else "an empty body"
        expected = "HTTP 2xx, signed: the content, an object"
        yield case(shows(sent), sent, expected=expected, actual=actual if sent.succeeded else sent.came)


SHOWN = [*READ, "show-answers-the-content"]


def shown(seen: Seen) -> Sequence[tuple[Sent, dict[str, Any], dict[str, Any]]]:
    """Each content that was shown, and the same as it was listed, at least one. Raises `Unjudged`."""
    found = []
    asked_for = seen.all("show")
    listed = {(sent.object, id_of(content)): content for sent, content in contents(seen)}
    for sent in asked_for:
        before = listed.get((sent.object, text_id(sent.exchange.params.get("id"))))
        if before is not None and shows(sent):
            found.append((sent, sent.json(), before))
    return seen.some(found, "nothing was shown that was listed before", Remedy.FIX)


@rule(Level.SHOULD, "AC1", "OB11", page="action-details", probe=PROBE, needs=SHOWN)
@harm(Harm.ALTERED, "it is taken for what was asked for")
def show_spells_the_id_as_asked(seen: Seen) -> Iterator[Case]:
    """`show` answers with the id that was asked for.

    Why: a content under two ids is two contents for whoever does not know better.

    Mend: use the same id in `list`, in `show`, and in the answer to `create`.
    """
    for sent, content, _ in shown(seen):
        own = sent.exchange.params.get("id")
        actual = value(content.get("id"))
        yield case(id_of(content) == own, sent, expected=f"'id' {value(own)}", actual=actual)


@rule(Level.MUST, "AC1", page="action-details", probe=PROBE, needs=SHOWN)
@harm(Harm.LOST, "whichever came last is what agents see, and what only the other holds is gone")
def show_agrees_with_list(seen: Seen) -> Iterator[Case]:
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
            expected = f"'{name}' as in the list: {value(of(before))}"
            yield case(of(content) == of(before), sent, expected=expected, actual=value(of(content)), note=name)


@rule(Level.SHOULD, "AC1", "OB9", page="action-details", probe=PROBE, needs=SHOWN)
@harm(Harm.ALTERED, "it is taken for nothing, until somebody takes it for a content")
def show_of_an_unknown_id_refused(seen: Seen) -> Iterator[Case]:
    """`show` of an id that names nothing is answered with a 4xx status.

    Why: an empty success is read as "nothing there" here, but it looks like a content that lost everything.

    Mend: answer 404 with a short text.
    """
    for sent in seen.all("unknown"):
        if sent.exchange.answer is not None and not shows(sent):
            yield case(400 <= (sent.status or 0) < 500, sent, expected="HTTP 4xx, such as 404", actual=sent.came)


@rule(Level.MUST, "AC1", page="action-details", probe=PROBE, needs=SHOWN)
@harm(Harm.EXPOSED, "a content that nobody asked for is taken for another one")
def show_of_an_unknown_id_shows_nothing(seen: Seen) -> Iterator[Case]:
    """`show` of an id that names nothing does not answer with some content.

    Why: the platform would take it for the one that it asked for.

    Mend: look the id up as the whole text that it is: `(int) "12abc"` is 12 in some languages, and nothing is 0.
    """
    for sent in seen.all("unknown"):
        answered = id_of(sent.json()) if shows(sent) else None
        expected = "an error status, such as 404"
        yield case(not shows(sent), sent, expected=expected, actual=f"the content {value(answered)}")
